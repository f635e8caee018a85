"""Role lexicons: of words, headings and names of elements, how much they speak for each role.

The same tokens as those of the content lexicons, with one log-lift a role instead of one log-odds: how much
more often blocks with the token have the role than blocks have it at all. Names have weights of a linear
model besides, which knows what they say together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features.lexicon import OVER, Ragged, TokenColumns
from pagesieve.features.text import Columns
from pagesieve.roles.role import ROLES

Floats = NDArray[np.floating[Any]]

_NEAREST, _BOX = OVER.index("heading"), OVER.index("box2_heading")


def role_lexicon_features(tokens: TokenColumns, words: Floats, names: Floats, linear: Floats) -> Columns:
    """One row a block and, for each role, sums or means of its lift, and the linear model's score.

    ``words``, ``names`` and ``linear``, the weights of names, have shape (n_tokens, n_roles). The score is
    the sum over the names around a block, over the root of how many of them have weights.
    """
    counts = np.maximum(tokens.words.counts(), 1)[:, None]
    heading_counts = np.maximum(tokens.headings.counts(), 1)[:, None]
    headings = np.concatenate((_sums(tokens.headings, words) / heading_counts, np.zeros((1, len(ROLES)))))
    told: Floats = np.column_stack((names, linear, np.any(linear, axis=1).astype(np.float32)))
    own = _sums(tokens.names, told)[tokens.kind]
    path = own.copy()
    for depth in range(1, int(tokens.depth.max(initial=0)) + 1):  # parents are ready before their children
        level = np.flatnonzero(tokens.depth == depth)
        path[level] += path[tokens.parent[level]]
    lifts, scores, known = np.split(path[tokens.rungs[0]], [len(ROLES), 2 * len(ROLES)], axis=1)
    tables = {
        "words": _sums(tokens.words, words) / np.sqrt(counts),
        "phrase": words[tokens.phrases],
        "heading": headings[tokens.above[_NEAREST]],
        "box_heading": headings[tokens.above[_BOX]],
        "near_names": own[tokens.rungs[:3], : len(ROLES)].sum(axis=0),
        "path_names": lifts,
        "linear_names": scores / np.sqrt(np.maximum(known, 1)),
    }
    return {
        f"{what}_{role}": table[:, number].astype(np.float32)
        for what, table in tables.items()
        for number, role in enumerate(ROLES)
    }


def _sums(rows: Ragged, weights: Floats) -> Floats:
    values = np.zeros((len(rows.ids) + 1, weights.shape[1]))
    np.cumsum(weights[rows.ids], axis=0, out=values[1:])
    return np.asarray(values[rows.starts[1:]] - values[rows.starts[:-1]])

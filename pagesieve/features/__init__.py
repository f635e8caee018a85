"""Blocks → feature columns.

``describe`` computes everything that a page alone determines. ``learned_features`` adds what was learned from
other pages, the lexicons' log-odds, and ``context_features`` the first model's opinion of what stands around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.context import Surroundings, context_features, neighbours
from pagesieve.features.lexicon import Numberings, TokenColumns, lexicon_features, token_columns
from pagesieve.features.page import (
    copy_features,
    last_true,
    main_heading,
    main_heading_features,
    overlap_features,
    page_features,
    place_features,
)
from pagesieve.features.structure import build_keys, build_ladder, structure_features
from pagesieve.features.text import Columns, prose_flags, text_features
from pagesieve.features.words import read_words
from pagesieve.limits import checkpoint

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_NEIGHBOURING = ("chars", "link_density")


@dataclass(frozen=True, slots=True)
class Description:
    """A page in numbers: its fixed columns, its tokens, and what context features need.

    ``said`` is the share of each block's word 4-grams that blocks before it, or after it, have too.
    """

    fixed: Columns
    tokens: TokenColumns
    around: Surroundings
    n_words: Floats
    said: Floats


def describe(document: Document, numberings: Numberings) -> Description:
    """Everything about a page's blocks that needs no model.

    ``numberings`` give the tokens' numbers in the lexicons of words and of names.
    """
    words, rows = read_words(document.blocks.text)
    n_words = words.counts.astype(np.float32)
    ladder = build_ladder(document)
    keys = build_keys(ladder)
    text = text_features(document.blocks, n_words)
    checkpoint()
    columns = text | structure_features(document, ladder, keys, text)
    heading = columns["heading"]
    columns |= page_features(document, text)
    prose = prose_flags(text, n_words)
    columns |= place_features(text, heading, last_true(heading > 0), prose)
    columns |= main_heading_features(ladder, text, main_heading(document, heading))
    checkpoint()
    columns |= overlap_features(document, words)
    columns |= copy_features(document, words, ladder, keys)
    columns |= neighbours(columns, _NEIGHBOURING, np.zeros(len(n_words), dtype=np.int64), 1)
    chars = np.array([len(text) for text in document.blocks.text], dtype=np.float32)
    checkpoint()
    return Description(
        fixed=columns,
        tokens=token_columns(document, ladder, words, rows, prose, numberings),
        around=Surroundings(ladder, keys, chars),
        said=np.maximum(columns["said_before"], columns["said_after"]),
        n_words=n_words,
    )


def learned_features(tokens: TokenColumns, words: Floats, names: Floats, page: Ints) -> Columns:
    """Lexicon columns and their neighbours; ``page`` numbers the page of each row."""
    columns = lexicon_features(tokens, words, names)
    return columns | neighbours(columns, ("words_mean", "names_path"), page, 2)


def stack(columns: Columns) -> Floats:
    """Columns side by side (shape: n_blocks, n_columns), in the order they were made."""
    return np.ascontiguousarray(np.array(list(columns.values()), dtype=np.float32).T)


__all__ = ["Description", "Surroundings", "context_features", "describe", "learned_features", "stack"]

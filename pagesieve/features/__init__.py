"""Blocks → feature columns.

``describe`` computes everything that a page alone determines. ``learned_features`` adds what was learned from
other pages, the lexicons' log-odds, and ``context_features`` the first model's opinion of what stands around.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.context import context_features, neighbours
from pagesieve.features.lexicon import TokenColumns, lexicon_features, token_columns
from pagesieve.features.page import last_true, overlap_features, page_features, place_features
from pagesieve.features.structure import Ladder, build_ladder, shape_keys, structure_features
from pagesieve.features.text import Columns, text_features
from pagesieve.limits import checkpoint
from pagesieve.words import tokens

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Number = Callable[[str], int]

_NEIGHBOURING = ("chars", "link_density")


@dataclass(frozen=True, slots=True)
class Description:
    """A page in numbers: its fixed columns, its tokens, and the structure that context features need."""

    fixed: Columns
    tokens: TokenColumns
    ladder: Ladder
    keys: tuple[Ints, Ints]
    chars: Floats
    n_words: Floats


def describe(document: Document, word_number: Number, name_number: Number) -> Description:
    """Everything about a page's blocks that needs no model.

    ``word_number`` and ``name_number`` give a token's number in the lexicons.
    """
    words = [tokens(text) for text in document.blocks.text]
    n_words = np.array([len(row) for row in words], dtype=np.float32)
    ladder = build_ladder(document)
    text = text_features(document.blocks, n_words)
    checkpoint()
    keys = shape_keys(document)
    structure = structure_features(document, ladder, keys, text)
    heading = structure["heading"]
    columns = text | structure | page_features(document, text) | place_features(document, text, heading)
    checkpoint()
    columns |= overlap_features(document, words)
    columns |= neighbours(columns, _NEIGHBOURING, np.zeros(len(words), dtype=np.int64), 1)
    checkpoint()
    return Description(
        fixed=columns,
        tokens=token_columns(document, ladder, words, last_true(heading > 0), (word_number, name_number)),
        ladder=ladder,
        keys=keys,
        chars=np.array([len(text) for text in document.blocks.text], dtype=np.float32),
        n_words=n_words,
    )


def learned_features(tokens: TokenColumns, words: Floats, names: Floats, page: Ints) -> Columns:
    """Lexicon columns and their neighbours; ``page`` numbers the page of each row."""
    columns = lexicon_features(tokens, words, names)
    return columns | neighbours(columns, ("words_mean", "names_path"), page, 2)


def stack(columns: Columns) -> Floats:
    """Columns side by side (shape: n_blocks, n_columns), in the order they were made."""
    return np.column_stack(list(columns.values())).astype(np.float32, copy=False)


__all__ = ["Description", "context_features", "describe", "learned_features", "stack"]

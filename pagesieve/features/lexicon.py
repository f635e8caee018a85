"""Learned lexicons: how much a word of the text, or of a class or id, speaks for content.

A lexicon maps a token to a log-odds; tokens it does not know count as 0. Scoring works on integer token
ids in flat columns, so training scores a whole corpus with the code that serves one page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.structure import Ladder
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_CLASS_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_NAMING = ("class", "id", "itemprop", "role", "data-testid", "aria-label", "rel")
_LONGEST_CLASS = 400
# The same few thousand names ("container", "menu-item") make up most of the web.
_REMEMBERED_NAMES = 16_384
# A page could fill the memory of a process with longer ones: they have hundreds of parts.
_LONGEST_REMEMBERED = 64
# Words beyond this in one block add nothing to its mean.
_MOST_WORDS = 200


def name_tokens(names: str) -> tuple[str, ...]:
    """Tokens of class and id attributes: each name, and its parts.

    >>> name_tokens("relatedPosts")
    ('relatedposts', 'related', 'posts')
    """
    found: dict[str, None] = {}
    for name in names[:_LONGEST_CLASS].split():
        found.update(_parts(name) if len(name) <= _LONGEST_REMEMBERED else _parts.__wrapped__(name))
    return tuple(found)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _parts(name: str) -> dict[str, None]:
    parts = [part.lower() for part in _CLASS_TOKEN.findall(name)]
    return dict.fromkeys([name.lower(), *(part for part in parts if not part.isdigit())])


def element_names(document: Document) -> list[str]:
    """Of each element the tag and what its attributes call it."""
    names = []
    for tag, attributes in zip(document.elements.tag, document.elements.attributes, strict=True):
        given = [value for key in _NAMING if (value := attributes.get(key))] if attributes else []
        names.append(" ".join([f"<{tag}>", *given]))
    return names


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of varying length over integer ids: row r is ``ids[starts[r]:starts[r + 1]]``."""

    ids: Ints
    starts: Ints

    @classmethod
    def build(cls, rows: Iterable[Iterable[str]], number: Callable[[str], int]) -> Ragged:
        ids: list[int] = []
        starts = [0]
        for row in rows:
            ids += map(number, row)
            starts.append(len(ids))
        return cls(np.array(ids, dtype=np.int64), np.array(starts, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def sums(self, weights: Floats) -> Floats:
        values = np.concatenate(([0.0], np.cumsum(weights[self.ids], dtype=np.float64)))
        return (values[self.starts[1:]] - values[self.starts[:-1]]).astype(np.float32)

    def extremes(self, weights: Floats) -> tuple[Floats, Floats]:
        """Smallest and largest weight of each row, 0 where the row is empty."""
        low, high = np.zeros(len(self), dtype=np.float32), np.zeros(len(self), dtype=np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            values = weights[self.ids]
            low[filled] = np.minimum.reduceat(values, self.starts[filled])
            high[filled] = np.maximum.reduceat(values, self.starts[filled])
        return low, high

    def counts(self) -> Floats:
        return np.diff(self.starts).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Token → number, and the log-odds by number; the last number stands for every unknown token."""

    numbers: Mapping[str, int]
    weights: Floats

    @classmethod
    def build(cls, weights: Mapping[str, float]) -> Lexicon:
        numbers = {token: number for number, token in enumerate(weights)}
        return cls(numbers, np.array([*weights.values(), 0.0], dtype=np.float32))

    def number(self, token: str) -> int:
        return self.numbers.get(token, len(self.numbers))


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """A page's tokens as ids: words a block, names an element, and what links elements and blocks."""

    words: Ragged
    names: Ragged
    parent: Ints
    depth: Ints
    rungs: tuple[Ints, ...]
    heading: Ints
    """Number of the heading above each block, -1 where there is none."""


def block_words(rows: list[list[str]]) -> list[list[str]]:
    """The distinct words of each block that a lexicon may know; every number is the same word."""
    return [
        list(dict.fromkeys("0" if word.isdigit() else word for word in row[:_MOST_WORDS])) for row in rows
    ]


def lexicon_features(tokens: TokenColumns, words: Floats, names: Floats) -> Columns:
    """One row a block: log-odds of its words, of its section's heading, and of the names around it."""
    counts = np.maximum(tokens.words.counts(), 1)
    sums = tokens.words.sums(words)
    low, high = tokens.words.extremes(words)
    columns: Columns = {
        "words_mean": sums / counts,
        "words_sum": sums / np.sqrt(counts),
        "words_low": low,
        "words_high": high,
    }
    under = tokens.heading >= 0
    for name in ("words_mean", "words_low"):
        columns[f"heading_{name}"] = np.where(under, columns[name][tokens.heading], 0).astype(np.float32)
    return columns | _name_features(tokens, names)


def _name_features(tokens: TokenColumns, names: Floats) -> Columns:
    own_low, own_high = tokens.names.extremes(names)
    own = tokens.names.sums(names)
    total, low, high = own.copy(), own_low.copy(), own_high.copy()
    for level in _levels(tokens.depth):
        above = tokens.parent[level]
        total[level] += total[above]
        low[level] = np.minimum(low[level], low[above])
        high[level] = np.maximum(high[level], high[above])
    here = tokens.rungs[0]
    columns: Columns = {"names_path": total[here], "names_path_low": low[here], "names_path_high": high[here]}
    for height, rung in enumerate(tokens.rungs):
        columns[f"names_up{height}"] = own[rung]
    for height in (2, 4):
        columns[f"names_within{height}"] = total[here] - total[tokens.rungs[height]]
    return columns


def _levels(depth: Ints) -> list[Ints]:
    """Elements grouped by depth, from depth 1 down; document order within a level."""
    order = np.argsort(depth, kind="stable")
    borders = np.searchsorted(depth[order], np.arange(1, int(depth.max(initial=0)) + 2))
    return [order[start:end] for start, end in pairwise(borders)]


def _name_ids(names: list[str], number: Callable[[str], int]) -> Ragged:
    """Ids of each element's name tokens; most elements of a page share their names with others."""
    known: dict[str, list[int]] = {}
    ids: list[int] = []
    starts = [0]
    for name in names:
        found = known.get(name)
        if found is None:
            found = known[name] = [number(token) for token in name_tokens(name)]
        ids += found
        starts.append(len(ids))
    return Ragged(np.array(ids, dtype=np.int64), np.array(starts, dtype=np.int64))


def token_columns(
    document: Document,
    ladder: Ladder,
    words: list[list[str]],
    heading_above: Ints,
    numbers: tuple[Callable[[str], int], Callable[[str], int]],
) -> TokenColumns:
    word_number, name_number = numbers
    elements = document.elements
    return TokenColumns(
        words=Ragged.build(block_words(words), word_number),
        names=_name_ids(element_names(document), name_number),
        parent=np.maximum(np.array(elements.parent, dtype=np.int64), 0),
        depth=np.array(elements.depth, dtype=np.int64),
        rungs=ladder.rungs,
        heading=heading_above,
    )

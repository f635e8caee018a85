"""Learned lexicons: how much a word of the text, or of a class or id, speaks for content.

A lexicon maps a token to a log-odds; tokens it does not know count as 0. Scoring works on integer token
ids in flat columns, so training scores a whole corpus with the code that serves one page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, NAMING, Attributes, Document
from pagesieve.features.arrays import by_depth
from pagesieve.features.structure import Ladder
from pagesieve.features.text import Columns
from pagesieve.features.words import Rows, Words

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_LONGEST_CLASS = 400
# The same few thousand names ("container", "menu-item") make up most of the web.
_REMEMBERED_NAMES = 16_384
# A page could fill the memory of a process with longer ones: they have hundreds of parts.
_LONGEST_REMEMBERED = 64
# Words of a text that is known as a whole ("share this article"), and of a heading that are looked at.
_PHRASE = 6
_HEADING_WORDS = 12

# What the log-odds of a word are of, and those of a name: all blocks, paragraphs, and what is shorter.
WORD_KINDS = ("all",)
NAME_KINDS = ("all", "prose", "pieces")

# Tokens → their numbers in a lexicon.
Numbering = Callable[[Sequence[str]], Ints]
Numberings = tuple[Numbering, Numbering]


def name_tokens(name: str) -> tuple[str, ...]:
    """Tokens of one name in a class or id attribute: the name, and its parts.

    >>> name_tokens("relatedPosts")
    ('relatedposts', 'related', 'posts')
    """
    return _parts(name) if len(name) <= _LONGEST_REMEMBERED else _parts.__wrapped__(name)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _parts(name: str) -> tuple[str, ...]:
    lower = name.lower()
    if lower == name and name.isalpha():
        return (name,)
    parts = _NAME_PART.findall(name)
    return tuple(dict.fromkeys([lower, *(parts if lower == name else map(str.lower, parts))]))


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of varying length over integer ids: row r is ``ids[starts[r]:starts[r + 1]]``."""

    ids: Ints
    starts: Ints

    @classmethod
    def build(cls, rows: Sequence[Sequence[str]], number: Numbering) -> Ragged:
        lengths = [len(row) for row in rows]
        starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        return cls(number(list(chain.from_iterable(rows))), starts)

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
    """Token → number, and the log-odds by number; the last number stands for every unknown token.

    ``weights`` has a row for each kind of log-odds the lexicon holds (shape: n_kinds, n_tokens + 1).
    """

    numbers: Mapping[str, int]
    weights: Floats

    @classmethod
    def build(cls, weights: Mapping[str, Sequence[float]], kinds: int) -> Lexicon:
        table = np.array(list(weights.values()), dtype=np.float32).reshape(len(weights), kinds)
        numbers = {token: number for number, token in enumerate(weights)}
        return cls(numbers, np.concatenate((table, np.zeros((1, kinds), dtype=np.float32))).T.copy())

    def number(self, tokens: Sequence[str]) -> Ints:
        numbers, unknown = self.numbers, len(self.numbers)
        found = map(numbers.get, tokens, repeat(unknown))
        return np.fromiter(found, dtype=np.int64, count=len(tokens))


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """A page's tokens as ids, and what links them to blocks.

    ``words`` has a row a block, ``names`` a row a kind of container, ``headings`` a row a heading.
    """

    words: Ragged
    prose: NDArray[np.bool_]
    """Which blocks are paragraphs."""
    phrases: Ints
    """Of each block the id of its whole text, if that is short."""
    names: Ragged
    kind: Ints
    parent: Ints
    depth: Ints
    rungs: Ints
    headings: Ragged
    above: Ints
    """Rows of the headings over each block, -1 for none (shape: OVER, n_blocks)."""
    passed: Ints
    """Row of the last heading before each block, of whatever rank, -1 for none."""
    first_headings: Ints
    """Row of the first heading of each page."""


# The headings over a block: the nearest, the one above that in rank, the highest-ranking open one, and the
# first heading inside containers around the block.
OVER = ("heading", "outer_heading", "top_heading", "box1_heading", "box2_heading", "box3_heading")
_BOXES = (2, 3, 4)


def lexicon_features(tokens: TokenColumns, words: Floats, names: Floats) -> Columns:
    """One row a block: log-odds of its words, of the headings over it, and of the names around it.

    ``words`` holds the log-odds of ``WORD_KINDS``, ``names`` of ``NAME_KINDS``, a row each.
    """
    words = words[0]
    counts = np.maximum(tokens.words.counts(), 1)
    sums = tokens.words.sums(words)
    low, high = tokens.words.extremes(words)
    columns: Columns = {
        "words_mean": sums / counts,
        "words_sum": sums / np.sqrt(counts),
        "words_low": low,
        "words_high": high,
        "phrase": words[tokens.phrases],
    }
    return columns | _heading_features(tokens, words) | _name_features(tokens, names)


def _heading_features(tokens: TokenColumns, words: Floats) -> Columns:
    """What stands under such headings: mean over the heading's tokens, and the lowest."""
    counts = np.maximum(tokens.headings.counts(), 1)
    mean = np.append(tokens.headings.sums(words) / counts, np.float32(0))
    low = np.append(tokens.headings.extremes(words)[0], np.float32(0))
    columns: Columns = {}
    for name, row in zip(OVER, tokens.above, strict=True):
        columns[f"{name}_mean"] = mean[row]
    columns["heading_low"] = low[tokens.above[0]]
    columns["headings_low"] = low[tokens.above].min(axis=0)
    # "About the author", "Related": what comes after such a heading is seldom content, even under others.
    lowest = np.array(mean, dtype=np.float32)
    for start, end in pairwise([*tokens.first_headings.tolist(), len(tokens.headings)]):
        np.minimum.accumulate(lowest[start:end], out=lowest[start:end])
    columns["headings_passed"] = lowest[tokens.passed]
    return columns


def _name_features(tokens: TokenColumns, names: Floats) -> Columns:
    here = tokens.rungs[0]
    own, total, low, high = _along_paths(tokens, names)
    path, lowest, highest = total.take(here, axis=1), low.take(here, axis=1), high.take(here, axis=1)
    columns: Columns = {"names_path": path[0], "names_path_low": lowest[0], "names_path_high": highest[0]}
    for height, rung in enumerate(tokens.rungs):
        columns[f"names_up{height}"] = own[rung]
    within = {height: path - total.take(tokens.rungs[height], axis=1) for height in (2, 4)}
    columns |= {f"names_within{height}": rows[0] for height, rows in within.items()}
    # What paragraphs under such names are says more about a paragraph than what menus there are.
    told = {"path": path, "low": lowest, "high": highest}
    told |= {f"within{height}": rows for height, rows in within.items()}
    _, prose, pieces = range(len(NAME_KINDS))
    for name, rows in told.items():
        columns[f"alike_{name}"] = np.where(tokens.prose, rows[prose], rows[pieces])
    return columns


def _along_paths(tokens: TokenColumns, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Each container's own sum, and sum, lowest and highest from the root down to it.

    The former of the first kind of log-odds, the latter of every kind (shape: n_kinds, n_containers).
    """
    levels = by_depth(tokens.depth, tokens.parent)
    kind = tokens.kind[levels.order]
    low, high = np.stack([tokens.names.extremes(row) for row in weights], axis=1).take(kind, axis=2)
    total = np.stack([tokens.names.sums(row) for row in weights]).take(kind, axis=1)
    own = total[0].copy()
    for level, above in levels.steps:
        total[:, level] += total.take(above, axis=1)
        np.minimum(low[:, level], low.take(above, axis=1), out=low[:, level])
        np.maximum(high[:, level], high.take(above, axis=1), out=high[:, level])
    place = levels.place
    return own[place], total.take(place, axis=1), low.take(place, axis=1), high.take(place, axis=1)


def token_columns(
    document: Document,
    ladder: Ladder,
    words: Words,
    rows: Rows,
    prose: NDArray[np.bool_],
    numberings: Numberings,
) -> TokenColumns:
    """``rows`` holds the words of each block, ``prose`` says which are paragraphs."""
    number_words, number_names = numberings
    tags = document.elements.tag
    level = [HEADINGS.get(tags[owner], 0) for owner in document.blocks.owner]
    headings = [number for number, found in enumerate(level) if found]
    passed = np.searchsorted(headings, np.arange(len(level) + 1))
    return TokenColumns(
        words=_block_words(words, number_words),
        prose=prose,
        phrases=number_words(_phrases(rows)),
        names=Ragged.build([_kind_names(tag, given) for tag, given in ladder.kinds], number_names),
        kind=ladder.kind,
        parent=ladder.parent,
        depth=ladder.depth,
        rungs=ladder.rungs,
        headings=Ragged.build([_heading_tokens(rows[number]) for number in headings], number_words),
        above=_headings_over(ladder, level, headings, passed),
        passed=passed[:-1] - 1,
        first_headings=np.zeros(1, dtype=np.int64),
    )


def _block_words(words: Words, number: Numbering) -> Ragged:
    """The distinct words of each block; to a lexicon every number is the same word."""
    ids = number(["0" if word.isdigit() else word for word in words.vocabulary])
    starts = np.searchsorted(words.distinct_block, np.arange(len(words.counts) + 1))
    return Ragged(ids[words.distinct_ids], starts)


def _phrases(rows: Rows) -> list[str]:
    """The whole text of each block, if that is short, else ""."""
    return [
        "=" + _phrase(rows[number]) if count <= _PHRASE else "" for number, count in enumerate(rows.counts)
    ]


def _phrase(row: list[str]) -> str:
    return " ".join(["0" if word.isdigit() else word for word in row])


def _heading_tokens(row: list[str]) -> list[str]:
    """Tokens that stand for "under a heading with this word", and with this text."""
    found = [f"#{word}" for word in dict.fromkeys(row[:_HEADING_WORDS]) if not word.isdigit()]
    return [*found, "##" + _phrase(row)] if len(row) <= _PHRASE else found


def _kind_names(tag: str, attributes: Attributes) -> list[str]:
    """Distinct tokens of what an element's tag and attributes call it."""
    found = [f"<{tag}>"]
    for key in NAMING:
        if key in attributes and (value := attributes[key]):
            for name in value[:_LONGEST_CLASS].split():
                found += _parts(name) if len(name) <= _LONGEST_REMEMBERED else name_tokens(name)
    return list(dict.fromkeys(found))


def _headings_over(ladder: Ladder, level: list[int], headings: list[int], passed: Ints) -> Ints:
    """Rows (numbers into ``headings``) of what ``OVER`` names, for every block.

    ``passed`` counts the headings before each block, itself excluded, and before the page's end.
    """
    # Of each heading the nearest earlier one of higher rank, and the first of that chain.
    outer, top = [-1] * (len(headings) + 1), [-1] * (len(headings) + 1)
    open_headings: list[int] = []
    for row, number in enumerate(headings):
        while open_headings and level[headings[open_headings[-1]]] >= level[number]:
            open_headings.pop()
        if open_headings:
            outer[row], top[row] = open_headings[-1], open_headings[0]
        open_headings.append(row)
    # The last heading passed is the nearest above; a heading stands under the one above it in rank.
    nearest = passed[:-1] - 1
    nearest[headings] = outer[:-1]
    over = [nearest, np.array(outer)[nearest], np.array(top)[nearest]]
    for height in _BOXES:
        container = ladder.rungs[height]
        first, end = ladder.first[container], ladder.end[container]
        over.append(np.where(passed[end] > passed[first], passed[first], -1))
    return np.stack(over)

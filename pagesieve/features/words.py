"""A page's words as columns of numbers: what is counted about them is counted by array operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features.arrays import distinct, first_and_last
from pagesieve.words import tokens_of_all

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

_LONG_WORD = 4
# Larger than any number of words a page has, so that a pair of words is one number.
_PAIR = np.int64(1) << 31
# Real blocks stop at about 30,000 characters; of longer ones the rest says nothing more.
_MOST_CHARS = 100_000
# Words of an n-gram that says the same thing again, and the multiplier of its hash (Knuth's, 64 bits).
_GRAM = 4
_MIX = np.int64(6364136223846793005)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a page's blocks.

    ``ids`` numbers every occurrence by the word's place in ``vocabulary``, ``block`` says which block it
    stands in. ``distinct_ids`` and ``distinct_block`` hold each word of a block once.
    """

    vocabulary: dict[str, int]
    ids: Ints
    block: Ints
    distinct_ids: Ints
    distinct_block: Ints
    counts: Ints
    """Words of each block."""

    def mean(self, values: Floats) -> Floats:
        """Mean over the words of each block of a value by word number; 0 for a block without words."""
        return self._per_block(values[self.ids]) / np.maximum(self.counts, 1)

    def _per_block(self, values: Floats) -> Floats:
        return np.bincount(self.block, weights=values, minlength=len(self.counts)).astype(np.float64)

    def share_in(self, known: set[str]) -> Floats:
        """Share of each block's words that are ``known``."""
        return self.mean(self._flags(known))

    def share_of(self, wanted: set[str]) -> Floats:
        """Share of the ``wanted`` words that each block has."""
        found = self._flags(wanted)[self.distinct_ids]
        hits = np.bincount(self.distinct_block, weights=found, minlength=len(self.counts))
        return hits / max(len(wanted), 1)

    def pairs_in(self, texts: Iterable[list[str]]) -> Floats:
        """Share of each block's adjacent word pairs that also occur in one of ``texts``."""
        known = [np.array([self.vocabulary.get(word, -1) for word in text], dtype=np.int64) for text in texts]
        there = distinct(np.concatenate([_pairs(numbers) for numbers in known])) if known else self.ids[:0]
        if not len(there) or len(self.ids) < 2:
            return np.zeros(len(self.counts))
        pairs = _pairs(self.ids)
        found = there[np.minimum(np.searchsorted(there, pairs), len(there) - 1)] == pairs
        same_block = self.block[1:] == self.block[:-1]
        hits = np.bincount(self.block[1:], weights=found & same_block, minlength=len(self.counts))
        return hits / np.maximum(self.counts - 1, 1)

    def said_elsewhere(self) -> tuple[Floats, Floats]:
        """Share of each block's word 4-grams that an earlier block has too, and that a later block has.

        Blocks of fewer words count as one n-gram.
        """
        n_words = len(self.ids)
        size = np.minimum(self.counts, _GRAM)[self.block]
        ends = np.cumsum(self.counts)[self.block]
        ids = np.concatenate((self.ids + 1, np.zeros(_GRAM, dtype=np.int64)))
        grams = np.zeros(n_words, dtype=np.int64)
        for step in range(_GRAM):
            grams = grams * _MIX + np.where(step < size, ids[step : step + n_words], 0)
        whole = ends - np.arange(n_words) >= size
        gram, block = grams[whole], self.block[whole]
        first, last = first_and_last(gram)
        total = np.maximum(np.bincount(block, minlength=len(self.counts)), 1)
        before = np.bincount(block, weights=block[first] < block, minlength=len(self.counts))
        after = np.bincount(block, weights=block[last] > block, minlength=len(self.counts))
        return before / total, after / total

    def spread(self) -> Floats:
        """In how many blocks each word occurs (shape: n_vocabulary)."""
        return np.bincount(self.distinct_ids, minlength=len(self.vocabulary)).astype(np.float64)

    def distinct(self) -> Floats:
        """Share of each block's words that are different ones."""
        found = np.bincount(self.distinct_block, minlength=len(self.counts))
        return found / np.maximum(self.counts, 1)

    def repetition(self) -> tuple[Floats, Floats]:
        """Of each block's long words the share that other blocks have too, and in how many blocks they are.

        The latter as a logarithm; -1 for a block without long words.
        """
        sizes = np.fromiter(map(len, self.vocabulary), dtype=np.int64, count=len(self.vocabulary))
        long = (sizes >= _LONG_WORD).astype(np.float64)
        spread = self.spread()
        total = self._per_block(long[self.ids])
        safe = np.maximum(total, 1)
        shared = self._per_block((long * (spread > 1))[self.ids]) / safe
        around = np.log1p(self._per_block((long * spread)[self.ids]) / safe)
        return np.where(total > 0, shared, -1), np.where(total > 0, around, -1)

    def topic(self, prose: NDArray[np.bool_]) -> Floats:
        """How much each block shares with the page's other paragraphs (``prose`` flags the blocks).

        Mean, over a block's long words, of the logarithm of 1 + how many other paragraphs have the word.
        """
        sizes = np.fromiter(map(len, self.vocabulary), dtype=np.int64, count=len(self.vocabulary))
        long = (sizes >= _LONG_WORD).astype(np.float64)
        in_prose = np.bincount(
            self.distinct_ids, weights=prose[self.distinct_block], minlength=len(self.vocabulary)
        )
        others = in_prose[self.distinct_ids] - prose[self.distinct_block]
        weight = long[self.distinct_ids]
        n_blocks = len(self.counts)
        shared = np.bincount(self.distinct_block, weights=weight * np.log1p(others), minlength=n_blocks)
        return shared / np.maximum(np.bincount(self.distinct_block, weights=weight, minlength=n_blocks), 1)

    def _flags(self, known: set[str]) -> Floats:
        flags = np.zeros(len(self.vocabulary))
        flags[[self.vocabulary[word] for word in known if word in self.vocabulary]] = 1
        return flags


def _pairs(ids: Ints) -> Ints:
    return np.where((ids[:-1] >= 0) & (ids[1:] >= 0), ids[:-1] * _PAIR + ids[1:], -1)


@dataclass(frozen=True, slots=True)
class Rows:
    """The words of each block: block ``number`` has those of ``words`` from ``starts[number]``."""

    words: list[str]
    starts: list[int]
    counts: list[int]

    def __getitem__(self, number: int) -> list[str]:
        start = self.starts[number]
        return self.words[start : start + self.counts[number]]


def read_words(texts: list[str]) -> tuple[Words, Rows]:
    """Words of a page, and the same as a list of words a block."""
    if max(map(len, texts), default=0) > _MOST_CHARS:
        texts = [text[:_MOST_CHARS] for text in texts]
    found, counts = tokens_of_all(texts)
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    ids = np.fromiter(map(numbers.__getitem__, found), dtype=np.int64, count=len(found))
    block = np.repeat(np.arange(len(counts)), counts)
    size = max(len(numbers), 1)
    distinct_block, distinct_ids = np.divmod(distinct(block * size + ids), size)
    words = Words(dict(numbers), ids, block, distinct_ids, distinct_block, counts)
    return words, Rows(found, (np.cumsum(counts) - counts).tolist(), counts.tolist())

"""A page's words as columns of numbers: what is counted about them is counted by array operations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.words import tokens

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
        there = np.concatenate([_pairs(numbers) for numbers in known]) if known else np.zeros(0, np.int64)
        same_block = self.block[1:] == self.block[:-1]
        hits = np.isin(_pairs(self.ids), there) & same_block
        found = np.bincount(self.block[1:], weights=hits, minlength=len(self.counts))
        return found / np.maximum(self.counts - 1, 1)

    def said_elsewhere(self) -> tuple[Floats, Floats]:
        """Share of each block's word 4-grams that an earlier block has too, and that a later block has.

        Blocks of fewer words count as one n-gram.
        """
        starts = np.cumsum(self.counts) - self.counts
        within = np.arange(len(self.ids)) - starts[self.block]
        left = self.counts[self.block] - within
        size = np.minimum(self.counts, _GRAM)
        grams = np.zeros(len(self.ids), dtype=np.int64)
        for step in range(_GRAM):
            there = np.minimum(np.arange(len(self.ids)) + step, len(self.ids) - 1)
            grams = grams * _MIX + np.where(step < size[self.block], self.ids[there] + 1, 0)
        whole = left >= size[self.block]
        gram, block = grams[whole], self.block[whole]
        _, first, inverse = np.unique(gram, return_index=True, return_inverse=True)
        last = len(gram) - 1 - np.unique(gram[::-1], return_index=True)[1]
        total = np.maximum(np.bincount(block, minlength=len(self.counts)), 1)
        before = np.bincount(block, weights=block[first[inverse]] < block, minlength=len(self.counts))
        after = np.bincount(block, weights=block[last[inverse]] > block, minlength=len(self.counts))
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
        long = np.array([len(word) >= _LONG_WORD for word in self.vocabulary], dtype=np.float64)
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
        long = np.array([len(word) >= _LONG_WORD for word in self.vocabulary], dtype=np.float64)
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


def read_words(texts: list[str]) -> tuple[Words, list[list[str]]]:
    """Words of a page, and the same as a list of words a block."""
    rows = [tokens(text[:_MOST_CHARS]) for text in texts]
    flat = list(chain.from_iterable(rows))
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(flat))}
    ids = np.array([vocabulary[word] for word in flat], dtype=np.int64)
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    block = np.repeat(np.arange(len(rows)), counts)
    distinct = np.unique(block * max(len(vocabulary), 1) + ids)
    return Words(
        vocabulary=vocabulary,
        ids=ids,
        block=block,
        distinct_ids=distinct % max(len(vocabulary), 1),
        distinct_block=distinct // max(len(vocabulary), 1),
        counts=counts,
    ), rows

"""How lines are worded: hashed words, pairs of words and byte 4-grams, under one linear model.

After Weinberger et al. 2009, "Feature hashing for large scale multitask learning". All grams of a page are
found in a few passes over its bytes, in every script.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.errors import ModelError
from pagesieve.features.context import neighbours
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

# Weights in the table: 2 to the power of this.
BITS = 18
# Of a longer block the rest tells nothing new of what it is.
_MOST_CHARS = 600
_BORDER = 0
# Bytes that characters of scripts without spaces begin with: kana, Chinese, Korean. Each is a word.
_UNSPACED = (0xE3, 0xED)
# An odd base for polynomial hashes modulo 2 to the 64, and its inverse there.
_BASE = 6364136223846793005
_INVERSE = pow(_BASE, -1, 1 << 64)
# The golden ratio of 64 bits (Knuth), which spreads what it is multiplied with over the upper bits.
_SPREAD = np.uint64(11400714819323198485)
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_BEGIN, _END = np.uint64(1), np.uint64(2)
_SHIFT = np.uint64(64 - BITS)


@dataclass(frozen=True, slots=True)
class Grams:
    """Grams of many blocks: places in the table (0..2**BITS - 1), and the block of each, in no order."""

    ids: NDArray[np.uint32]
    block: NDArray[np.uint32]
    n_blocks: int

    def scores(self, weights: Floats) -> NDArray[np.float32]:
        """Of each block the sum of its grams' weights over the root of their number."""
        sums = np.bincount(self.block, weights=weights[self.ids], minlength=self.n_blocks)
        return (sums / np.sqrt(np.maximum(self.counts(), 1))).astype(np.float32)

    def counts(self) -> Ints:
        """Grams of each block."""
        return np.bincount(self.block, minlength=self.n_blocks)


def grams_of(texts: list[str]) -> Grams:
    """Grams of a page's blocks.

    >>> grams_of(["abcde", ""]).counts().tolist()
    [5, 0]
    """
    joined = "\0".join([text[:_MOST_CHARS].replace("\0", " ") for text in texts] + [""])
    raw = np.frombuffer(joined.lower().encode("utf-8", "replace"), dtype=np.uint8)
    block = (np.cumsum(raw == _BORDER) - (raw == _BORDER)).astype(np.uint32)
    found = [_four_grams(raw, block), *_words(raw, block)]
    return Grams(
        np.concatenate([(hashes * _SPREAD >> _SHIFT).astype(np.uint32) for hashes, _ in found]),
        np.concatenate([blocks for _, blocks in found]),
        len(texts),
    )


def read_weights(body: bytes) -> NDArray[np.float32]:
    """The table of weights (shape: 2**BITS) in a file of a release.

    Raises
    ------
    ModelError
        The table has another size than this version of pagesieve hashes into.
    """
    with np.load(BytesIO(body), allow_pickle=False) as table:
        weights: NDArray[np.float32] = table["numbers"] * np.float32(table["unit"])
    if weights.shape != (1 << BITS,):
        raise ModelError(
            "the wording of lines was learned with another size of table; train lines again with "
            "`pagesieve train --only lines`"
        )
    return weights


def wording_features(scores: NDArray[np.float32], page: Ints) -> Columns:
    """Scores of blocks and of those around them; ``page`` numbers the page of each."""
    columns: Columns = {"wording": scores}
    return columns | neighbours(columns, ("wording",), page, 2)


_Hashed = tuple[NDArray[np.uint64], NDArray[np.uint32]]


def _four_grams(raw: NDArray[np.uint8], block: NDArray[np.uint32]) -> _Hashed:
    wide = raw.astype(np.uint64)
    shifts = [np.uint64(8 * step) for step in range(1, 4)]
    grams = wide[:-3] | wide[1:-2] << shifts[0] | wide[2:-1] << shifts[1] | wide[3:] << shifts[2]
    inside = (block[3:] == block[:-3]) & (raw[3:] != _BORDER)
    return grams[inside], block[:-3][inside]


def _words(raw: NDArray[np.uint8], block: NDArray[np.uint32]) -> tuple[_Hashed, _Hashed]:
    """Words, and pairs of neighbours; the first and the last of a block are also pairs with its borders."""
    letter = _LETTER[raw]
    before = np.concatenate(([False], letter[:-1]))
    alone = (raw >= _UNSPACED[0]) & (raw <= _UNSPACED[1])
    starts = np.flatnonzero(letter & (~before | alone))
    ends = np.flatnonzero(before & (~letter | alone))
    if len(ends) < len(starts):  # the last one goes to the end
        ends = np.append(ends, len(raw))
    words = _hashes(raw, starts, ends)
    where = block[starts]
    first = np.concatenate(([True], where[1:] != where[:-1]))[: len(where)]
    last = np.concatenate((first[1:], [True]))[: len(where)]
    left = np.where(first, _BEGIN, np.concatenate((words[:1], words[:-1])))
    pairs = np.concatenate((left * _PAIR + words, words[last] * _PAIR + _END))
    return (words, where), (pairs, np.concatenate((where, where[last])))


def _hashes(raw: NDArray[np.uint8], starts: Ints, ends: Ints) -> NDArray[np.uint64]:
    """Polynomial hash of the bytes of each range, the same wherever it stands."""
    powers = np.full(len(raw), _BASE, dtype=np.uint64)
    powers[:1] = 1
    np.multiply.accumulate(powers, out=powers)
    sums = np.zeros(len(raw) + 1, dtype=np.uint64)
    np.cumsum((raw.astype(np.uint64) + np.uint64(1)) * powers, out=sums[1:])
    back = np.full(len(raw) + 1, _INVERSE, dtype=np.uint64)
    back[0] = 1
    np.multiply.accumulate(back, out=back)
    hashes: NDArray[np.uint64] = (sums[ends] - sums[starts]) * back[starts]
    return hashes


def _letters() -> NDArray[np.bool_]:
    """Bytes that words consist of: ASCII letters and digits, and all of what is beyond ASCII."""
    table = np.zeros(256, dtype=bool)
    table[[*range(48, 58), *range(97, 123), *range(128, 256)]] = True
    return table


_LETTER = _letters()

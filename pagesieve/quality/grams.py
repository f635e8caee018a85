"""Hashed byte 4-grams: what a text is worded like, in any language.

After Cormack, Smucker and Clarke 2011, "Efficient and effective spam filtering and re-ranking for large web
datasets": presence of byte 4-grams of the beginning of a page, hashed into a table of weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Weights in the table: 2 to the power of this.
BITS = 16
# Bytes that are looked at.
_MOST_BYTES = 20_000
_SIZE = 4
# Knuth's multiplier, the golden ratio of 32 bits.
_MULTIPLIER = np.uint32(2_654_435_761)


def gram_ids(text: str) -> NDArray[np.int64]:
    """Places in the table (0..2**BITS - 1) of the different 4-grams, rising.

    >>> len(gram_ids("abcde"))
    2
    """
    raw = np.frombuffer(text[:_MOST_BYTES].lower().encode("utf-8", "replace")[:_MOST_BYTES], dtype=np.uint8)
    if len(raw) < _SIZE:
        return np.zeros(0, dtype=np.int64)
    wide = raw.astype(np.uint32)
    grams = wide[:-3] | wide[1:-2] << 8 | wide[2:-1] << 16 | wide[3:] << 24
    seen = np.zeros(1 << BITS, dtype=bool)
    seen[(grams * _MULTIPLIER) >> np.uint32(32 - BITS)] = True
    return np.flatnonzero(seen)


def gram_scores(text: str, *tables: NDArray[np.floating]) -> list[float]:
    """Log-odds of the wording by each table: the weights of the 4-grams that occur, over the root of their
    number."""
    ids = gram_ids(text)
    length = max(np.sqrt(len(ids)), 1.0)
    return [float(weights[ids].sum() / length) for weights in tables]

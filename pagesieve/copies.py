"""Repeated text: of blocks that say nearly the same, which one is the fullest.

Containment (Broder 1997, "On the resemblance and containment of documents") over word 4-grams. A page has few
repeated n-grams, so they are counted exactly, by one sort; MinHash is for collections that do not fit that.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from pagesieve.words import tokens

Ints = NDArray[np.int64]

# Share of a block's n-grams that a fuller block must have too. One changed word changes four n-grams.
LEAST_CONTAINED = 0.6
_GRAM = 4
# An n-gram in more blocks than this is a formula ("all rights reserved by"), and looking at all pairs of
# them would cost the square.
_MOST_HOLDERS = 8


def repeats(texts: list[str], among: list[int], least: float = LEAST_CONTAINED) -> list[int]:
    """Which of the blocks ``among``, given in order of preference, are repeated by one that comes before."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found: list[int] = []
    for number in among:
        words = tokens(texts[number])
        grams = {tuple(words[start : start + _GRAM]) for start in range(len(words) - _GRAM + 1)}
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(holders.get(gram, ()))
        if shared and max(shared.values()) >= least * len(grams):
            found.append(number)
            continue
        for gram in grams:
            if len(there := holders[gram]) < _MOST_HOLDERS:
                there.append(number)
    return found

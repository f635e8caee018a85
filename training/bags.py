"""The words of a page's blocks as numbers, by which many choices of blocks are scored in little time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bags:
    """Of each block its distinct words: ``word[i]`` stands ``count[i]`` times in block ``block[i]``.

    ``gold`` is how often the gold text has each word; None where it is but the blocks known to be content.
    """

    block: Ints
    word: Ints
    count: Ints
    n_words: int
    gold: Ints | None = None

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], gold: Sequence[str] | None = None) -> Bags:
        """From the words of each block, and of the gold text."""
        counters = [Counter(words) for words in texts]
        number = {word: place for place, word in enumerate(dict.fromkeys(chain(*counters, gold or ())))}
        wanted = None
        if gold is not None:
            wanted = np.bincount([number[word] for word in gold] or [0], minlength=len(number))
            wanted = wanted if gold else np.zeros_like(wanted)
        return cls(
            block=np.repeat(np.arange(len(counters)), [len(counter) for counter in counters]),
            word=np.array([number[word] for counter in counters for word in counter], dtype=np.int64),
            count=np.array([count for counter in counters for count in counter.values()], dtype=np.int64),
            n_words=len(number),
            gold=wanted,
        )

    def f1(self, kept: Flags, content: Flags) -> float:
        """Word F1 of keeping these blocks, against the gold text, else against ``content``.

        The same as ``training.metrics.bag_score`` gives.
        """
        found, wanted = self._total(kept), self._total(content) if self.gold is None else self.gold
        words = int(found.sum() + wanted.sum())
        return 2 * int(np.minimum(found, wanted).sum()) / words if words else 1.0

    def _total(self, which: Flags) -> Ints:
        rows = which[self.block]
        return np.bincount(self.word[rows], weights=self.count[rows], minlength=self.n_words).astype(np.int64)

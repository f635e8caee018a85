"""Probabilities → which blocks to keep.

Without a threshold the blocks of a page are chosen to maximise its expected F score (Ye et al. 2012,
"Optimizing F-measures: a tale of two approaches"): sorted by probability, the prefix that maximises
(1 + b²)·Σp·w / (Σw over the prefix + b²·Σp·w over the page), where w is a block's number of words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.copies import Copies
from pagesieve.options import Focus, Options

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Words that a block without any (a price, a rule of dashes) counts for.
_LEAST_SIZE = 0.5
# b of the F score: below 1 precision counts more, above 1 recall. Blocks count as independent here, but whole
# sections are right or wrong together, so 1 keeps a little too much: with 0.9 word F1 is the same, and less
# leaks.
BETA = {Focus.PRECISION: 0.5, Focus.BALANCED: 0.9, Focus.RECALL: 2.0}
# Where even the best choice is expected to agree this little, the page has no content: an error page, a bot
# wall, a shell that scripts would fill. From 0.2 to 0.4 the yardstick hardly moves; keeping something always
# costs it 0.4 points.
LEAST_EXPECTED = 0.2


@dataclass(frozen=True, slots=True)
class Choice:
    """Which blocks are kept, and which would be if another kept one did not say the same."""

    keep: Flags
    repeated: Flags


def choose(probability: Floats, copies: Copies, options: Options) -> Choice:
    """Which blocks to keep; of copies of a long text the fullest, else the likeliest."""
    raised = copies.raised(probability)
    keep = raised >= _cut(probability, copies.n_words, options)
    repeated = np.zeros_like(keep)
    repeated[copies.dropped(keep, probability, raised)] = True
    return Choice(keep & ~repeated, repeated)


def _cut(probability: Floats, n_words: Floats, options: Options) -> float:
    """The probability from which blocks are kept."""
    if options.threshold is not None:
        return options.threshold
    if expected_scores(probability, n_words, 1.0)[1].max(initial=0) < LEAST_EXPECTED:
        return np.inf
    order, expected = expected_scores(probability, n_words, BETA[options.focus])
    return float(probability[order[int(np.argmax(expected))]])


def expected_scores(
    probability: Floats, n_words: Floats, beta: float
) -> tuple[NDArray[np.int64], NDArray[np.floating[Any]]]:
    """Blocks by falling probability, and the expected F score of keeping each one and all before it."""
    order = np.argsort(-probability, kind="stable")
    size = np.maximum(n_words[order], _LEAST_SIZE)
    mass = probability[order] * size
    return order, (1 + beta**2) * np.cumsum(mass) / (np.cumsum(size) + beta**2 * mass.sum())

"""Probabilities → which blocks to keep.

Without a threshold the blocks of a page are chosen to maximise its expected F score (Ye et al. 2012,
"Optimizing F-measures: a tale of two approaches"): sorted by probability, the prefix that maximises
(1 + b²)·Σp·w / (Σw over the prefix + b²·Σp·w over the page), where w is a block's number of words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.options import Focus, Options

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# Words that a block without any (a price, a rule of dashes) counts for.
_LEAST_SIZE = 0.5
# b of the F score: below 1 precision counts more, above 1 recall. Blocks count as independent here, but whole
# sections are right or wrong together, so 1 keeps a little too much: with 0.9 word F1 is the same, and less
# leaks.
BETA = {Focus.PRECISION: 0.5, Focus.BALANCED: 0.9, Focus.RECALL: 2.0}
# A text of so many words is given once: pages repeat paragraphs for other screens, previews and quotes.
# Shorter repetitions are refrains, labels and lines of code.
LONG_TEXT = 10
# Where even the best choice is expected to agree this little, the page has no content: an error page, a bot
# wall, a shell that scripts would fill. From 0.2 to 0.4 the yardstick hardly moves; keeping something always
# costs it 0.4 points.
LEAST_EXPECTED = 0.2


def choose(probability: Floats, n_words: Floats, first_copy: Ints, options: Options) -> NDArray[np.bool_]:
    """Which blocks to keep (shape: n_blocks).

    ``first_copy`` is the number of the first block with each block's text: of copies of a long text one is
    kept, the likeliest.
    """
    keep = _likely(probability, n_words, options)
    kept = np.flatnonzero(keep & (n_words >= LONG_TEXT))
    likeliest = kept[np.argsort(-probability[kept], kind="stable")]
    again = np.setdiff1d(likeliest, likeliest[np.unique(first_copy[likeliest], return_index=True)[1]])
    keep[again] = False
    return keep


def _likely(probability: Floats, n_words: Floats, options: Options) -> NDArray[np.bool_]:
    if options.threshold is not None:
        return probability >= options.threshold
    if expected_scores(probability, n_words, 1.0)[1].max(initial=0) < LEAST_EXPECTED:
        return np.zeros(len(probability), dtype=bool)
    order, expected = expected_scores(probability, n_words, BETA[options.focus])
    last = float(probability[order[int(np.argmax(expected))]])
    return probability >= last


def expected_scores(
    probability: Floats, n_words: Floats, beta: float
) -> tuple[NDArray[np.int64], NDArray[np.floating[Any]]]:
    """Blocks by falling probability, and the expected F score of keeping each one and all before it."""
    order = np.argsort(-probability, kind="stable")
    size = np.maximum(n_words[order], _LEAST_SIZE)
    mass = probability[order] * size
    return order, (1 + beta**2) * np.cumsum(mass) / (np.cumsum(size) + beta**2 * mass.sum())

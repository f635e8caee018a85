"""Probabilities → which blocks to keep.

Without a threshold the blocks of a page are chosen to maximise its expected F score (Ye et al. 2012,
"Optimizing F-measures: a tale of two approaches"): sorted by probability, the prefix that maximises
(1 + b²)·Σp·w / (Σw over the prefix + b²·Σp·w over the page), where w is a block's number of words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pagesieve.options import Focus, Options

Floats = NDArray[np.float32]

# b of the F score: below 1 precision counts more, above 1 recall.
BETA = {Focus.PRECISION: 0.5, Focus.BALANCED: 1.0, Focus.RECALL: 2.0}


def choose(probability: Floats, n_words: Floats, options: Options) -> NDArray[np.bool_]:
    """Which blocks to keep (shape: n_blocks)."""
    cut = (
        options.threshold
        if options.threshold is not None
        else cutoff(probability, n_words, BETA[options.focus])
    )
    return probability >= cut


def cutoff(probability: Floats, n_words: Floats, beta: float = 1.0) -> float:
    """Probability from which on keeping a block raises the page's expected F score; 1.0 for an empty page."""
    if not len(probability):
        return 1.0
    order = np.argsort(-probability, kind="stable")
    size = np.maximum(n_words[order], 0.5)
    mass = probability[order] * size
    expected = (1 + beta**2) * np.cumsum(mass) / (np.cumsum(size) + beta**2 * mass.sum())
    return float(probability[order[int(np.argmax(expected))]])

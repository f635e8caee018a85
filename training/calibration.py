"""Do blocks given a probability of 0.7 turn out to be content in 7 cases of 10?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 10


def reliability(probability: NDArray[np.float32], content: NDArray[np.bool_]) -> dict[str, Any]:
    """Reliability table in ten equal steps, and the expected calibration error (Naeini et al. 2015).

    Both arguments hold one value a block.
    """
    step = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    count = np.bincount(step, minlength=_BINS)
    safe = np.maximum(count, 1)
    predicted = np.bincount(step, weights=probability, minlength=_BINS) / safe
    observed = np.bincount(step, weights=content, minlength=_BINS) / safe
    error = float((np.abs(predicted - observed) * count).sum() / max(count.sum(), 1))
    return {
        "blocks": count.tolist(),
        "predicted": predicted.round(3).tolist(),
        "observed": observed.round(3).tolist(),
        "expected_calibration_error": round(error, 4),
    }

"""The pictures of the model card, as PNG. The same figures give the same file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_curve

_INK, _GREY = "#1f5fa8", "#9a9a9a"


def reliability_picture(predicted: ArrayLike, observed: ArrayLike, x: str, y: str) -> bytes:
    """What came true against what was predicted, a point a bin; ``x`` and ``y`` name the axes."""
    figure, axes = _square(x, y)
    axes.plot(np.asarray(predicted), np.asarray(observed), "o-", color=_INK)
    return _png(figure)


def spam_picture(spam: NDArray[np.bool_], scores: NDArray[Any]) -> bytes:
    """Share of spam found against share of honest pages accused."""
    false, true, _ = roc_curve(spam, scores)
    figure, axes = _square("honest pages taken for spam", "spam found")
    axes.plot(false, true, color=_INK)
    return _png(figure)


def _square(x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8)
    axes.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1))
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # Without the date and version, so that the same figures give the same file.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()

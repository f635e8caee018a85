"""Features of a block among others: its neighbours, and the first model's view of what surrounds it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features.structure import HEIGHTS, Ladder
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]


def neighbours(columns: Columns, names: tuple[str, ...], page: Ints, reach: int) -> Columns:
    """Values of the blocks up to ``reach`` before and after, 0 beyond the page's ends.

    ``page`` numbers the page of each row, so that many pages can be treated as one.
    """
    found: Columns = {}
    for step in range(1, reach + 1):
        inside = page[step:] == page[:-step]
        for name in names:
            values = columns[name]
            before, after = np.zeros_like(values), np.zeros_like(values)
            before[step:][inside] = values[:-step][inside]
            after[:-step][inside] = values[step:][inside]
            found[f"before{step}_{name}"], found[f"after{step}_{name}"] = before, after
    return found


def context_features(probability: Floats, chars: Floats, ladder: Ladder, keys: tuple[Ints, Ints]) -> Columns:
    """One row a block, from the first model's probabilities alone.

    ``chars`` are the blocks' sizes in characters, ``keys`` the elements' runs and shapes.
    """
    n_blocks = len(probability)
    page = np.zeros(n_blocks, dtype=np.int64)
    mass = probability * chars
    total, total_mass = max(float(chars.sum()), 1), float(mass.sum())
    sure = ((probability > 0.5) * chars).astype(np.float32)
    columns: Columns = {"first": probability, "chars": np.log1p(chars)}
    columns |= neighbours({"first": probability}, ("first",), page, 4)
    for width in (3, 8, 20):
        columns[f"around{width}"] = _window(mass, width) / np.maximum(_window(chars, width), 1)
    for height in range(1, HEIGHTS + 1):
        held = np.maximum(ladder.total(chars, height), 1)
        container = ladder.total(mass, height)
        columns[f"mean_up{height}"] = container / held
        columns[f"share_up{height}"] = container / max(total_mass, 1e-6)
        columns[f"others_up{height}"] = (container - mass) / np.maximum(held - chars, 1)
    columns |= _sibling_means(mass, chars, ladder, keys)
    before = np.cumsum(mass) - mass
    sure_before = np.cumsum(sure) - sure
    values = {
        "mass_before": before / max(total_mass, 1e-6),
        "sure_before": sure_before / max(float(sure.sum()), 1e-6),
        "sure_after": (float(sure.sum()) - sure_before - sure) / max(float(sure.sum()), 1e-6),
        "page_mean": np.full(n_blocks, total_mass / total),
        "page_mass": np.full(n_blocks, np.log1p(total_mass)),
        "page_best": np.full(n_blocks, probability.max(initial=0)),
        "rank": np.argsort(np.argsort(-probability, kind="stable")) / max(n_blocks, 1),
    }
    return columns | {name: value.astype(np.float32) for name, value in values.items()}


def _window(values: Floats, width: int) -> Floats:
    """Sum over the blocks at most ``width`` away."""
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    number = np.arange(len(values))
    upper, lower = np.minimum(number + width + 1, len(values)), np.maximum(number - width, 0)
    return (sums[upper] - sums[lower]).astype(np.float32)


def _sibling_means(mass: Floats, chars: Floats, ladder: Ladder, keys: tuple[Ints, Ints]) -> Columns:
    """Mean probability over the same-shaped elements, by characters."""
    everything = np.arange(len(ladder.first))
    held, inside = ladder.over(everything, chars), ladder.over(everything, mass)
    columns: Columns = {}
    for name, key in zip(("run", "shape"), keys, strict=True):
        total = np.maximum(np.bincount(key, weights=held), 1)
        mean = (np.bincount(key, weights=inside) / total).astype(np.float32)
        for height in range(4):
            columns[f"{name}{height}_mean"] = mean[key[ladder.rungs[height]]]
    return columns

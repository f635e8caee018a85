"""Features of a block among others: its neighbours, and the first model's view of what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features.structure import HEIGHTS, RUN_HEIGHTS, Keys, Ladder
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

_WIDTHS = (3, 8, 20)
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What context features need to know of a page, beside probabilities (``chars``: one value a block)."""

    ladder: Ladder
    keys: Keys
    chars: Floats


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


def context_features(probability: Floats, around: Surroundings) -> Columns:
    """One row a block, from the first model's probabilities alone."""
    chars, n_blocks = around.chars, len(probability)
    mass = probability * chars
    total_mass = max(float(mass.sum()), _NOTHING)
    sizes = np.stack((chars, mass), axis=1)
    columns: Columns = {"first": probability, "chars": np.log1p(chars)}
    columns |= neighbours({"first": probability}, ("first",), np.zeros(n_blocks, dtype=np.int64), 4)
    columns |= _window_means(sizes)
    held, inside = np.moveaxis(around.ladder.over(around.ladder.rungs[1:], sizes), 2, 0)
    for height in range(HEIGHTS):
        columns[f"mean_up{height + 1}"] = inside[height] / np.maximum(held[height], 1)
        columns[f"share_up{height + 1}"] = inside[height] / total_mass
        columns[f"others_up{height + 1}"] = (inside[height] - mass) / np.maximum(held[height] - chars, 1)
    columns |= _sibling_means(sizes, around)
    sure = np.where(probability > 0.5, chars, 0)
    all_sure = max(float(sure.sum()), _NOTHING)
    sure_before = np.cumsum(sure) - sure
    columns |= {
        "mass_before": (np.cumsum(mass) - mass) / total_mass,
        "sure_before": sure_before / all_sure,
        "sure_after": (all_sure - sure_before - sure) / all_sure,
        "rank": np.argsort(np.argsort(-probability, kind="stable")) / max(n_blocks, 1),
        "page_mean": np.full(n_blocks, total_mass / max(float(chars.sum()), 1)),
        "page_mass": np.full(n_blocks, np.log1p(total_mass)),
        "page_best": np.full(n_blocks, probability.max(initial=0)),
    }
    return {name: np.asarray(value, dtype=np.float32) for name, value in columns.items()}


def _window_means(sizes: Floats) -> Columns:
    """Mean probability, by characters, over the blocks at most so far away."""
    sums = np.concatenate((np.zeros((1, 2)), np.cumsum(sizes, axis=0, dtype=np.float64)))
    number = np.arange(len(sizes))
    columns: Columns = {}
    for width in _WIDTHS:
        held = sums[np.minimum(number + width + 1, len(sizes))] - sums[np.maximum(number - width, 0)]
        columns[f"around{width}"] = held[:, 1] / np.maximum(held[:, 0], 1)
    return columns


def _sibling_means(sizes: Floats, around: Surroundings) -> Columns:
    """Mean probability over the same-shaped elements, by characters."""
    ladder, rungs = around.ladder, around.ladder.rungs[:RUN_HEIGHTS]
    held = ladder.over(np.arange(len(ladder.first)), sizes)
    columns: Columns = {}
    for name, key in around.keys.items():
        chars, mass = (np.bincount(key, weights=held[:, column]) for column in range(2))
        for height, row in enumerate((mass / np.maximum(chars, 1))[key[rungs]]):
            columns[f"{name}{height}_mean"] = row
    return columns

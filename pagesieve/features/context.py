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
    sizes = np.stack((chars, mass))
    containers = around.ladder.held(sizes)
    columns: Columns = {"first": probability, "chars": np.log1p(chars)}
    columns |= neighbours({"first": probability}, ("first",), np.zeros(n_blocks, dtype=np.int64), 4)
    columns |= _window_means(sizes)
    held, inside = containers.take(around.ladder.rungs[1:], axis=1)
    for height in range(HEIGHTS):
        columns[f"mean_up{height + 1}"] = inside[height] / np.maximum(held[height], 1)
        columns[f"share_up{height + 1}"] = inside[height] / total_mass
        columns[f"others_up{height + 1}"] = (inside[height] - mass) / np.maximum(held[height] - chars, 1)
    columns |= _sibling_means(containers, around)
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
    n_blocks = sizes.shape[1]
    sums = np.zeros((2, n_blocks + 1))
    np.cumsum(sizes, axis=1, out=sums[:, 1:])
    number = np.arange(n_blocks)
    columns: Columns = {}
    for width in _WIDTHS:
        first, end = np.maximum(number - width, 0), np.minimum(number + width + 1, n_blocks)
        held, inside = sums.take(end, axis=1) - sums.take(first, axis=1)
        columns[f"around{width}"] = inside / np.maximum(held, 1)
    return columns


def _sibling_means(containers: Floats, around: Surroundings) -> Columns:
    """Mean probability over the same-shaped elements, by characters.

    ``containers`` holds the characters and the probable characters of each container.
    """
    rungs = around.ladder.rungs[:RUN_HEIGHTS]
    columns: Columns = {}
    for name, key in around.keys.items():
        chars, mass = (np.bincount(key, weights=row) for row in containers)
        for height, row in enumerate((mass / np.maximum(chars, 1))[key[rungs]]):
            columns[f"{name}{height}_mean"] = row
    return columns

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

_LEVELS_OF_SURENESS = (0.5, 0.7, 0.9)
_WIDTHS = (3, 8, 20)
_NOTHING = 1e-6
# Siblings of one shape that make a listing.
_LEAST_MEMBERS = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What context features need to know of a page, beside probabilities (one value a block).

    ``first_copy`` is the number of the first block with the same text; ``prose`` marks blocks with sentences
    that are not links.
    """

    ladder: Ladder
    keys: Keys
    chars: Floats
    prose: NDArray[np.bool_]
    first_copy: Ints


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
    columns: Columns = {"first": probability, "chars": np.log1p(chars), "prose": around.prose}
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
        "first_copy": probability[around.first_copy],
        "is_copy": around.first_copy != np.arange(n_blocks),
    }
    columns |= _page_mode(probability, mass, around)
    return {name: np.asarray(value, dtype=np.float32) for name, value in columns.items()}


def _page_mode(probability: Floats, mass: Floats, around: Surroundings) -> Columns:
    """The same in every row: is this a page of prose, or one whose content is in many small pieces?"""
    chars, prose = around.chars, around.prose
    total_mass = max(float(mass.sum()), _NOTHING)
    values = {
        "page_mean": total_mass / max(float(chars.sum()), 1),
        "page_mass": np.log1p(total_mass),
        "page_best": float(probability.max(initial=0)),
        "prose_mass": np.log1p(float(mass[prose].sum())),
        "pieces_mass": np.log1p(float(mass[~prose].sum())),
        "prose_mass_share": float(mass[prose].sum()) / total_mass,
        "prose_mean": float(mass[prose].sum()) / max(float(chars[prose].sum()), 1),
    }
    for level in _LEVELS_OF_SURENESS:
        values[f"prose_sure{level}"] = np.log1p(float(chars[prose & (probability > level)].sum()))
        values[f"pieces_sure{level}"] = np.log1p(float(chars[~prose & (probability > level)].sum()))
    return {name: np.full(len(probability), value) for name, value in values.items()}


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
    """Mean probability over the same-shaped elements, by characters, and what share of it all they hold.

    ``in_listing`` says that the block belongs to the page's weightiest run of siblings, ``listing_share`` and
    ``listing_mean`` what that holds.
    """
    ladder, rungs = around.ladder, around.ladder.rungs[:RUN_HEIGHTS]
    held = ladder.over(np.arange(len(ladder.first)), sizes)
    total_mass = max(float(sizes[:, 1].sum()), _NOTHING)
    columns: Columns = {}
    for name, key in around.keys.items():
        chars, mass = (np.bincount(key, weights=held[:, column]) for column in range(2))
        mean, share = mass / np.maximum(chars, 1), mass / total_mass
        here = key[rungs]
        for height in range(RUN_HEIGHTS):
            columns[f"{name}{height}_mean"] = mean[here[height]]
        if name == "run":
            members = np.bincount(key)
            share = np.where(members >= _LEAST_MEMBERS, share, 0)
            best = int(np.argmax(share))
            columns |= {f"run{height}_mass": share[here[height]] for height in range(1, RUN_HEIGHTS)}
            columns["in_listing"] = (here == best).any(axis=0)
            columns["listing_share"] = np.full(len(sizes), share[best])
            columns["listing_mean"] = np.full(len(sizes), mean[best])
            columns["listing_members"] = np.full(len(sizes), np.log1p(members[best]))
    return columns

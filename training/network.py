"""Fitting the network: the gradient of its forward pass, and AdamW over windows of pages.

Written out, because the usual libraries are gigabytes for a network of a hundred thousand weights; a test
compares the gradient with finite differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, cos, pi

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from pagesieve.network import (
    GROUPINGS,
    REACH,
    TAPS,
    Groups,
    Network,
    dense,
    distances,
    group_numbers,
    normalised,
    rectified,
    squashed,
    standardised,
)
from training.pool import Pool

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Weights = dict[str, Floats]

_LEAST_SPREAD = 1e-3
# AdamW (Loshchilov & Hutter 2019) and its rate: up over the first part of the steps, then down as a cosine.
_MOMENTS, _TINY, _RISING, _FIRST_SHARE = (0.9, 0.999), 1e-8, 0.15, 0.04
_LONGEST_GRADIENT = 1.0
# Blocks over which features are standardised at a time.
_PIECE = 50_000


@dataclass(frozen=True, slots=True)
class NetworkRecipe:
    """Size and schooling of a network."""

    width: int = 48
    layers: int = 4
    heard: int = 12
    """Columns that each grouping has for its means."""
    passes: int = 6
    pages: int = 12
    """Pages a step; of each at most ``window`` blocks in a row."""
    window: int = 300
    rate: float = 2e-3
    decay: float = 0.01
    dropout: float = 0.3
    hidden: float = 0.15
    """Share of the features that a step does not see."""
    share: float = 0.5
    """What the network weighs in the average with the trees."""
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows of some pages: standardised features, what they should give, and how much each counts."""

    features: Floats
    page: Ints
    groups: Groups
    target: NDArray[np.int64]
    weight: Floats


def fit_network(
    pool: Pool,
    matrix: Floats,
    target: NDArray[np.int64],
    weight: Floats,
    pages: Ints,
    n_outputs: int,
    recipe: NetworkRecipe,
    progress: str = "",
) -> Network:
    """Learn ``target`` (0 or 1 with one output, else the class) from the pages with these numbers.

    ``matrix``, ``target`` and ``weight`` have a row for every block of the pool; those without weight teach
    nothing, but are heard. ``progress`` names the progress bar, if there is to be one.
    """
    rng = np.random.default_rng(recipe.seed)
    weights = _beginning(matrix.shape[1], n_outputs, recipe, rng)
    fixed = _scale(pool, matrix, pages)
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in weights.items()}
    steps = recipe.passes * ceil(len(pages) / recipe.pages)
    batches = _batches(pool, matrix, target, weight, pages, recipe, fixed, rng)
    # One thread: the matrices are small, and sums must not depend on how many share them.
    with threadpool_limits(1):
        for step, batch in enumerate(tqdm(batches, progress, steps, unit="step", disable=not progress), 1):
            _, gradient = loss_and_gradient(weights, batch, recipe, rng)
            _improve(weights, gradient, moments, step, _rate(step / steps, recipe.rate), recipe.decay)
    # What serving will read, in half precision.
    return Network.read(Network(weights | fixed, recipe.layers, recipe.share).packed())


def score_pages(pool: Pool, matrix: Floats, network: Network, pages: Ints) -> Floats:
    """Scores of the blocks of these pages (shape: n_blocks of them, n_outputs)."""
    found = [
        network.scores(matrix[pool.starts[number] : pool.starts[number + 1]], pool.examples[number].around)
        for number in pages.tolist()
        if pool.examples[number].texts
    ]
    return np.concatenate(found)


def _beginning(n_features: int, n_outputs: int, recipe: NetworkRecipe, rng: np.random.Generator) -> Weights:
    width, heard = recipe.width, recipe.heard * GROUPINGS
    shapes = {"in": (n_features, width), "out": (width, n_outputs)}
    for layer in range(recipe.layers):
        shapes |= {
            f"near{layer}": (TAPS * width, width),
            f"held{layer}": (width, heard),
            f"mix{layer}": (width + heard, width),
            f"wide{layer}": (width, 2 * width),
            f"narrow{layer}": (2 * width, width),
        }
    found: Weights = {}
    for name, shape in shapes.items():
        most = shape[0] ** -0.5
        found[name] = rng.uniform(-most, most, shape).astype(np.float32)
        if not name.startswith("held"):
            found[f"{name}_bias"] = np.zeros(shape[1], dtype=np.float32)
    return found


def _scale(pool: Pool, matrix: Floats, pages: Ints) -> Weights:
    """Mean and standard deviation of the features over these pages."""
    rows = np.flatnonzero(np.isin(pool.page, pages))
    total, squares = np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1])
    for start in range(0, len(rows), _PIECE):
        piece = squashed(matrix[rows[start : start + _PIECE]]).astype(np.float64)
        total += piece.sum(axis=0)
        squares += (piece**2).sum(axis=0)
    mean = total / len(rows)
    spread = np.sqrt(np.maximum(squares / len(rows) - mean**2, 0)) + _LEAST_SPREAD
    return {"centre": mean.astype(np.float32), "spread": spread.astype(np.float32)}


def _batches(
    pool: Pool,
    matrix: Floats,
    target: NDArray[np.int64],
    weight: Floats,
    pages: Ints,
    recipe: NetworkRecipe,
    fixed: Weights,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    for _ in range(recipe.passes):
        order = rng.permutation(pages)
        for start in range(0, len(order), recipe.pages):
            rows, page, numbers, chars, known = [], [], [], [], 0
            for place, number in enumerate(order[start : start + recipe.pages].tolist()):
                first, end = pool.starts[number], pool.starts[number + 1]
                size = min(end - first, recipe.window)
                skipped = int(rng.integers(0, end - first - size + 1))
                around = pool.examples[number].around
                own = group_numbers(around)[:, skipped : skipped + size]
                numbers.append(own + known)
                known += GROUPINGS * len(around.ladder.parent)
                chars.append(around.chars[skipped : skipped + size])
                rows.append(np.arange(first + skipped, first + skipped + size))
                page.append(np.full(size, place))
            chosen = np.concatenate(rows)
            yield Batch(
                features=standardised(matrix[chosen], fixed["centre"], fixed["spread"]),
                page=np.concatenate(page),
                groups=Groups.build(np.concatenate(numbers, axis=1), np.concatenate(chars)),
                target=target[chosen],
                weight=weight[chosen],
            )


def loss_and_gradient(
    weights: Weights, batch: Batch, recipe: NetworkRecipe, rng: np.random.Generator
) -> tuple[float, Weights]:
    """Mean cross-entropy of a batch, and its gradient by every weight, under random dropout."""
    gradient: Weights = {}

    def back(name: str, given: Floats, into: Floats) -> Floats:
        """Gradient by what went ``into`` a dense layer, from that by what it gave."""
        gradient[name] = into.T @ given
        if f"{name}_bias" in weights:
            gradient[f"{name}_bias"] = given.sum(axis=0)
        found: Floats = given @ weights[name].T
        return found

    def mask(shape: tuple[int, ...], dropped: float) -> Floats:
        kept = np.float32(1 - dropped)
        return (rng.random(shape, dtype=np.float32) < kept).astype(np.float32) / kept

    shown = rng.random((1, batch.features.shape[1])) >= recipe.hidden
    seen = batch.features * shown.astype(np.float32)
    first = rectified(dense(seen, weights, "in"))
    first_mask = mask(first.shape, recipe.dropout)
    state = first * first_mask
    kept = []
    for layer in range(recipe.layers):
        inner, factor = normalised(state)
        beside = _neighbouring(inner, batch.page, layer)
        near = rectified(dense(beside, weights, f"near{layer}"))
        mixed = np.concatenate((near, batch.groups.means(inner @ weights[f"held{layer}"])), axis=1)
        mixed_mask = mask(state.shape, recipe.dropout)
        state = state + dense(mixed, weights, f"mix{layer}") * mixed_mask
        own, own_factor = normalised(state)
        wide = rectified(dense(own, weights, f"wide{layer}"))
        wide_mask = mask(state.shape, recipe.dropout)
        state = state + dense(wide, weights, f"narrow{layer}") * wide_mask
        kept.append((inner, factor, beside, near, mixed, mixed_mask, own, own_factor, wide, wide_mask))
    last, last_factor = normalised(state)
    loss, given = _loss(dense(last, weights, "out"), batch)
    flow = _back_normalised(back("out", given, last), last, last_factor)
    for layer in reversed(range(recipe.layers)):
        inner, factor, beside, near, mixed, mixed_mask, own, own_factor, wide, wide_mask = kept[layer]
        by_wide = back(f"narrow{layer}", flow * wide_mask, wide) * (wide > 0)
        flow = flow + _back_normalised(back(f"wide{layer}", by_wide, own), own, own_factor)
        by_mixed = back(f"mix{layer}", flow * mixed_mask, mixed)
        width = near.shape[1]
        by_near = by_mixed[:, :width] * (near > 0)
        by_inner = _back_neighbouring(back(f"near{layer}", by_near, beside), batch.page, layer)
        by_inner += back(f"held{layer}", batch.groups.means_gradient(by_mixed[:, width:]), inner)
        flow = flow + _back_normalised(by_inner, inner, factor)
    back("in", flow * first_mask * (first > 0), seen)
    return loss, gradient


def _loss(scores: Floats, batch: Batch) -> tuple[float, Floats]:
    """Weighted mean of the cross-entropy, and its gradient by the scores."""
    share = (batch.weight / max(float(batch.weight.sum()), 1e-9)).astype(np.float32)
    rows = np.arange(len(scores))
    if scores.shape[1] == 1:
        scores = np.concatenate((np.zeros_like(scores), scores), axis=1)
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    given = np.exp(logs)
    given[rows, batch.target] -= 1
    given *= share[:, None]
    loss = -float((share * logs[rows, batch.target]).sum())
    return loss, given[:, 1:] if scores.shape[1] == 2 else given


def _back_normalised(gradient: Floats, normal: Floats, factor: Floats) -> Floats:
    along = np.einsum("ij,ij->i", gradient, normal)[:, None] / normal.shape[1]
    found: Floats = factor * (gradient - gradient.mean(axis=1, keepdims=True) - normal * along)
    return found


def _neighbouring(values: Floats, page: Ints, layer: int) -> Floats:
    """Rows beside those up to ``REACH`` times 2**layer away on their page, 0 beyond its ends.

    Shape: (n_blocks, TAPS times the columns). ``page`` numbers the page of each row.
    """
    n_blocks, width = values.shape
    found = np.zeros((n_blocks, TAPS, width), dtype=values.dtype)
    found[:, REACH] = values
    for place, ahead, behind in distances(n_blocks, layer):
        same = (page[ahead:] == page[:behind])[:, None]
        found[ahead:, REACH - place] = values[:behind] * same
        found[:behind, REACH + place] = values[ahead:] * same
    return found.reshape(n_blocks, TAPS * width)


def _back_neighbouring(gradient: Floats, page: Ints, layer: int) -> Floats:
    parts = gradient.reshape(len(gradient), TAPS, -1)
    found = parts[:, REACH].copy()
    for place, ahead, behind in distances(len(gradient), layer):
        same = (page[ahead:] == page[:behind])[:, None]
        found[:behind] += parts[ahead:, REACH - place] * same
        found[ahead:] += parts[:behind, REACH + place] * same
    return found


def _rate(done: float, highest: float) -> float:
    if done < _RISING:
        share = _FIRST_SHARE + (1 - _FIRST_SHARE) * (1 - cos(pi * done / _RISING)) / 2
    else:
        share = (1 + cos(pi * (done - _RISING) / (1 - _RISING))) / 2
    return highest * share


def _improve(
    weights: Weights,
    gradient: Weights,
    moments: dict[str, tuple[Floats, Floats]],
    step: int,
    rate: float,
    decay: float,
) -> None:
    """One step of AdamW, in place; a gradient that is too long is shortened before."""
    length = float(np.sqrt(sum(float(np.vdot(value, value)) for value in gradient.values())))
    shorten = np.float32(min(1.0, _LONGEST_GRADIENT / max(length, _TINY)))
    for name, value in gradient.items():
        mean, square = moments[name]
        value *= shorten
        for moment, new, kept in ((mean, value, _MOMENTS[0]), (square, value * value, _MOMENTS[1])):
            moment *= np.float32(kept)
            moment += np.float32(1 - kept) * new
        size = np.sqrt(square / np.float32(1 - _MOMENTS[1] ** step)) + np.float32(_TINY)
        weights[name] -= np.float32(rate) * (
            mean / np.float32(1 - _MOMENTS[0] ** step) / size + np.float32(decay) * weights[name]
        )

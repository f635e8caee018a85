"""A small neural network that reads all blocks of a page together; its opinion is averaged with the trees'.

Trees judge a block by its own row. Here every layer lets a block hear of those before and after it (each
layer twice as far), and of the mean over each group it is in: its containers, the runs of same-shaped
siblings around it, the page. Then it goes through two dense layers of its own. Both are added to what the
block was, normalised before (Ba et al. 2016), which is the block of a transformer with a convolution and
means over known groups (Zaheer et al. 2017, "Deep Sets") in place of attention.

Training needs nothing else than this forward pass and its gradient (``training/network.py``).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features import Surroundings
from pagesieve.limits import checkpoint

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# Containers at these heights above a block are groups, and runs and shapes of siblings up to this one.
_CONTAINERS, _SIBLINGS = (1, 2, 3, 4, 6), 3
GROUPINGS = len(_CONTAINERS) + 2 * _SIBLINGS + 1
# Blocks on either side that a layer hears of.
REACH = 1
TAPS = 2 * REACH + 1
# Features are standardised; what lies farther out says no more.
_FARTHEST = 4.0
_LEAST_VARIANCE = 1e-5
# Blocks that are read together: real pages stop at about 3,000, and memory is to be bounded.
_MOST_BLOCKS = 8_192
# Where trees are surer than this, they cannot be outvoted by much more.
_SUREST = 1e-4


@dataclass(frozen=True, slots=True)
class Groups:
    """Which groups the blocks of one or more pages are in, as many as there are groupings.

    A block and a grouping make one entry, block after block.
    """

    group: Ints
    """Of each entry the number of its group."""
    order: Ints
    """The entries group by group, and where each group starts among them."""
    starts: Ints
    weight: Floats
    """Of each block (shape: n_blocks, 1), the root of its characters."""
    share: Floats
    """One over the weight of each group (shape: n_groups, 1)."""

    @classmethod
    def build(cls, numbers: Ints, chars: NDArray[np.floating]) -> Groups:
        """From ``numbers``, which no two groupings share (shape: GROUPINGS, n_blocks)."""
        entries = numbers.T.ravel()
        order = np.argsort(entries, kind="stable")
        ranked = entries[order]
        begins = np.concatenate(([True], ranked[1:] != ranked[:-1]))
        starts = np.flatnonzero(begins)
        group = np.empty(len(entries), dtype=np.int64)
        group[order] = np.cumsum(begins) - 1
        weight = np.sqrt(chars + 1).astype(np.float32)
        total = np.add.reduceat(np.repeat(weight, GROUPINGS)[order], starts)
        share = np.reciprocal(total, dtype=np.float32)
        return cls(group, order, starts, weight[:, None], share[:, None])

    def means(self, values: Floats) -> Floats:
        """Weighted means over the groups of each block; every grouping has columns of its own."""
        return self._back(self.share * self._sums(values * self.weight))

    def means_gradient(self, gradient: Floats) -> Floats:
        """Gradient of ``means`` by its values, from that by its result."""
        return self.weight * self._back(self.share * self._sums(gradient))

    def _sums(self, values: Floats) -> Floats:
        """Sums over each group (shape: n_groups, n_columns / GROUPINGS)."""
        entries = values.reshape(values.shape[0] * GROUPINGS, -1)
        return np.add.reduceat(entries.take(self.order, axis=0), self.starts, axis=0)

    def _back(self, values: Floats) -> Floats:
        """Of each block the values of its groups, side by side."""
        return values.take(self.group, axis=0).reshape(len(self.weight), -1)


def group_numbers(around: Surroundings) -> Ints:
    """Numbers of the groups of each block, from 0, distinct (shape: GROUPINGS, n_blocks)."""
    ladder = around.ladder
    groupings = [ladder.rungs[height] for height in _CONTAINERS]
    groupings += [key[ladder.rungs[height]] for _, key in around.keys.items() for height in range(_SIBLINGS)]
    groupings.append(np.zeros(ladder.rungs.shape[1], dtype=np.int64))
    most = len(ladder.parent)
    return np.stack([most * place + numbers for place, numbers in enumerate(groupings)])


@dataclass(frozen=True, slots=True)
class Network:
    """The weights. ``share`` is what the network's opinion weighs in the average with the trees'."""

    weights: dict[str, Floats]
    layers: int
    share: float

    @classmethod
    def read(cls, body: bytes) -> Network:
        """From what ``packed`` gave."""
        with np.load(io.BytesIO(body)) as file:
            arrays = {name: file[name].astype(np.float32) for name in file.files}
        return cls(arrays, int(arrays.pop("layers")), float(arrays.pop("share")))

    def packed(self) -> bytes:
        """Weights in half precision."""
        arrays: dict[str, Any] = {name: array.astype(np.float16) for name, array in self.weights.items()}
        arrays |= {name: self.weights[name] for name in ("centre", "spread")}
        arrays |= {"layers": self.layers, "share": np.float32(self.share)}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    def blend(self, probability: Floats, matrix: Floats, around: Surroundings) -> Floats:
        """Probability of content: the trees' (shape: n_blocks) and the network's, averaged as log-odds.

        ``matrix`` holds the features that the trees of the first stage see.
        """
        return blend(probability, self.scores(matrix, around)[:, 0], self.share)

    def blend_classes(self, probability: Floats, matrix: Floats, around: Surroundings) -> Floats:
        """As ``blend``, for several classes (shape: n_blocks, n_classes); logarithms are averaged."""
        return blend_classes(probability, self.scores(matrix, around), self.share)

    def scores(self, matrix: Floats, around: Surroundings) -> Floats:
        """Log-odds, or scores of classes up to a constant (shape: n_blocks, n_outputs).

        Parts of a page that is longer than ``_MOST_BLOCKS`` do not hear of one another.
        """
        numbers, found = group_numbers(around), []
        for start in range(0, len(matrix), _MOST_BLOCKS):
            part = slice(start, start + _MOST_BLOCKS)
            groups = Groups.build(numbers[:, part], around.chars[part])
            found.append(self._scores(matrix[part], groups))
        return np.concatenate(found)

    def _scores(self, matrix: Floats, groups: Groups) -> Floats:
        """The forward pass of ``loss_and_gradient`` in training, for one page and without copies."""
        weights = self.weights
        state = rectified(dense(standardised(matrix, weights["centre"], weights["spread"]), weights, "in"))
        for layer in range(self.layers):
            checkpoint()
            inner, _ = normalised(state)
            near = self._near(inner, layer)
            held = groups.means(inner @ weights[f"held{layer}"])
            mix = weights[f"mix{layer}"]
            state += near @ mix[: near.shape[1]]
            state += held @ mix[near.shape[1] :]
            state += weights[f"mix{layer}_bias"]
            inner, _ = normalised(state)
            state += dense(rectified(dense(inner, weights, f"wide{layer}")), weights, f"narrow{layer}")
        return dense(normalised(state)[0], weights, "out")

    def _near(self, inner: Floats, layer: int) -> Floats:
        """What a layer makes of each block and those beside it."""
        taps = np.split(self.weights[f"near{layer}"], TAPS)
        found = inner @ taps[REACH] + self.weights[f"near{layer}_bias"]
        for place, ahead, behind in distances(len(inner), layer):
            found[ahead:] += inner[:behind] @ taps[REACH - place]
            found[:behind] += inner[ahead:] @ taps[REACH + place]
        return rectified(found)


def blend(probability: Floats, scores: Floats, share: float) -> Floats:
    """Mean of log-odds: of trees' probabilities, and of a network's scores, which weigh ``share``."""
    sure = np.clip(probability, _SUREST, 1 - _SUREST)
    odds = share * scores + (1 - share) * np.log(sure / (1 - sure))
    found: Floats = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return found


def blend_classes(probability: Floats, scores: Floats, share: float) -> Floats:
    """Mean of the logarithms of two probabilities of each class (shape: n_blocks, n_classes)."""
    own = scores - scores.max(axis=1, keepdims=True)
    own -= np.log(np.exp(own).sum(axis=1, keepdims=True))
    found = np.exp(share * own + (1 - share) * np.log(np.maximum(probability, _SUREST)))
    shares: Floats = (found / found.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def squashed(matrix: Floats) -> Floats:
    """Large values drawn in, which standardising would leave far out."""
    found = np.abs(matrix)
    found += 1
    return np.copysign(np.log(found, out=found), matrix)


def standardised(matrix: Floats, centre: Floats, spread: Floats) -> Floats:
    """Squashed features as distances from their means, in standard deviations."""
    found = squashed(matrix)
    found -= centre
    found /= spread
    return np.clip(found, -_FARTHEST, _FARTHEST, out=found)


def dense(values: Floats, weights: dict[str, Floats], name: str) -> Floats:
    """A layer that is connected throughout, with its bias."""
    found: Floats = values @ weights[name]
    found += weights[f"{name}_bias"]
    return found


def rectified(values: Floats) -> Floats:
    """The values themselves, 0 in place of negative ones."""
    return np.maximum(values, 0, out=values)


def normalised(values: Floats) -> tuple[Floats, Floats]:
    """Rows with mean 0 and variance 1, and what they were multiplied by (shape: n_blocks, 1)."""
    centred = values - values.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)[:, None] / values.shape[1]
    factor = 1 / np.sqrt(variance + np.float32(_LEAST_VARIANCE))
    return centred * factor, factor


def distances(n_blocks: int, layer: int) -> Iterator[tuple[int, int, int]]:
    """Of each distance at which a layer looks: its place, the row so far from the first, and from the end."""
    for place in range(1, REACH + 1):
        step = place * 2**layer
        if step < n_blocks:
            yield place, step, n_blocks - step

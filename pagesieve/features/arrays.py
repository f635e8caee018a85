"""Array operations that several features need, each in a few passes over the data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Numbers

Ints = NDArray[np.int64]


def column(numbers: Numbers) -> Ints:
    """The same numbers, not copied."""
    return np.frombuffer(numbers, dtype=np.int64) if len(numbers) else np.zeros(0, dtype=np.int64)


def changes(ordered: Ints) -> NDArray[np.bool_]:
    """Which of some numbers differ from the one before; the first does.

    >>> changes(np.array([3, 3, 5]))
    array([ True, False,  True])
    """
    found = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found


def distinct(numbers: Ints) -> Ints:
    """The different numbers, rising."""
    ordered = np.sort(numbers)
    return ordered[changes(ordered)]


def ranks(numbers: Ints) -> Ints:
    """Of each number how many different ones are smaller.

    >>> ranks(np.array([30, 10, 30]))
    array([1, 0, 1])
    """
    order = np.argsort(numbers)
    found = np.empty(len(numbers), dtype=np.int64)
    found[order] = np.cumsum(changes(numbers[order])) - 1
    return found


def occurrence(numbers: Ints) -> Ints:
    """Of each position how many earlier ones have its value.

    >>> occurrence(np.array([30, 10, 30]))
    array([0, 0, 1])
    """
    order = np.argsort(numbers, kind="stable")
    starts = changes(numbers[order])
    found = np.empty(len(numbers), dtype=np.int64)
    found[order] = np.arange(len(numbers)) - np.flatnonzero(starts)[np.cumsum(starts) - 1]
    return found


def first_and_last(numbers: Ints) -> tuple[Ints, Ints]:
    """Of each position the first and the last one with its value.

    >>> first_and_last(np.array([30, 10, 30]))
    (array([0, 1, 0]), array([2, 1, 2]))
    """
    if not len(numbers):
        return numbers, numbers
    order = np.argsort(numbers)
    starts = changes(numbers[order])
    group = np.empty_like(order)
    group[order] = np.cumsum(starts) - 1
    borders = np.flatnonzero(starts)
    return np.minimum.reduceat(order, borders)[group], np.maximum.reduceat(order, borders)[group]


@dataclass(frozen=True, slots=True)
class Levels:
    """A tree's elements in the order of their depth, so that what is handed down passes in whole slices."""

    order: Ints
    place: Ints
    """Of each element its number in ``order``."""
    steps: list[tuple[slice, Ints]]
    """From depth 1 down: where a level stands in ``order``, and the places of its elements' parents."""


def by_depth(depth: Ints, parent: Ints) -> Levels:
    order = np.argsort(depth, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    above = place[parent[order]]
    borders = np.searchsorted(depth[order], np.arange(1, int(depth.max(initial=0)) + 2)).tolist()
    return Levels(order, place, [(slice(*ends), above[slice(*ends)]) for ends in pairwise(borders)])

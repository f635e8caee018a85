"""Out-of-fold probabilities: every page judged by models that never saw its site.

Nested: the second stage that judges fold k learns from first-stage probabilities that were themselves
made without the page's own fold and without fold k, so nothing of fold k reaches it by any way.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from training.dataset import FOLDS
from training.fit import (
    Recipe,
    first_matrix,
    fit_first,
    fit_second,
    fold_of_pages,
    probabilities,
    second_matrix,
)
from training.pool import Pool, TokenCounts

Floats = NDArray[np.float32]
Counts = tuple[TokenCounts, TokenCounts]


def cross_validate(pool: Pool, counts: Counts, recipe: Recipe, jobs: int) -> tuple[Floats, Floats]:
    """Out-of-fold probabilities of the first stage and of both (shape: n_blocks each)."""
    fold = fold_of_pages(pool)[pool.page]
    singles, pairs = _first_stages(pool, counts, recipe, jobs)
    both = np.zeros(len(fold), dtype=np.float32)
    for left_out in range(FOLDS):
        inner = np.zeros(len(fold), dtype=np.float32)
        for other in range(FOLDS):
            rows = fold == other
            inner[rows] = (singles if other == left_out else pairs[_pair(other, left_out)])[rows]
        matrix, _ = second_matrix(pool, inner)
        model = fit_second(pool, matrix, set(range(FOLDS)) - {left_out}, recipe)
        both[fold == left_out] = probabilities(model, matrix[fold == left_out])
    return singles, both


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _first_stages(
    pool: Pool, counts: Counts, recipe: Recipe, jobs: int
) -> tuple[Floats, dict[tuple[int, int], Floats]]:
    """First-stage probabilities: made without the page's fold, and for each pair without both folds."""
    fold = fold_of_pages(pool)[pool.page]
    singles = np.zeros(len(fold), dtype=np.float32)
    pairs = {pair: np.zeros(len(fold), dtype=np.float32) for pair in combinations(range(FOLDS), 2)}
    tasks: list[tuple[int, ...]] = [(number,) for number in range(FOLDS)] + list(pairs)
    work = (delayed(_without)(pool, counts, recipe, task) for task in tasks)
    # Threads share the pool; tree building releases the lock, and each fit runs on one core.
    found = Parallel(n_jobs=jobs, backend="threading", return_as="generator")(work)
    for task, probability in zip(
        tasks, tqdm(found, "cross-validating", len(tasks), unit="model"), strict=True
    ):
        rows = np.isin(fold, task)
        target = singles if len(task) == 1 else pairs[_pair(*task)]
        target[rows] = probability
    return singles, pairs


def _without(pool: Pool, counts: Counts, recipe: Recipe, folds: tuple[int, ...]) -> Floats:
    """Probabilities for the blocks of ``folds`` from a first stage fitted on the others."""
    kept = set(range(FOLDS)) - set(folds)
    matrix, _ = first_matrix(pool, counts, kept)
    with threadpool_limits(1):
        model = fit_first(pool, matrix, kept, recipe)
    return probabilities(model, matrix[np.isin(fold_of_pages(pool), folds)[pool.page]])

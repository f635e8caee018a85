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
    fit_content_network,
    fit_second,
    fold_of_pages,
    grow,
    probabilities,
    second_matrix,
    training_rows,
)
from training.network import score_pages
from training.pool import Lexicons, Pool, Worded

Floats = NDArray[np.float32]


def cross_validate(
    pool: Pool, counts: Lexicons, recipe: Recipe, jobs: int, worded: Worded | None = None
) -> tuple[Floats, Floats]:
    """Out-of-fold probabilities of the first stage and of both stages of trees (shape: n_blocks each)."""
    fold = fold_of_pages(pool)[pool.page]
    singles, pairs = _first_stages(pool, counts, recipe, jobs, worded)
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


def cross_validate_network(
    pool: Pool, counts: Lexicons, recipe: Recipe, jobs: int, worded: Worded | None = None
) -> Floats:
    """Out-of-fold scores of the network (shape: n_blocks), which is one stage, so nothing is nested."""
    fold = fold_of_pages(pool)
    found = np.zeros(len(pool.page), dtype=np.float32)

    def judged(left_out: int) -> Floats:
        kept = set(range(FOLDS)) - {left_out}
        matrix, _ = first_matrix(pool, counts, kept, worded)
        network = fit_content_network(pool, matrix, kept, recipe)
        return score_pages(pool, matrix, network, np.flatnonzero(fold == left_out))[:, 0]

    # Threads: most of the time is spent in products of matrices, and the pool is large.
    with threadpool_limits(1):
        work = Parallel(n_jobs=jobs, return_as="generator", require="sharedmem")(
            map(delayed(judged), range(FOLDS))
        )
        for left_out, scores in enumerate(tqdm(work, "cross-validating networks", FOLDS, unit="fold")):
            found[fold[pool.page] == left_out] = scores
    return found


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _first_stages(
    pool: Pool, counts: Lexicons, recipe: Recipe, jobs: int, worded: Worded | None
) -> tuple[Floats, dict[tuple[int, int], Floats]]:
    """First-stage probabilities: made without the page's fold, and for each pair without both folds."""
    fold = fold_of_pages(pool)[pool.page]
    singles = np.zeros(len(fold), dtype=np.float32)
    pairs = {pair: np.zeros(len(fold), dtype=np.float32) for pair in combinations(range(FOLDS), 2)}
    tasks: list[tuple[int, ...]] = [(number,) for number in range(FOLDS)] + list(pairs)
    # Processes: growing a tree holds the interpreter lock most of the time.
    work = (delayed(_fit_and_judge)(*_arrays(pool, counts, recipe, task, worded), recipe) for task in tasks)
    # Sent as bytes: arrays that are shared by file would stay in memory until all models are fitted.
    found = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch=jobs, max_nbytes=None)(work)
    for task, probability in zip(
        tasks, tqdm(found, "cross-validating", len(tasks), unit="model"), strict=True
    ):
        target = singles if len(task) == 1 else pairs[_pair(*task)]
        target[np.isin(fold, task)] = probability
    return singles, pairs


def _arrays(
    pool: Pool, counts: Lexicons, recipe: Recipe, folds: tuple[int, ...], worded: Worded | None
) -> tuple[Floats, NDArray[np.bool_], Floats, Floats]:
    """Matrix, labels and weights to fit on, and the matrix of the folds left out."""
    kept = set(range(FOLDS)) - set(folds)
    matrix, _ = first_matrix(pool, counts, kept, worded)
    rows, weight = training_rows(pool, kept, recipe)
    left_out = np.isin(fold_of_pages(pool), folds)[pool.page]
    return matrix[rows], pool.content[rows], weight, matrix[left_out]


def _fit_and_judge(
    matrix: Floats, labels: NDArray[np.bool_], weight: Floats, unseen: Floats, recipe: Recipe
) -> Floats:
    return probabilities(grow(matrix, labels, weight, recipe.first, recipe.seed), unseen)

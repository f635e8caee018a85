"""Fitting the block classifier: two stages of gradient-boosted trees and a network, judged on unseen sites.

The first stage sees the features of a block; the second only the first stage's probabilities around it.
For its training the second stage needs first-stage probabilities of pages the first stage was not fitted
on, so a first stage is fitted for every fold left out, and inside cross-validation for every pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.features import context_features, stack
from pagesieve.network import Network
from pagesieve.wording import wording_features
from training.dataset import FOLDS, PARTS
from training.network import NetworkRecipe, fit_network
from training.pool import Lexicons, Pool, Worded, learned_columns

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Forest:
    """Size of one ensemble: how many trees, how many leaves each, and how far each moves the sum."""

    trees: int
    leaves: int
    rate: float


_NETWORK = NetworkRecipe(passes=5, share=0.4)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is fitted."""

    first: Forest = Forest(trees=160, leaves=31, rate=0.1)
    second: Forest = Forest(trees=100, leaves=15, rate=0.08)
    most_rows: int = 250
    """Rows taken from one page; a listing of 5,000 entries teaches no more than some hundred of them."""
    network: NetworkRecipe = _NETWORK
    seed: int = 7


def fold_of_pages(pool: Pool) -> NDArray[np.int64]:
    return np.array([example.fold for example in pool.examples])


def first_matrix(
    pool: Pool, counts: Lexicons, folds: set[int], worded: Worded | None = None
) -> tuple[Floats, tuple[str, ...]]:
    """Features of the first stage, with what was learned from ``folds``, for every block of the pool."""
    parts = [part for part in range(PARTS) if part % FOLDS in folds]
    learned, names = learned_columns(pool, counts, parts)
    tables, names = [pool.fixed, learned], (*pool.fixed_names, *names)
    if worded:
        columns = wording_features(worded.left_out(folds), pool.page)
        tables, names = [*tables, stack(columns)], (*names, *columns)
    return np.concatenate(tables, axis=1), names


def second_matrix(pool: Pool, probability: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Features of the second stage for every block: the first stage's probabilities in context."""
    tables = []
    names: tuple[str, ...] = ()
    for number, example in enumerate(pool.examples):
        if not example.texts:
            continue
        rows = slice(pool.starts[number], pool.starts[number + 1])
        columns = context_features(probability[rows], example.around)
        tables.append(stack(columns))
        names = tuple(columns)
    return np.concatenate(tables), names


def fit_first(pool: Pool, matrix: Floats, folds: set[int], recipe: Recipe) -> HistGradientBoostingClassifier:
    rows, weight = training_rows(pool, folds, recipe)
    return grow(matrix[rows], pool.content[rows], weight, recipe.first, recipe.seed)


def fit_second(pool: Pool, matrix: Floats, folds: set[int], recipe: Recipe) -> HistGradientBoostingClassifier:
    rows, weight = training_rows(pool, folds, recipe)
    return grow(matrix[rows], pool.content[rows], weight, recipe.second, recipe.seed)


def fit_content_network(
    pool: Pool, matrix: Floats, folds: set[int], recipe: Recipe, progress: str = ""
) -> Network:
    """The network of these folds, from the features of the first stage; pages count as for the trees."""
    sizes = np.diff(pool.starts)
    trust = np.array([example.trust for example in pool.examples])
    # Of a long page a step sees a part, which speaks for the rest.
    page_weight = trust * np.maximum(sizes / recipe.network.window, 1)
    return fit_network(
        pool,
        matrix,
        pool.content.astype(np.int64),
        (page_weight[pool.page] * pool.weight).astype(np.float32),
        np.flatnonzero(np.isin(fold_of_pages(pool), list(folds)) & (sizes > 0)),
        1,
        replace(recipe.network, seed=recipe.seed),
        progress,
    )


def probabilities(model: HistGradientBoostingClassifier, matrix: Floats) -> Floats:
    return np.asarray(model.predict_proba(matrix)[:, 1], dtype=np.float32)


def grow(
    matrix: Floats, labels: NDArray[np.bool_], weight: Floats, forest: Forest, seed: int
) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=forest.trees,
        max_leaf_nodes=forest.leaves,
        learning_rate=forest.rate,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(matrix, labels, sample_weight=weight)


def training_rows(pool: Pool, folds: set[int], recipe: Recipe) -> tuple[NDArray[np.int64], Floats]:
    """Numbers of the rows to fit on, at most ``most_rows`` a page drawn evenly, and their weights."""
    rng = np.random.default_rng(recipe.seed)
    rows, weights = [], []
    for number in np.flatnonzero(np.isin(fold_of_pages(pool), list(folds))):
        chosen = np.arange(pool.starts[number], pool.starts[number + 1])
        if not len(chosen):
            continue
        if len(chosen) > recipe.most_rows:
            chosen = np.sort(rng.choice(chosen, recipe.most_rows, replace=False))
        share = pool.weight[chosen]
        rows.append(chosen)
        weights.append(pool.examples[number].trust * share / share.sum())
    weight = np.concatenate(weights)
    return np.concatenate(rows), (weight / weight.mean()).astype(np.float32)

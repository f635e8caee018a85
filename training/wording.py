"""The linear model of how lines are worded: logistic regression on their hashed grams.

What is learned from its scores must see such as a new site would give. So there is a model for every set of
folds that something is learned from or judged by, and a block is scored without its own fold.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, vstack
from sklearn.linear_model import SGDClassifier
from tqdm import tqdm

from pagesieve.wording import BITS, Grams, grams_of
from training.dataset import FOLDS
from training.fit import Recipe, fold_of_pages, training_rows
from training.pool import Folds, Pool, Worded

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_EVERY_FOLD = frozenset(range(FOLDS))
# Cross-validation leaves out one fold or two, and a block's own.
_MOST_LEFT_OUT = 3
_PENALTY, _PASSES = 1e-5, 6
# Blocks whose grams are held at a time.
_PIECE = 20_000
# Weights are whole numbers of 8 bits times a unit, so that training sees what serving will.
_LARGEST_NUMBER, _LARGEST_WEIGHT = 127, 4.0


def fit_wordings(pool: Pool, recipe: Recipe, jobs: int) -> dict[Folds, Floats]:
    """Weights of grams learned from every set of folds that is needed, as a release would hold them."""
    rows, weight = training_rows(pool, set(_EVERY_FOLD), recipe)
    matrix = _matrix(pool, rows)
    fold, content = fold_of_pages(pool)[pool.page[rows]], pool.content[rows]
    subsets = [
        _EVERY_FOLD - set(left_out)
        for count in range(_MOST_LEFT_OUT + 1)
        for left_out in combinations(sorted(_EVERY_FOLD), count)
    ]

    def fitted(folds: Folds) -> Floats:
        chosen = np.isin(fold, list(folds))
        return _fit(matrix[chosen], content[chosen], weight[chosen], recipe.seed)

    # Threads: the solver lets go of the interpreter, and the matrix is large.
    work = Parallel(n_jobs=jobs, return_as="generator", require="sharedmem")(map(delayed(fitted), subsets))
    return dict(zip(subsets, tqdm(work, "wordings", len(subsets), unit="model"), strict=True))


def _fit(matrix: csr_matrix, content: NDArray[np.bool_], weight: Floats, seed: int) -> Floats:
    model = SGDClassifier(
        loss="log_loss", alpha=_PENALTY, max_iter=_PASSES, tol=None, average=True, random_state=seed
    )
    if content.all() or not content.any():
        return np.zeros(matrix.shape[1], dtype=np.float32)
    weights: Floats = model.fit(matrix, content, sample_weight=weight).coef_[0]
    largest = min(float(np.abs(weights).max()), _LARGEST_WEIGHT)
    unit = np.float32(largest / _LARGEST_NUMBER or 1.0)
    numbers = np.clip(np.round(weights / unit), -_LARGEST_NUMBER, _LARGEST_NUMBER).astype(np.float32)
    found: Floats = numbers * unit
    return found


def packed_weights(weights: Floats) -> bytes:
    """What ``pagesieve.wording.read_weights`` reads."""
    unit = np.float32(np.abs(weights).max() / _LARGEST_NUMBER or 1.0)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, numbers=np.round(weights / unit).astype(np.int8), unit=unit)
    return buffer.getvalue()


def score_all(pool: Pool, weights: Mapping[Folds, Floats]) -> Worded:
    """Scores of all blocks of a pool by the models of all sets of folds."""
    found = {folds: np.zeros(len(pool.page), dtype=np.float32) for folds in weights}
    for start, grams in _pieces(pool, np.arange(len(pool.page))):
        for folds, table in weights.items():
            found[folds][start : start + grams.n_blocks] = grams.scores(table)
    return Worded(found, fold_of_pages(pool)[pool.page])


def _matrix(pool: Pool, rows: Ints) -> csr_matrix:
    """Grams of blocks as ``Grams.scores`` weighs them (shape: n_rows, 2**BITS)."""
    parts = []
    for _, grams in _pieces(pool, rows):
        values = 1 / np.sqrt(np.maximum(grams.counts(), 1))
        entries = (values[grams.block].astype(np.float32), (grams.block, grams.ids))
        parts.append(coo_matrix(entries, shape=(grams.n_blocks, 1 << BITS)).tocsr())
    return vstack(parts, format="csr")


def _pieces(pool: Pool, rows: Ints) -> Iterator[tuple[int, Grams]]:
    """Grams of some blocks, piece by piece, and the place of each piece's first in ``rows``."""
    texts = [text for example in pool.examples for text in example.texts]
    for start in range(0, len(rows), _PIECE):
        yield start, grams_of([texts[row] for row in rows[start : start + _PIECE].tolist()])

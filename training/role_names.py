"""The linear model of roles: logistic regression on the names of the elements around a block.

A lift says what one name tells of a role; the model weighs names that occur together. As with wording, a
block is described by a model that was learned without its fold.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from pagesieve.roles import ROLES
from training.pool import Pool, name_occurrences
from training.role_pages import UNLABELLED

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_PENALTY, _PASSES = 1e-5, 8
_DECIMALS = 2
# Of one role on a page; a long menu teaches no more.
_MOST_ROWS, _SEED = 30, 7


class NameModel:
    """Weights of names for each role, learned from any set of folds and remembered.

    ``known`` says which names may have weights.
    """

    def __init__(self, pool: Pool, role: Ints, fold: Ints, known: NDArray[np.bool_]) -> None:
        self._pool, self._role, self._fold, self._known = pool, role, fold, known
        self._weights: dict[frozenset[int], Floats] = {}

    def weights(self, folds: set[int]) -> Floats:
        """Shape: (n_names, n_roles); 0 for names that are not known."""
        key = frozenset(folds)
        if key not in self._weights:
            self._weights[key] = self._fit(folds)
        return self._weights[key]

    def _fit(self, folds: set[int]) -> Floats:
        use = (self._role != UNLABELLED) & np.isin(self._fold, list(folds))
        rows = spread(self._pool.page, self._role, use, _MOST_ROWS, _SEED)
        role = self._role[rows]
        found = np.zeros((len(self._known), len(ROLES)), dtype=np.float32)
        model = SGDClassifier(
            loss="log_loss",
            alpha=_PENALTY,
            max_iter=_PASSES,
            tol=None,
            average=True,
            random_state=_SEED,
        )
        model.fit(self._matrix[rows], role)
        weights = model.coef_ if len(model.classes_) > 2 else np.concatenate((-model.coef_, model.coef_))
        found[:, model.classes_] = np.round(weights.T, _DECIMALS)
        return np.where(self._known[:, None], found, 0)

    @cached_property
    def _matrix(self) -> csr_matrix:
        """How often each name is around a block, over the root of all (shape: n_blocks, n_names)."""
        token, row = name_occurrences(self._pool, self._role != UNLABELLED)
        token, row = token[self._known[token]], row[self._known[token]]
        size = np.bincount(row, minlength=len(self._role))
        values = (1 / np.sqrt(np.maximum(size, 1)))[row].astype(np.float32)
        return csr_matrix((values, (row, token)), shape=(len(self._role), len(self._known)))


def spread(page: Ints, role: Ints, use: NDArray[np.bool_], most: int, seed: int) -> Ints:
    """Numbers of some of the blocks in ``use``: at most so many of a page have one role."""
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(use))
    return np.sort(shuffled[_turn(page[shuffled] * len(ROLES) + role[shuffled]) < most])


def _turn(groups: Ints) -> Ints:
    """Of each entry how many earlier ones are of its group.

    >>> _turn(np.array([4, 7, 4, 4, 7])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(groups, kind="stable")
    _, first, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    turn = np.empty(len(groups), dtype=np.int64)
    turn[order] = np.arange(len(groups)) - np.repeat(first, sizes)
    return turn

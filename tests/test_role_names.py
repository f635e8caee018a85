"""The linear model of names: learned without the folds left out, and scored alike in training and serving."""

from __future__ import annotations

import numpy as np
import pytest

from pagesieve.roles import ROLES
from pagesieve.roles.lexicon import role_lexicon_features
from tests.made_pages import write_corpus
from training.dataset import FOLDS, load_examples
from training.pool import Pool, build_pool
from training.role_names import NameModel, spread

_EVERY = set(range(FOLDS))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("names")
    write_corpus(folder, 40)
    return build_pool(load_examples(folder, folder / "cache", 1))


def roles_of(pool: Pool) -> np.ndarray:
    """Content and two other roles, by what is in a list."""
    in_list = pool.fixed[:, pool.fixed_names.index("in_list")] > 0
    return np.where(pool.content, 0, np.where(in_list, ROLES.index("nav"), ROLES.index("legal")))


def model_of(pool: Pool, role: np.ndarray, known: np.ndarray) -> NameModel:
    fold = np.array([example.fold for example in pool.examples])[pool.page]
    return NameModel(pool, role, fold, known)


def test_weights_know_nothing_of_a_fold_left_out(pool: Pool) -> None:
    role, known = roles_of(pool), np.ones(len(pool.names), dtype=bool)
    outside = np.array([example.fold == 1 for example in pool.examples])[pool.page]
    turned = np.where(outside, (role + 1) % len(ROLES), role)
    one, other = (model_of(pool, given, known) for given in (role, turned))
    assert np.array_equal(one.weights(_EVERY - {1}), other.weights(_EVERY - {1}))
    assert not np.array_equal(one.weights(_EVERY), other.weights(_EVERY))


def test_scores_are_the_weights_of_the_names_around_over_the_root(pool: Pool) -> None:
    known = np.arange(len(pool.names)) % 5 > 0
    model = model_of(pool, roles_of(pool), known)
    weights = model.weights(_EVERY)
    assert not weights[~known].any()
    nothing = np.zeros((len(pool.words), len(ROLES))), np.zeros((len(pool.names), len(ROLES)))
    columns = role_lexicon_features(pool.tokens, *nothing, weights)
    telling = weights.any(axis=1)
    matrix = model_of(pool, roles_of(pool), telling)._matrix
    for number, role in enumerate(ROLES):
        expected = matrix @ weights[:, number]
        np.testing.assert_allclose(columns[f"linear_names_{role}"], expected, rtol=1e-3, atol=1e-3)


def test_few_rows_of_one_role_are_taken_of_a_page(pool: Pool) -> None:
    role = roles_of(pool)
    rows = spread(pool.page, role, role > 0, 2, seed=1)
    assert (role[rows] > 0).all()
    assert np.unique(pool.page[rows] * len(ROLES) + role[rows], return_counts=True)[1].max() <= 2

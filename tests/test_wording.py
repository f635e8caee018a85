"""How lines are worded: grams of their texts, and the linear model learned from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve.errors import ModelError
from pagesieve.wording import BITS, grams_of, read_weights
from tests.made_pages import write_corpus
from training.dataset import FOLDS, load_examples
from training.fit import Recipe, fold_of_pages
from training.pool import Pool, build_pool
from training.wording import fit_wordings, packed_weights, score_all

_RECIPE = Recipe(most_rows=40)


def grams(texts: list[str]) -> list[list[int]]:
    found = grams_of(texts)
    return [sorted(found.ids[found.block == number].tolist()) for number in range(len(texts))]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_the_grams_of_a_block_are_its_own(texts: list[str]) -> None:
    together = grams(texts)
    assert together == [grams([text])[0] for text in texts]
    assert grams_of(texts).counts().tolist() == list(map(len, together))
    assert all(0 <= gram < 1 << BITS for row in together for gram in row)


def test_words_are_the_same_wherever_they_stand() -> None:
    (alone,), (inside,) = grams(["bridge"]), grams(["the old bridge is shut"])
    assert len(set(alone) & set(inside)) >= 4  # its 4-grams and the word itself
    assert grams(["Bridge"]) == grams(["bridge"])
    assert grams(["shut bridge"]) != grams(["bridge shut"])


def test_characters_of_scripts_without_spaces_are_words() -> None:
    one, other = grams(["河水", "水河"])
    assert len(set(one) & set(other)) == 2  # both characters, and no pair or 4-gram


def test_of_a_long_block_only_the_beginning_counts() -> None:
    assert grams(["a" * 600 + " end"]) == grams(["a" * 600])


def test_a_score_is_the_sum_over_the_root() -> None:
    found = grams_of(["abcde", "", "abcdefgh"])
    expected = np.sqrt(found.counts())
    np.testing.assert_allclose(found.scores(np.ones(1 << BITS)), expected, rtol=1e-6)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("wording")
    write_corpus(folder, 60)
    return build_pool(load_examples(folder, folder / "cache", 1))


def test_a_block_is_scored_without_its_fold(pool: Pool) -> None:
    """With a fold's labels turned round, what is said of that fold stays the same."""
    every, left_out = set(range(FOLDS)), 2
    rows = fold_of_pages(pool)[pool.page] == left_out
    turned = replace(pool, content=np.where(rows, ~pool.content, pool.content))
    scores = [score_all(given, fit_wordings(given, _RECIPE, 1)) for given in (pool, turned)]
    for folds in (every, every - {left_out}, every - {0}, every - {0, left_out}):
        one, other = (worded.left_out(folds)[rows] for worded in scores)
        assert np.array_equal(one, other)
    one, other = (worded.left_out(every)[~rows] for worded in scores)
    assert not np.array_equal(one, other)
    first = scores[0].left_out(every)
    assert first[pool.content].mean() > first[~pool.content].mean() + 0.5


def test_a_release_holds_the_weights_that_training_used(pool: Pool) -> None:
    weights = fit_wordings(pool, _RECIPE, 1)[frozenset(range(FOLDS))]
    np.testing.assert_allclose(read_weights(packed_weights(weights)), weights, atol=1e-6)
    with pytest.raises(ModelError, match="another size"):
        read_weights(packed_weights(weights[:-1]))

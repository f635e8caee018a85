"""Which blocks are kept."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesieve.choose import LEAST_EXPECTED, choose, expected_scores
from pagesieve.copies import Copies
from pagesieve.options import Focus, Options

BLOCKS = st.lists(
    st.tuples(st.integers(1, 255).map(lambda n: n / 256), st.integers(0, 40)),
    min_size=1,
    max_size=8,
    unique_by=lambda b: b[0],
)


def columns(blocks: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([b[0] for b in blocks], np.float32), np.array([b[1] for b in blocks], np.float32)


def single(n_words: np.ndarray) -> Copies:
    """No text is said twice."""
    return Copies(np.arange(len(n_words)), np.full(len(n_words), -1), n_words)


def expected_f(chosen: tuple[int, ...], probability: np.ndarray, size: np.ndarray, beta: float) -> float:
    mass = float((probability * size)[list(chosen)].sum())
    return (1 + beta**2) * mass / float(size[list(chosen)].sum() + beta**2 * (probability * size).sum())


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
@given(blocks=BLOCKS)
def test_no_other_choice_has_a_higher_expected_score(beta: float, blocks: list[tuple[float, int]]) -> None:
    probability, n_words = columns(blocks)
    size = np.maximum(n_words, 0.5)
    order, expected = expected_scores(probability, n_words, beta)
    kept = tuple(order[: int(np.argmax(expected)) + 1])
    best = max(
        expected_f(chosen, probability, size, beta)
        for count in range(1, len(blocks) + 1)
        for chosen in combinations(range(len(blocks)), count)
    )
    assert expected_f(kept, probability, size, beta) == pytest.approx(best, rel=1e-5)


@given(blocks=BLOCKS, low=st.floats(0, 1), high=st.floats(0, 1))
def test_raising_the_threshold_never_adds_a_block(
    blocks: list[tuple[float, int]], low: float, high: float
) -> None:
    low, high = sorted((low, high))
    probability, n_words = columns(blocks)
    loose = choose(probability, single(n_words), Options(threshold=low)).keep
    strict = choose(probability, single(n_words), Options(threshold=high)).keep
    assert not (strict & ~loose).any()


@given(blocks=BLOCKS)
def test_focus_moves_the_choice_in_its_direction(blocks: list[tuple[float, int]]) -> None:
    probability, n_words = columns(blocks)
    precise, balanced, complete = (
        choose(probability, single(n_words), Options(focus=focus)).keep
        for focus in (Focus.PRECISION, Focus.BALANCED, Focus.RECALL)
    )
    assert not (precise & ~balanced).any()
    assert not (balanced & ~complete).any()


@pytest.mark.parametrize(("probability", "kept"), [(0.02, False), (0.09, False), (0.2, True), (0.9, True)])
def test_a_page_without_content_keeps_nothing(probability: float, kept: bool) -> None:
    few = np.full(3, probability, np.float32)
    words = np.full(3, 9, np.float32)
    assert (2 * probability / (1 + probability) >= LEAST_EXPECTED) == kept
    assert choose(few, single(words), Options()).keep.tolist() == [kept] * 3
    assert choose(few, single(words), Options(threshold=0.01)).keep.all()


def test_a_page_without_blocks_keeps_nothing() -> None:
    empty = np.zeros(0, np.float32)
    assert choose(empty, single(empty), Options()).keep.shape == (0,)


def test_of_copies_the_likeliest_is_kept() -> None:
    probability, n_words = np.array([0.9, 0.7, 0.8, 0.7], np.float32), np.full(4, 30, np.float32)
    copies = Copies(np.array([0, 0, 2, 0]), np.full(4, -1), n_words)
    for options in (Options(), Options(threshold=0.5)):
        assert choose(probability, copies, options).keep.tolist() == [True, False, True, False]


def test_the_fullest_copy_is_kept_and_is_as_likely_as_those_it_replaces() -> None:
    probability, n_words = np.array([0.9, 0.3, 0.8], np.float32), np.array([25, 30, 90], np.float32)
    copies = Copies(np.arange(3), np.array([1, -1, -1]), n_words)
    for options in (Options(), Options(threshold=0.5)):
        assert choose(probability, copies, options).keep.tolist() == [False, True, True]


def test_a_quote_is_not_dropped_for_a_long_text_that_is_unlikely() -> None:
    probability, n_words = np.array([0.9, 0.6, 0.8], np.float32), np.array([25, 300, 90], np.float32)
    copies = Copies(np.arange(3), np.array([1, -1, -1]), n_words)
    assert choose(probability, copies, Options(threshold=0.5)).keep.tolist() == [True, True, True]


@given(blocks=BLOCKS, low=st.floats(0, 1), high=st.floats(0, 1), data=st.data())
def test_raising_the_threshold_never_adds_a_copy(
    blocks: list[tuple[float, int]], low: float, high: float, data: st.DataObject
) -> None:
    low, high = sorted((low, high))
    probability, n_words = columns(blocks)
    # Each text is the first of its kind or a copy of such a one, and the full texts have no fuller ones.
    own = list(range(len(blocks)))
    same = np.array([data.draw(st.sampled_from([0, number])) for number in own])
    full = data.draw(st.sampled_from(np.unique(same).tolist()))
    fuller = np.array([data.draw(st.sampled_from([-1, full])) for _ in own])[same]
    fuller[same == full] = -1
    copies = Copies(same, fuller, n_words)
    loose = choose(probability, copies, Options(threshold=low)).keep
    strict = choose(probability, copies, Options(threshold=high)).keep
    assert not (strict & ~loose).any()

"""Which blocks are kept."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesieve.choose import LEAST_EXPECTED, choose, expected_scores
from pagesieve.options import Focus, Options

BLOCKS = st.lists(
    st.tuples(st.integers(1, 255).map(lambda n: n / 256), st.integers(0, 40)),
    min_size=1,
    max_size=8,
    unique_by=lambda b: b[0],
)


def columns(blocks: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([b[0] for b in blocks], np.float32), np.array([b[1] for b in blocks], np.float32)


def numbers(blocks: np.ndarray) -> np.ndarray:
    """Every text is its own first copy."""
    return np.arange(len(blocks))


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
    loose = choose(probability, n_words, numbers(probability), Options(threshold=low))
    strict = choose(probability, n_words, numbers(probability), Options(threshold=high))
    assert not (strict & ~loose).any()


@given(blocks=BLOCKS)
def test_focus_moves_the_choice_in_its_direction(blocks: list[tuple[float, int]]) -> None:
    probability, n_words = columns(blocks)
    precise, balanced, complete = (
        choose(probability, n_words, numbers(probability), Options(focus=focus))
        for focus in (Focus.PRECISION, Focus.BALANCED, Focus.RECALL)
    )
    assert not (precise & ~balanced).any()
    assert not (balanced & ~complete).any()


@pytest.mark.parametrize(("probability", "kept"), [(0.02, False), (0.09, False), (0.2, True), (0.9, True)])
def test_a_page_without_content_keeps_nothing(probability: float, kept: bool) -> None:
    few = np.full(3, probability, np.float32)
    words = np.full(3, 9, np.float32)
    assert (2 * probability / (1 + probability) >= LEAST_EXPECTED) == kept
    assert choose(few, words, numbers(few), Options()).tolist() == [kept] * 3
    assert choose(few, words, numbers(few), Options(threshold=0.01)).all()


def test_a_page_without_blocks_keeps_nothing() -> None:
    empty = np.zeros(0, np.float32)
    assert choose(empty, empty, numbers(empty), Options()).shape == (0,)


@pytest.mark.parametrize(
    ("n_words", "expected"), [([30, 30, 30, 30], [1, 0, 1, 0]), ([3, 3, 30, 3], [1, 1, 1, 1])]
)
def test_of_copies_of_a_long_text_the_likeliest_is_kept(n_words: list[int], expected: list[int]) -> None:
    probability, first_copy = np.array([0.9, 0.7, 0.8, 0.7], np.float32), np.array([0, 0, 2, 0])
    for options in (Options(), Options(threshold=0.5)):
        kept = choose(probability, np.array(n_words, np.float32), first_copy, options)
        assert kept.tolist() == expected


@given(blocks=BLOCKS, low=st.floats(0, 1), high=st.floats(0, 1), data=st.data())
def test_raising_the_threshold_never_adds_a_copy(
    blocks: list[tuple[float, int]], low: float, high: float, data: st.DataObject
) -> None:
    low, high = sorted((low, high))
    probability, n_words = columns(blocks)
    first_copy = np.array([data.draw(st.integers(0, number)) for number in range(len(blocks))])
    loose = choose(probability, n_words, first_copy, Options(threshold=low))
    strict = choose(probability, n_words, first_copy, Options(threshold=high))
    assert not (strict & ~loose).any()

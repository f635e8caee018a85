"""The yardstick itself, on texts short enough to count by hand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import Score, bag_score, snippets_found, word_score, words

NOTHING, PERFECT = Score(0.0, 0.0, 0.0), Score(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        ("", "", PERFECT),
        ("one", "", NOTHING),
        ("", "one", NOTHING),
        ("one two", "three four", NOTHING),
        ("ONE, two!", "two one", PERFECT),
        ("a a b", "a b b", Score(2 / 3, 2 / 3, 2 / 3)),
        ("a b c d", "a b", Score(2 / 3, 0.5, 1.0)),
        ("a", "a b c d", Score(0.4, 1.0, 0.25)),
    ],
)
def test_word_score(predicted: str, gold: str, expected: Score) -> None:
    found = word_score(predicted, gold)
    assert (found.f1, found.precision, found.recall) == pytest.approx(
        (expected.f1, expected.precision, expected.recall)
    )


def test_punctuation_alone_is_an_empty_text() -> None:
    assert word_score("... – !", "") == PERFECT


def test_unspaced_scripts_count_by_word_on_the_benchmark_and_by_character_elsewhere() -> None:
    predicted, gold = "世界和平", "世界"
    assert word_score(predicted, gold, corpus="wcxb_dev") == NOTHING
    assert word_score(predicted, gold, corpus="zh_web_content_dataset").precision == 0.5


def test_words_are_lower_cased_runs_of_word_characters() -> None:
    assert words("It's 3.5 Äpfel_und") == ["it", "s", "3", "5", "äpfel_und"]


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        (Counter(), Counter(), PERFECT),
        (Counter("a"), Counter(), NOTHING),
        (Counter("ab"), Counter("ba"), PERFECT),
    ],
)
def test_bag_score(predicted: Counter[str], gold: Counter[str], expected: Score) -> None:
    assert bag_score(predicted, gold) == expected


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_swapping_prediction_and_gold_swaps_precision_and_recall(left: list[str], right: list[str]) -> None:
    there, back = bag_score(Counter(left), Counter(right)), bag_score(Counter(right), Counter(left))
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert there.f1 == pytest.approx(back.f1)
    assert min(there.precision, there.recall) - 1e-9 <= there.f1 <= max(there.precision, there.recall) + 1e-9


@pytest.mark.parametrize(
    ("text", "snippets", "expected"),
    [
        ("any text", [], None),
        ("", [], None),
        ("", ["a b"], 0.0),
        ("The  Quick\nbrown fox", ["quick brown", "Brown  FOX"], 1.0),
        ("The quick brown fox", ["quick brown", "lazy dog"], 0.5),
    ],
)
def test_snippets_found(text: str, snippets: list[str], expected: float | None) -> None:
    assert snippets_found(text, snippets) == expected


def test_quotes_and_dashes_can_be_made_alike() -> None:
    text, snippet = "the \u201cferry\u201d \u2014 it\u2019s late", '"ferry" - it\'s'
    assert snippets_found(text, [snippet]) == 0
    assert snippets_found(text, [snippet], alike=True) == 1

"""Measures of text, against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve.quality.prose import measure_text

TEXT = (
    "The river rose in the night.\nPeople of the town carried sand to the bank, and that was all.\n"
    "- Sand\n- Sand"
)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("words", 21),
        ("bullet_lines", 2 / 4),
        ("duplicate_lines", 1 / 4),
        ("duplicate_line_chars", 6 / len(TEXT)),
        ("repeated_line_chars", 6 / (len(TEXT) - 3)),
        ("stop_words", 5),
        ("final_punctuation", 2 / 4),
        ("short_lines", 3 / 4),
        ("sentences", 2),
        ("line_breaks", 3 / 26),
        ("curly_brackets", 0),
    ],
)
def test_values(measure: str, value: float) -> None:
    assert measure_text(TEXT, "en")[measure] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "measure", "value"),
    [
        # The commonest pair: "a b" twice, three characters each, of eleven.
        ("a b c a b d", "top_2gram", 6 / 11),
        # Seven words again: the first repeated 5-gram takes five of them, and what is left is shorter.
        ("a b c d e f g a b c d e f g", "duplicate_5gram", 5 / 27),
        ("a b c d e f g h i j k", "duplicate_5gram", 0),
        ("Rain... Sun... Snow", "ellipses", 2 / 5),
        ("Wind # Rain", "hashes", 1 / 3),
        ("He said {x}.\nThis is a line.", "curly_brackets", 1),
        ("Lorem ipsum dolor sit amet.", "lorem_ipsum", 1),
        ("We use cookies on this site.\nThis is a line.", "sentences", 1),
        ("one\nTHESE ARE CAPITALS\n12 34\nthe plain words here", "removed_lines", 6 / 10),
        ("rain rain sun", "doubled_words", 1 / 3),
        ("RAIN falls", "capital_words", 1 / 2),
        # "Don't" and "1,000" are one each.
        ("Don't go. It cost 1,000.", "alphabetic_words", 5 / 8),
    ],
)
def test_single_measures(text: str, measure: str, value: float) -> None:
    assert measure_text(text, "en")[measure] == pytest.approx(value)


def test_stop_words_are_those_of_the_language() -> None:
    german = "Der Fluss stieg in der Nacht, und die Leute trugen den Sand."
    assert measure_text(german, "de")["stop_words"] >= 2
    assert measure_text(german, "en")["stop_words"] == 0


def test_a_language_without_known_words_passes_the_rule() -> None:
    assert measure_text("Yr oedd glaw mawr.", "cy")["stop_words"] == 2


def test_repetition_of_a_long_text_is_that_of_its_beginning() -> None:
    text = "rain falls on stone " * 5_000
    assert measure_text(text, "en")["duplicate_10gram"] > 0.7


@settings(deadline=None)
@given(st.text())
def test_every_text_has_finite_measures(text: str) -> None:
    measures = measure_text(text, "en")
    assert measures.keys() == measure_text("", "").keys()
    assert all(0 <= value < float("inf") for value in measures.values())

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve.quality.grams import BITS, gram_ids, gram_scores


@settings(deadline=None)
@given(st.text())
def test_places_rise_and_fit_the_table(text: str) -> None:
    ids = gram_ids(text)
    assert (np.diff(ids) > 0).all()
    assert not len(ids) or ids[-1] < 1 << BITS


def test_case_is_ignored_and_order_is_not() -> None:
    assert np.array_equal(gram_ids("Buy Pills"), gram_ids("buy pills"))
    assert not np.array_equal(gram_ids("buy pills"), gram_ids("pills buy"))


@pytest.mark.parametrize("text", ["", "abc"])
def test_too_short_a_text_scores_nothing(text: str) -> None:
    assert gram_scores(text, np.ones(1 << BITS)) == [0]


def test_a_score_is_the_sum_over_the_root() -> None:
    assert gram_scores("abcdefg", np.ones(1 << BITS), np.zeros(1 << BITS)) == pytest.approx([2.0, 0.0])

"""Words as numbers give the scores that bags of words give."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bags import Bags
from training.metrics import bag_score

_TEXTS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), min_size=1, max_size=6)


@given(_TEXTS, st.none() | st.lists(st.sampled_from("abcxyz"), max_size=8), st.randoms())
def test_scores_are_those_of_bags(texts: list[list[str]], gold: list[str] | None, random: object) -> None:
    kept, content = (
        np.array([bool(random.getrandbits(1)) for _ in texts])  # type: ignore[attr-defined]
        for _ in range(2)
    )

    def bag(which: np.ndarray) -> Counter[str]:
        return Counter(word for words, there in zip(texts, which, strict=True) if there for word in words)

    wanted = bag(content) if gold is None else Counter(gold)
    assert Bags.of(texts, gold).f1(kept, content) == pytest.approx(bag_score(bag(kept), wanted).f1)

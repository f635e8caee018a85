from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The river rose in the night, and people of the town carried sand to the bank.", "en"),
        ("Der Fluss stieg in der Nacht, und die Leute trugen Sand an das Ufer.", "de"),
        ("La rivière est montée dans la nuit et les habitants ont apporté du sable.", "fr"),
        ("Река поднялась ночью, и жители города носили песок на берег.", "ru"),
        ("河水在夜里上涨，镇上的人们把沙子运到岸边。", "zh"),
        ("川は夜のうちに増水し、町の人々は岸に砂を運んだ。", "ja"),
        ("밤에 강물이 불어나 마을 사람들이 모래를 날랐습니다.", "ko"),
        ("הנהר עלה בלילה ואנשי העיירה נשאו חול אל הגדה.", "he"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "404", "   ", "2024-05-01 12:30 €99", "OK"])
def test_too_little_to_tell(text: str) -> None:
    assert detect(text) == ""


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_every_text_has_an_answer(text: str) -> None:
    assert len(detect(text)) in (0, 2)


def test_threads_do_not_mix_languages() -> None:
    texts = [
        "Der Fluss stieg in der Nacht, und die Leute trugen Sand an das Ufer.",
        "The river rose in the night, and people carried sand to the bank.",
    ] * 100
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, texts)) == ["de", "en"] * 100

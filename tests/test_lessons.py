"""Pages that teach the state of a page alone."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from pagesieve.blocks import segment
from pagesieve.lines import outline
from pagesieve.quality.verdict import State
from training.agreement import ANNOTATIONS
from training.corpora import LabelledPage
from training.lessons import as_text, short_page


def made_page(html: str, gold: str) -> LabelledPage:
    return LabelledPage("1", "made", html, gold, None, None, None, (), ())


def written() -> list[dict[str, str]]:
    lines = (ANNOTATIONS / "written.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_written_pages_are_of_known_states_and_each_is_another() -> None:
    pages = written()
    assert {page["state"] for page in pages} <= set(State) - {State.OK}
    assert set(Counter(page["id"] for page in pages).values()) == {1}
    assert set(Counter(page["html"] for page in pages).values()) == {1}
    assert all(as_text(segment(page["html"])) or "<iframe" in page["html"] for page in pages)


def test_a_page_as_text_is_its_title_and_its_blocks() -> None:
    html = "<title>Harbour</title><p>Rain fell.<p>The river rose."
    assert as_text(segment(html)) == "Harbour\nRain fell.\nThe river rose."


@pytest.mark.parametrize("number", range(12))
def test_a_short_page_has_one_to_three_lines_of_the_gold_text(number: int) -> None:
    lines = [f"The harbour of town {place} is closed to ships this winter." for place in range(5)]
    html = "<title>Harbours</title>" + "".join(f"<p>{line}" for line in lines)
    page = made_page(html, "\n".join(["Harbours", *lines]))
    text = as_text(short_page(number, page))
    found = [line for line in lines if line in text]
    assert found == lines[: 1 + number // 4]
    assert len(text) < 300


def test_plain_short_pages_are_like_text_that_is_sent() -> None:
    page = made_page("<p>Rain", "The harbour of the town is closed to ships this winter.")
    made = short_page(1, page)
    assert made.plain
    assert made.blocks.text == outline(page.gold).blocks.text

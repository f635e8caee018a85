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
from training.lessons import as_text, bare_page, short_page


def made_page(html: str, gold: str) -> LabelledPage:
    return LabelledPage("1", "made", html, gold, None, None, None, (), ())


def written() -> list[dict[str, str]]:
    lines = (ANNOTATIONS / "written.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_written_pages_are_of_known_states_and_each_is_another() -> None:
    pages = written()
    assert {page["state"] for page in pages} <= set(State)
    assert set(Counter(page["id"] for page in pages).values()) == {1}
    assert set(Counter(page["html"] for page in pages).values()) == {1}
    assert all(as_text(segment(page["html"])) or "<iframe" in page["html"] for page in pages)


def test_a_page_as_text_is_its_title_and_its_blocks() -> None:
    html = "<title>Harbour</title><p>Rain fell.<p>The river rose."
    assert as_text(segment(html)) == "Harbour\nRain fell.\nThe river rose."


@pytest.mark.parametrize("number", range(18))
def test_a_short_page_has_one_to_three_lines_of_the_gold_text(number: int) -> None:
    lines = [f"The harbour of town {place} is closed to ships this winter." for place in range(5)]
    html = "<title>Harbours</title>" + "".join(f"<p>{line}" for line in lines)
    page = made_page(html, "\n".join(["Harbours", *lines]))
    text = as_text(short_page(number, page))
    found = [line for line in lines if line in text]
    assert found == lines[: 1 + number // 6]
    assert len(text) < 300


def test_plain_short_pages_are_like_text_that_is_sent() -> None:
    page = made_page("<p>Rain", "The harbour of the town is closed to ships this winter.")
    made = short_page(1, page)
    assert made.plain
    assert made.blocks.text == outline(page.gold).blocks.text


def test_a_bare_page_has_the_kept_text_of_a_page_and_nothing_else() -> None:
    html = (
        "<title>A & B</title><nav>Home</nav><h2>Rain</h2><p>The river <b>rose</b>.</p><footer>Terms</footer>"
    )
    page = bare_page(segment(html), [False, True, True, False])
    assert page.title == "A & B"
    assert page.blocks.text == ["Rain", "The river rose."]
    assert [page.elements.tag[owner] for owner in page.blocks.owner] == ["h2", "p"]
    assert set(page.elements.tag) <= {"html", "head", "title", "body", "article", "h2", "p"}


def test_a_bare_page_of_which_nothing_is_kept_has_everything() -> None:
    page = bare_page(segment("<p>Sign in</p><p>Password</p>"), [False, False])
    assert page.blocks.text == ["Sign in", "Password"]

"""Parsing, nesting, and the way through the tree."""

from __future__ import annotations

import pytest

from pagesieve.blocks import segment
from pagesieve.errors import TooLarge
from pagesieve.limits import Limits

MAX_DEPTH = Limits().max_depth


def tags(html: str) -> list[str]:
    return segment(html).elements.tag


def test_the_content_of_templates_and_what_follows_are_read() -> None:
    found = tags("<template><i>a</i><template><u>b</u></template></template><s>c</s>")
    assert [tag for tag in found if tag in {"i", "u", "s"}] == ["i", "u", "s"]


@pytest.mark.parametrize("depth", [260, MAX_DEPTH - 10])
def test_deep_pages_are_read_whole(depth: int) -> None:
    document = segment("<div>" * depth + "<em>x</em>" + "</div>" * depth + "<u>y</u>")
    assert (document.elements.tag[-2:], document.blocks.text) == (["em", "u"], ["x", "y"])


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 20_000, 1_000_000])
def test_deeper_pages_are_refused(depth: int) -> None:
    with pytest.raises(TooLarge, match="nested deeper" if depth < 100_000 else "more than 100,000 elements"):
        tags("<div>" * depth + "x")


def test_self_closed_raw_text_does_not_swallow_the_page() -> None:
    assert "p" in tags('<textarea name="a"/><p>kept</p>')
    assert "p" in tags('<iframe src="b" /><p>kept</p>')

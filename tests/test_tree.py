"""Parsing, nesting, and the walk."""

from __future__ import annotations

import pytest

from pagesieve.errors import TooLarge
from pagesieve.limits import Limits
from pagesieve.tree import parse, walk

MAX_DEPTH = Limits().max_depth


def tags(html: str) -> list[str]:
    root = parse(html).root
    assert root is not None
    return [tag for _, tag, entering in walk(root) if entering]


def test_walk_enters_and_leaves_every_element_once() -> None:
    root = parse("<div><p>a<b>b</b></p><hr></div>").root
    assert root is not None
    events = [(tag, entering) for node, tag, entering in walk(root) if node.is_element_node]
    for tag in {tag for tag, _ in events}:
        assert events.count((tag, True)) == events.count((tag, False)) == 1


def test_walk_visits_the_content_of_templates_and_what_follows() -> None:
    found = tags("<template><i>a</i><template><u>b</u></template></template><s>c</s>")
    assert [tag for tag in found if tag in {"i", "u", "s"}] == ["i", "u", "s"]


@pytest.mark.parametrize("depth", [260, MAX_DEPTH - 10])
def test_deep_pages_are_read_whole(depth: int) -> None:
    assert tags("<div>" * depth + "<em>x</em>" + "</div>" * depth + "<u>y</u>")[-2:] == ["u", "-text"]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 20_000, 1_000_000])
def test_deeper_pages_are_refused(depth: int) -> None:
    with pytest.raises(TooLarge, match="nested deeper" if depth < 100_000 else "more than 100,000 elements"):
        tags("<div>" * depth + "x")


def test_self_closed_raw_text_does_not_swallow_the_page() -> None:
    assert "p" in tags('<textarea name="a"/><p>kept</p>')
    assert "p" in tags('<iframe src="b" /><p>kept</p>')

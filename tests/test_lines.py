"""Text without mark-up: lines, the structure guessed from them, and what the classifier keeps."""

from __future__ import annotations

import pytest

import pagesieve
from pagesieve import Options, TooLarge, clean
from pagesieve.lines import flat, outline

PLAIN = "text/plain"


def test_every_line_that_is_not_blank_is_a_block() -> None:
    document = outline("First line\n\n  second   line \r\nthird")
    assert document.plain
    assert document.blocks.text == ["First line", "second line", "third"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("A heading\nA longer line that stands under it.", ["h2", "p"]),
        ("not a heading\nA longer line that stands under it.", ["p", "p"]),
        ("A sentence.\nA longer line that stands under it.", ["p", "p"]),
        ("- one\n* two\n3. three", ["li", "li", "li"]),
    ],
)
def test_tags_are_guessed(text: str, tags: list[str]) -> None:
    document = outline(text)
    assert [document.elements.tag[owner] for owner in document.blocks.owner] == tags


def test_lines_between_the_same_gaps_share_a_container() -> None:
    document = outline("one\ntwo\n\nthree\n\n\n\n\nfour")
    parents = [document.elements.parent[element] for element in document.blocks.element]
    assert parents[0] == parents[1] != parents[2] != parents[3]
    outer = [document.elements.parent[parent] for parent in parents]
    assert outer[1] == outer[2] != outer[3]


def test_what_is_shown_has_no_guesses() -> None:
    page = clean(
        "A heading\nA longer line that stands under it.", content_type=PLAIN, options=Options(threshold=0)
    )
    assert page.html == "<p>A heading</p>\n<p>A longer line that stands under it.</p>"
    assert [block.tag for block in page.blocks] == ["p", "p"]
    assert page.blocks[1].path == "html > body > p:nth-of-type(2)"


def test_flat_keeps_the_lines() -> None:
    document = outline("one\n\ntwo")
    assert flat(document).blocks.text == document.blocks.text


def test_too_many_lines_are_refused() -> None:
    with pagesieve.limited(pagesieve.Limits(max_blocks=10)), pytest.raises(TooLarge, match="lines"):
        clean("line\n" * 11, content_type=PLAIN)

"""Text without mark-up: lines, the structure guessed from them, and what the classifier keeps."""

from __future__ import annotations

from collections import Counter

import pytest
from plain_pages import PAGES, PlainPage

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


@pytest.fixture(scope="module")
def judged() -> list[tuple[PlainPage, pagesieve.Page]]:
    return [(page, clean(page.text, content_type=PLAIN)) for page in PAGES]


def stripped_and_all(judged: list[tuple[PlainPage, pagesieve.Page]]) -> tuple[Counter[str], Counter[str]]:
    stripped, every = Counter[str](), Counter[str]()
    for written, page in judged:
        for line, block in zip(written.lines, page.blocks, strict=True):
            every[line.kind] += 1
            stripped[line.kind] += not block.keep
    return stripped, every


KINDS = ("nav", "meta", "counter", "share", "marker", "rail", "legal", "foreign", "repeat", "teaser")
# Least share of the lines of a kind that is stripped.
LEAST = dict.fromkeys(KINDS, 0.85)
# Advertising between paragraphs is known by its subject alone, see docs/text.md.
LEAST |= {"ad": 0.5}


@pytest.mark.parametrize("kind", LEAST)
def test_noise_between_lines_is_stripped(judged: list[tuple[PlainPage, pagesieve.Page]], kind: str) -> None:
    assert sum(kind in {line.kind for line in page.lines} for page in PAGES) >= 10
    stripped, every = stripped_and_all(judged)
    assert stripped[kind] >= LEAST[kind] * every[kind]


def test_stories_are_kept(judged: list[tuple[PlainPage, pagesieve.Page]]) -> None:
    stripped, every = stripped_and_all(judged)
    assert stripped["content"] <= 0.07 * every["content"]


def test_repeated_stories_have_their_role(judged: list[tuple[PlainPage, pagesieve.Page]]) -> None:
    roles = [
        block.role
        for written, page in judged
        for line, block in zip(written.lines, page.blocks, strict=True)
        if line.kind == "repeat" and not block.keep
    ]
    assert roles.count(pagesieve.Role.DUPLICATE) >= 10


def test_what_is_glued_to_a_line_is_cut_and_no_word_of_a_story(
    judged: list[tuple[PlainPage, pagesieve.Page]],
) -> None:
    cut = 0
    for written, page in judged:
        for line, block in zip(written.lines, page.blocks, strict=True):
            if line.content and block.keep:
                assert len(block.text) >= len(line.content)
                cut += block.text == line.content != line.text
    assert cut >= 5

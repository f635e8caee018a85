"""Labelled pages in every format, and what is said of those that cannot be used."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest

from pagesieve.errors import BadInput
from pagesieve.roles import Role
from training.labels import CONTENT, REST, UNKNOWN, Labels, Marked, read_labels

HTML = (
    "<title>Kites</title><body><nav><a href=/>Home</a></nav><h1>Kites over the dunes</h1>"
    "<p>On Sunday forty kites stood over the dunes, and the tallest was as high as the church.</p>"
    "<p>The next meeting is in May, if the wind allows it.</p>"
    "<div>Subscribe to our letter</div><footer>All rights reserved</footer>"
)
GOLD = (
    "On Sunday forty kites stood over the dunes, and the tallest was as high as the church.\n\n"
    "The next meeting is in May, if the wind allows it."
)
URL = "https://kites.example/2025/may"


def read(tmp_path: Path, *rows: Any, name: str = "mine.jsonl") -> Labels:
    path = tmp_path / name
    body = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()
    path.write_bytes(lzma.compress(body) if name.endswith(".xz") else body)
    return read_labels([path])


def by_text(page: Marked) -> dict[str, tuple[int, Role | None]]:
    columns = (page.document.blocks.text, page.known.tolist(), page.roles)
    return {text[:12]: (known, role) for text, known, role in zip(*columns, strict=True)}


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.xz"])
def test_gold_text_is_aligned(tmp_path: Path, name: str) -> None:
    labels = read(tmp_path, {"html": HTML, "gold_text": GOLD, "url": URL}, name=name)
    (page,) = labels.pages
    assert labels.problems == []
    assert page.url == URL
    assert [text for text, (known, _) in by_text(page).items() if known == CONTENT] == [
        "On Sunday fo", "The next mee"
    ]  # fmt: skip
    assert UNKNOWN not in page.known
    assert labels.summary() == "used 1 of 1 pages (1 aligned with gold text; 6 labelled blocks); 0 skipped"


def test_text_without_mark_up_is_labelled_by_its_lines(tmp_path: Path) -> None:
    text = f"Home\n\n{GOLD}\nSubscribe to our letter"
    aligned = {"text": text, "gold_text": GOLD, "url": URL}
    with_roles = {
        "text": text,
        "blocks": [{"text": "Home", "role": "nav"}],
        "page_hash": "0" * 64,
        "who": "ann",
    }
    labels = read(tmp_path, aligned, with_roles, {"html": text, "gold_text": text})
    page, as_html = labels.pages
    assert labels.problems == []
    assert page.document.plain
    assert not as_html.document.plain
    assert by_text(page) == {
        "Home": (REST, Role.NAV), "On Sunday fo": (CONTENT, None), "The next mee": (CONTENT, None),
        "Subscribe to": (REST, None),
    }  # fmt: skip


def test_roles_are_matched_by_text_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    blocks = [
        {"text": "  The next meeting is in  May, if the wind allows it.", "role": "content"},
        {"text": "Subscribe to our letter", "role": "ad"},
        {"text": "Kites over the dunes", "role": "title"},
    ]
    (page,) = read(tmp_path, {"html": HTML, "blocks": blocks}).pages
    assert by_text(page) == {
        "Home": (UNKNOWN, None),
        "Kites over t": (UNKNOWN, Role.TITLE),  # a headline may be in a text or not
        "On Sunday fo": (UNKNOWN, None),
        "The next mee": (CONTENT, Role.CONTENT),
        "Subscribe to": (REST, Role.AD),
        "All rights r": (UNKNOWN, None),
    }


def test_copies_of_a_text_share_its_role_unless_it_has_several(tmp_path: Path) -> None:
    html = "<p>same</p><p>other</p><p>same</p><p>twice</p><p>twice</p>"
    blocks = [
        {"text": "same", "role": "nav"},
        {"text": "twice", "role": "ad"},
        {"text": "twice", "role": "content"},
    ]
    (page,) = read(tmp_path, {"html": html, "blocks": blocks}).pages
    assert page.roles == (Role.NAV, None, Role.NAV, Role.AD, Role.CONTENT)


def test_a_label_store_is_read_and_later_labels_overrule(tmp_path: Path) -> None:
    first = {"html": HTML, "url": URL, "who": "ann", "when": "2026-01-01T10:00:00Z", "page_hash": "0" * 64}
    first["blocks"] = [{"text": "Home", "role": "other"}, {"text": "Subscribe to our letter", "role": "ad"}]
    second = {"html": HTML, "who": "ben", "blocks": [{"text": "Home", "role": "nav"}]}
    labels = read(tmp_path, first, second)
    (page,) = labels.pages
    assert page.how == "from a label store"
    assert page.url == URL
    assert by_text(page)["Home"] == (REST, Role.NAV)
    assert by_text(page)["Subscribe to"] == (REST, Role.AD)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", r"row: is not JSON"),
        ("[]", r"row: is not a JSON object"),
        ({"gold_text": "x"}, r"html: is missing, and there is no text either; skipped"),
        ({"html": 3, "gold_text": "x"}, r"html: is a string, not 3"),
        ({"html": " ", "gold_text": "x"}, r"html: has no text"),
        ({"html": HTML}, r"gold_text: is missing"),
        ({"html": HTML, "gold_text": None}, r"gold_text: is a string, not None"),
        ({"html": HTML, "gold_text": "Quite another page about trains."}, r"gold_text: only agrees .* 0%"),
        ({"html": HTML, "gold_text": GOLD, "url": 7}, r"url: is a string, not 7"),
        ({"html": HTML, "blocks": []}, r"blocks: is a list"),
        ({"html": HTML, "blocks": [{"text": "Home"}]}, r"blocks\[0\]\.role: is one of content, .*not None"),
        ({"html": HTML, "blocks": [{"text": "Home", "role": "menu"}]}, r"blocks\[0\]\.role: .*not 'menu'"),
        ({"html": HTML, "blocks": [{"role": "ad"}]}, r"blocks\[0\]\.text: is the text"),
        ({"html": HTML, "blocks": [{"text": "nowhere", "role": "ad"}]}, r"blocks: none of the 1 texts"),
        ({"text": " ", "gold_text": "plain"}, r"text: has no text"),
        ({"text": ["plain"], "gold_text": "plain"}, r"text: is a string, not \['plain'\]"),
        ({"page_hash": "0", "blocks": []}, r"html: is missing: the page was not stored"),
    ],
)
def test_a_bad_row_is_named_and_skipped(tmp_path: Path, row: Any, message: str) -> None:
    labels = read(tmp_path, {"html": HTML, "gold_text": GOLD}, "", row)
    (problem,) = labels.problems
    assert str(problem).startswith(f"{tmp_path}/mine.jsonl, line 3: ")
    assert problem.skipped
    assert re.search(message, str(problem))
    assert "used 1 of 2 pages" in labels.summary()


def test_texts_that_are_nowhere_are_named_but_the_others_are_used(tmp_path: Path) -> None:
    blocks = [{"text": "Home", "role": "nav"}, {"text": "gone", "role": "ad"}]
    labels = read(tmp_path, {"html": HTML, "blocks": blocks})
    (problem,) = labels.problems
    assert not problem.skipped
    assert "1 of 2 texts are no block of the page, the first is 'gone'" in str(problem)
    assert "used 1 of 1" in labels.summary()


MARKED = """<!doctype html>
<link rel="canonical" href="https://shop.example/kettle">
<body><nav data-label="nav"><a href="/">Home</a><a href="/all">All</a></nav>
<main data-label="content"><h1 data-label="title">Kettle</h1><p>It holds a litre.</p>
<aside data-label="Related"><h3>See also</h3><p>A teapot</p></aside><p>It whistles.</p></main>
<footer>Imprint</footer>"""


def test_marks_are_inherited_and_the_nearest_counts(tmp_path: Path) -> None:
    (tmp_path / "kettle.html").write_text(MARKED, encoding="utf-8")
    (page,) = read_labels([tmp_path]).pages
    assert page.url == "https://shop.example/kettle"
    assert by_text(page) == {
        "Home All": (REST, Role.NAV), "Kettle": (UNKNOWN, Role.TITLE),
        "It holds a l": (CONTENT, Role.CONTENT),
        "See also": (REST, Role.RELATED), "A teapot": (REST, Role.RELATED),
        "It whistles.": (CONTENT, Role.CONTENT), "Imprint": (REST, None),
    }  # fmt: skip


def test_where_no_content_is_marked_the_rest_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p data-label=ad>Buy</p><p>Text</p>", encoding="utf-8")
    (page,) = read_labels([tmp_path]).pages
    assert page.known.tolist() == [REST, UNKNOWN]


@pytest.mark.parametrize(
    ("folder", "url"), [("news.example.org", "https://news.example.org/page.html"), ("mine", None)]
)
def test_a_sub_folder_names_the_site(tmp_path: Path, folder: str, url: str | None) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "page.html").write_text("<p data-label=content>Text</p>", encoding="utf-8")
    (page,) = read_labels([tmp_path]).pages
    assert page.url == url


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<p>Text</p>", "page.html: data-label: no element is marked"),
        ("<p>x</p>\n<p data-label=foo>y</p>", "line 2, data-label of <p>: is one of content"),
        ("<p>x</p><p data-label=ad></p>", "data-label: no marked element has text"),
    ],
)
def test_a_bad_mark_is_named_with_its_line(tmp_path: Path, html: str, message: str) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    labels = read_labels([tmp_path])
    assert labels.pages == []
    assert message in str(labels.problems[0])


@pytest.mark.parametrize("name", ["nothing.jsonl", "labels.csv"])
def test_a_path_of_no_labels_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "labels.csv").write_text("x")
    with pytest.raises(BadInput, match=r"\.jsonl"):
        read_labels([tmp_path / name])

"""Where a block may be cut, and what a cut does to it."""

from __future__ import annotations

import pytest

from pagesieve.blocks import segment
from pagesieve.lines import outline
from pagesieve.trailers import Cut, candidates, count_words, describe_cuts, trim


def none(_: str) -> int:
    """A page that has no word twice."""
    return 1


STORY = "The ferry will run twice an hour until the bridge is open again, the council said on Friday"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (f"{STORY}.More Local News", ["More Local News"]),
        (f"{STORY}. Photo: Ann Lee", ["Photo: Ann Lee"]),
        (f"{STORY} Read more | The Herald", ["The Herald"]),
        (f"{STORY}Share this", ["Share this"]),
        (f"Advertisement. {STORY}", ["Advertisement. "]),
        (f"{STORY} for $3.5 million by the A.B.C of it", []),
        ("Short.More", []),
    ],
)
def test_candidates_are_where_one_text_may_end_and_another_begin(text: str, pieces: list[str]) -> None:
    assert [cut.piece(text) for cut in candidates(text)] == pieces


def test_a_cut_parts_a_text_in_two() -> None:
    text = f"{STORY}.More Local News"
    (cut,) = candidates(text)
    assert cut.glued
    assert cut.rest(text) + cut.piece(text) == text


def test_cuts_are_described_by_the_words_of_the_piece() -> None:
    text = f"{STORY}.More Local News"
    known = describe_cuts(text, candidates(text), lambda token: -3.0 * (token == "=more local news"), none)
    unknown = describe_cuts(text, candidates(text), lambda _: 0.0, none)
    assert known != unknown
    assert len(known) == 1


def test_the_first_words_of_a_piece_may_be_known_as_a_block() -> None:
    text = f"{STORY}. Read more: What the ferry costs"
    known = describe_cuts(text, candidates(text), lambda token: -2.0 * (token == "=read more"), none)
    unknown = describe_cuts(text, candidates(text), lambda _: 0.0, none)
    assert known[0] != unknown[0]


def test_what_is_one_word_elsewhere_is_told_from_two_texts() -> None:
    text = f"LegalZoom told us that the forms are out. {STORY}"
    words = count_words([text, "What LegalZoom charges", "Forms of LegalZoom."])
    (row,) = describe_cuts(text, candidates(text)[:1], lambda _: 0.0, words.__getitem__)
    (once,) = describe_cuts(text, candidates(text)[:1], lambda _: 0.0, count_words([text]).__getitem__)
    assert candidates(text)[0].piece(text) == "Legal"
    assert row[:-1] == once[:-1]
    assert (row[-1], once[-1]) == (pytest.approx(1.0986, abs=1e-3), 0.0)


class Sure:
    """Cuts at every candidate."""

    def cuts(self, texts: list[str], page: list[str]) -> list[list[Cut]]:
        return [candidates(text) for text in texts]


@pytest.mark.parametrize(
    "page",
    [f"{STORY}.More Local News", f"<p>{STORY}.<a href=/l>More <b>Local</b>\n News</a></p>"],
    ids=["lines", "mark-up"],
)
def test_what_is_cut_off_is_told(page: str) -> None:
    document = segment(page) if page.startswith("<") else outline(page)
    trimmed, pieces = trim(document, [0], Sure())  # type: ignore[arg-type]
    assert trimmed.blocks.text == [f"{STORY}."]
    assert "".join(text for text, _ in trimmed.blocks.runs[0]).strip() == f"{STORY}."
    assert pieces == {0: ("More Local News",)}
    assert document.blocks.text != trimmed.blocks.text, "the page as it came is not changed"


def test_code_and_headings_are_left_alone() -> None:
    page = f"<pre>{STORY}.<i>More</i> Local</pre><h2>{STORY}.<i>More</i> Local</h2>"
    assert trim(segment(page), [0, 1], Sure())[1] == {}  # type: ignore[arg-type]

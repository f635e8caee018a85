"""The whole path on the shipped release."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve import BadInput, Focus, Kind, Options, TooLarge, clean
from pagesieve.words import tokens


def test_an_article_keeps_its_body_and_loses_the_rest(news_page: str) -> None:
    text = clean(news_page).text
    for kept in ("Oona Farrell took over the shop", "The first loaves under the new ruling"):
        assert kept in text
    for lost in ("This site uses cookies", "Three crews called to garage fire", "Doctors are speechless"):
        assert lost not in text


def test_the_words_of_the_text_are_words_of_the_page(any_page: str) -> None:
    page = clean(any_page)
    everything = Counter(word for block in page.blocks for word in tokens(block.text))
    assert not Counter(tokens(page.text)) - everything


def test_raising_the_threshold_never_adds_text(any_page: str) -> None:
    texts = [clean(any_page, options=Options(threshold=cut / 10)).text for cut in range(11)]
    sizes = [Counter(tokens(text)) for text in texts]
    assert all(not later - earlier for earlier, later in pairwise(sizes))
    assert texts[0]


def test_recall_keeps_at_least_what_precision_keeps(any_page: str) -> None:
    precise, complete = (
        {
            number
            for number, block in enumerate(clean(any_page, options=Options(focus=focus)).blocks)
            if block.keep
        }
        for focus in (Focus.PRECISION, Focus.RECALL)
    )
    assert precise <= complete


def test_bytes_and_text_give_the_same_page(news_page: str) -> None:
    assert clean(news_page.encode("utf-16")).text == clean(news_page).text


def test_the_same_page_gives_the_same_answer_in_every_thread(any_page: str) -> None:
    expected = clean(any_page).to_dict()
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(lambda _: clean(any_page).to_dict(), range(8)))


def test_plain_text_is_taken_line_by_line() -> None:
    lines = [
        "Menu",
        "Rain fell all night on the hills above the town, and the river rose by two metres.",
        "Share",
    ]
    page = clean("\n".join(lines), content_type="text/plain; charset=utf-8")
    assert [block.text for block in page.blocks] == lines


def test_mark_up_in_plain_text_is_text() -> None:
    assert clean("a <b>c</b> d", content_type="text/plain").blocks[0].text == "a <b>c</b> d"


@pytest.mark.parametrize("kinds", [(Kind.TEXT,), (Kind.MARKDOWN, Kind.HTML), (Kind.BLOCKS,)])
def test_the_answer_holds_the_kinds_asked_for(news_page: str, kinds: tuple[Kind, ...]) -> None:
    answer = clean(news_page, options=Options(kinds=kinds)).to_dict()
    assert set(answer) - {"title", "metadata", "model", "state"} == {str(kind) for kind in kinds}


@pytest.mark.parametrize("source", ["", " \n ", b"", "\x00"])
def test_an_empty_page_is_refused(source: str | bytes) -> None:
    with pytest.raises(BadInput, match="empty"):
        clean(source)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04zip", b"\x1f\x8b\x08", bytes(range(32)) * 50]
)
def test_binary_data_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="not a page"):
        clean(body)


def test_a_page_nested_too_deeply_is_refused() -> None:
    with pytest.raises(TooLarge):
        clean("<div>" * 30_000 + "text")


@pytest.mark.parametrize(
    "html", ["<html></html>", "<script>1</script>", "<img src=a>", "<title>Only a title</title>"]
)
def test_a_page_without_text_gives_no_text(html: str) -> None:
    page = clean(html)
    assert (page.text, page.markdown, page.html, page.blocks) == ("", "", "", ())


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_any_bytes_give_a_page_or_a_clear_refusal(body: bytes) -> None:
    try:
        page = clean(body)
    except BadInput:
        return
    assert isinstance(page.text, str)

"""What one page may cost: every limit refuses, and the next page is served."""

from __future__ import annotations

import pytest

import pagesieve
from pagesieve import Limits, TooLarge, TooSlow, limited
from pagesieve.cost import crowded, refuse_costly, reopened
from pagesieve.limits import checkpoint, current_limits

PROSE = "<p>The ferry will run all night from April, the council decided.</p>"


@pytest.mark.parametrize(
    ("limits", "html", "words"),
    [
        (Limits(max_elements=50), PROSE * 60, "more than 50 elements"),
        (Limits(max_elements=50), "<br>" * 500, "more than 50 elements"),
        (Limits(max_depth=20), "<div>" * 30 + PROSE, "nested deeper than 20 levels"),
        (Limits(max_attributes=5), "<p a b c d e f>x</p>", "more than 5 attributes on one element"),
        (Limits(max_blocks=20), PROSE * 30, "more than 20 blocks of text"),
    ],
)
def test_a_page_beyond_a_limit_is_refused_and_the_next_is_served(limits, html, words):
    with limited(limits):
        with pytest.raises(TooLarge, match=words):
            pagesieve.clean(html)
        assert "ferry" in pagesieve.clean(PROSE).text


def test_text_without_markup_has_a_limit_on_lines():
    with limited(Limits(max_blocks=3)):
        assert pagesieve.clean("one\n\ntwo\nthree", content_type="text/plain").blocks
        with pytest.raises(TooLarge, match="more than 3 lines"):
            pagesieve.clean("one\ntwo\nthree\nfour", content_type="text/plain")


def test_a_page_that_takes_too_long_ends_with_an_error():
    with (
        limited(Limits(max_seconds=0.001)),
        pytest.raises(TooSlow, match=r"more than 0.001 s of processor time"),
    ):
        pagesieve.clean(PROSE * 2_000)


@pytest.mark.parametrize("output", ["text", "markdown", "html", "blocks"])
def test_outputs_count_against_the_time_of_the_page(output):
    page = pagesieve.clean(PROSE * 5)
    with limited(Limits(max_seconds=0.0)), pytest.raises(TooSlow):
        getattr(page, output)


def test_limits_end_with_their_block():
    with limited(Limits(max_blocks=7)), limited(Limits(max_blocks=8)):
        assert current_limits().max_blocks == 8
    assert current_limits() == Limits()
    checkpoint()


@pytest.mark.parametrize(
    ("html", "most"),
    [
        ("<p " + " ".join(f"a{n}" for n in range(30)) + ">", 29),
        ("<p " + "/".join(f"a{n}='x'" for n in range(30)) + ">", 29),
        ("<p " + " ".join(f"a{n}='>'" for n in range(30)) + ">", 29),
        ("<p " + " ".join(f'a{n}="<b"' for n in range(30)) + ">", 29),
        ("<p " + " ".join(f"a{n}=<b" for n in range(30)) + ">", 29),
        ("<p " + " ".join(f"a{n}\n=\n'v'" for n in range(30)) + ">", 29),
        ('<p x" ' + " ".join(f"a{n}" for n in range(30)), 30),
        ('<p a=b="x c="> ' + " ".join(f"a{n}" for n in range(30)) + '">', 2),
        ('<p ="x c="> y" a b d e>', 6),
    ],
)
def test_attributes_are_counted_as_the_parser_counts_them(html, most):
    assert crowded(html, most - 1)
    assert not crowded(html, most + 1)


@pytest.mark.parametrize(
    "html",
    [
        "<script>if (a<b " + "&& c " * 600 + ") {}</script>" + PROSE,
        "<style>a<b " + "c " * 600 + "</style>" + PROSE,
        "<!-- <p " + "c " * 600 + "--> " + PROSE,
        "<textarea><p " + "c " * 600 + "></textarea>" + PROSE,
    ],
)
def test_what_only_looks_like_attributes_is_not_counted(html):
    assert not crowded(html, 256)


def test_crowded_tags_behind_a_script_are_found():
    html = "<script>a<b " + "c " * 600 + "</script><p " + " ".join(f"a{n}" for n in range(300)) + ">"
    with pytest.raises(TooLarge, match="attributes"):
        refuse_costly(html, Limits())


def test_duplicate_attributes_are_refused_as_well():
    with pytest.raises(TooLarge, match="attributes"):
        pagesieve.clean("<p " + "class=x " * 100_000 + ">words</p>")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p><b>one</b></p><p>two</p>", 0),
        ("<p><b>one<p>two<p>three", 2),
        ("<p><b><i>one</b><p>two", 1),
        ("<p></b><b>one<p>two", 1),
    ],
)
def test_reopened_formatting_is_counted(html, expected):
    assert reopened(html) == expected


def test_misnested_formatting_is_refused_before_it_is_parsed():
    html = "<p>" + "".join(f"<b id={number}>" for number in range(2_000)) + "<p>x" * 3_000
    with pytest.raises(TooLarge, match="elements"):
        refuse_costly(html, Limits())

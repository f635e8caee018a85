"""Measures of mark-up, on pages small enough to count."""

from __future__ import annotations

import pytest

from pagesieve.blocks import segment
from pagesieve.quality.markup import error_cues, host_of, markup_text, measure_markup
from pagesieve.quality.prose import Measures

PHISH = """<html lang=en><title>PayPal: log in to your account</title><body>
<link rel=stylesheet href="https://www.paypalobjects.com/a.css"><img src="https://www.paypalobjects.com/logo.png">
<form action="next.php"><input name=email type=email><input name=pass type=password><button>Log in</button>
</form>"""


def measures_of(html: str, url: str | None = None, language: str = "en") -> Measures:
    document = segment(html)
    return measure_markup(
        document, [True] * len(document.blocks), "\n".join(document.blocks.text), url, language
    )


@pytest.mark.parametrize(
    ("html", "measure", "value"),
    [
        ("<p>open<p style='display: none'>shut", "hidden_share", 4 / 8),
        ("<p>open<p hidden>shut", "hidden_share", 4 / 8),
        ("<p>open<p style='position:absolute; left:-9999px'>shut", "hidden_share", 4 / 8),
        ("<p>open<template><p style='display:none'>shut</template>", "hidden_share", 4 / 8),
        ("<p>text<div class='ad-slot'>buy!</div>", "advert_share", 0.5),
        ("<p>text<div class='shadow loading'>read</div>", "advert_share", 0),
        ("<p>text<ul class=related-posts><li>more</ul>", "related_share", 0.5),
        ("<p>text<form>name<input></form>", "form_share", 0.5),
        ("<p>text<p><a href=/>link</a>", "link_share", 0.5),
        ("<meta http-equiv=Refresh content='0;url=/x'>", "refresh", 1),
        ("<meta name=keywords content='rain, sun, snow'>", "meta_keywords", 3),
        ("<a href='https://www.amazon.com/x?tag=rain-20'>a", "affiliate_links", 1),
        ("<a href='http://www.shareasale.com/r.cfm'>a", "affiliate_links", 1),
        ("<a href='/tag/rain?page=2'>a", "affiliate_links", 0),
        ("<div style='display:none'><a href='http://pills.example/'>pills</a>", "hidden_links", 1),
        ("<script src='//img.sedoparking.com/a.js'></script>", "parking_sources", 1),
        ("<title>404 Not Found</title>", "error_in_title", 2),
        ("<p>Sorry, this page does not exist.", "error_phrases", 2),
        ("<p>Please turn on JavaScript: enable JavaScript.", "script_phrases", 2),
        ("<p>This domain is for sale.", "parked_phrases", 3),
        ("<p>text<footer>Page not found", "error_on_page", 1),
        ("<form action=next.php><input type=password></form>", "secret_scripts", 1),
        ("<form action=next.php></form><form action=/in><input type=password></form>", "secret_scripts", 0),
        ("<form action='#'></form><form></form><form action=/in></form>", "bare_forms", 2),
        ("<img src='Mail_files/a.png'><img src='/b.png'>", "saved_sources", 0.5),
        ("<img src='Mail_files/a.png'><script src='https://a.example/b.js'></script>", "own_sources", 0.5),
        ("<p>text<p style='display:none'>viagra and viagra", "pharma_hidden", 2),
        ("<title>Casino and poker</title><p>text", "gambling_titled", 2),
        ("<iframe src='//landing.example/park?x=1'></iframe>", "parking_sources", 1),
        ("<title>Rain</title><p>rain rain sun", "title_density", 2 / 50),
        ("<p>buy viagra", "pharma_words", 2),
        ("<html lang=de><p>text", "language_differs", 1),
        ("<p>ab абвг", "script_mix", 2 / 6),
    ],
)
def test_values(html: str, measure: str, value: float) -> None:
    assert measures_of(html)[measure] == pytest.approx(value)


def test_a_password_form_of_a_brand_without_its_address() -> None:
    measures = measures_of(PHISH)
    assert measures["password_fields"] == 1
    assert measures["password_for_brand"] == 1
    assert measures["password_elsewhere"] == 1
    assert measures["form_scripts"] == 1


def test_a_brand_asks_on_its_own_site() -> None:
    assert measures_of(PHISH, "https://www.paypal.com/signin")["password_for_brand"] == 0


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.shop.example.co.uk/a?b", "example.co.uk"),
        ("//cdn.example.com:8080/x", "example.com"),
        ("HTTP://Example.COM", "example.com"),
        ("http://user@example.org", "example.org"),
        ("/relative", ""),
        ("mailto:a@example.org", ""),
        ("http://[", "["),
        (None, ""),
    ],
)
def test_hosts(address: str | None, host: str) -> None:
    assert host_of(address) == host


def test_pages_without_anything() -> None:
    assert measures_of("").keys() == measures_of(PHISH).keys()


def test_pages_of_other_test_folders(any_page: str) -> None:
    assert all(value >= 0 for value in measures_of(any_page).values())


def test_what_the_maker_of_a_page_named_is_told_without_addresses() -> None:
    named = markup_text(segment(PHISH))
    assert "F:next.php" in named
    assert "I:password pass" in named
    assert "S:logo.png" in named
    assert "paypalobjects" not in named


def test_long_pages_do_not_make_long_names() -> None:
    named = markup_text(segment("<img src='/a.png'>" * 20_000))
    assert len(named) < 20_000


@pytest.mark.parametrize(
    ("title", "error"), [("404 Not Found", True), ("Page not found", True), ("The harbour in winter", False)]
)
def test_titles_of_errors(title: str, error: bool) -> None:
    assert (error_cues(title) > 0) is error

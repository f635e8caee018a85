# ruff: noqa: E501
"""What hostile pages do to the library alone."""

from __future__ import annotations

import re
import socket
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pagesieve import BadInput, Kind, Options, TooLarge, clean
from pagesieve.blocks import segment
from pagesieve.decode import decode
from pagesieve.features.lexicon import _parts, name_tokens
from pagesieve.metadata.jsonld import _read
from pagesieve.render.html import sanitised
from pagesieve.words import tokens
from tests.hostile.corpus import PROSE

EVERYTHING = Options(kinds=tuple(Kind), threshold=0.0)
RUSSIAN = "Вода в реке поднялась за ночь"
BITS = [
    b"<p>", b"</p>", b"<b>", b"</b>", b"<a href='javascript:x'>", b"<a href=/x>", b"<table><tr><td>", b"<pre>", b"\n",
    b"<li>", b"<svg>", b"<template>", b"<select>", b"<option>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<script>",
    b"</script>", b"<style>", b"<title>", b"<textarea/>", b"&lt;script&gt;", b"&#0;", b"&#xd800;", b"\x00", b"\xff",
    b"\xe4\xb8\x96", b"[x](javascript:y)", b"`", b"|", b"<meta charset=gbk>", b"<base href=//a>", b"word ", b"<br>",
    b'<script type="application/ld+json">{"@type":"Article","author":', b"<h1>", b"<ol start=99999999>", b"<frameset>",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(BITS) | st.binary(max_size=8), max_size=25).map(b"".join),
    st.sampled_from([None, "text/plain", "text/html; charset=utf-16", "text/html; charset=shift_jis"]),
)
@example(b"<frameset><p>x", None)
def test_any_page_gives_safe_outputs_or_a_refusal(body: bytes, content_type: str | None) -> None:
    try:
        page = clean(body, content_type=content_type, url="https://a.example/", options=EVERYTHING)
    except (BadInput, TooLarge):
        return
    repr(page.to_dict()).encode()
    assert sanitised(page.html) == page.html
    assert not re.search(r"""<[^>]*=\s*["']?\s*javascript:""", page.html.lower())
    everything = Counter(word for block in page.blocks for word in tokens(block.text))
    assert not Counter(tokens(page.text)) - everything


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    html = (
        '<!DOCTYPE html SYSTEM "http://a.example/x.dtd"><base href="http://a.example/">'
        '<link rel=canonical href="http://a.example/c"><link rel=stylesheet href=//a.example/s.css>'
        '<meta http-equiv=refresh content="0;url=http://a.example/"><script src=//a.example/s.js></script>'
        f'<iframe src="http://a.example/"></iframe><img src="//a.example/i.png"><p>{PROSE}</p>'
    )
    page = clean(html, url="http://a.example/", options=EVERYTHING)
    assert page.to_dict()["metadata"]["canonical_url"] == "http://a.example/c"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("header", [None, "text/html; charset=utf-16", "text/html; charset=iso-8859-1"])
def test_utf16_without_a_mark_is_known_by_its_nuls(encoding: str, header: str | None) -> None:
    text = f"\r\n<html><body><p>{RUSSIAN}</p></body></html>"
    assert decode(text.encode(encoding), header) == text


@pytest.mark.parametrize("body", [b"<p>a\0b", b"<p>" + b"\0" * 9 + b"words"])
def test_stray_nuls_are_not_utf16(body: bytes) -> None:
    assert decode(body) == body.replace(b"\0", b"").decode()


def test_names_of_one_page_do_not_stay_in_memory() -> None:
    _parts.cache_clear()
    for name in ("short", "aB" * 150):
        name_tokens(name)
    assert _parts.cache_info().currsize == 1


def test_linked_data_that_is_not_read_is_not_remembered() -> None:
    script = '<script type="application/ld+json">'
    document = segment(f'{script}{"x" * 600_000}</script>{script}{{"name": "x"}}</script><p>x')
    assert sum(map(len, _read(document))) < 500_000


def test_text_that_is_nothing_but_entities_is_not_sanitised_for_ever() -> None:
    page = clean("<p>" + "&" * 200_000, options=EVERYTHING)
    assert page.text
    with pytest.raises(TooLarge, match="ask for plain text"):
        page.html  # noqa: B018

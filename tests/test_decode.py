"""Bytes of every provenance become the text that was meant, and none raise."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pagesieve import decode as module
from pagesieve.decode import _CODECS, _replacing, clean_text, codec_of, decode

RUSSIAN = "Вода в реке поднялась за ночь"
JAPANESE = "川の水位が一晩で上がった"
CHINESE = "河水一夜之间上涨了"
FRENCH = "La rivière a débordé près de Vézelay, où l’été fut très sec"


def page(text: str, declaration: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{declaration}<title>News</title></head><body><p>{text}</p></body>"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        (" ISO-8859-1 ", "cp1252"),
        ("us-ascii", "cp1252"),
        ("iso_8859-1:1987", "cp1252"),
        ("gb2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("EUC-KR", "cp949"),
        ("latin5", "cp1254"),
        ("windows1251", "cp1251"),
        ("utf-7", None),
        ("utf-32", None),
        ("zlib", None),
        ("no such thing", None),
        ("", None),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, codec: str | None) -> None:
    assert codec_of(label) == codec


def test_every_label_leads_to_a_codec_of_text() -> None:
    for codec in module._CODECS.values():
        assert codecs.lookup(codec).decode(b"")[0] == ""


@pytest.mark.parametrize(
    ("text", "encoding", "header"),
    [
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251"),
        (RUSSIAN, "koi8-r", 'text/html; charset="koi8-r"'),
        (JAPANESE, "shift_jis", "text/html;charset=Shift_JIS"),
        (JAPANESE, "euc_jp", "text/html; charset=euc-jp"),
        (JAPANESE, "iso2022_jp", "text/html; charset=iso-2022-jp"),
        (CHINESE, "gbk", "text/html; CHARSET=gb2312"),
        ("河水一夜之間上漲了", "big5", "text/html; charset=big5"),
        ("啲嘢喺度", "big5hkscs", "text/html; charset=big5-hkscs"),
        (FRENCH, "cp1252", "text/html; charset=iso-8859-1"),
        (FRENCH, "utf-8", "text/html; charset=utf-8"),
        (FRENCH, "utf-16-le", "text/html; charset=utf-16"),
    ],
)
def test_charset_of_the_header(text: str, encoding: str, header: str) -> None:
    assert decode(page(text).encode(encoding), header) == page(text)


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="windows-1251">',
        "<META CHARSET=windows-1251>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        "<meta content='text/html;charset=windows-1251' http-equiv=content-type />",
        '<!-- <meta charset="utf-8"> --><meta charset="windows-1251">',
        '<meta name="description" content="charset=utf-8"><meta charset="windows-1251">',
        '<meta charset="no-such-thing"><meta charset="cp1251">',
    ],
)
def test_charset_of_the_page(declaration: str) -> None:
    assert decode(page(RUSSIAN, declaration).encode("cp1251")) == page(RUSSIAN, declaration)


def test_charset_of_an_xml_declaration() -> None:
    text = f'<?xml version="1.0" encoding="windows-1251"?>{page(RUSSIAN)}'
    assert decode(text.encode("cp1251")) == text


def test_charset_declared_after_long_scripts() -> None:
    text = page(RUSSIAN, f"<script>{'x();' * 4_000}</script><meta charset=windows-1251>")
    assert decode(text.encode("cp1251")) == text


def test_header_beats_page() -> None:
    text = page(RUSSIAN, "<meta charset=koi8-r>")
    assert decode(text.encode("cp1251"), "text/html; charset=windows-1251") == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_byte_order_mark_beats_everything(mark: bytes, encoding: str) -> None:
    body = mark + page(JAPANESE, "<meta charset=shift_jis>").encode(encoding)
    assert decode(body, "text/html; charset=euc-jp") == page(JAPANESE, "<meta charset=shift_jis>")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16(encoding: str) -> None:
    assert decode(page(RUSSIAN).encode(encoding)) == page(RUSSIAN)


@pytest.mark.parametrize(
    "header",
    [
        "text/html; charset=iso-8859-1",
        "text/html; charset=shift_jis",
        "text/html; charset=utf-16",
        "text/html; charset=utf-7",
        "text/html; charset=",
        "charset",
        "",
        None,
    ],
)
@pytest.mark.parametrize("text", [RUSSIAN, CHINESE, FRENCH])
def test_utf8_is_recognised_against_its_header(text: str, header: str | None) -> None:
    assert decode(page(text).encode(), header) == page(text)


def test_a_page_that_reads_its_meta_is_not_utf16() -> None:
    text = page(FRENCH, "<meta charset=utf-16>")
    assert decode(text.encode()) == text


def test_one_coincidence_does_not_overrule_a_declaration() -> None:
    text = page("LE CAFÉ’")
    assert decode(text.encode("cp1252"), "text/html; charset=iso-8859-1") == text


@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8", "text/html; charset=shift_jis"])
def test_spoilt_utf8_stays_utf8(header: str | None) -> None:
    body = page(RUSSIAN).encode().replace(b"</p>", b"\xff</p>")
    assert decode(body, header) == page(RUSSIAN).replace("</p>", "\ufffd</p>")


def test_utf8_cut_off_within_a_character() -> None:
    assert decode("<p>plain text, then one é".encode()[:-1]) == "<p>plain text, then one \ufffd"


@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8"])
def test_undeclared_or_falsely_declared_western_text(header: str | None) -> None:
    assert decode(page(FRENCH).encode("cp1252"), header) == page(FRENCH)


@pytest.mark.parametrize(
    ("language", "codec", "text"),
    [
        ("cs", "cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
        ("pl-PL", "iso8859-2", "Zażółć gęślą jaźń"),
        ("tr", "cp1254", "Pijamalı hasta yağız şoföre çabucak güvendi"),
        ("lt", "cp1257", "Įlinkdama fechtuotojo špaga sublykčiojusi"),
        ("de", "cp1252", "Zwölf Boxkämpfer jagen Viktor über den großen Sylter Deich"),
    ],
)
def test_the_language_tells_latin_encodings_apart(language: str, codec: str, text: str) -> None:
    html = f'<html lang="{language}"><p>{text}</p>'
    assert decode(html.encode(codec)) == html


def test_nul_bytes_are_dropped() -> None:
    assert decode(b"<p>a\0b</p>") == "<p>ab</p>"


@given(st.binary(max_size=300), st.none() | st.text(max_size=60) | st.sampled_from(sorted(module._CODECS)))
@example(b"", None)
@example(b"\xff\xfe\x00\xd8", None)
@example(b"<\0", None)
@example(b"\x80" * 40, "text/html; charset=big5")
def test_decoding_never_raises_and_gives_clean_text(body: bytes, label: str | None) -> None:
    for header in (label, f"text/html; charset={label}"):
        text = decode(body, header)
        assert clean_text(text) == text
    decode(b'<meta charset="' + (label or "").encode() + b'">' + body)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=200))
def test_utf8_comes_back_unchanged(text: str) -> None:
    body = b"<p>" + text.encode()
    assert decode(body) == decode(body, "text/html; charset=utf-8") == "<p>" + text


@given(st.text(st.characters(), max_size=100))
@example("a\ud800\0b\udc00")
def test_clean_text_can_be_encoded_and_changes_nothing_else(text: str) -> None:
    clean = clean_text(text)
    assert "\0" not in clean.encode().decode()
    if text.isascii():
        assert clean == text.replace("\0", "")


def test_clean_text_joins_surrogate_pairs() -> None:
    assert clean_text("\ud83d\ude00 \ude00") == "😀 \ufffd"


@pytest.mark.parametrize("codec", sorted(set(_CODECS.values())))
def test_bytes_that_fit_nothing_are_replaced_as_python_does(codec: str) -> None:
    body = bytes(range(256)) * 2 + b"\x81\x8d\xff"
    assert _replacing(body, codec) == body.decode(codec, "replace")

# ruff: noqa: E501
"""Hostile requests, made by code: what a page or a client can do to whoever reads it.

Each is ``(body, headers, statuses)``; the statuses are those that a careful service may answer with.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]
import zstandard

PROSE = "The ferry will run all night from April, the council decided on Wednesday after a long debate. "
ANSWER = (200,)
REFUSAL = (400, 413, 415, 422)
EITHER = ANSWER + REFUSAL
MEGABYTE = 1_000_000


class Request(NamedTuple):
    body: bytes
    headers: dict[str, str]
    statuses: tuple[int, ...]


def _html(text: str, statuses: tuple[int, ...], **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(text.encode("utf-8", "surrogatepass"), {"Content-Type": "text/html", **given}, statuses)


def _encoded(text: str, encoding: str, content_type: str = "text/html") -> Request:
    return Request(text.encode(encoding), {"Content-Type": content_type}, ANSWER)


def _page(text: str) -> str:
    return f"<html><head><title>News</title></head><body><p>{text}</p></body></html>"


def _bomb(encoding: str, compress: Callable[[bytes], bytes]) -> Request:
    return Request(compress(bytes(200 * MEGABYTE)), {"Content-Encoding": encoding}, (413,))


def _members(encoding: str, compress: Callable[[bytes], bytes]) -> Request:
    empty = compress(b"")
    return Request(empty * (5 * MEGABYTE // len(empty)), {"Content-Encoding": encoding}, REFUSAL)


def _json(body: str, statuses: tuple[int, ...]) -> Request:
    return Request(body.encode(), {"Content-Type": "application/json"}, statuses)


_WORDS = " ".join(f"w{number:x}" for number in range(700_000))
_CHINESE = "河水一夜之间上涨了，沿岸的居民被疏散到学校。" * 20
_JAPANESE = "川の水位が一晩で上がり、住民は学校に避難した。" * 20
_RUSSIAN = "Вода в реке поднялась за ночь, и жителей эвакуировали. " * 20

_MAKERS: dict[str, Callable[[], Request]] = {
    # Structure
    "nesting 260": lambda: _html("<div>" * 260 + PROSE, ANSWER),
    "nesting 20,000": lambda: _html("<div>" * 20_000 + PROSE, REFUSAL),
    "nesting 1,000,000": lambda: _html("<div>" * MEGABYTE + PROSE, REFUSAL),
    "nesting behind an empty comment": lambda: _html("<!-->" + "<div>" * 100_000, REFUSAL),
    "nesting behind false end tags": lambda: _html('<div title="</div>">' * 60_000, REFUSAL),
    "nesting by misnested formatting": lambda: _html("<b><div></b>" * 50_000, REFUSAL),
    "table of 1,000,000 rows": lambda: _html("<table>" + "<tr><td>1" * MEGABYTE, REFUSAL),
    "table of 20,000 rows": lambda: _html("<table>" + "<tr><td>1<td>a" * 20_000, EITHER),
    "colspan 9e15": lambda: _html("<table><tr><td colspan=9000000000000000 rowspan=9e15>a<td>b</table>", ANSWER),
    "unclosed everything": lambda: _html("<div><p><ul><li><a href='x><b><i><table><tr><td>" * 2_000 + PROSE, EITHER),
    "open formatting": lambda: _html("<p>" + "".join(f"<b id={n}>" for n in range(2_000)) + "<p>x" * 3_000, REFUSAL),
    "deep and wide": lambda: _html("<div>" * 900 + "<hr>" * 190_000, REFUSAL),
    "blocks in deep containers": lambda: _html("<div>" * 110 + "<p>x" * 40_000, EITHER),
    "options": lambda: _html("<select>" + "<option>x" * 60_000, REFUSAL),
    # Size
    "5 MB line": lambda: _html("<p>" + "x" * 5 * MEGABYTE, EITHER),
    "5 MB of words": lambda: _html("<p>" + _WORDS, EITHER),
    "5 MB of spaces": lambda: _html("<p>" + PROSE + " " * 5 * MEGABYTE + "x", EITHER),
    "5 MB attribute": lambda: _html(f"<p class='{'x ' * (5 * MEGABYTE // 2)}'>{PROSE}", ANSWER),
    "5 MB comment": lambda: _html(f"<!--{'- ' * (5 * MEGABYTE // 2)}--><p>{PROSE}", ANSWER),
    "5 MB CDATA": lambda: _html(f"<svg><![CDATA[{'x' * 5 * MEGABYTE}]]></svg><p>{PROSE}", EITHER),
    "5 MB address": lambda: _html(f"<p>{PROSE}<a href='/{'x' * 5 * MEGABYTE}'>x</a>", ANSWER),
    "5 MB of new lines in a listing": lambda: _html(
        "<ol start=90000000><li>" * 16 + "<pre>x" + "\ny" * (5 * MEGABYTE // 2), EITHER, Accept="text/markdown"),
    "5 MB of ampersands": lambda: _html("<p>" + "&" * 5 * MEGABYTE, EITHER, Accept="text/html"),
    "5 MB of lines": lambda: Request(b"a\n" * (5 * MEGABYTE // 2), {"Content-Type": "text/plain"}, (413,)),
    "5 MB of <": lambda: _html("<" * 5 * MEGABYTE, REFUSAL),
    "tags that never end": lambda: _html("<a b='" * 190_000, EITHER),
    "100,000 attributes": lambda: _html("<p " + " ".join(f"a{n}" for n in range(100_000)) + ">x", REFUSAL),
    "100,000 duplicate attributes": lambda: _html("<p " + "class=a " * 100_000 + ">" + PROSE, EITHER),
    "attributes of 100,000 bodies": lambda: _html("".join(f"<body a{n}>" for n in range(90_000)), REFUSAL),
    "entity flood": lambda: _html("<p>" + "&amp;&lt;&nbsp;&notit;&#x110000;&#0;" * 100_000, EITHER),
    "long class names": lambda: _html("".join(
        f"<p class='{''.join(f'Aa{n:x}b{m:x}' for m in range(60))}'>x" for n in range(6_000)), EITHER),
    "JSON-LD": lambda: _html(
        f'<script type="application/ld+json">{"[" * 200_000}</script>'
        f'<script type="application/ld+json">[{"{}," * 150_000}{{}}]</script><p>{PROSE}', ANSWER),
    # Text
    "NULs": lambda: _html("<p>" + "\0".join(PROSE * 100), EITHER),
    "lone surrogates in bytes": lambda: _html("<p>" + PROSE + "\ud800" * 1_000, ANSWER),
    "lone surrogates in JSON": lambda: _json('{"html": "<p>' + PROSE + "\\ud800" * 500_000 + '"}', EITHER),
    "UTF-7": lambda: _encoded(_page(PROSE + "<script>alert(1)</script>"), "utf-7", "text/html; charset=utf-7"),
    "UTF-16 without a mark": lambda: _encoded(_page(_RUSSIAN), "utf-16-be"),
    "invalid in every encoding": lambda: Request(b"<p>" + b"\x81\x8d\xff" * 3 * MEGABYTE, {}, EITHER),
    "invalid as declared": lambda: Request(b"<meta charset=cp1253><p>" + b"\xaa\xd2" * 4 * MEGABYTE, {}, EITHER),
    "lying charset": lambda: _encoded(_page(_CHINESE), "utf-8", "text/html; charset=iso-8859-1"),
    "wrong charset": lambda: _encoded(_page(_RUSSIAN), "cp1251", "text/html; charset=utf-8"),
    "GBK undeclared": lambda: _encoded(_page(_CHINESE), "gbk"),
    "Shift-JIS undeclared": lambda: _encoded(_page(_JAPANESE), "shift_jis"),
    "bidirectional and zero-width text": lambda: _html(
        f"<p>{PROSE}\u202e{PROSE}\u2066\u200b\u200d\ufeff" * 200 + "\u202e" * 100_000, ANSWER),
    "script never closed": lambda: _html(f"<p>{PROSE}<script>{'x();' * 500_000}", ANSWER),
    "style never closed": lambda: _html(f"<p>{PROSE}<style>{'a{}' * 500_000}", ANSWER),
    # Bodies
    "gzip bomb": partial(_bomb, "gzip", gzip.compress),
    "deflate bomb": partial(_bomb, "deflate", zlib.compress),
    "br bomb": partial(_bomb, "br", partial(brotli.compress, quality=5)),
    "zstd bomb": partial(_bomb, "zstd", zstandard.ZstdCompressor().compress),
    "gzip of empty members": partial(_members, "gzip", gzip.compress),
    "zstd of empty frames": partial(_members, "zstd", zstandard.ZstdCompressor().compress),
    "JSON of empty lists": lambda: _json("[" + "[]," * (3 * MEGABYTE) + "[]]", REFUSAL),
    "JSON of empty lists in an object": lambda: _json('{"a":[' + "[]," * (3 * MEGABYTE) + "[]]}", REFUSAL),
    "JSON of empty strings": lambda: _json('{"a":[' + '"",' * (3 * MEGABYTE) + '""]}', REFUSAL),
    "JSON of keys": lambda: _json("{" + ",".join(f'"{key:x}":0' for key in range(700_000)) + "}", REFUSAL),
    "JSON of quotation marks": lambda: _json('{"html":"' + '\\"' * (4 * MEGABYTE) + '"}', EITHER),
    "JSON string without an end": lambda: _json('{"html":"' + '\\"' * (4 * MEGABYTE), REFUSAL),
    "JSON nested": lambda: _json('{"html":' * 300_000, REFUSAL),
}  # fmt: skip
NAMES = list(_MAKERS)


def request(name: str) -> Request:
    return _MAKERS[name]()


def requests() -> Iterator[tuple[str, Request]]:
    for name in NAMES:
        yield name, request(name)

"""What cannot be a page is refused, cheaply, with advice."""

from __future__ import annotations

import gzip
import io
import json
import zlib

import brotli
import pytest
import zstandard

from service.app import create_app
from service.codings import content_encodings
from service.settings import Settings

URL = "/v1/clean"
HTML = {"Content-Type": "text/html"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
# Every decoder may overshoot by one piece of output, never by the size of the bomb.
BOMB = 60_000_000


@pytest.mark.parametrize("encoding", list(COMPRESS))
def test_bombs_stop_at_the_limit(client, detail_of, encoding):
    body = COMPRESS[encoding](bytes(BOMB))
    response = client.post(URL, data=body, headers=HTML | {"Content-Encoding": encoding})
    assert "decompresses to more than" in detail_of(response, 413)


def test_stacked_bomb(client, detail_of):
    body = gzip.compress(gzip.compress(bytes(BOMB)))
    response = client.post(URL, data=body, headers=HTML | {"Content-Encoding": "gzip, gzip"})
    assert "decompresses to more than" in detail_of(response, 413)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", []), ("identity", []), ("GZIP", ["gzip"]), ("x-gzip", ["gzip"]), ("br, zstd", ["br", "zstd"])],
)
def test_content_encodings(header, expected):
    assert content_encodings(header) == expected


@pytest.mark.parametrize(
    ("header", "advice"),
    [("compress", "use gzip, deflate, br, zstd"), ("gzip, exi", "'exi'"), ("br, br, br", "2 is the limit")],
)
def test_encodings_that_are_refused(client, detail_of, header, advice):
    response = client.post(URL, data=b"x", headers=HTML | {"Content-Encoding": header})
    assert advice in detail_of(response, 415)


@pytest.mark.parametrize(
    "body", [b"", b" \r\n\t", gzip.compress(b"")], ids=["none", "blank", "compressed nothing"]
)
def test_empty_bodies(client, detail_of, body):
    headers = HTML | ({"Content-Encoding": "gzip"} if len(body) > 4 else {})
    assert "--data-binary @page.html" in detail_of(client.post(URL, data=body, headers=headers), 400)


def test_empty_body_without_content_type(client, detail_of):
    assert "the body is empty" in detail_of(client.post(URL), 400)


@pytest.mark.parametrize(
    "body",
    [
        PNG,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + bytes(200),
        b"PK\x03\x04\x14\x00" + bytes(300),
        bytes(1000),
    ],
    ids=["png", "pdf", "zip", "zeros"],
)
def test_binary_bodies(client, detail_of, body):
    assert detail_of(client.post(URL, data=body, headers=HTML), 400)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_without_saying_so(client, detail_of, encoding):
    response = client.post(URL, data=COMPRESS[encoding](b"<p>page</p>"), headers=HTML)
    assert f"'Content-Encoding: {encoding}'" in detail_of(response, 400)


@pytest.mark.parametrize(
    "content_type",
    ["image/png", "application/pdf", "application/octet-stream", "text/csv", "application/xml", "nonsense"],
)
def test_content_types_that_are_refused(client, detail_of, content_type):
    detail = detail_of(client.post(URL, data=b"<p>x</p>", content_type=content_type), 415)
    assert "text/html, application/xhtml+xml, text/plain, application/json" in detail


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_forms_are_told_what_to_say_to_curl(client, detail_of, content_type):
    detail = detail_of(client.post(URL, data=b"<p>x</p>", content_type=content_type), 415)
    assert "-H 'Content-Type: text/html' --data-binary @page.html" in detail


def test_twenty_megabytes(client, detail_of):
    response = client.post(URL, data=b"<p>x</p>" * 2_500_000, headers=HTML)
    assert "larger than 10,000,000 bytes" in detail_of(response, 413)


def test_chunked_body_is_cut_off_at_the_limit(detail_of):
    client = create_app(Settings(max_request_bytes=1_000)).test_client()
    for size, status in ((1_000, 200), (1_001, 413)):
        body = io.BytesIO(b"<p>" + b"words and words ".ljust(size - 3, b"x"))
        environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_TYPE": "text/html"}
        response = client.post(URL, environ_overrides=environ)
        assert response.status_code == status, response.text
        assert body.read() == b""


@pytest.mark.parametrize("path", [URL, "/nowhere", "/healthz"])
def test_refused_uploads_are_read_to_their_end(client, path):
    body = io.BytesIO(b"x" * 500_000)
    client.post(path, input_stream=body, content_type="image/png")
    assert body.read() == b""


class BrokenUpload(io.RawIOBase):
    """A stream that fails in the middle, as a WSGI server's does on a bad chunk."""

    def read(self, size: int = -1) -> bytes:
        raise RuntimeError("invalid chunk size: 'secret'")


def test_broken_upload(client, detail_of):
    environ = {"wsgi.input": BrokenUpload(), "wsgi.input_terminated": True, "CONTENT_TYPE": "text/html"}
    assert "could not be read to its end" in detail_of(client.post(URL, environ_overrides=environ), 400)


@pytest.mark.parametrize("terminated", [True, False], ids=["as gunicorn", "as other servers"])
def test_short_upload(client, detail_of, terminated):
    environ = {"wsgi.input": io.BytesIO(b"<p>"), "wsgi.input_terminated": terminated}
    environ |= {"CONTENT_LENGTH": "500", "CONTENT_TYPE": "text/html"}
    assert "could not be read to its end" in detail_of(client.post(URL, environ_overrides=environ), 400)


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (b"{", "is not JSON"),
        (b"<p>page</p>", "is not JSON"),
        (b'{"html": "x" "url": 1}', "is not JSON"),
        ('{"html": "caf\u00e9"}'.encode("latin-1"), "JSON is UTF-8"),
        (b'{"html": ' + b"[" * 200_000, "nested too deeply"),
        (b"[]", "not a list"),
        (b'{"html": "a", "tags": [' + b"[]," * 400_000 + b"[]]}", "outside of JSON strings"),
        (b'{"html": "a", "tags": [' + b'"\\"",' * 1_100_000 + b"[]]}", "outside of JSON strings"),
        (b"3", "not a number"),
        (b"null", "not null"),
        (b"{}", "exactly one"),
        (b'{"url": "https://a.example"}', "exactly one"),
        (b'{"html": "a", "text": "b"}', "exactly one"),
        (b'{"html": "a", "page": "b"}', "unknown key 'page'"),
        (b'{"html": 5}', "not a number"),
        (b'{"html": null}', "not null"),
        (b'{"text": ["a"]}', "not a list"),
        (b'{"html": ""}', ""),
        (b'{"html": "a", "url": 5}', "url is the page's address"),
        (b'{"html": "a", "options": "focus"}', "options is an object"),
        (b'{"html": "a", "options": {"speed": 1}}', "unknown option 'speed'"),
        (b'{"html": "a", "options": {"focus": "sharp"}}', "focus is one of"),
        (b'{"html": "a", "options": {"kinds": "pdf"}}', "kinds is"),
        (b'{"html": "a", "options": {"threshold": NaN}}', "NaN is not a JSON number"),
        (b'{"html": "a", "options": {"threshold": 1e999}}', "threshold is a number from 0 to 1"),
        (b'{"html": "a", "options": {"threshold": true}}', "threshold is a number from 0 to 1"),
        (b'{"html": "a", "options": {"threshold": ' + b"9" * 5_000 + b"}}", ""),
        (json.dumps({"html": "a", "url": "u" * 9_000}).encode(), "leave it out"),
    ],
)
def test_json_that_is_refused(client, detail_of, body, advice):
    detail = detail_of(client.post(URL, data=body, content_type="application/json"), 400)
    assert advice in detail


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("speed=1", "unknown query parameter 'speed'; the parameters are url, focus"),
        ("focus=sharp", "focus is one of precision, balanced, recall"),
        ("threshold=nan", "threshold is a number from 0 to 1"),
        ("threshold=2", "threshold is a number from 0 to 1"),
        ("threshold=-0.1", "threshold is a number from 0 to 1"),
        ("threshold=half", "threshold is a number from 0 to 1"),
        ("kinds=", "kinds is a list"),
        ("kinds=text,pdf", "kinds is a list"),
        ("kinds=text&kinds=html", "given twice"),
        ("url=" + "u" * 9_000, "leave it out"),
    ],
)
def test_queries_that_are_refused(client, detail_of, query, advice):
    assert advice in detail_of(client.post(f"{URL}?{query}", data=b"<p>page</p>", headers=HTML), 400)


def test_json_and_query_do_not_mix(client, detail_of):
    response = client.post(f"{URL}?focus=recall", json={"html": "<p>page</p>"})
    assert "remove the query string" in detail_of(response, 400)

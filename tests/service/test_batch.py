"""POST /v1/clean/batch: many pages through one request."""

from __future__ import annotations

import gzip
import io
import json
import resource
from collections.abc import Iterator

import brotli
import pytest
import zstandard

import pagesieve
from service import shared
from service.app import create_app
from service.batch import lines
from service.codings import decoded
from service.settings import Settings

URL = "/v1/clean/batch"
NDJSON = {"Content-Type": "application/x-ndjson"}
FERRY = "<p>The ferry will run all night from April, the council decided on Wednesday.</p>"
COMPRESS = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


STORY = "The ferry to the island leaves at nine. Tickets are sold on board."


def body(*pages: object) -> bytes:
    return b"".join(json.dumps(page).encode() + b"\n" for page in pages)


def answers(response) -> list[dict]:
    assert response.status_code == 200, response.text
    assert response.content_type == "application/x-ndjson"
    return [json.loads(line) for line in response.data.splitlines()]


@pytest.fixture
def post(client):
    return lambda data, **headers: client.post(
        URL, data=data, headers=NDJSON | {name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_each_line_is_answered_as_a_page_of_its_own(client, post, news):
    page = {"html": news.decode(), "url": "https://a.example/b"}
    [batched] = answers(post(body(page)))
    assert batched == client.post("/v1/clean", json=page).json


def test_order_and_names_are_kept(post):
    pages = [{"id": number, "text": f"The {number}th ferry leaves at noon."} for number in range(50)]
    found = answers(post(body(*pages)))
    assert [answer["id"] for answer in found] == list(range(50))
    assert [answer["blocks"][0]["text"] for answer in found] == [page["text"] for page in pages]


def test_a_bad_line_has_an_error_in_its_place_and_the_next_is_served(post, caplog):
    given = b"\n".join(
        [
            body({"html": FERRY}).strip(),
            b"{",
            b"[]",
            body({"html": "", "id": "empty"}).strip(),
            body({"html": FERRY, "options": {"speed": 1}, "id": 5}).strip(),
            b"\xff\xfe",
            body({"html": "<div>" * 3_000, "id": "deep"}).strip(),
            body({"html": FERRY, "id": "last"}).strip(),
        ]
    )
    found = answers(post(given))
    assert [answer.get("line") for answer in found] == [None, 2, 3, 4, 5, 6, 7, None]
    assert [answer["error"]["status"] for answer in found[1:-1]] == [400, 400, 400, 400, 400, 413]
    assert [answer.get("id") for answer in found] == [None, None, None, "empty", 5, None, "deep", "last"]
    assert set(found[1]["error"]) == {"type", "title", "status", "detail", "instance"}
    assert "ferry" in found[-1]["text"]
    assert "ferry" not in caplog.text


def test_a_bug_is_an_error_of_its_line(post, monkeypatch, caplog):
    def fails(source, **_):
        raise KeyError(source)

    monkeypatch.setattr(pagesieve, "clean", fails)
    [found] = answers(post(body({"html": FERRY})))
    assert found["error"]["status"] == 500
    assert found["error"]["instance"] in caplog.text
    assert "ferry" not in json.dumps(found) + caplog.text


def test_options_of_the_query_hold_for_lines_without_their_own(client):
    given = body({"html": FERRY}, {"html": FERRY, "options": {"kinds": ["html"]}})
    found = answers(client.post(f"{URL}?kinds=markdown&focus=recall", data=given, headers=NDJSON))
    kinds = [{"markdown", "html", "text", "blocks"} & set(answer) for answer in found]
    assert kinds == [{"markdown"}, {"html"}]


@pytest.mark.parametrize(
    ("query", "advice"),
    [("speed=1", "unknown query parameter 'speed'"), ("url=x", "unknown query"), ("kinds=pdf", "kinds is")],
)
def test_queries_that_are_refused(client, detail_of, query, advice):
    response = client.post(f"{URL}?{query}", data=body({"html": FERRY}), headers=NDJSON)
    assert advice in detail_of(response, 400)


@pytest.mark.parametrize(
    ("name", "advice"),
    [(True, "not a boolean"), ([1], "not a list"), (1.5, "not a number"), ("x" * 2_000, "shorten it")],
)
def test_names_that_are_refused(post, name, advice):
    [found] = answers(post(body({"html": FERRY, "id": name})))
    assert advice in found["error"]["detail"]


@pytest.mark.parametrize("given", [b"", b"\n\n \r\n"])
def test_nothing_is_refused(post, detail_of, given):
    assert "the body is empty" in detail_of(post(given), 400)


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "multipart/form-data"])
def test_content_types_that_are_refused(client, detail_of, content_type):
    response = client.post(URL, data=body({"html": FERRY}), content_type=content_type)
    assert "as application/x-ndjson" in detail_of(response, 415)


def test_a_batch_that_does_not_say_what_it_is_is_one(client):
    assert len(answers(client.post(URL, data=body({"text": "one"}, {"text": "two"})))) == 2


def test_accept(post, detail_of):
    assert post(body({"text": "x"}), Accept="application/jsonl").content_type == "application/jsonl"
    assert "can be sent" in detail_of(post(body({"text": "x"}), Accept="text/html"), 406)


@pytest.mark.parametrize("ended", [True, False])
def test_blank_lines_and_line_ends(post, ended):
    given = (
        b"\n\r\n" + body({"text": "one"}).strip() + b"\r\n\n" + body({"text": "two"}).strip() + b"\n" * ended
    )
    assert len(answers(post(given))) == 2


@pytest.mark.parametrize("encoding", list(COMPRESS))
def test_compressed_both_ways(post, encoding):
    given = COMPRESS[encoding](body(*[{"text": f"line {number}"} for number in range(30)]))
    response = post(given, Content_Encoding=encoding, Accept_Encoding=encoding)
    assert response.headers["Content-Encoding"] == encoding
    assert {"Accept", "Accept-Encoding"} <= set(response.vary)
    reader, plain = decoded(io.BytesIO(response.data), encoding), b""
    while piece := reader.read(10_000):
        plain += piece
    assert [json.loads(line)["blocks"][0]["text"] for line in plain.splitlines()] == [
        f"line {number}" for number in range(30)
    ]


def test_a_body_that_is_damaged_later_ends_with_an_error(post):
    given = gzip.compress(body(*[{"text": f"line {number * 7919}"} for number in range(200)]))
    *found, last = answers(post(given[: len(given) // 2], Content_Encoding="gzip"))
    assert found
    assert not any("error" in answer for answer in found)
    assert last["end"] is True
    assert last["line"] == len(found) + 1
    assert "it ends early" in last["error"]["detail"]


def test_a_body_that_is_damaged_at_once_is_refused(post, detail_of):
    assert "not valid gzip" in detail_of(post(b"<html>", Content_Encoding="gzip"), 400)


def test_a_bomb_ends_the_batch(post):
    given = gzip.compress(body({"text": STORY}) + b"\n" * 50_000_000)
    first, last = answers(post(given, Content_Encoding="gzip"))
    assert first["text"]
    assert last["error"]["status"] == 413
    assert "PAGESIEVE_MAX_RATIO" in last["error"]["detail"]


def test_a_line_that_is_too_long_is_skipped():
    client = create_app(Settings(max_page_bytes=20_000)).test_client()
    given = body({"text": "one"}, {"text": "x" * 50_000}, {"text": "three"}, {"text": "y" * 50_000})
    found = answers(client.post(URL, data=given, headers=NDJSON))
    assert [answer.get("error", {}).get("status") for answer in found] == [None, 413, None, 413]
    assert "PAGESIEVE_MAX_PAGE_BYTES" in found[1]["error"]["detail"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"", []),
        (b"a\nb", [b"a", b"b"]),
        (b"\n\na\n", [b"a"]),
        (b"0123456789\nab\n", [None, b"ab"]),
        (b"0123456789", [None]),
        (b"01234\n012345\n", [b"01234", None]),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 100])
def test_lines(given, expected, piece):
    source = io.BytesIO(given)

    class Pieces:
        def read(self, size: int) -> bytes:
            return source.read(min(size, piece))

    assert list(lines(Pieces(), 5)) == expected


def test_a_stopping_service_says_where_to_go_on(post, monkeypatch):
    asked = []
    monkeypatch.setattr(shared, "stopping", lambda: len(asked) == 2 or asked.append(1))
    *found, last = answers(post(body(*[{"text": "a line"}] * 5)))
    assert len(found) == 2
    assert (last["line"], last["error"]["status"], last["end"]) == (3, 503, True)
    assert "send this line and all after it again" in last["error"]["detail"]


class Endless(io.RawIOBase):
    """A body made while it is read: ``pages`` lines of ``size`` bytes, and how many lines were asked for."""

    def __init__(self, pages: int, size: int) -> None:
        self.read_lines = 0
        self._lines = self._made(pages, size)
        self._held = b""

    def _made(self, pages: int, size: int) -> Iterator[bytes]:
        for number in range(pages):
            self.read_lines += 1
            yield body({"id": number, "text": FERRY, "url": "u"})[:-1].ljust(size) + b"\n"

    def read(self, size: int = -1) -> bytes:
        while len(self._held) < size and (line := next(self._lines, b"")):
            self._held += line
        piece, self._held = self._held[:size], self._held[size:]
        return piece


def stream(client, source) -> Iterator[bytes]:
    environ = {"wsgi.input": source, "wsgi.input_terminated": True, "CONTENT_TYPE": NDJSON["Content-Type"]}
    return iter(client.post(URL, environ_overrides=environ).response)


def test_no_line_is_read_before_the_answers_to_those_before_it_are_taken(client):
    source = Endless(1_000, 5_000)
    taken = stream(client, source)
    for number in range(20):
        assert json.loads(next(taken))["id"] == number
        assert source.read_lines <= number + 5
    taken.close()


def test_memory_does_not_grow_with_the_length_of_a_batch(client, monkeypatch):
    """Ten thousand pages, 200 MB, through one request."""
    page = pagesieve.clean(FERRY)
    # Cleaning is not what is measured, and would take minutes.
    monkeypatch.setattr(pagesieve, "clean", lambda *_, **__: page)
    taken = stream(client, Endless(10_000, 20_000))
    for _ in range(1_000):
        next(taken)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in taken) == 9_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kilobytes


def test_a_batch_is_in_hand_until_it_is_taken_or_left(app, client):
    admission = app.extensions["desk"].admission
    source = client.post(URL, data=body(*[{"text": "x"}] * 3), headers=NDJSON)
    taken = iter(source.response)
    next(taken)
    assert (admission.in_hand, admission.batches) == (1, 1)
    source.close()
    assert (admission.in_hand, admission.batches) == (0, 0)

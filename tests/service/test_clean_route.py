"""POST /v1/clean: every kind of input, every kind of output, on pages that look like real ones."""

from __future__ import annotations

import gzip
import json
import zlib

import brotli
import pytest
import zstandard

from service.app import create_app
from service.settings import Settings

URL = "/v1/clean"
KEPT = "In a nine-page decision the inspector wrote"
DROPPED = ("Doctors are speechless", "Cookie settings", "Otter spotted in town centre fountain")
HTML = {"Content-Type": "text/html; charset=utf-8"}
COMPRESSIONS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
EXTRACTED = """The ferry will run all night from April, the council decided on Wednesday after a long debate.
Boats leave the north quay every forty minutes, and a single crossing will cost three pounds and twenty pence.
Residents of the quay have been promised quieter ramps before the first summer timetable begins in June."""


def inputs(news: bytes) -> dict[str, tuple[bytes, str | None]]:
    text = news.decode()
    return {
        "html": (news, "text/html"),
        "html with charset": (text.encode("utf-16"), "text/html; charset=utf-16"),
        "xhtml": (news, "application/xhtml+xml"),
        "upper case": (news, "TEXT/HTML; Charset=UTF-8"),
        "no content type": (news, None),
        "json": (json.dumps({"html": text}).encode(), "application/json"),
        "json with a byte order mark": (
            b"\xef\xbb\xbf" + json.dumps({"html": text}).encode(),
            "application/json",
        ),
        "json with everything": (
            json.dumps(
                {"html": text, "url": "https://a.example/b", "options": {"focus": "balanced"}}
            ).encode(),
            "application/json; charset=utf-8",
        ),
    }


@pytest.mark.parametrize("kind", list(inputs(b"")))
def test_every_kind_of_page(client, news, kind):
    body, content_type = inputs(news)[kind]
    response = client.post(URL, data=body, content_type=content_type)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    assert KEPT in response.json["text"]
    assert not [words for words in DROPPED if words in response.json["text"]]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (EXTRACTED.encode(), "text/plain"),
        (EXTRACTED.encode("latin-1"), "text/plain; charset=latin-1"),
        (json.dumps({"text": EXTRACTED}).encode(), "application/json"),
    ],
)
def test_text_that_somebody_extracted(client, body, content_type):
    response = client.post(URL, data=body, content_type=content_type)
    assert response.status_code == 200, response.text
    assert [block["text"] for block in response.json["blocks"]] == EXTRACTED.splitlines()


@pytest.mark.parametrize(
    ("accept", "media_type", "sign"),
    [
        ("text/plain", "text/plain", "\n"),
        ("text/markdown", "text/markdown", "## A rule nobody remembered"),
        ("text/html", "text/html", "<h2>A rule nobody remembered</h2>"),
    ],
)
def test_every_kind_of_answer(client, news, accept, media_type, sign):
    response = client.post(URL, data=news, headers=HTML | {"Accept": accept})
    assert response.status_code == 200, response.text
    assert response.content_type == f"{media_type}; charset=utf-8"
    assert KEPT in response.text
    assert sign in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in response.vary


def test_html_may_load_and_run_nothing(client, news):
    response = client.post(URL, data=news, headers=HTML | {"Accept": "text/html"})
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "<script" not in response.text


def test_json_holds_what_the_contract_says(client, news):
    body = client.post(URL, data=news, headers=HTML).json
    assert {"title", "metadata", "model", "text", "blocks"} <= set(body)
    assert body["title"] == "Village bakery wins right to bake before dawn"
    block = next(block for block in body["blocks"] if block["text"].startswith(KEPT))
    assert {"text", "role", "keep", "probability", "path", "tag", "level"} <= set(block)
    assert block["keep"] is True
    assert 0.0 <= block["probability"] <= 1.0


@pytest.mark.parametrize("encoding", list(COMPRESSIONS))
def test_compressed_bodies(client, news, encoding):
    body = COMPRESSIONS[encoding](news)
    response = client.post(URL, data=body, headers=HTML | {"Content-Encoding": encoding})
    assert response.status_code == 200, response.text
    assert KEPT in response.json["text"]


@pytest.mark.parametrize(
    ("query", "keys"), [("kinds=text", {"text"}), ("kinds=markdown,html", {"markdown", "html"})]
)
def test_kinds_choose_the_parts_of_the_answer(client, news, query, keys):
    body = client.post(f"{URL}?{query}", data=news, headers=HTML).json
    assert {"text", "markdown", "html", "blocks"} & set(body) == keys


def test_options_mean_the_same_in_the_query_and_in_json(client, news):
    raw = client.post(f"{URL}?focus=recall&kinds=text&url=https://a.example/", data=news, headers=HTML)
    options = {"focus": "recall", "kinds": ["text"]}
    posted = client.post(URL, json={"html": news.decode(), "url": "https://a.example/", "options": options})
    assert raw.json == posted.json


def test_a_page_that_takes_too_long_is_refused_and_the_next_is_served(detail_of):
    client = create_app(Settings(max_page_seconds=0.05)).test_client()
    slow = b"<p>Words and words, and a [link] in it.</p>" * 20_000
    assert "processor time" in detail_of(client.post(URL, data=slow, headers=HTML), 422)
    assert client.post(URL, data=b"<p>words</p>", headers=HTML).status_code == 200


def test_threshold_one_keeps_less_than_threshold_zero(client, news):
    texts = [
        client.post(f"{URL}?threshold={threshold}&kinds=text", data=news, headers=HTML).json["text"]
        for threshold in (0, 1)
    ]
    assert len(texts[1]) < len(texts[0])


@pytest.mark.parametrize(
    ("name", "kept", "dropped"),
    [
        ("news.html", "served a commercial bakery with six lorries", "Homeowners born before 1965"),
        ("forum.html", "A universal point deflects when it meets the fold", "Forum software by ThreadBoard"),
        ("product.html", "cut from ten-ounce cotton canvas and waxed by hand", "Delivery and returns"),
    ],
)
def test_pages_of_several_types(client, pages, name, kept, dropped):
    body = pages.joinpath(name).read_bytes()
    response = client.post(URL, data=body, headers=HTML | {"Accept": "text/plain"})
    assert kept in response.text
    assert dropped not in response.text


def test_words_that_utf8_cannot_spell_are_replaced(client):
    body = '{"html": "<p>A lone surrogate \\ud800 in a paragraph that is otherwise quite ordinary.</p>"}'
    response = client.post(URL, data=body, content_type="application/json")
    assert response.status_code == 200
    response.get_data().decode("utf-8")

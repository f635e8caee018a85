"""POST /v1/score: the verdict alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

URL = "/v1/score"
HTML = {"Content-Type": "text/html"}


def test_the_verdict_alone(client: FlaskClient, news: bytes) -> None:
    answer = client.post(URL, data=news, headers=HTML).json
    assert set(answer) == {"state", "verdict", "confidence", "language", "model"}
    assert answer["verdict"]["decision"] == "keep"
    assert set(answer["verdict"]) == {"decision", "state", "score", "quality", "spam", "reasons"}
    for reason in answer["verdict"]["reasons"]:
        assert set(reason) == {"code", "message", "value", "threshold", "source", "effect"}


def test_it_is_the_verdict_of_clean(client: FlaskClient, news: bytes) -> None:
    score = client.post(URL, data=news, headers=HTML).json
    page = client.post("/v1/clean?kinds=verdict,confidence,language", data=news, headers=HTML).json
    assert {key: page[key] for key in ("verdict", "confidence", "language", "state", "model")} == score


def test_signals_on_request(client: FlaskClient, news: bytes) -> None:
    answer = client.post(f"{URL}?kinds=signals", data=news, headers=HTML).json
    assert len(answer["signals"]) > 50


def test_thresholds_of_the_caller(client: FlaskClient, news: bytes) -> None:
    plain = client.post(URL, data=news, headers=HTML).json["verdict"]
    body = {"html": news.decode(), "options": {"keep_from": 1, "drop_below": 1}}
    strict = client.post(URL, json=body).json["verdict"]
    assert strict["decision"] == "drop"
    assert strict["score"] == plain["score"]


@pytest.mark.parametrize(
    ("query", "headers", "status", "detail"),
    [
        ("?drop_below=2", {}, 400, "drop_below is a number from 0 to 1"),
        ("?drop_below=0.9", {}, 400, "is above keep_from"),
        ("?any_state=maybe", {}, 400, "any_state is true or false"),
        ("", {"Accept": "text/plain"}, 406, "accept one of application/json"),
    ],
)
def test_bad_requests(
    client: FlaskClient,
    news: bytes,
    detail_of: Callable[[TestResponse, int], str],
    query: str,
    headers: dict[str, str],
    status: int,
    detail: str,
) -> None:
    response = client.post(URL + query, data=news, headers=HTML | headers)
    assert detail in detail_of(response, status)


def test_an_error_page_has_no_text_unless_asked_for(client: FlaskClient) -> None:
    page = b"<title>404 Not Found</title><h1>Not Found</h1><p>The page /rain was not found on this server."
    plain = client.post("/v1/clean", data=page, headers=HTML).json
    assert (plain["state"], plain["text"]) == ("error", "")
    asked = client.post("/v1/clean?any_state=true", data=page, headers=HTML).json
    assert "not found" in asked["text"]

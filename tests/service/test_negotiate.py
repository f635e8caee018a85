"""Which representation a client gets."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.exceptions import NotAcceptable
from werkzeug.test import EnvironBuilder

from service.negotiate import OFFERED, chosen_type


def request(accept: str | None) -> Request:
    return Request(EnvironBuilder(headers={} if accept is None else {"Accept": accept}).get_environ())


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/plain"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("TEXT/MARKDOWN", "text/markdown"),
        ("text/html;q=0.5, text/markdown;q=0.9", "text/markdown"),
        ("text/plain;q=0.5, */*;q=0.1", "text/plain"),
        ("application/json;q=0, */*", "text/plain"),
        ("image/png, text/html;q=0.1", "text/html"),
        ("application/problem+json, text/plain", "text/plain"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_chosen_type(accept, media_type):
    assert chosen_type(request(accept), OFFERED) == media_type


@pytest.mark.parametrize("accept", ["image/png", "application/xml;q=0.9", "application/json;q=0", "nonsense"])
def test_nothing_that_can_be_sent(accept):
    with pytest.raises(NotAcceptable, match="accept one of application/json, text/plain"):
        chosen_type(request(accept), OFFERED)


def test_refusal_is_a_problem(client, detail_of):
    response = client.post("/v1/clean", data=b"<p>page</p>", headers={"Accept": "image/png"})
    assert "text/markdown" in detail_of(response, 406)
    assert "Accept" in response.vary

"""One shape for every error of every route, and no word of the page in it or in the log."""

from __future__ import annotations

import pytest

import pagesieve
from pagesieve.errors import ModelError, TooLarge

PAGE = b"<p>Confidential words of a posted page.</p>"
HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/clean/", "/v1/nothing", "/healthz/x", "/%0a%0dinjected"])
def test_unknown_paths(client, detail_of, path):
    assert "POST /v1/clean" in detail_of(client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/clean", "POST"),
        ("PUT", "/v1/clean", "POST"),
        ("DELETE", "/v1/clean", "POST"),
        ("POST", "/healthz", "GET"),
        ("POST", "/readyz", "GET"),
        ("PATCH", "/v1/model", "GET"),
    ],
)
def test_wrong_methods(client, detail_of, method, path, allowed):
    response = client.open(path, method=method)
    assert f"use {allowed}" in detail_of(response, 405)
    assert allowed in response.headers["Allow"]


def test_head_has_the_status_and_no_body(client):
    response = client.head("/v1/clean")
    assert response.status_code == 405
    assert response.data == b""
    assert client.head("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [(TooLarge("too deep; flatten it"), 413), (ModelError("no release; run pagesieve train"), 503)],
)
def test_errors_of_the_library_keep_their_status_and_words(client, detail_of, monkeypatch, error, status):
    monkeypatch.setattr(pagesieve, "clean", lambda *_, **__: (_ for _ in ()).throw(error))
    assert detail_of(client.post("/v1/clean", data=PAGE, headers=HTML), status) == str(error)


@pytest.mark.parametrize("kind", [ValueError, RecursionError, MemoryError, UnicodeError, KeyError])
def test_a_bug_tells_nothing_and_the_next_request_is_served(client, detail_of, monkeypatch, caplog, kind):
    def fails(source, **_):
        raise kind(source.decode())

    with monkeypatch.context() as patched:
        patched.setattr(pagesieve, "clean", fails)
        response = client.post("/v1/clean", data=PAGE, headers=HTML)
    detail = detail_of(response, 500)
    [record] = caplog.records
    assert response.json["instance"] in detail
    assert response.json["instance"] in record.message
    assert kind.__name__ in record.message
    assert "Confidential" not in detail + caplog.text
    assert client.get("/healthz").status_code == 200


def test_nothing_is_logged_about_a_good_page(client, news, caplog):
    caplog.set_level("DEBUG")
    assert client.post("/v1/clean", data=news, headers=HTML).status_code == 200
    assert "bakery" not in caplog.text

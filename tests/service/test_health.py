"""Liveness, readiness, and the release behind them."""

from __future__ import annotations

import json

import pytest

import pagesieve
from pagesieve.errors import ModelError
from pagesieve.model import load_release
from service import readiness, routes
from service.settings import Settings


@pytest.fixture(autouse=True)
def unready():
    """Forget what is known of the golden page, before and after."""
    readiness._faults_of.cache_clear()
    yield
    readiness._faults_of.cache_clear()


def test_alive_without_a_model(client, monkeypatch):
    monkeypatch.setattr(routes, "load_release", lambda: pytest.fail("liveness looked at the model"))
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json == {"status": "ok"}


def test_ready_names_the_release(client):
    response = client.get("/readyz")
    assert response.status_code == 200, response.text
    assert response.json == {"status": "ready", "model": load_release().name}


def test_golden_page_is_classified_once(client, monkeypatch):
    calls = []
    original = readiness.clean_with
    monkeypatch.setattr(readiness, "clean_with", lambda *given: calls.append(1) or original(*given))
    assert [client.get("/readyz").status_code for _ in range(3)] == [200, 200, 200]
    assert calls == [1]


def test_golden_page_says_what_is_expected_of_it():
    page = readiness.GOLDEN.joinpath("golden.html").read_text(encoding="utf-8")
    expected = json.loads(readiness.GOLDEN.joinpath("golden.json").read_text(encoding="utf-8"))
    assert [words for words in expected["keep"] + expected["drop"] if words not in page] == []


@pytest.mark.parametrize(
    ("text", "advice"),
    [("", "loses 'The last boat"), ("all of it, even All rights reserved", "keeps 'All rights reserved'")],
)
def test_not_ready_when_the_golden_page_comes_out_wrong(client, detail_of, monkeypatch, text, advice):
    class Wrong:
        verdict = pagesieve.clean("<p>x").verdict

    page = Wrong()
    page.text = text
    monkeypatch.setattr(readiness, "clean_with", lambda *_: page)
    detail = detail_of(client.get("/readyz"), 503)
    assert advice in detail
    assert "install or train another release" in detail


@pytest.mark.parametrize("path", ["/readyz", "/v1/model"])
def test_no_release(client, detail_of, monkeypatch, path):
    def missing():
        raise ModelError("no release; run pagesieve train")

    monkeypatch.setattr(readiness, "load_release", missing)
    monkeypatch.setattr(routes, "load_release", missing)
    assert "pagesieve train" in detail_of(client.get(path), 503)


def test_model_shows_its_papers(client):
    body = client.get("/v1/model").json
    release = load_release()
    assert body == {"name": release.name, "manifest": release.manifest, "card": release.card}
    assert body["card"].strip()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings()),
        ({"PAGESIEVE_MAX_REQUEST_BYTES": "1000"}, Settings(max_request_bytes=1_000)),
        ({"PAGESIEVE_MAX_PAGE_BYTES": "5_000"}, Settings(max_page_bytes=5_000)),
        ({"PAGESIEVE_PORT": "tcp://10.0.0.1:8000", "MAX_PAGE_BYTES": "1"}, Settings()),
    ],
)
def test_settings(environment, expected):
    assert Settings.from_environment(environment) == expected


@pytest.mark.parametrize("value", ["", "ten", "0", "-5", "1.5", "1e6"])
def test_settings_that_are_refused(value):
    with pytest.raises(pagesieve.BadInput, match="PAGESIEVE_MAX_PAGE_BYTES is a whole number above 0"):
        Settings.from_environment({"PAGESIEVE_MAX_PAGE_BYTES": value})

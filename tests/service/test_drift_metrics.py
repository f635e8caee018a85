"""Drift as the service tells it: over all workers, of the release that answers, and only of enough pages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pagesieve import clean, drift, model
from pagesieve.drift import DRIFT, FEATURES, Reference
from pagesieve.roles import ROLES
from service import drift as service_drift
from service import shared
from service.app import create_app
from service.settings import Settings
from tests.service.releases import make_release, promote, rewrite
from tests.service.running import ask, running
from tests.service.test_operate import numbers


def reference_of(body: bytes) -> Reference:
    """As if all pages of the training had been this one."""
    page = clean(body)
    found = drift.features(page)
    edges = {name: np.unique(np.quantile(found[name], [0.25, 0.5, 0.75])) for name in FEATURES}
    shares = [drift.shares_of(found[name], edges[name]) for name in FEATURES]
    return Reference(edges, np.concatenate([*shares, drift.role_shares(page)]))


@pytest.fixture
def models(tmp_path: Path, news: bytes) -> Path:
    folder = tmp_path / "models"
    for name in ("first", "second"):
        made = make_release(folder, name)
        rewrite(made, DRIFT, json.dumps(reference_of(news).to_dict()).encode())
    promote(folder, "first")
    return folder


@pytest.fixture
def client(models: Path, monkeypatch: pytest.MonkeyPatch):
    shared.forget()
    monkeypatch.setenv("PAGESIEVE_MODELS", str(models))
    yield create_app(Settings()).test_client()
    model.forget_releases()
    shared.forget()


def scrape(client) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("pagesieve_drift")
    }


def post(client, page: bytes, times: int, **query: str) -> None:
    for _ in range(times):
        response = client.post("/v1/clean", query_string=query, data=page, content_type="text/html")
        assert response.status_code == 200


def test_pages_like_those_of_the_training_show_no_drift_and_others_do(
    client, news, pages, monkeypatch
) -> None:
    monkeypatch.setattr(service_drift, "LEAST_PAGES", 9)
    post(client, news, 10)
    found = scrape(client)
    assert {name for name in found if "psi" in name} == {
        f'pagesieve_drift_psi{{feature="{name}"}}' for name in (*FEATURES, "role")
    }
    assert max(value for name, value in found.items() if "psi" in name) < 0.001
    post(client, pages.joinpath("forum.html").read_bytes(), 10)
    assert scrape(client)['pagesieve_drift_psi{feature="kept"}'] > 0.25


def test_few_pages_say_nothing(client, news) -> None:
    post(client, news, 3)
    found = scrape(client)
    assert found['pagesieve_drift_pages{feature="chars"}'] == pytest.approx(3, abs=0.01)
    assert not [name for name in found if "psi" in name]


def test_roles_are_counted_where_they_were_told(client, news) -> None:
    post(client, news, 2, kinds="text")
    assert scrape(client)['pagesieve_drift_pages{feature="role"}'] == 0
    assert scrape(client)['pagesieve_drift_pages{feature="chars"}'] == pytest.approx(2, abs=0.01)


def test_another_release_begins_anew(client, models, news) -> None:
    post(client, news, 3)
    model.adopt(models / "second", lambda release: None)
    assert scrape(client)['pagesieve_drift_pages{feature="chars"}'] == 0
    post(client, news, 1)
    assert scrape(client)['pagesieve_drift_pages{feature="chars"}'] == 1


def test_a_release_without_a_reference_says_nothing_and_answers(client, models, news) -> None:
    manifest = json.loads((models / "first" / "manifest.json").read_bytes())
    del manifest["files"][DRIFT]
    (models / "first" / "manifest.json").write_text(json.dumps(manifest))
    post(client, news, 1)
    assert not scrape(client)


def test_the_shares_of_the_roles_add_up(news) -> None:
    assert drift.role_shares(clean(news)).sum() == pytest.approx(1.0)
    assert len(drift.role_shares(clean(news))) == len(ROLES)


def test_workers_count_together(models, tmp_path, news) -> None:
    with running(tmp_path, workers=2, models=str(models)) as server:
        for _ in range(20):
            assert ask(server.port, "POST", "/v1/clean", news, Content_Type="text/html")[0] == 200
        assert numbers(server.port)['pagesieve_drift_pages{feature="chars"}'] == pytest.approx(20, abs=0.1)

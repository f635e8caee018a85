from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.settings import Settings


@pytest.fixture
def app() -> Flask:
    return create_app(Settings())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def pages() -> Path:
    """Folder of pages written for the tests."""
    return Path(__file__).parent.parent / "pages"


@pytest.fixture(scope="session")
def news(pages: Path) -> bytes:
    return pages.joinpath("news.html").read_bytes()


@pytest.fixture
def detail_of() -> Callable[[TestResponse, int], str]:
    """Checks that an answer is a problem of the one shape, and gives its detail."""

    def check(response: TestResponse, status: int) -> str:
        assert response.status_code == status, response.get_data(as_text=True)
        assert response.content_type == "application/problem+json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        body = response.json
        assert set(body) == {"type", "title", "status", "detail", "instance"}
        assert body["status"] == status
        assert body["type"] == "about:blank"
        assert body["instance"].startswith("urn:uuid:")
        assert "Traceback" not in body["detail"]
        return str(body["detail"])

    return check

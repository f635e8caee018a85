"""Shared by all tests: the pages written for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

# Scripts: one runs in a container, the other needs a fuzzer.
collect_ignore = ["container/keep_labels.py", "hostile/fuzz.py"]

PAGES = Path(__file__).parent / "pages"


@pytest.fixture(scope="session")
def news_page() -> str:
    return (PAGES / "news.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session", params=sorted(path.name for path in PAGES.glob("*.html")))
def any_page(request: pytest.FixtureRequest) -> str:
    return (PAGES / request.param).read_text(encoding="utf-8")

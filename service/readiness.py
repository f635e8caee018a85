"""Does the loaded release still tell content from the rest? Asked on a page of our own."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from pagesieve import Decision, Page
from pagesieve.clean import clean_with
from pagesieve.model import Release, load_release

GOLDEN = files("service")


def golden_faults(release: Release | None = None) -> tuple[str, ...]:
    """What a release, by default the current one, gets wrong on the golden page; empty when it is fit.

    The page is classified once for each release; later calls are free.

    Raises
    ------
    ModelError
        There is no usable release.
    """
    return _faults_of(release or load_release())


@lru_cache(maxsize=1)
def _faults_of(release: Release) -> tuple[str, ...]:
    page = clean_with(release, GOLDEN.joinpath("golden.html").read_bytes())
    text = page.text
    expected = json.loads(GOLDEN.joinpath("golden.json").read_text(encoding="utf-8"))
    lost = [f"release {release.name} loses {words!r}" for words in expected["keep"] if words not in text]
    kept = [f"release {release.name} keeps {words!r}" for words in expected["drop"] if words in text]
    wrong = [f"release {release.name} drops the page"] if _dropped(release, page) else []
    return (*lost, *kept, *wrong)


def _dropped(release: Release, page: Page) -> bool:
    return release.has_verdict and page.verdict.decision is Decision.DROP

"""Does the loaded release still tell content from the rest? Asked on a page of our own."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from importlib.resources import files

import pagesieve
from pagesieve.errors import ModelError
from pagesieve.model import load_release

GOLDEN = files("service")


def golden_faults() -> tuple[str, ...]:
    """What the current release gets wrong on the golden page; empty when it is fit to serve.

    The page is classified once for each release; later calls are free.

    Raises
    ------
    ModelError
        There is no usable release.
    """
    return _faults_of(load_release().name)


def warm_up() -> None:
    """Load the release and everything else that the first page would wait for."""
    # What is wrong with the release is told by /readyz; a worker that does not start could not.
    with suppress(ModelError):
        golden_faults()


@cache
def _faults_of(release: str) -> tuple[str, ...]:
    page = pagesieve.clean(GOLDEN.joinpath("golden.html").read_bytes())
    text = page.text
    expected = json.loads(GOLDEN.joinpath("golden.json").read_text(encoding="utf-8"))
    lost = [f"release {release} loses {words!r}" for words in expected["keep"] if words not in text]
    kept = [f"release {release} keeps {words!r}" for words in expected["drop"] if words in text]
    wrong = [f"release {release} drops the page"] if _dropped(page) else []
    return (*lost, *kept, *wrong)


def _dropped(page: pagesieve.Page) -> bool:
    """Also loads the models of the verdict, for which the first page would wait."""
    return load_release().has_verdict and page.verdict.decision is pagesieve.Decision.DROP

"""The golden pages: written for this project, of every page type and several languages, marked throughout.

They tell whether a release still works at all, not how good it is: every release is tried on them before it
becomes the current one, and none is trained on them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from pagesieve.clean import clean_with
from pagesieve.model import Release
from pagesieve.words import tokens
from training.labels import CONTENT, UNKNOWN, Marked
from training.labels.marked_html import marked_page
from training.metrics import bag_score

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Tried:
    """A golden page as a release reads it.

    ``f1`` is word F1 over all blocks but headlines, which may be in a text or not; ``roles`` the share of
    blocks with the role that was marked.
    """

    name: str
    page_type: str
    f1: float
    roles: float


@cache
def golden_pages() -> dict[str, Marked]:
    """Every golden page by its name, ``type-language``."""
    return {path.stem: marked_page(path, GOLDEN) for path in sorted(GOLDEN.glob("*.html"))}


def try_golden(release: Release) -> list[Tried]:
    """How a release reads the golden pages."""
    return [_try(release, name, page) for name, page in golden_pages().items()]


def _try(release: Release, name: str, marked: Marked) -> Tried:
    page = clean_with(release, marked.html)
    kept = np.array([block.keep for block in page.blocks])
    told = marked.known != UNKNOWN
    roles = [block.role == role for block, role in zip(page.blocks, marked.roles, strict=True) if role]
    return Tried(
        name=name,
        page_type=name.partition("-")[0],
        f1=bag_score(_bag(marked, kept & told), _bag(marked, marked.known == CONTENT)).f1,
        roles=fmean(roles),
    )


def _bag(marked: Marked, which: NDArray[np.bool_]) -> Counter[str]:
    found: Counter[str] = Counter()
    for number in np.flatnonzero(which).tolist():
        found.update(tokens(marked.document.blocks.text[number]))
    return found

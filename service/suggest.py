"""Which pages to label next: those from which the classifier would learn most.

A page counts by the words that it is expected to get wrong: over the blocks, words × min(p, 1 - p), where p
is the probability of content (uncertainty sampling, Lewis and Gale 1994). Every page already chosen from a
site halves what the next one of that site counts, because pages of one site teach much the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from pagesieve.clean import clean_with
from pagesieve.model import Release
from service.label_store import NAMES
from service.labels import PostedPage

_NEXT_OF_SITE = 0.5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A page, its words, and how many of them are expected to be decided wrongly (``doubtful``)."""

    page: PostedPage
    n_words: int
    doubtful: float

    @property
    def site(self) -> str:
        """Host of the address without "www."; the page's own hash where there is no address."""
        host = urlsplit(self.page.url or "").hostname or self.page.hash
        return host.removeprefix("www.")


def judge(page: PostedPage, release: Release) -> Suggestion:
    """
    Raises
    ------
    PagesieveError
        The page cannot be cleaned.
    """
    found = clean_with(release, page.source, content_type=page.content_type)
    words, sure = np.array(found.n_words), np.array(found.probability)
    return Suggestion(page, int(words.sum()), float((words * np.minimum(sure, 1 - sure)).sum()))


def spread(found: Iterable[Suggestion], number: int) -> Iterator[Suggestion]:
    """The ``number`` pages that teach most, the best first, and not all from one site."""
    left = _shortlist(found, number)
    taken: Counter[str] = Counter()
    while left and taken.total() < number:
        best = max(left, key=lambda one: one.doubtful * _NEXT_OF_SITE ** taken[one.site])
        left.remove(best)
        taken[best.site] += 1
        yield best


def _shortlist(found: Iterable[Suggestion], number: int) -> list[Suggestion]:
    """All that can be among the first ``number``: no more than so many sites, and so many pages of each."""
    sites: dict[str, list[Suggestion]] = {}
    for one in found:
        pages = sites.setdefault(one.site, [])
        pages.append(one)
        pages.sort(key=lambda page: -page.doubtful)
        del pages[number:]
        if len(sites) > number:
            del sites[min(sites, key=lambda site: sites[site][0].doubtful)]
    return [one for pages in sites.values() for one in pages]


def to_label(page: PostedPage, release: Release) -> dict[str, Any]:
    """The page in the form of labels, with the roles that the release gives, to be corrected.

    Raises
    ------
    PagesieveError
        The page cannot be cleaned.
    """
    found = clean_with(release, page.source, content_type=page.content_type)
    return {
        NAMES[page.content_type]: page.source,
        "url": page.url,
        "page_hash": page.hash,
        "blocks": [
            {"text": block.text, "role": block.role, "probability": block.probability}
            for block in found.blocks
        ],
    }

"""What aggregators leave around and inside a story, put into labelled pages.

The corpora hold whole pages of one site each; text from aggregators has lost menus and footers, and has
teasers of unrelated stories without a heading above them (before, in and after the story), advertising,
source and comment counters, footnote markers inside sentences and stray navigation in another language. All
are drawn from other labelled pages or made here, and never content.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from pagesieve.roles import Role
from pagesieve.words import tokens
from training.corpora import LabelledPage

_COUNTED = (
    "comments", "views", "likes", "min read", "replies", "posts", "photos", "votes", "Kommentare",
    "commentaires", "comentarios", "reacties", "commenti",
)  # fmt: skip
_MARKERS = ("%d", "[%d]", "(%d)")
_TITLE = re.compile(r"<title[^>]*>([^<]{10,300})", re.IGNORECASE)
_SITE_NAME = re.compile(r"\s+[|–—-]\s+[^|–—-]{1,40}$")
_LONG, _TEASER_CHARS, _SHORT = 80, 300, 60
# Pages that sell say inside themselves what an advertisement says between other things; its lines are short.
_SELLING = ("service", "product", "collection")
_ADVERT_CHARS = (12, 140)
_MOST_ADVERTS, _MOST_ADVERT_LINES = 6, 3
# Rails as they stand on annotated pages, with whatever heading, dates and counters they have.
_RAIL_LINES = (2, 12)
# How often each kind of noise is put in, a page loses what surrounds its story, and a headline is restored.
_ALONE, _AT_END, _INSIDE, _BEFORE, _ADVERT, _STRAY = 0.6, 0.7, 0.6, 0.4, 0.6, 0.3
_COUNTERS, _NOTES, _SPLIT, _REAL = 0.25, 0.3, 0.5, 0.4
_HEADLINE, _SAME_HEADLINE = 0.8, 0.6

Row = tuple[str, bool]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Teaser:
    """What another page would say of a page, and a few short pieces of its navigation."""

    headline: str
    summary: str
    navigation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """What other pages lend: teasers of them, advertisements and rails of some lines each."""

    teasers: list[Teaser] = field(default_factory=list)
    adverts: list[tuple[str, ...]] = field(default_factory=list)
    rails: list[tuple[str, ...]] = field(default_factory=list)

    def drawn(self, rng: random.Random, own: Sequence[str]) -> Noise:
        """A few of each, none with a text of the page itself."""
        own_texts = set(own)
        others = [one for one in self.teasers if one.summary not in own_texts]
        rails = [rail for rail in self.rails if own_texts.isdisjoint(rail)]
        return Noise(_some(others, 16, rng), _some(self.adverts, 4, rng), _some(rails, 3, rng))


def _some(given: list[_T], most: int, rng: random.Random) -> list[_T]:
    return rng.sample(given, min(len(given), most))


def teaser(html: str, texts: list[str], content: list[bool]) -> Teaser | None:
    """The teaser of a labelled page; None if it has no title or no paragraph."""
    title = _TITLE.search(html)
    labelled = list(zip(texts, content, strict=True))
    paragraph = next((text for text, kept in labelled if kept and len(text) > _LONG), "")
    if not title or not paragraph:
        return None
    menu = [text for text, kept in labelled if not kept and len(text) < _SHORT]
    headline = _SITE_NAME.sub("", " ".join(title[1].split()))
    return Teaser(headline, paragraph[:_TEASER_CHARS], tuple(menu[:20]))


def adverts(page: LabelledPage, texts: list[str], content: list[bool]) -> list[tuple[str, ...]]:
    """Neighbouring short lines of what a page sells; none of a page that does not."""
    if page.page_type not in _SELLING:
        return []
    rng = random.Random(page.id)
    least, most = _ADVERT_CHARS
    usable = [kept and least <= len(text) <= most for text, kept in zip(texts, content, strict=True)]
    found: list[tuple[str, ...]] = []
    for start in rng.sample(range(len(texts)), len(texts)):
        end = start
        while end < len(texts) and usable[end] and end - start < _MOST_ADVERT_LINES:
            end += 1
        if end > start and len(found) < _MOST_ADVERTS:
            found.append(tuple(texts[start : start + rng.randint(1, end - start)]))
    return found


def stretches(
    role: Role, roles: Sequence[Role | None], texts: list[str], content: list[bool]
) -> list[tuple[str, ...]]:
    """Neighbouring blocks of a page that people gave this role, and that its gold has not."""
    found: list[tuple[str, ...]] = []
    labelled = zip(texts, roles, content, strict=True)
    for wanted, group in groupby(labelled, key=lambda row: row[1] is role and not row[2]):
        if wanted:
            found.append(tuple(text for text, _, _ in group))
    return found


def annotated_noise(roles: Sequence[Role | None], texts: list[str], content: list[bool]) -> Noise:
    """Advertisements and rails of an annotated page."""
    least, most = _ADVERT_CHARS
    adverts = [
        lines[start : start + _MOST_ADVERT_LINES]
        for lines in stretches(Role.AD, roles, texts, content)
        for start in range(0, len(lines), _MOST_ADVERT_LINES)
    ]
    fewest, longest = _RAIL_LINES
    return Noise(
        adverts=[lines for lines in adverts if all(least <= len(line) <= most for line in lines)][
            :_MOST_ADVERTS
        ],
        rails=[
            lines[:longest]
            for lines in stretches(Role.RELATED, roles, texts, content)
            if len(lines) >= fewest
        ][:_MOST_ADVERTS],
    )


def add_noise(rows: list[Row], noise: Noise, headline: str, rng: random.Random) -> list[Row]:
    """Lines with their labels, and noise between them; ``headline``, the page's own, put back if missing."""
    kept = [number for number, (_, content) in enumerate(rows) if content]
    if not kept or not noise.teasers:
        return rows
    if rng.random() < _ALONE:
        rows = rows[kept[0] : kept[-1] + 1]
        kept = [number - kept[0] for number in kept]
    groups = _drawn_groups(kept[0], kept[-1], noise, rng)
    if headline and rng.random() < _HEADLINE and not _has_headline(rows, headline):
        groups.append((kept[0], [(headline, True)]))
    if rng.random() < _BEFORE:
        groups.append((kept[0], _rail(noise, rng, rng.randint(1, 7))))
    noisy = list(rows)
    for where, group in sorted(groups, key=lambda placed: placed[0], reverse=True):
        noisy[where:where] = group
    if rng.random() < _NOTES:
        noisy = [part for row in noisy for part in _with_note(row, rng)]
    return [(text, content) for text, content in noisy if text.strip()]


def _drawn_groups(first: int, last: int, noise: Noise, rng: random.Random) -> list[tuple[int, list[Row]]]:
    """Lines to put in, and before which row; the story is from ``first`` to ``last``."""
    groups: list[tuple[int, list[Row]]] = []
    if rng.random() < _AT_END:
        groups.append((last + 1, _rail(noise, rng, rng.randint(3, 10))))
    for share, make in ((_INSIDE, _few), (_ADVERT, _advert), (_ADVERT / 2, _advert), (_STRAY, _menu)):
        if rng.random() < share:
            groups.append((rng.randint(first + 1, last + 1), make(noise, rng)))
    if rng.random() < _STRAY:
        counter = (f"{rng.randint(2, 40)} {rng.choice(_COUNTED).capitalize()}", False)
        groups.append((first, [counter] * rng.randint(1, 2)))
    return groups


def _has_headline(rows: list[Row], headline: str) -> bool:
    wanted = set(tokens(headline))
    return any(
        len(text) < 2 * len(headline) and len(wanted & set(tokens(text))) >= _SAME_HEADLINE * len(wanted)
        for text, _ in rows
    )


def _rail(noise: Noise, rng: random.Random, size: int) -> list[Row]:
    """Teasers one after the other: of other pages, or as a page had them."""
    if noise.rails and rng.random() < _REAL:
        return [(line, False) for line in rng.choice(noise.rails)]
    parts = rng.choice([("headline",), ("headline",), ("summary",), ("headline", "summary")])
    rows: list[Row] = []
    for one in _some(noise.teasers, size, rng):
        rows += [(getattr(one, part), False) for part in parts]
        if rng.random() < _COUNTERS:
            rows.append((f"{rng.randint(1, 90)} {rng.choice(_COUNTED)}", False))
    return rows


def _few(noise: Noise, rng: random.Random) -> list[Row]:
    """Headlines of other stories in the middle of one."""
    chosen = _some(noise.teasers, rng.randint(1, 5), rng)
    return [(one.headline, False) for one in chosen]


def _advert(noise: Noise, rng: random.Random) -> list[Row]:
    return [(line, False) for line in rng.choice(noise.adverts or [()])]


def _menu(noise: Noise, rng: random.Random) -> list[Row]:
    return [(" ".join(rng.choice(noise.teasers).navigation[: rng.randint(2, 5)]), False)]


def _with_note(row: Row, rng: random.Random) -> list[Row]:
    """A paragraph split at the end of a sentence by a footnote marker on a line of its own."""
    text, content = row
    end = text.find(". ", _LONG, -_LONG)
    if not content or end < 0 or rng.random() > _SPLIT:
        return [row]
    marker = rng.choice(_MARKERS) % rng.randint(1, 9)
    cut = end + rng.randint(0, 1)  # the stop stays, or starts the next line
    return [(text[:cut], True), (marker, False), (text[cut:].lstrip(), True)]

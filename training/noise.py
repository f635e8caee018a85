"""What aggregators leave around and inside a story, put into labelled pages.

The corpora hold whole pages of one site each; text from aggregators has teasers of unrelated stories without
a heading above them, source and comment counters, footnote markers inside sentences and stray navigation in
another language. All are drawn from other labelled pages or made here, and never content.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

_COUNTED = (
    "comments", "views", "likes", "min read", "replies", "posts", "photos", "votes", "Kommentare",
    "commentaires", "comentarios", "reacties", "commenti",
)  # fmt: skip
_MARKERS = ("%d", "[%d]", "(%d)")
_TITLE = re.compile(r"<title[^>]*>([^<]{10,300})", re.IGNORECASE)
_SITE_NAME = re.compile(r"\s+[|–—-]\s+[^|–—-]{1,40}$")
_LONG, _TEASER_CHARS, _SHORT = 80, 300, 60
# How often each kind of noise is put in.
_AT_END, _COUNTERS, _STRAY, _NOTES, _SPLIT = 0.8, 0.25, 0.3, 0.3, 0.5

Row = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Teaser:
    """What another page would say of a page, and a few short pieces of its navigation."""

    headline: str
    summary: str
    navigation: tuple[str, ...]


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


def add_noise(rows: list[Row], others: list[Teaser], rng: random.Random) -> list[Row]:
    """Lines with their labels, and noise between them. ``others`` are teasers of other pages."""
    kept = [number for number, (_, content) in enumerate(rows) if content]
    if not kept or not others:
        return rows
    first, last = kept[0], kept[-1]
    where = last + 1 if rng.random() < _AT_END else rng.randint(first, last + 1)
    rail = _rail(rng.sample(others, min(len(others), rng.randint(3, 10))), rng)
    if rng.random() < _STRAY:
        menu = rng.choice(others).navigation
        rail.append((" ".join(menu[: rng.randint(2, 5)]), False))
    noisy = [*rows[:where], *rail, *rows[where:]]
    if rng.random() < _NOTES:
        noisy = [part for row in noisy for part in _with_note(row, rng)]
    if rng.random() < _STRAY:
        counter = (f"{rng.randint(2, 40)} {rng.choice(_COUNTED).capitalize()}", False)
        noisy[first:first] = [counter] * rng.randint(1, 2)
    return [(text, content) for text, content in noisy if text.strip()]


def _rail(teasers: list[Teaser], rng: random.Random) -> list[Row]:
    parts = rng.choice([("headline",), ("summary",), ("headline", "summary")])
    rows: list[Row] = []
    for one in teasers:
        rows += [(getattr(one, part), False) for part in parts]
        if rng.random() < _COUNTERS:
            rows.append((f"{rng.randint(1, 90)} {rng.choice(_COUNTED)}", False))
    return rows


def _with_note(row: Row, rng: random.Random) -> list[Row]:
    """A paragraph split at the end of a sentence by a footnote marker on a line of its own."""
    text, content = row
    end = text.find(". ", _LONG, -_LONG)
    if not content or end < 0 or rng.random() > _SPLIT:
        return [row]
    marker = rng.choice(_MARKERS) % rng.randint(1, 9)
    cut = end + rng.randint(0, 1)  # the stop stays, or starts the next line
    return [(text[:cut], True), (marker, False), (text[cut:].lstrip(), True)]

"""What aggregators leave around and inside a story, put into labelled pages.

The corpora hold whole pages of one site each; text from aggregators has lost menus and footers, and has
teasers of unrelated stories without a heading above them, advertising, source and comment counters, footnote
markers inside sentences and stray navigation in another language. All are drawn from other labelled pages or
made here, and never content.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

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
# How often each kind of noise is put in, a page loses what surrounds its story, and a headline is restored.
_ALONE, _AT_END, _INSIDE, _ADVERT, _COUNTERS, _STRAY, _NOTES, _SPLIT = 0.6, 0.7, 0.6, 0.6, 0.25, 0.3, 0.3, 0.5
_HEADLINE, _SAME_HEADLINE = 0.8, 0.6

Row = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Teaser:
    """What another page would say of a page, and a few short pieces of its navigation."""

    headline: str
    summary: str
    navigation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noise:
    """What other pages lend: teasers of them, and advertisements of some lines each."""

    teasers: list[Teaser] = field(default_factory=list)
    adverts: list[tuple[str, ...]] = field(default_factory=list)

    def drawn(self, rng: random.Random, own: Sequence[str], teasers: int = 16, adverts: int = 4) -> Noise:
        """A few of each, none with a text of the page itself."""
        others = [one for one in self.teasers if one.summary not in own]
        return Noise(
            rng.sample(others, min(len(others), teasers)),
            rng.sample(self.adverts, min(len(self.adverts), adverts)),
        )


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


def add_noise(rows: list[Row], noise: Noise, headline: str, rng: random.Random) -> list[Row]:
    """Lines with their labels, and noise between them; ``headline``, the page's own, put back if missing."""
    kept = [number for number, (_, content) in enumerate(rows) if content]
    if not kept or not noise.teasers:
        return rows
    if rng.random() < _ALONE:
        rows = rows[kept[0] : kept[-1] + 1]
        kept = [number - kept[0] for number in kept]
    first, last = kept[0], kept[-1]
    groups: list[tuple[int, list[Row]]] = []
    if rng.random() < _AT_END:
        groups.append((last + 1, _rail(noise.teasers, rng, rng.randint(3, 10))))
    for share, make in ((_INSIDE, _few), (_ADVERT, _advert), (_ADVERT / 2, _advert), (_STRAY, _menu)):
        if rng.random() < share:
            groups.append((rng.randint(first + 1, last + 1), make(noise, rng)))
    if rng.random() < _STRAY:
        counter = (f"{rng.randint(2, 40)} {rng.choice(_COUNTED).capitalize()}", False)
        groups.append((first, [counter] * rng.randint(1, 2)))
    if headline and rng.random() < _HEADLINE and not _has_headline(rows, headline):
        groups.append((first, [(headline, True)]))
    noisy = list(rows)
    for where, group in sorted(groups, key=lambda placed: placed[0], reverse=True):
        noisy[where:where] = group
    if rng.random() < _NOTES:
        noisy = [part for row in noisy for part in _with_note(row, rng)]
    return [(text, content) for text, content in noisy if text.strip()]


def _has_headline(rows: list[Row], headline: str) -> bool:
    wanted = set(tokens(headline))
    return any(
        len(text) < 2 * len(headline) and len(wanted & set(tokens(text))) >= _SAME_HEADLINE * len(wanted)
        for text, _ in rows
    )


def _rail(teasers: list[Teaser], rng: random.Random, size: int) -> list[Row]:
    parts = rng.choice([("headline",), ("headline",), ("summary",), ("headline", "summary")])
    rows: list[Row] = []
    for one in rng.sample(teasers, min(len(teasers), size)):
        rows += [(getattr(one, part), False) for part in parts]
        if rng.random() < _COUNTERS:
            rows.append((f"{rng.randint(1, 90)} {rng.choice(_COUNTED)}", False))
    return rows


def _few(noise: Noise, rng: random.Random) -> list[Row]:
    """Headlines of other stories in the middle of one."""
    chosen = rng.sample(noise.teasers, min(len(noise.teasers), rng.randint(1, 5)))
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

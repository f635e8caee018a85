"""The date that a reader sees: what pages that declare none show by their headline."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pagesieve.blocks import Document
from pagesieve.metadata.dates import iso_date, written_date

# A byline or a line of facts, not a paragraph that mentions a date.
_LONGEST_LINE = 140
# Blocks from the headline within which a date may be the page's, the same for one in <time>, and within which
# it is. Blocks before the headline count twice.
_FARTHEST, _FARTHEST_MARKED, _CLOSE = 30, 100, 6
# Of older ones a page tells a story.
_EARLIEST_YEAR = 1900
# What a line adds to its distance: a later change is not the publication, and facts about the page are near.
_CHANGED, _FACTS = 6, -8
_UPDATE = re.compile(r"updat|modif|review|edited|aktualisiert|mis à jour|actualizado", re.IGNORECASE)
_PUBLICATION = re.compile(
    r"\W*(?:first |originally )?"
    r"(?:published|posted|post time|veröffentlicht|erschienen|publié|publicado|pubblicato)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"©|copyright|\(c\)", re.IGNORECASE)


def visible_dates(document: Document, facts: Collection[int] = ()) -> list[str]:
    """Dates near the headline as ISO 8601, the likeliest to be the publication first.

    They are followed by those that a line anywhere calls the publication. ``facts`` are the numbers of blocks
    known to hold facts about the page.
    """
    start = _headline(document)
    ranked, called = [], []
    for number, text, date, marked in _dated(document):
        far = _distance(number, start)
        if far <= (_FARTHEST_MARKED if marked else _FARTHEST):
            far += _CHANGED * bool(_UPDATE.search(text)) + _FACTS * (number in facts)
            ranked.append((far, number, date))
        elif _PUBLICATION.match(text):
            called.append(date)
    return [*(date for _, _, date in sorted(ranked)), *called]


def headline_date(document: Document) -> str | None:
    """The date that the page's headline bears, unless it is called one of a change."""
    start = _headline(document)
    close = [
        (_distance(number, start), number, date)
        for number, text, date, _ in _dated(document)
        if _distance(number, start) <= _CLOSE and not _UPDATE.search(text)
    ]
    return min(close)[2] if close else None


def _distance(number: int, start: int) -> int:
    return number - start if number >= start else 2 * (start - number)


def _headline(document: Document) -> int:
    """Number of the block that the page's first ``<h1>`` begins with, 0 without one."""
    elements = document.elements
    return next((elements.first[number] for number, tag in enumerate(elements.tag) if tag == "h1"), 0)


def _dated(document: Document) -> Iterator[tuple[int, str, str, bool]]:
    """Blocks with a date: their number, their text, the date and whether ``<time>`` marks it."""
    elements, texts = document.elements, document.blocks.text
    for element, tag in enumerate(elements.tag):
        stated = elements.attributes[element].get("datetime") if tag == "time" else None
        first = elements.first[element]
        if stated and first < len(texts) and (date := iso_date(stated)):
            yield first, texts[first][:_LONGEST_LINE], date, True
    for number, text in enumerate(texts):
        if len(text) <= _LONGEST_LINE and not _NOTICE.search(text):
            written = written_date(text)
            if written and written.year >= _EARLIEST_YEAR:
                yield number, text, written.isoformat(), False

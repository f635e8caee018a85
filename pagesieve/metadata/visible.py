"""The date that a reader sees: what pages that declare none show by their headline."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pagesieve.blocks import Document
from pagesieve.metadata.dates import iso_date

# A byline or a line of facts, not a paragraph that mentions a date.
_LONGEST_LINE = 140
# Blocks from the headline within which a date is the page's. What stands before it counts as twice as far.
_FARTHEST = 30
# What a line adds to its distance: a later change is not the publication, and facts about the page are near.
_CHANGED, _FACTS = 6, -8
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"(?:19|20)\d\d-\d\d?-\d\d?|\d{1,2}\.\d{1,2}\.(?:19|20)\d\d"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.? {_MONTH},? (?:19|20)\d\d",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_UPDATE = re.compile(r"updat|modif|review|edited|aktualisiert|mis à jour|actualizado", re.IGNORECASE)
_NOTICE = re.compile(r"©|copyright|\(c\)", re.IGNORECASE)


def visible_dates(document: Document, facts: Collection[int] = ()) -> list[str]:
    """Dates near the headline as ISO 8601, the likeliest to be the publication first.

    ``facts`` are the numbers of blocks known to hold facts about the page.
    """
    start = _headline(document)
    ranked = []
    for number, text, date in _dated(document):
        far = number - start if number >= start else 2 * (start - number)
        if far <= _FARTHEST:
            far += _CHANGED * bool(_UPDATE.search(text)) + _FACTS * (number in facts)
            ranked.append((far, number, date))
    return [date for _, _, date in sorted(ranked)]


def _headline(document: Document) -> int:
    """Number of the block that the page's first ``<h1>`` begins with, 0 without one."""
    elements = document.elements
    return next((elements.first[number] for number, tag in enumerate(elements.tag) if tag == "h1"), 0)


def _dated(document: Document) -> Iterator[tuple[int, str, str]]:
    """Blocks with a date: their number, their text and the date."""
    elements, texts = document.elements, document.blocks.text
    for element, tag in enumerate(elements.tag):
        stated = elements.attributes[element].get("datetime") if tag == "time" else None
        first = elements.first[element]
        if stated and first < len(texts) and (date := iso_date(stated)):
            yield first, texts[first][:_LONGEST_LINE], date
    for number, text in enumerate(texts):
        if len(text) <= _LONGEST_LINE and not _NOTICE.search(text) and (found := _DATE.search(text)):
            written = found[0]
            if dotted := _DOTTED.fullmatch(written):
                day, month, year = dotted.groups()
                written = f"{year}-{month:0>2}-{day:0>2}"
            if date := iso_date(written):
                yield number, text, date

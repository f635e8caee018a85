"""Dates as pages write them → ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

# Content systems write 0001-01-01 or 1601-01-01 for "none"; nothing on the web is dated past 2100.
_YEARS = range(1700, 2101)
_LONGEST_DATE = 64
_UNIX_TIME = re.compile(r"\d{10}(?:\d{3})?")
_OFFSET = re.compile(r"\s*(?:UTC|GMT|Z)$|\s+(?=[+-]\d\d:?\d\d$)", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_LEADING_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAY_MONTH = re.compile(r"(\d{1,2})\.? ([a-z]{3})[a-z]*\.?,? (\d{4})", re.IGNORECASE)
_MONTH_DAY = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})", re.IGNORECASE)


def iso_date(text: str) -> str | None:
    """The date, with the time to the second where one is given, or None.

    >>> iso_date("2024-05-01T10:30:00.000+0200"), iso_date("May 1st, 2024"), iso_date("yesterday")
    ('2024-05-01T10:30:00+02:00', '2024-05-01', None)
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST_DATE:
        return None
    for read in (_iso, _unix, _mail, _in_words, _leading):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            continue
        if moment is not None and moment.year in _YEARS:
            return moment.isoformat()
    return None


def _iso(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        offset = _OFFSET.search(text)
        if offset:
            text = text[: offset.start()] + (text[offset.end() :] or "+00:00")
        return datetime.fromisoformat(text).replace(microsecond=0)


def _unix(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    return datetime.fromtimestamp(int(text[:10]), UTC) if _UNIX_TIME.fullmatch(text) else None


def _mail(text: str) -> datetime | None:
    """``Wed, 01 May 2024 10:30:00 GMT``, as HTTP and RSS write it."""
    return parsedate_to_datetime(text) if text[3:5] == ", " else None


def _in_words(text: str) -> date | None:
    text = _ORDINAL.sub("", text)
    if found := _DAY_MONTH.search(text):
        day, month, year = found.groups()
    elif found := _MONTH_DAY.search(text):
        month, day, year = found.groups()
    else:
        return None
    return date(int(year), _MONTHS.index(month.lower()) + 1, int(day))


def _leading(text: str) -> date | None:
    """The date of a moment whose time of day is not written as ISO 8601 has it."""
    found = _LEADING_DATE.match(text)
    return date(*map(int, found.groups())) if found else None

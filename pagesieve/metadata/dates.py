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
_LEADING_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
# First letters of the months in Germanic and Romance languages, Polish, Turkish, Russian and Ukrainian.
_MONTHS = {
    letters: number
    for number, row in enumerate(
        (
            "jan ene gen sty oca янв січ",
            "feb fev fév lut şub фев лют",
            "mar mär mrt maa mär мар бер",
            "apr abr avr kwi nis апр кві",
            "may mai maj mei mag май мая тра",
            "jun juin giu cze haz июн чер",
            "jul juil lug lip tem июл лип",
            "aug ago aoû sie ağu авг сер",
            "sep set wrz eyl сен вер",
            "oct okt ott out paź eki окт жов",
            "nov lis kas ноя лис",
            "dec dez dic déc des gru ara дек гру",
        ),
        1,
    )
    for letters in row.split()
}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*\.?"
_DAY, _YEAR = r"(?<!\d)(?P<day>\d{1,2})", r"(?P<year>(?:1[789]|20)\d\d)(?!\d)"
_WRITTEN = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DAY}(?:st|nd|rd|th|er|º|\.)?[ -](?:de |di )?{_MONTH},?[ -](?:de |del )?{_YEAR}",
        rf"\b{_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}",
        rf"(?<!\d){_YEAR} {_MONTH} {_DAY}(?!\d)",
        rf"(?<![\d-]){_YEAR}-(?P<number>\d{{1,2}})-{_DAY}(?!\d)",
        rf"(?<!\d){_YEAR} ?[年년] ?(?P<number>\d{{1,2}}) ?[月월] ?{_DAY} ?[日일]",
        rf"(?<![\d.]){_DAY}\.(?P<number>\d{{1,2}})\.{_YEAR}",
    )
]
_ANY_YEAR = re.compile(r"1[789]\d\d|20\d\d")
# Day and month, or month and day; only what can be read in one way is.
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?![\d/])")


def iso_date(text: str) -> str | None:
    """The date, with the time to the second where one is given, or None.

    >>> iso_date("2024-05-01T10:30:00.000+0200"), iso_date("May 1st, 2024"), iso_date("yesterday")
    ('2024-05-01T10:30:00+02:00', '2024-05-01', None)
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST_DATE:
        return None
    for read in (_iso, _unix, _mail, _leading, written_date):
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


def _leading(text: str) -> date | None:
    """The date of a moment whose time of day is not written as ISO 8601 has it."""
    found = _LEADING_DATE.match(text)
    return date(*map(int, found.groups())) if found else None


def written_date(text: str) -> date | None:
    """The first date that a line of text gives, in words or in figures.

    >>> written_date("Publicado el 4 de mayo de 2024 a las 10:30")
    datetime.date(2024, 5, 4)
    """
    if not _ANY_YEAR.search(text):
        return None
    found = [match for pattern in _WRITTEN if (match := pattern.search(text))]
    if found:
        first = min(found, key=lambda match: match.start()).groupdict()
        month = int(first["number"]) if "number" in first else _MONTHS[first["month"].casefold()]
        return _date(first["year"], month, first["day"])
    if slashed := _SLASHED.search(text):
        one, other, year = slashed.groups()
        ways = {_date(year, int(month), day) for month, day in ((one, other), (other, one))} - {None}
        return ways.pop() if len(ways) == 1 else None
    return None


def _date(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None

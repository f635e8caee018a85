"""A filter for pipelines: does a page pass, and if not, why."""

from __future__ import annotations

from pagesieve.clean import clean
from pagesieve.errors import BadInput, TooLarge
from pagesieve.options import Options
from pagesieve.quality import Decision

UNREADABLE = "unreadable"


def accept(
    source: str | bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    options: Options | None = None,
) -> tuple[bool, str]:
    """Whether a page may pass: ``(True, "")``, or ``(False, code)`` with the code of its first reason.

    Parameters as of ``clean``. Pages for review pass; raise ``drop_below`` to ``keep_from`` to stop them.
    What is no page at all, or too large a one, does not pass and raises nothing: its code is "unreadable".
    The pair is what a filter of datatrove returns.

    Raises
    ------
    ModelError
        There is no usable release, or it has no verdict.
    """
    try:
        verdict = clean(source, url=url, content_type=content_type, options=options).verdict
    except (BadInput, TooLarge):
        return False, UNREADABLE
    return (False, verdict.reasons[0].code) if verdict.decision is Decision.DROP else (True, "")

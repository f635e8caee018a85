"""Which of our four representations the client wants (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable

from pagesieve.page import Page

JSON = "application/json"
# In order of our preference: the first of those that the client likes equally well is sent.
TEXTS: dict[str, Callable[[Page], str]] = {
    "text/plain": lambda page: page.text,
    "text/markdown": lambda page: page.markdown,
    "text/html": lambda page: page.html,
}
OFFERED = (JSON, *TEXTS)


def require_json(request: Request) -> None:
    """For routes that answer with JSON only.

    Raises
    ------
    NotAcceptable
        The client does not accept it.
    """
    given = request.accept_mimetypes
    if given and not given.accept_json:
        raise NotAcceptable(f"none of {given.to_header()!r} can be sent; accept {JSON}")


def chosen_type(request: Request) -> str:
    """The media type to answer with; JSON for a client that does not say.

    Raises
    ------
    NotAcceptable
        The client accepts none of ours.
    """
    # Parameters such as charset are ignored: a client that writes "text/plain; charset=utf-8" gets it.
    given = request.accept_mimetypes
    wanted = MIMEAccept([(value.partition(";")[0].strip(), quality) for value, quality in given])
    if not wanted:
        return JSON
    best = wanted.best_match(OFFERED)
    if best is None:
        raise NotAcceptable(f"none of {wanted.to_header()!r} can be sent; accept one of {', '.join(OFFERED)}")
    return best

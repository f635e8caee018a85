"""Every error of every route in one shape: RFC 9457 ``application/problem+json``.

``{"type": "about:blank", "title", "status", "detail", "instance"}``. The title is the phrase of the
HTTP status, ``detail`` says what to do next, and ``instance`` is an identifier that the log repeats
for errors of our own making. Neither the answer nor the log holds text of the posted page.
"""

from __future__ import annotations

import logging
import traceback
import uuid
from pathlib import Path

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from pagesieve.errors import PagesieveError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error of ``app`` as a problem."""
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(PagesieveError, _from_pagesieve)
    app.register_error_handler(Exception, _from_bug)


def problem(status: int, detail: str, instance: str | None = None) -> Response:
    """A problem answer.

    >>> problem(400, "the body is empty").status_code
    400
    """
    body = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": detail,
        "instance": instance or uuid.uuid4().urn,
    }
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype=MEDIA_TYPE)


def _from_pagesieve(error: PagesieveError) -> Response:
    return problem(error.status, str(error))


def _from_http(error: HTTPException) -> Response:
    response = problem(error.code or 500, _detail(error))
    # Allow of a 405 and the like; the body's own headers are ours.
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _detail(error: HTTPException) -> str:
    if isinstance(error, NotFound):
        return f"nothing is at {request.path}; the routes are {', '.join(_routes())}"
    if isinstance(error, MethodNotAllowed):
        allowed = " or ".join(sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}))
        return f"{request.path} does not answer {request.method}; use {allowed}"
    return error.description or HTTP_STATUS_CODES[error.code or 500]


def _routes() -> list[str]:
    rules = current_app.url_map.iter_rules()
    methods = ((rule.rule, (rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in rules)
    return sorted(f"{method} {path}" for path, allowed in methods for method in allowed)


def _from_bug(error: Exception) -> Response:
    instance = uuid.uuid4().urn
    # The message of an exception may quote the page, so only its kind and its place are logged.
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    kind = type(error).__name__
    _log.error("%s %r failed (%s): %s at %s", request.method, request.path, instance, kind, places)
    detail = f"the service failed on this request; please report it with the log line of {instance}"
    return problem(500, detail, instance)

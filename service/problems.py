"""Every error of every route in one shape: RFC 9457 ``application/problem+json``.

``{"type": "about:blank", "title", "status", "detail", "instance"}``. The title is the phrase of the
HTTP status, ``detail`` says what to do next, and ``instance`` is an identifier that the log repeats
for errors of our own making. Neither the answer nor the log holds text of the posted page.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from flask import Flask, Response, current_app, g, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from pagesieve.errors import PagesieveError
from service.errors import TryAgain, Unauthorized
from service.logs import places

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Answer every error of ``app`` as a problem."""
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(PagesieveError, _from_any)
    app.register_error_handler(Exception, _from_any)


def problem(status: int, detail: str, instance: str | None = None) -> Response:
    """A problem answer.

    >>> problem(400, "the body is empty").status_code
    400
    """
    return _answer(_body(status, detail, instance))


def problem_of(error: Exception) -> dict[str, Any]:
    """The body of the problem that an exception is; one that nobody meant is logged as a bug."""
    if isinstance(error, PagesieveError):
        return _body(error.status, str(error))
    instance = uuid.uuid4().urn
    # The message of an exception may quote the page, so only its kind and its place are logged.
    _log.error("bug %s: %s at %s", instance, type(error).__name__, places(error.__traceback__))
    return _body(
        500, f"the service failed on this; please report it with the log line of {instance}", instance
    )


def _body(status: int, detail: str, instance: str | None = None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": detail,
        "instance": instance or uuid.uuid4().urn,
    }


def _answer(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), body["status"], mimetype=MEDIA_TYPE)


def _from_any(error: Exception) -> Response:
    g.error = type(error).__name__
    response = _answer(problem_of(error))
    if isinstance(error, TryAgain):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _from_http(error: HTTPException) -> Response:
    g.error = type(error).__name__
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

"""Around every request: its identifier, its key, its place among those in hand, its line in the log."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any

from flask import Flask, Response, current_app, g, request

from service import overdue
from service.access import Key, presented_key, read_keys
from service.body import connection_of, discard_rest
from service.cleaning import Desk, desk_of
from service.logs import accepted_id, request_id, request_log

ID_HEADER = "X-Request-ID"
# Asked every few seconds by machines; what they say is in the metrics.
_NOT_LOGGED = frozenset(["/healthz", "/readyz", "/metrics"])
# Other words would be labels of anybody's making.
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
# Answered without a key: probes have none, and the specification is no secret.
_OPEN = frozenset(["/healthz", "/readyz", "/openapi.json"])


def install(app: Flask) -> None:
    """Watch over every request of ``app``.

    Raises
    ------
    BadInput
        The settings hold a key that is none.
    """
    app.extensions["keys"] = read_keys(desk_of(app).settings)
    app.before_request(_begin)
    app.after_request(_finish)


def take_in_hand() -> None:
    """Count the request among those that the worker has in hand, until it is answered.

    Raises
    ------
    TooMany
        The key is ahead of its rate.
    Busy
        There are as many as may be.
    """
    if g.key:
        g.key.spend()
    desk = desk_of(current_app)
    desk.admission.enter()
    desk.memory.give_back()
    desk.metrics.in_hand.inc()
    g.in_hand = True


def _begin() -> None:
    g.start = perf_counter()
    g.id = accepted_id(request.headers.get(ID_HEADER))
    request_id.set(g.id)
    g.key, g.in_hand = None, False
    seconds = desk_of(current_app).settings.max_upload_seconds
    if connection := connection_of(request):
        # Also for sending: a client that does not take its answer holds a thread as well.
        connection.settimeout(seconds)
        overdue.renew(connection, seconds)
    keys: tuple[Key, ...] = current_app.extensions["keys"]
    if keys and request.path not in _OPEN:
        g.key = presented_key(request, keys)


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers[ID_HEADER] = g.id
    facts = {
        "method": request.method if request.method in _METHODS else "other",
        "route": request.url_rule.rule if request.url_rule else "none",
        "status": response.status_code,
        "error": g.get("error"),
        "key": g.key.name if g.key else None,
        "bytes": request.content_length,
    }
    end = _Once(partial(_end, desk_of(current_app), facts, g.start, g.in_hand))
    if response.is_streamed:
        response.call_on_close(end)
    else:
        discard_rest(request)
        end()
    return response


class _Once:
    def __init__(self, act: partial[None]) -> None:
        self._act: partial[None] | None = act

    def __call__(self) -> None:
        act, self._act = self._act, None
        if act:
            act()


def _end(desk: Desk, facts: dict[str, Any], start: float, in_hand: bool) -> None:
    seconds = perf_counter() - start
    if in_hand:
        desk.admission.leave()
        desk.metrics.in_hand.dec()
    desk.metrics.requests.labels(facts["route"], facts["method"], facts["status"]).inc()
    desk.metrics.seconds.labels(facts["route"]).observe(seconds)
    if facts["error"]:
        desk.metrics.errors.labels(facts["error"]).inc()
    if facts["route"] not in _NOT_LOGGED or facts["status"] >= 400:
        known = {name: fact for name, fact in facts.items() if fact is not None}
        request_log().info("request", extra=known | {"seconds": round(seconds, 4)})

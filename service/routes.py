"""The routes, each a few lines: read, clean, answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from time import sleep
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import UnsupportedMediaType

from pagesieve.errors import BadInput
from pagesieve.model import load_release
from pagesieve.options import Kind
from pagesieve.page import Page
from service import batch, overdue, shared
from service.around import take_in_hand
from service.body import Body, connection_of, read_body
from service.cleaning import Desk, desk_of
from service.codings import chosen_encoding, encoder
from service.errors import Stopping
from service.labels import check_on_page, read_idempotency_key, read_label
from service.negotiate import JSON, OFFERED, TEXTS, chosen_type
from service.openapi import IDEMPOTENCY_HEADER, MODEL_HEADER, specification
from service.problems import problem
from service.readiness import golden_faults
from service.submission import Submission, message_of, read_batch_options, read_submission

pages = Blueprint("pages", __name__, url_prefix="/v1")
status = Blueprint("status", __name__)

# The page's HTML is sanitised; should a browser show it all the same, it may load and run nothing.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_NDJSON = (batch.MEDIA_TYPE, "application/ndjson", "application/jsonl", "application/x-jsonlines")


@pages.post("/clean")
def clean() -> Response:
    """One page in, its content out, in the representation that ``Accept`` asks for."""
    media_type = chosen_type(request, OFFERED)
    take_in_hand()
    desk = desk_of(current_app)
    given = read_submission(request, desk.settings)
    if media_type == JSON:
        answer = desk.cleaned(given, Page.to_dict)
        return _named(jsonify(answer), answer["model"])
    text, name = desk.cleaned(given, lambda page: (TEXTS[media_type](page), page.model))
    response = _named(Response(text, content_type=f"{media_type}; charset=utf-8"), name)
    if media_type == "text/html":
        response.headers["Content-Security-Policy"] = _POLICY
    return response


@pages.post("/clean/batch")
def clean_batch() -> Response:
    """Many pages, one a line, each answered as by ``clean`` in JSON."""
    media_type = chosen_type(request, _NDJSON)
    if request.mimetype and request.mimetype not in _NDJSON:
        raise UnsupportedMediaType(
            f"Content-Type {request.mimetype!r} is not a batch; send JSON, one object a line, as {_NDJSON[0]}"
        )
    options = read_batch_options(request)
    take_in_hand()
    desk = desk_of(current_app)
    lines = batch.lines(Body(request, desk.settings, None), desk.settings.max_page_bytes)
    # The first line is read here, so that a body which is wrong from the start has its own status.
    first = next(lines, b"")
    if first == b"":
        raise BadInput('the body is empty; send a line such as {"html": "<p>..."} for each page')
    encoding = chosen_encoding(request.accept_encodings)
    answers = batch.answers(_plan(desk, options), chain([first], lines))
    response = Response(_in_hand(desk, batch.encoded(answers, encoder(encoding))), content_type=media_type)
    response.vary.add("Accept-Encoding")
    if encoding:
        response.content_encoding = encoding
    return response


def _plan(desk: Desk, options: dict[str, Any]) -> batch.Batch:
    """What to do with each line, when there is no request any more: what it held is taken along."""
    connection, key = connection_of(request), g.key

    def before_each() -> None:
        if shared.stopping():
            raise Stopping("the service is stopping; send this line and all after it again")
        overdue.renew(connection, desk.settings.max_upload_seconds)

    def clean_line(given: Submission) -> batch.Answer:
        overdue.received(connection)
        # A batch that is ahead of its key's rate waits, and so makes its sender wait.
        while key and (wait := key.seconds_until_next()):
            sleep(wait)
        return desk.cleaned(given, Page.to_dict)

    def failed(error: Exception) -> None:
        desk.metrics.errors.labels(type(error).__name__).inc()

    return batch.Batch(options, clean_line, before_each, failed, desk.settings.max_page_bytes)


def _in_hand(desk: Desk, pieces: Iterator[bytes]) -> Iterator[bytes]:
    with desk.admission.batch():
        yield from pieces


@pages.post("/score")
def score() -> Response:
    """One page in, its verdict out: whether it is worth keeping, and why."""
    chosen_type(request, (JSON,))
    take_in_hand()
    desk = desk_of(current_app)
    given = read_submission(request, desk.settings)

    def scored(page: Page) -> dict[str, Any]:
        signals = {"signals": list(map(asdict, page.signals))} if Kind.SIGNALS in given.options.kinds else {}
        return page.to_score() | signals

    answer = desk.cleaned(given, scored)
    return _named(jsonify(answer), answer["model"])


def _named(response: Response, release: str) -> Response:
    """Say which release made an answer, for those that have no room for it."""
    response.headers[MODEL_HEADER] = release
    return response


@pages.post("/labels")
def labels() -> Response:
    """The right roles of a page's blocks in, stored once for training; 200 when they were there already."""
    chosen_type(request, (JSON,))
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Content-Type {request.mimetype!r} is not a label; send {JSON}")
    take_in_hand()
    desk = desk_of(current_app)
    again = read_idempotency_key(request.headers.get(IDEMPOTENCY_HEADER))
    message = message_of(read_body(request, desk.settings))
    label, page = read_label(message, g.key.name if g.key else None, desk.settings.max_blocks)
    if page:
        with desk.turn():
            check_on_page(label, page)
    stored = desk.keeper.store.add(label, page if desk.settings.keep_labelled_pages else None, again)
    if stored.new:
        desk.metrics.labels.inc()
    answer = jsonify(
        id=stored.id,
        page_hash=label.page_hash,
        blocks=len(label.roles),
        page_stored=stored.page_stored,
    )
    answer.status_code = 201 if stored.new else 200
    return answer


@pages.after_request
def varies(response: Response) -> Response:
    response.vary.add("Accept")
    return response


@status.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is checked, so that a bad model does not restart it for ever."""
    return jsonify(status="ok")


@status.get("/readyz")
def ready() -> Response:
    """The release is loaded and classifies the golden page as expected, and the service is not stopping."""
    if shared.stopping():
        return problem(503, "the service is stopping; ask another one")
    faults = golden_faults()
    if faults:
        return problem(503, f"{'; '.join(faults)}; install or train another release")
    return jsonify(status="ready", model=load_release().name)


@status.get("/v1/model")
def model() -> Response:
    """The release that answers: its name, manifest and model card."""
    release = load_release()
    return jsonify(name=release.name, manifest=release.manifest, card=release.card)


@status.get("/metrics")
def metrics() -> Response:
    """For Prometheus, over all workers."""
    return Response(desk_of(current_app).metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


@status.get("/openapi.json")
def openapi() -> Response:
    """This interface as OpenAPI 3.1."""
    return jsonify(specification(desk_of(current_app).settings))

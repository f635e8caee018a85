"""The routes, each a few lines: read, clean, answer."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify, request

import pagesieve
from pagesieve.model import load_release
from pagesieve.options import Kind
from service.negotiate import JSON, TEXTS, chosen_type, require_json
from service.problems import problem
from service.readiness import golden_faults
from service.submission import read_submission

pages = Blueprint("pages", __name__, url_prefix="/v1")
status = Blueprint("status", __name__)

# The page's HTML is sanitised; should a browser show it all the same, it may load and run nothing.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


@pages.post("/clean")
def clean() -> Response:
    """One page in, its content out, in the representation that ``Accept`` asks for."""
    media_type = chosen_type(request)
    given = read_submission(request, current_app.extensions["settings"])
    page = pagesieve.clean(
        given.source, url=given.url, content_type=given.content_type, options=given.options
    )
    if media_type == JSON:
        return jsonify(page.to_dict())
    response = Response(TEXTS[media_type](page), content_type=f"{media_type}; charset=utf-8")
    if media_type == "text/html":
        response.headers["Content-Security-Policy"] = _POLICY
    return response


@pages.post("/score")
def score() -> Response:
    """One page in, its verdict out: whether it is worth keeping, and why."""
    require_json(request)
    given = read_submission(request, current_app.extensions["settings"])
    page = pagesieve.clean(
        given.source, url=given.url, content_type=given.content_type, options=given.options
    )
    signals = {"signals": list(map(asdict, page.signals))} if Kind.SIGNALS in given.options.kinds else {}
    return jsonify(page.to_score() | signals)


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
    """The release is loaded and classifies the golden page as expected."""
    faults = golden_faults()
    if faults:
        return problem(503, f"{'; '.join(faults)}; install or train another release")
    return jsonify(status="ready", model=load_release().name)


@status.get("/v1/model")
def model() -> Response:
    """The release that answers: its name, manifest and model card."""
    release = load_release()
    return jsonify(name=release.name, manifest=release.manifest, card=release.card)

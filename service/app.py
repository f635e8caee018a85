"""The Flask application."""

from __future__ import annotations

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from service import problems
from service.body import discard_rest
from service.routes import pages, status
from service.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The service with the given settings, or those of the environment.

    The model is loaded by the first request that needs it, not here.

    Raises
    ------
    BadInput
        A setting in the environment has a bad value.
    """
    settings = settings or Settings.from_environment()
    app = Flask("service", static_folder=None)
    app.json = _Json(app)
    app.extensions["settings"] = settings
    app.register_blueprint(pages)
    app.register_blueprint(status)
    app.after_request(_finish)
    problems.install(app)
    return app


class _Json(DefaultJSONProvider):
    ensure_ascii = False  # the answer is UTF-8 already; escapes triple the size of most scripts
    sort_keys = False  # the keys come in the order of the documentation


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    discard_rest(request)
    return response

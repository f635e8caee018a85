"""The Flask application."""

from __future__ import annotations

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from service import around, problems
from service.cleaning import Desk
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
    app = Flask("service", static_folder=None)
    app.json = _Json(app)
    app.extensions["desk"] = Desk(settings or Settings.from_environment())
    app.register_blueprint(pages)
    app.register_blueprint(status)
    around.install(app)
    problems.install(app)
    return app


class _Json(DefaultJSONProvider):
    ensure_ascii = False  # the answer is UTF-8 already; escapes triple the size of most scripts
    sort_keys = False  # the keys come in the order of the documentation

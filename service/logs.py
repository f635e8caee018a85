"""The log: one JSON object a line, with the identifier of the request, and never text of a page."""

from __future__ import annotations

import logging
import re
import traceback
import uuid
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

# What proxies and tracing systems send (UUIDs, W3C trace identifiers), and nothing that could break a header,
# a log line or a dashboard.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def accepted_id(given: str | None) -> str:
    """The identifier that a client gave its request, if it can be repeated safely, else a new one."""
    return given if given and _SANE_ID.fullmatch(given) else str(uuid.uuid4())


def places(trace: TracebackType | None) -> str:
    """Where an exception was raised, innermost first: all that may be told of it.

    Its message may quote the page.
    """
    frames = reversed(traceback.extract_tb(trace))
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


class Formatter(JsonFormatter):
    """JSON lines. Of exceptions they hold the kind and the places."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
            json_ensure_ascii=False,
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802
        kind, _, trace = ei
        return f"{kind.__name__ if kind else 'None'} at {places(trace)}"

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        if (current := request_id.get()) is not None:
            log_data["request_id"] = current
        return log_data


def configuration() -> dict[str, Any]:
    """For ``logging.config.dictConfig``: everything to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.logs.Formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {"level": "ERROR", "handlers": [], "propagate": False},
        },
    }


def request_log() -> logging.Logger:
    return logging.getLogger("service.request")

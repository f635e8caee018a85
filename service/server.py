"""The service under gunicorn: one process per core, each with one thread and one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from service.app import create_app

# Cleaning is arithmetic, so threads would only queue for the interpreter; and with sync workers the
# timeout really ends a page that does not finish. The slowest real page takes well under a second.
TIMEOUT = 30
# Memory creeps up over thousands of odd pages in any parser; a fresh worker now and then, and not
# all of them at once, keeps it flat. Starting one costs as much as a few dozen pages.
MAX_REQUESTS, JITTER = 5_000, 500
# Container engines kill ten seconds after asking to stop.
GRACE = 8
# Workers prove that they live by touching a file; on a disk that can stall, in memory it cannot.
_MEMORY = Path("/dev/shm")


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings and nobody else's: no configuration file, no command line."""

    def __init__(self, host: str, port: int, workers: int) -> None:
        self._options = options(host, port, workers)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app()


def options(host: str, port: int, workers: int) -> dict[str, Any]:
    """gunicorn's settings for this service."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": "sync",
        # The model is loaded before the workers are forked, so they share its memory and start at once.
        # Its sessions have no threads of their own, which a fork would lose.
        "preload_app": True,
        "timeout": TIMEOUT,
        "graceful_timeout": GRACE,
        "max_requests": MAX_REQUESTS,
        "max_requests_jitter": JITTER,
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
        "control_socket_disable": True,
    }

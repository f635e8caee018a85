"""The service under gunicorn: one process per core, each with one thread and one model.

Run as ``python -m service.server HOST PORT WORKERS`` by ``pagesieve serve``, which checks first that it
can work. The master must not import the library: a fork loses threads, and a worker that waits for one
of them at its end waits for ever (seen with the telemetry thread that ONNX Runtime starts at import
unless it is told not to). So workers import everything themselves, and ``preload_app`` stays off.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from flask import Flask

# Cleaning is arithmetic, so threads would only queue for the interpreter; and with sync workers the
# timeout really ends a page that does not finish. The slowest real page takes well under a second.
TIMEOUT = 30
# Memory creeps up over thousands of odd pages in any parser; a fresh worker now and then, and not
# all of them at once, keeps it flat. Starting one takes about a second.
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
        """The application, in a worker, with its model warm before the first request comes."""
        from service.app import create_app
        from service.readiness import warm_up

        app = create_app()
        warm_up()
        return app


def options(host: str, port: int, workers: int) -> dict[str, Any]:
    """gunicorn's settings for this service."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": "sync",
        "preload_app": False,
        "timeout": TIMEOUT,
        "graceful_timeout": GRACE,
        "max_requests": MAX_REQUESTS,
        "max_requests_jitter": JITTER,
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
        "control_socket_disable": True,
    }


if __name__ == "__main__":
    Server(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()

"""The service under gunicorn: one process per core, each with one model and threads for slow clients.

Run as ``python -m service.server HOST PORT WORKERS THREADS DRAIN_SECONDS`` by ``pagesieve serve``, which
checks first that it can work. The master must not import the library: a fork loses threads, and a worker
that waits for one of them at its end waits for ever (seen with the telemetry thread that ONNX Runtime
starts at import unless it is told not to). So workers import everything themselves,
and ``preload_app`` stays off.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]
from prometheus_client.multiprocess import mark_process_dead

from service import logs, overdue, shared

if TYPE_CHECKING:
    from flask import Flask

    from service.cleaning import Desk

# A page ends by itself after its time; a worker that says nothing for so long hangs in foreign code.
TIMEOUT = 30
# Container engines kill ten seconds after asking to stop.
GRACE = 8
# A worker that is replaced may finish what it has in hand, however long that takes.
_REPLACED_GRACE = 3_600
# Between requests on one connection; longer than the pause of a crawler between two pages.
_KEEPALIVE = 15
# Threads that only read or write ask for the interpreter while another one cleans; the default of 5 ms for
# each of their system calls adds up.
_SWITCH_SECONDS = 0.001
# Workers prove that they live by touching a file; on a disk that can stall, in memory it cannot.
_MEMORY = Path("/dev/shm")
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings and nobody else's: no configuration file, no command line."""

    def __init__(self, host: str, port: int, workers: int, threads: int, drain_seconds: float) -> None:
        self._drain_seconds = drain_seconds
        self._options = options(host, port, workers, threads) | {
            "pre_fork": self._before_fork,
            "child_exit": _after_exit,
            "on_exit": _at_end,
        }
        self._place = 0
        os.environ[_FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="pagesieve-metrics-")
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, in a worker, with its model warm before the first request comes."""
        from service.app import create_app
        from service.cleaning import desk_of
        from service.metrics import use_place
        from service.releases import Watch

        sys.setswitchinterval(_SWITCH_SECONDS)
        use_place(self._place)
        app = create_app()
        watch = Watch(desk_of(app).metrics)
        watch.begin()
        watch.start()
        return app

    def run(self) -> None:
        master = Master(self)
        master.drain_seconds = self._drain_seconds
        master.run()

    def _before_fork(self, arbiter: Arbiter, worker: Worker) -> None:
        taken = {other.place for other in arbiter.WORKERS.values()}
        worker.place = self._place = next(place for place in range(len(taken) + 1) if place not in taken)


class Master(Arbiter):  # type: ignore[misc]
    """The arbiter, which says that it is going to stop some seconds before it does."""

    drain_seconds = 0.0

    def handle_term(self) -> None:
        shared.begin_stopping()
        time.sleep(self.drain_seconds)
        super().handle_term()


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose clients are watched, and which is replaced after a number of pages.

    ``place`` is the lowest number that no other living worker has.
    """

    place = 0

    def init_process(self) -> None:
        # Of this process only: the master's own remains, and ends what does not end by itself.
        self.cfg.set("graceful_timeout", _REPLACED_GRACE)
        super().init_process()

    def handle(self, conn: TConn) -> object:
        desk: Desk = self.wsgi.extensions["desk"]
        with overdue.watched(conn.sock, desk.settings.max_upload_seconds):
            answer: object = super().handle(conn)
        admission = desk.admission
        if self.alive and admission.pages >= desk.settings.max_worker_pages and not admission.batches:
            self.log.info("replacing this worker after %d pages", admission.pages)
            self.handle_exit(None, None)
        return answer


def _after_exit(_: Arbiter, worker: Worker) -> None:
    # What a dead worker had in hand is no longer in hand.
    mark_process_dead(worker.place)  # type: ignore[no-untyped-call]


def _at_end(_: Arbiter) -> None:
    shutil.rmtree(os.environ[_FOLDER_VARIABLE], ignore_errors=True)


def options(host: str, port: int, workers: int, threads: int) -> dict[str, Any]:
    """gunicorn's settings for this service."""
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": Worker,
        "threads": threads,
        "keepalive": _KEEPALIVE,
        "preload_app": False,
        "timeout": TIMEOUT,
        "graceful_timeout": GRACE,
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
        "control_socket_disable": True,
        "logconfig_dict": logs.configuration(),
    }


if __name__ == "__main__":
    _, *address, workers, threads, drain_seconds = sys.argv
    Server(address[0], int(address[1]), int(workers), int(threads), float(drain_seconds)).run()

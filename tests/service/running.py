"""A real server in a process of its own, for tests that need one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGESIEVE = Path(sys.executable).with_name("pagesieve")
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    status, text, _ = ask_fully(port, method, path, body, **headers)
    return status, text


def ask_fully(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(
            method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers


@dataclass
class Server:
    port: int
    process: subprocess.Popen
    log_file: Path

    def log(self) -> list[dict]:
        """What it has logged, after the line for people at its start."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines() if line.startswith("{")]

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextmanager
def running(folder: Path, workers: int = 1, **environment: str) -> Iterator[Server]:
    """A server with settings of its own, which must stop by itself when asked."""
    if not PAGESIEVE.exists():
        pytest.skip("the command is not installed; run make test")
    port = free_port()
    command = [PAGESIEVE, "serve", "--port", str(port), "--workers", str(workers)]
    given = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    given |= {f"PAGESIEVE_{name.upper()}": value for name, value in environment.items()}
    log = folder / f"log-{port}.jsonl"
    with log.open("w") as file, subprocess.Popen(command, env=given, stderr=file) as process:
        wait_for(process, port)
        server = Server(port, process, log)
        yield server
        if process.poll() is None:
            assert server.stop() == 0, log.read_text()


def wait_for(process: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask(port, "GET", "/healthz")
            return
        except OSError:
            assert process.poll() is None, "the server ended before it answered"
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.1)

"""The hostile corpus against a real server: an answer or a clear refusal, and the next request is right."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.hostile.corpus import NAMES, PROSE, request
from tests.hostile.worker import forget_peak, peak_megabytes
from tests.service.running import Server, running

URL = "/v1/clean"
# Of one worker, models and all.
MOST_MEGABYTES = 500
NEXT = f"<html><body><h1>Ferries</h1><p>{PROSE}</p><nav><a href=/>Home</a></nav></body></html>".encode()
# Longer than the server gives a page or a worker that hangs; a busy machine needs it.
PATIENCE = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("hostile"), workers=1, max_upload_seconds="2") as server:
        yield server


def post(server: Server, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        connection.request("POST", URL, body, {"Content-Type": "text/html", **headers})
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()


@pytest.fixture(scope="module")
def expected(server: Server) -> bytes:
    return post(server, NEXT, {})[2]


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_or_a_refusal_and_then_the_next_page(server: Server, expected: bytes, name: str) -> None:
    [worker] = server.workers()
    body, headers, statuses = request(name)
    forget_peak(worker)
    status, content_type, answer = post(server, body, headers)
    assert status in statuses, answer[:500]
    if status != 200:
        assert content_type == "application/problem+json"
        assert json.loads(answer)["detail"]
    assert peak_megabytes(worker) <= MOST_MEGABYTES
    assert post(server, NEXT, {})[2] == expected
    assert server.workers() == [worker]


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /v1/clean HT", f"POST {URL} HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n<p>".encode()],
    ids=["nothing", "half a request line", "half a body"],
)
def test_clients_that_send_slowly_hold_up_nobody(server: Server, expected: bytes, sent: bytes) -> None:
    workers = server.workers()
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    try:
        for connection in connections:
            connection.sendall(sent)
        time.sleep(0.2)
        assert post(server, NEXT, {})[2] == expected
    finally:
        for connection in connections:
            connection.close()
    assert server.workers() == workers


def test_no_text_of_a_page_was_logged(server: Server) -> None:
    log = Path(server.log_file).read_text()
    assert "ferry" not in log
    assert "Traceback" not in log

"""What an operator relies on: metrics, logs, draining, replacement, and clients that misbehave."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
import uuid

import pytest

from tests.service.running import ask, ask_fully, running

HTML = {"Content_Type": "text/html"}
WORDS = "The ferry will run all night from April, the council decided on Wednesday."
PAGE = f"<p>{WORDS}</p>".encode()
HEAD = b"POST /v1/clean HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"


def numbers(port: int) -> dict[str, float]:
    """Every sample of the metrics."""
    status, text = ask(port, "GET", "/metrics")
    assert status == 200
    samples = re.findall(r"^(pagesieve_\S+?(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in samples}


def eventually(holds) -> None:
    """Wait until something holds; the tests' only clock, and a generous one."""
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it never came to hold")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A server with two workers."""
    with running(tmp_path_factory.mktemp("pair"), workers=2) as server:
        yield server


CLEANED = 'pagesieve_requests_total{method="POST",route="/v1/clean",status="200"}'


def test_metrics_are_right_under_several_workers_and_after_one_was_killed(pair):
    before = numbers(pair.port).get(CLEANED, 0)
    for _ in range(20):
        assert ask(pair.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
    found = numbers(pair.port)
    assert found[CLEANED] == before + 20
    assert found["pagesieve_page_seconds_count"] == before + 20
    assert found["pagesieve_page_bytes_sum"] == (before + 20) * len(PAGE)
    assert sum(found[name] for name in found if name.startswith("pagesieve_blocks_total")) == before + 20
    assert sum(found[name] for name in found if name.startswith("pagesieve_states_total")) == before + 20
    assert found["pagesieve_requests_in_hand"] == 0
    assert any(name.startswith('pagesieve_release{release="') for name in found)
    killed = pair.workers()[0]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: killed not in pair.workers() and len(pair.workers()) == 2)
    for _ in range(10):
        assert ask(pair.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
    assert numbers(pair.port)[CLEANED] == before + 30


def test_errors_are_counted_by_kind(pair):
    ask(pair.port, "POST", "/v1/clean", b" ", **HTML)
    ask(pair.port, "POST", "/v1/clean/batch", b'{"html": "x"}\n{\n', Content_Type="application/x-ndjson")
    ask(pair.port, "STEAL", "/v1/clean")
    found = numbers(pair.port)
    assert found['pagesieve_errors_total{kind="BadInput"}'] == 2
    assert found['pagesieve_requests_total{method="other",route="none",status="405"}'] == 1


def test_a_killed_worker_loses_only_what_it_had_in_hand(pair):
    with socket.create_connection(("127.0.0.1", pair.port), timeout=30) as held:
        held.sendall(
            b"POST /v1/clean HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n"
        )
        eventually(lambda: numbers(pair.port)["pagesieve_requests_in_hand"] == 1)
        for worker in pair.workers():
            os.kill(worker, signal.SIGKILL)
        assert held.recv(100) == b""
    eventually(lambda: len(pair.workers()) == 2)
    eventually(lambda: numbers(pair.port)["pagesieve_requests_in_hand"] == 0)
    assert ask(pair.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200


@pytest.mark.parametrize("given", ["abc-123.X_y", "4e0df6ba80a14697bbbb2f5e4f3a9d4a"])
def test_sane_request_ids_are_kept_and_logged(pair, given):
    _, _, headers = ask_fully(pair.port, "POST", "/v1/clean?focus=recall", PAGE, X_Request_ID=given, **HTML)
    assert headers["X-Request-ID"] == given
    [line] = [line for line in pair.log() if line.get("request_id") == given]
    assert line["message"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/clean", 200)
    assert line["seconds"] > 0
    assert {"time", "level", "logger"} <= set(line)


@pytest.mark.parametrize("given", ["", "a b", 'x"y', "x" * 65, "-x", "{}", "é"])
def test_other_request_ids_are_replaced(pair, given):
    _, _, headers = ask_fully(pair.port, "GET", "/v1/model", X_Request_ID=given.encode().decode("latin-1"))
    assert headers["X-Request-ID"] != given
    uuid.UUID(headers["X-Request-ID"])


def test_the_log_has_one_object_a_line_and_no_text_of_a_page(pair):
    ask(pair.port, "POST", "/v1/clean", PAGE, **HTML)
    ask(pair.port, "POST", "/v1/clean?url=https://a.example/ferry", PAGE, **HTML)
    ask(pair.port, "POST", "/v1/clean/batch", b'{"html": "the ferry"', Content_Type="application/x-ndjson")
    lines = pair.log_file.read_text().splitlines()
    assert not [line for line in lines if not line.startswith("{")][1:]
    assert all(json.loads(line) for line in lines if line.startswith("{"))
    assert "ferry" not in pair.log_file.read_text()


def test_a_client_that_trickles_is_cut_off_and_others_are_served(tmp_path):
    with (
        running(tmp_path, max_upload_seconds="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as slow,
    ):
        slow.sendall(HEAD % 5_000)
        slow.settimeout(0.2)
        answer = b""
        while not answer:
            slow.sendall(b"x")
            try:
                answer = slow.recv(1_000)
            except TimeoutError:
                assert ask(server.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
        assert answer.startswith(b"HTTP/1.1 408")
        assert ask(server.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200


def test_what_is_too_much_is_refused_at_once_and_served_later(tmp_path):
    with running(tmp_path, max_concurrent="2") as server:
        held = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(2)]
        for connection in held:
            connection.sendall(HEAD % len(PAGE))
        eventually(lambda: numbers(server.port)["pagesieve_requests_in_hand"] == 2)
        status, text, headers = ask_fully(server.port, "POST", "/v1/clean", PAGE, **HTML)
        assert status == 503
        assert int(headers["Retry-After"]) >= 1
        assert "try again" in text
        assert ask(server.port, "GET", "/readyz")[0] == 200
        for connection in held:
            connection.sendall(PAGE)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            connection.close()
        assert ask(server.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
        assert numbers(server.port)['pagesieve_errors_total{kind="Busy"}'] == 1


def test_workers_are_replaced_without_losing_a_page(tmp_path):
    with running(tmp_path, max_worker_pages="5") as server:
        first = server.workers()
        for _ in range(8):
            assert ask(server.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
        assert server.workers() != first
        assert numbers(server.port)[CLEANED] == 8


def line(number: int) -> bytes:
    text = json.dumps({"id": number, "html": PAGE.decode()}).encode() + b"\n"
    return b"%x\r\n%s\r\n" % (len(text), text)


def test_stopping_finishes_what_runs_and_loses_nothing(tmp_path):
    batch = (
        b"POST /v1/clean/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    # Lines long enough to fill the pieces that the body is read in.
    filler = b"%x\r\n%s\r\n" % (9_000, b" " * 8_999 + b"\n")
    with (
        running(tmp_path, drain_seconds="2") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as page,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as lines,
    ):
        page.sendall(HEAD % len(PAGE) + PAGE[:10])
        lines.sendall(batch + line(1) + filler)
        received = lines.recv(10_000)
        while b'"id":1' not in received:
            received += lines.recv(10_000)
        eventually(lambda: numbers(server.port)["pagesieve_requests_in_hand"] == 2)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: ask(server.port, "GET", "/readyz")[0] == 503)
        assert ask(server.port, "POST", "/v1/clean", PAGE, **HTML)[0] == 200
        page.sendall(PAGE[10:])
        answer = page.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        lines.sendall(line(2) + filler)
        while piece := lines.recv(10_000):
            received += piece
        assert b"send this line and all after it again" in received
        assert received.endswith(b"0\r\n\r\n")
        assert server.process.wait(timeout=30) == 0

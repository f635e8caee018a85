"""``pagesieve serve``: a real server in a process of its own, and the ways it refuses to start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from service import cli
from service.cli import serve
from service.server import options
from service.settings import rows
from tests.service.running import ask, free_port, running


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Port of a running server."""
    with running(tmp_path_factory.mktemp("serve")) as server:
        yield server.port


def test_ready(port):
    status, body = ask(port, "GET", "/readyz")
    assert status == 200, body


def test_posted_page(port, news):
    status, text = ask(port, "POST", "/v1/clean", news, Content_Type="text/html", Accept="text/plain")
    assert status == 200, text
    assert "Oona Farrell took over the shop" in text
    assert "Doctors are speechless" not in text


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/clean", 413), ("/v1/nowhere", 404)], ids=["refused body", "wrong path"]
)
def test_large_upload_gets_its_answer_and_not_a_broken_pipe(port, path, status):
    answer = ask(port, "POST", path, b"x" * 20_000_000, Content_Type="text/html")
    assert answer[0] == status
    assert ask(port, "GET", "/healthz")[0] == 200


def test_bad_chunk(port):
    head = (
        b"POST /v1/clean HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head + b"zz\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert ask(port, "GET", "/healthz")[0] == 200


@pytest.fixture
def run(monkeypatch):
    """Invoke the command; a server that would start is recorded in the result instead."""
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _, command, environment: started.append((command, environment)))

    def invoke(*arguments):
        result = CliRunner().invoke(serve, arguments)
        result.started = started
        return result

    return invoke


def test_help_teaches(run):
    text = run("--help").output
    for words in ("--host", "--port", "--workers", "curl", "PAGESIEVE_MAX_REQUEST_BYTES", "127.0.0.1"):
        assert words in text


def test_help_lists_every_setting_and_its_default(run):
    text = " ".join(run("--help").output.split())
    for name, default, what, _ in rows():
        assert f"{name} {what} [default: {default}]" in text


def test_port_that_is_taken(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        result = run("--port", str(number))
    assert result.exit_code == 1
    assert f"port {number} is taken; choose another with --port" in result.output


def test_address_that_is_not_ours(run):
    result = run("--host", "192.0.2.1", "--allow-anonymous")
    assert result.exit_code == 1
    assert "cannot listen on 192.0.2.1:8000" in result.output


@pytest.mark.parametrize("missing", ["gunicorn", "flask", "zstandard"])
def test_server_that_is_not_installed(run, monkeypatch, missing):
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == missing else name)
    result = run()
    assert result.exit_code == 1
    assert "pip install '.[service]'" in result.output


def test_bad_setting(run, monkeypatch):
    monkeypatch.setenv("PAGESIEVE_MAX_PAGE_BYTES", "many")
    result = run("--port", str(free_port()))
    assert result.exit_code == 1
    assert "PAGESIEVE_MAX_PAGE_BYTES is a whole number above 0" in result.output


@pytest.mark.parametrize(
    "arguments", [["--port", "0"], ["--workers", "0"], ["--port", "http"], ["page.html"]]
)
def test_usage(run, arguments):
    assert run(*arguments).exit_code == click.UsageError.exit_code


@pytest.mark.parametrize(("given", "expected"), [(None, "1"), ("4", "4")])
def test_one_thread_for_each_worker_unless_told_otherwise(run, monkeypatch, given, expected):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    port = str(free_port())
    [(command, environment)] = run("--port", port, "--workers", "3").started
    assert command[-5:] == ["127.0.0.1", port, "3", "32", "1.0"]
    assert environment["OMP_NUM_THREADS"] == expected


def test_a_release_that_cannot_be_used(run, monkeypatch, tmp_path):
    monkeypatch.setenv("PAGESIEVE_MODELS", str(tmp_path))
    result = run("--port", str(free_port()))
    assert result.exit_code == 1
    assert "pagesieve train" in result.output
    assert not result.started


def test_master_has_no_threads_that_a_fork_would_lose():
    script = (
        "import service.server, sys; sys.exit('onnxruntime' in sys.modules or 'pagesieve' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_addresses():
    assert options("127.0.0.1", 8000, 2, 20)["bind"] == "127.0.0.1:8000"
    assert options("::1", 8000, 2, 20)["bind"] == "[::1]:8000"


def test_a_public_address_without_keys_is_refused(run, monkeypatch):
    result = run("--host", "0.0.0.0", "--port", str(free_port()))
    assert result.exit_code == 1
    assert "PAGESIEVE_API_KEYS" in result.output
    assert "--allow-anonymous" in result.output
    assert not result.started


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--allow-anonymous"], {}),
        ([], {"PAGESIEVE_ALLOW_ANONYMOUS": "1"}),
        ([], {"PAGESIEVE_API_KEYS": "crawler:0123456789abcdef"}),
    ],
)
def test_a_public_address_with_keys_or_a_word_is_not(run, monkeypatch, arguments, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = run("--host", "0.0.0.0", "--port", str(free_port()), *arguments)
    assert result.exit_code == 0, result.output
    assert result.started
    assert ("anybody who reaches" in result.output) is ("PAGESIEVE_API_KEYS" not in environment)


def test_a_key_that_is_none_stops_the_start(run, monkeypatch):
    monkeypatch.setenv("PAGESIEVE_API_KEYS", "short")
    result = run("--port", str(free_port()))
    assert result.exit_code == 1
    assert "write NAME:KEY" in result.output

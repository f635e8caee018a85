"""``pagesieve serve``."""

from __future__ import annotations

import errno
import os
import socket
import sys
from importlib.util import find_spec

import click

_NEEDED = ("brotli", "flask", "gunicorn", "zstandard")


def _cores() -> int:
    """Cores this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    envvar="PAGESIEVE_WORKERS",
    show_envvar=True,
    help="Processes that answer, one page at a time each.  [default: number of cores]",
)
def serve(host: str, port: int, workers: int | None) -> None:
    """Answer posted pages over HTTP until stopped with Ctrl-C.

    \b
    Try it from another terminal:
      curl -H 'Content-Type: text/html' --data-binary @page.html localhost:8000/v1/clean
      curl -H 'Content-Type: text/html' -H 'Accept: text/markdown' \\
           --data-binary @page.html 'localhost:8000/v1/clean?focus=precision'
      curl -H 'Content-Type: text/html' --data-binary @page.html localhost:8000/v1/score
      curl localhost:8000/readyz

    \b
    From the environment:
      PAGESIEVE_MAX_REQUEST_BYTES   largest body as sent           [default: 10000000]
      PAGESIEVE_MAX_PAGE_BYTES      largest body once decompressed [default: 20000000]
      PAGESIEVE_MODELS              folder of releases             [default: the one shipped]

    The service never fetches an address and never logs text of a page. It has no access
    control: put it behind a proxy before listening on anything but 127.0.0.1.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise click.ClickException("the server is not installed; run: pip install 'pagesieve[service]'")
    _check_free(host, port)
    click.echo(f"pagesieve with model {_checked_model()} on http://{host}:{port}/v1/clean", err=True)
    # Start over instead of forking workers from here (see service.server), with one numeric thread for
    # each process: workers use every core already, and more threads make every page slower.
    command = [sys.executable, "-P", "-m", "service.server", host, str(port), str(workers or _cores())]
    os.execve(sys.executable, command, {"OMP_NUM_THREADS": "1", **os.environ})


def _checked_model() -> str:
    """Name of the release to serve; settings and release are tried out before any worker is."""
    from pagesieve.errors import PagesieveError
    from pagesieve.model import load_release
    from service.readiness import golden_faults
    from service.settings import Settings

    try:
        Settings.from_environment()
        for fault in golden_faults():
            click.echo(f"warning: on a page it should know, {fault}", err=True)
        return load_release().name
    except PagesieveError as error:
        raise click.ClickException(str(error)) from None


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"port {port} is taken; choose another with --port") from None
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from None

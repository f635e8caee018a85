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
    _one_thread_each()
    _check_free(host, port)

    from pagesieve.errors import PagesieveError
    from pagesieve.model import load_release
    from service.readiness import golden_faults
    from service.server import Server
    from service.settings import Settings

    try:
        Settings.from_environment()
        release = load_release().name
        faults = golden_faults()
    except PagesieveError as error:
        raise click.ClickException(str(error)) from None
    for fault in faults:
        click.echo(f"warning: on a page it should know, {fault}", err=True)
    click.echo(f"pagesieve with model {release} on http://{host}:{port}/v1/clean", err=True)
    Server(host, port, workers or _cores()).run()


def _one_thread_each() -> None:
    """Start over with one numeric thread per process, unless told otherwise.

    Workers already use every core; libraries that add threads of their own make each page several
    times slower. They read the variable when they are imported, which has happened by now.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        os.execve(sys.executable, sys.orig_argv, os.environ | {"OMP_NUM_THREADS": "1"})


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

"""``pagesieve serve``."""

from __future__ import annotations

import errno
import os
import socket
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.settings import Settings

_NEEDED = ("brotli", "flask", "gunicorn", "prometheus_client", "pythonjsonlogger", "sqlalchemy", "zstandard")
# Threads beyond the requests in hand, to refuse others at once and to answer probes.
_SPARE_THREADS = 16


def _cores() -> int:
    """Cores this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Documented(click.Command):
    """Adds the settings to the help; to name them here would need the library at import."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from service.settings import rows

        settings = [(name, f"{what}  [default: {default}]") for name, default, what, _ in rows()]
        settings.append(("PAGESIEVE_MODELS", "folder of releases  [default: the one shipped]"))
        with formatter.section("Settings from the environment, explained in docs/service.md"):
            formatter.write_dl(settings)


@click.command(cls=_Documented)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    envvar="PAGESIEVE_WORKERS",
    show_envvar=True,
    help="Processes that answer, one page at a time each.  [default: number of cores]",
)
@click.option(
    "--allow-anonymous",
    is_flag=True,
    envvar="PAGESIEVE_ALLOW_ANONYMOUS",
    show_envvar=True,
    help="Listen on a public address although there are no keys.",
)
def serve(host: str, port: int, workers: int | None, allow_anonymous: bool) -> None:
    """Answer posted pages over HTTP until stopped with Ctrl-C.

    \b
    Try it from another terminal:
      curl -H 'Content-Type: text/html' --data-binary @page.html localhost:8000/v1/clean
      curl -H 'Content-Type: text/html' -H 'Accept: text/markdown' \\
           --data-binary @page.html 'localhost:8000/v1/clean?focus=precision'
      curl -H 'Content-Type: text/html' --data-binary @page.html localhost:8000/v1/score
      curl localhost:8000/readyz

    The service never fetches an address and never logs text of a page. It starts on a public
    address only with keys in PAGESIEVE_API_KEYS, or with --allow-anonymous.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise click.ClickException(
            "the server is not installed; in the project's folder run: pip install '.[service]'"
        )
    settings, release = _checked()
    _check_access(host, settings, allow_anonymous)
    _check_free(host, port)
    click.echo(f"pagesieve with model {release} on http://{host}:{port}/v1/clean", err=True)
    # Start over instead of forking workers from here (see service.server), with one numeric thread for
    # each process: workers use every core already, and more threads make every page slower.
    numbers = (port, workers or _cores(), settings.max_concurrent + _SPARE_THREADS, settings.drain_seconds)
    command = [sys.executable, "-P", "-m", "service.server", host, *map(str, numbers)]
    os.execve(sys.executable, command, {"OMP_NUM_THREADS": "1", **os.environ})


def _checked() -> tuple[Settings, str]:
    """The settings, and the release to serve; both are tried out before any worker is started."""
    from pagesieve.errors import PagesieveError
    from pagesieve.model import load_release
    from service.label_store import Store
    from service.readiness import golden_faults
    from service.settings import Settings

    try:
        settings = Settings.from_environment()
        Store(settings.labels, settings.max_stored_bytes)
        for fault in golden_faults():
            click.echo(f"warning: on a page it should know, {fault}", err=True)
        return settings, load_release().name
    except PagesieveError as error:
        raise click.ClickException(str(error)) from None


def _check_access(host: str, settings: Settings, allow_anonymous: bool) -> None:
    from pagesieve.errors import PagesieveError
    from service.access import is_public, read_keys

    try:
        keys = read_keys(settings)
    except PagesieveError as error:
        raise click.ClickException(str(error)) from None
    if keys or not is_public(host):
        return
    if not allow_anonymous:
        raise click.ClickException(
            f"{host} can be reached from other machines, and nobody would have to show a key; set "
            "PAGESIEVE_API_KEYS (NAME:KEY), or say --allow-anonymous if something in front decides who may"
        )
    click.echo(f"warning: anybody who reaches {host}:… may use this service; there are no keys", err=True)


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

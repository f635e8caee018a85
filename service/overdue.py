"""Clients that are too slow: their connection is closed for reading, and so their thread comes back.

A socket's own timeout starts anew with every byte, so that a client which sends one every few seconds holds
its thread for ever. One thread per process looks after all connections that are being read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RD
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Protocol

_INTERVAL = 0.25
_EXPIRED = float("-inf")


class Connection(Protocol):
    """As much of a socket as is needed."""

    def shutdown(self, how: int, /) -> None: ...

    def settimeout(self, seconds: float, /) -> None: ...


_ends: dict[Connection, float] = {}
_starting = Lock()
_threads: list[Thread] = []


@contextmanager
def watched(connection: Connection, seconds: float) -> Iterator[None]:
    """End the reading side of ``connection`` unless the block is left, or ``renew`` called, in time."""
    with _starting:
        if not _threads:
            _threads.append(Thread(target=_watch, name="overdue", daemon=True))
            _threads[0].start()
    _ends[connection] = monotonic() + seconds
    try:
        yield
    finally:
        _ends.pop(connection, None)


def renew(connection: Connection | None, seconds: float) -> None:
    """Start the time of a watched connection again; others are left alone."""
    if connection is not None and connection in _ends and not expired(connection):
        _ends[connection] = monotonic() + seconds


def received(connection: Connection | None) -> None:
    """All has been read: what remains is our own work."""
    renew(connection, float("inf"))


def expired(connection: Connection | None) -> bool:
    """Whether the time of a watched connection is over."""
    return connection is not None and _ends.get(connection) == _EXPIRED


def _watch() -> None:
    while True:
        sleep(_INTERVAL)
        now = monotonic()
        for connection, end in list(_ends.items()):
            if _EXPIRED < end < now:
                _ends[connection] = _EXPIRED
                with suppress(OSError):  # it may be closed already
                    connection.shutdown(SHUT_RD)

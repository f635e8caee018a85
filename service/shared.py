"""Memory that the master shares with all workers, so made before they are forked.

One page holds a flag, that the service is stopping, and for each API key when its next page is due; another
the name of the release that was last found fit, and the rest the workers' histograms of the pages that come.
"""

from __future__ import annotations

import mmap
import struct
from threading import Lock

# Keys that can have a rate; the flag has the first eight bytes.
MOST_KEYS = mmap.PAGESIZE // 8 - 1

_memory = mmap.mmap(-1, mmap.PAGESIZE)
# Workers that there can be, and numbers of eight bytes that each has for its histograms.
MOST_WORKERS = 512
_NUMBERS = 128

_name = mmap.mmap(-1, mmap.PAGESIZE)
_drift = mmap.mmap(-1, 8 * _NUMBERS * MOST_WORKERS)
_seconds = struct.Struct("d")
_spending = Lock()
# How far ahead of its rate a key may be: a second's worth of pages at once.
_BURST = 1.0


def begin_stopping() -> None:
    _memory[0] = 1


def stopping() -> bool:
    """Whether the service is going down: what runs is finished, and nobody should send more."""
    return bool(_memory[0])


def spend(key: int, rate: float, now: float) -> float:
    """Take a page from what key number ``key`` may clean, ``rate`` a second over all workers.

    Returns 0 when it is granted, else the seconds after which it will be. The method is the generic cell rate
    algorithm, ITU-T I.371. Two workers may grant at the very same time, so the rate is not exact.
    ``now`` is a time on the monotonic clock, which all processes of a machine share.
    """
    place = 8 * (key + 1)
    with _spending:
        (due,) = _seconds.unpack_from(_memory, place)
        if due - now > _BURST:
            return float(due - now - _BURST)
        _seconds.pack_into(_memory, place, max(due, now) + 1 / rate)
    return 0.0


def use_release(name: str) -> None:
    """Remember a release that was found fit, for workers that start when there is no better one."""
    _name[:] = name.encode().ljust(mmap.PAGESIZE, b"\0")


def release() -> str:
    """The folder of the release that was last found fit; empty when none was."""
    return _name[:].rstrip(b"\0").decode()


def drift_memory() -> mmap.mmap:
    """The histograms, a row of numbers for each worker."""
    return _drift


def forget() -> None:
    """As if the process had just begun."""
    for memory in (_memory, _name, _drift):
        memory[:] = bytes(len(memory))

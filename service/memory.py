"""Giving memory back: what one large page needed is not kept while small ones are cleaned.

glibc keeps freed memory for itself, in pieces that the next large page mostly cannot use, so that a worker
which has seen some of them holds several hundred megabytes, and the next one adds its own on top.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from time import monotonic

# More than a worker holds once its models are loaded and common pages were cleaned.
_SLACK = 64_000_000
# A call takes some milliseconds, also when there is nothing to give.
_PAUSE_SECONDS = 0.25
_LONGEST_LINE = 256


class Memory:
    """Gives memory back when the process holds much more than when this was first asked for."""

    def __init__(self) -> None:
        self._usual = 0
        self._next = 0.0
        try:
            self._trim: Callable[[int], int] | None = ctypes.CDLL(None).malloc_trim
            self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, AttributeError, TypeError):  # another C library, or another system
            self._trim = None

    def give_back(self) -> None:
        """To be called between two pages."""
        if not self._trim or (now := monotonic()) < self._next:
            return
        held = self._resident()
        self._usual = self._usual or held
        if held > self._usual + _SLACK:
            self._trim(0)
            self._next = now + _PAUSE_SECONDS

    def _resident(self) -> int:
        """Bytes of memory that this process holds."""
        pages = os.pread(self._statm, _LONGEST_LINE, 0).split()[1]
        return int(pages) * mmap.PAGESIZE

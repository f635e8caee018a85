"""Giving memory back: what one large page needed is not kept while small ones are cleaned.

glibc keeps freed memory for itself, in pieces that the next large page mostly cannot use, so that a worker
which has seen some of them holds several hundred megabytes, and the next one adds its own on top. One heap
for all threads, and pages of memory of its own for what is large, keep those pieces few.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from time import monotonic

# As much as may be held beyond what was held after memory was last given back.
_SLACK = 16_000_000
# A call takes some milliseconds, also when there is nothing to give.
_PAUSE_SECONDS = 0.25
_LONGEST_LINE = 256
# Options of mallopt(3): heaps of a process, and from how many bytes on an allocation has pages of its own.
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
_LARGE = 1_000_000


class Memory:
    """Gives memory back when the process holds more than after it last did.

    What it holds then is what it needs: models are read at the first page that asks for them.
    """

    def __init__(self) -> None:
        self._usual = 0
        self._next = 0.0
        try:
            library = ctypes.CDLL(None)
            self._trim: Callable[[int], int] | None = library.malloc_trim
            library.mallopt(_M_ARENA_MAX, 1)
            library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
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
            self._usual = self._resident()
            self._next = now + _PAUSE_SECONDS

    def _resident(self) -> int:
        """Bytes of memory that this process holds."""
        pages = os.pread(self._statm, _LONGEST_LINE, 0).split()[1]
        return int(pages) * mmap.PAGESIZE

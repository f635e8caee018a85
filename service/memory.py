"""Giving memory back: what one large page needed is not kept while small ones are cleaned.

glibc keeps freed memory for itself, in pieces that the next large page mostly cannot use, so that a worker
which has seen some of them holds several hundred megabytes, and the next one adds its own on top.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable

# Freed memory worth a call that takes a few milliseconds.
_SLACK = 64_000_000
_LONGEST_LINE = 256


class Memory:
    """Gives memory back when the process holds much more than it did after the last time."""

    def __init__(self) -> None:
        try:
            self._trim: Callable[[int], int] | None = ctypes.CDLL(None).malloc_trim
            self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, AttributeError, TypeError):  # another C library, or another system
            self._trim = None
        else:
            self._held = self._resident()

    def give_back(self) -> None:
        """To be called between two pages."""
        if self._trim and self._resident() > self._held + _SLACK:
            self._trim(0)
            self._held = self._resident()

    def _resident(self) -> int:
        pages = os.pread(self._statm, _LONGEST_LINE, 0).split()[1]
        return int(pages) * mmap.PAGESIZE

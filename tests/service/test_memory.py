"""Memory that a large page needed is given back before the next one."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from service.memory import Memory

MEGABYTE = 1_000_000


def glibc() -> bool:
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


@pytest.mark.skipif(not glibc(), reason="another C library gives memory back in its own way")
def test_freed_memory_is_given_back() -> None:
    """In a process of its own, in which nothing was freed before."""
    script = f"""
from service.memory import Memory
memory = Memory()
memory.give_back()
usual = memory._resident()
pieces = [bytearray(100_000) for _ in range(2_000)]
kept = pieces[::50]  # so that what is freed lies between what is not
assert memory._resident() > usual + 150 * {MEGABYTE}
del pieces
memory.give_back()
assert memory._resident() < usual + 32 * {MEGABYTE}
assert len(kept) == 40
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_where_that_is_not_possible_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    Memory().give_back()

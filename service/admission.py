"""How many requests a worker takes in hand, and whose turn it is.

Cleaning is arithmetic under one interpreter lock, so pages of a worker are cleaned one at a time, first come,
first served: several at once would all be late, and each would hold its memory. The others wait, but only so
many; the next one is refused at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from service.errors import Busy


class Admission:
    """Counts what is in hand. ``most`` is how many requests that may be."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._cleaning = False
        self.waiting: deque[Lock] = deque()
        self.in_hand = 0
        self.batches = 0
        self.pages = 0

    def enter(self) -> None:
        """Take a request in hand, until ``leave``.

        Raises
        ------
        Busy
            There are as many as may be.
        """
        with self._lock:
            if self.in_hand >= self._most:
                raise Busy(f"{self._most} requests are in hand, as many as are taken; try again soon")
            self.in_hand += 1

    def leave(self) -> None:
        with self._lock:
            self.in_hand -= 1

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Work on a batch."""
        with self._lock:
            self.batches += 1
        try:
            yield
        finally:
            with self._lock:
                self.batches -= 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Clean a page, when those that came before have been."""
        self._await_turn()
        try:
            yield
        finally:
            self._pass_on()

    def _await_turn(self) -> None:
        with self._lock:
            if not self._cleaning:
                self._cleaning = True
                return
            mine = Lock()
            mine.acquire()
            self.waiting.append(mine)
        mine.acquire()

    def _pass_on(self) -> None:
        with self._lock:
            self.pages += 1
            if self.waiting:
                # Handed over, not released: else a batch would take every turn, because it asks at once.
                self.waiting.popleft().release()
            else:
                self._cleaning = False

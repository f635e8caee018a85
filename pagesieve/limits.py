"""How much one page may cost.

Limits hold inside ``with limited(Limits(...)):``, and ``Limits()`` outside of it. Time is asked for at
checkpoints in the library's loops, so there are no signals and no threads, and a page that is too slow ends
with an ordinary exception. What happens inside one call into C cannot be interrupted: there, the limits on
size keep the time bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from time import thread_time

from pagesieve.errors import TooSlow


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one page.

    Parameters
    ----------
    max_elements
        Elements of the tree.
    max_depth
        Levels of nesting.
    max_attributes
        Attributes of one element.
    max_blocks
        Blocks, so rows of the feature matrix.
    max_seconds
        Processor seconds from parsing to the last output; None for as long as it takes.
    """

    # Real pages stop at about 16,000; misnested formatting can make millions out of a few kilobytes.
    max_elements: int = 100_000
    # Real pages stop at about 50 levels and browsers at 512; parsing is quadratic in it.
    max_depth: int = 1_000
    # Real elements stop at about 70; parsing is quadratic in it (20,000 on one tag: 1 s).
    max_attributes: int = 256
    # Real pages stop at about 3,000; 50,000 take 200 MB.
    max_blocks: int = 50_000
    max_seconds: float | None = None


@dataclass(slots=True)
class _Budget:
    limits: Limits
    end: float
    ticks: int = 0


# Asking for a thread's time takes a microsecond, a step that ticks some ten of them.
_TICKS = 64
_UNTIMED = _Budget(Limits(), float("inf"))
_budget: ContextVar[_Budget] = ContextVar("budget", default=_UNTIMED)


@contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Apply limits to everything this thread does with one page: cleaning it and making its outputs.

    >>> with limited(Limits(max_elements=10)):
    ...     current_limits().max_elements
    10
    """
    end = float("inf") if limits.max_seconds is None else thread_time() + limits.max_seconds
    token = _budget.set(_Budget(limits, end))
    try:
        yield
    finally:
        _budget.reset(token)


@contextmanager
def not_counted() -> Iterator[None]:
    """Work that is no page's fault, such as loading the model: its time is not the page's."""
    budget, start = _budget.get(), thread_time()
    end, budget.end = budget.end, inf
    try:
        yield
    finally:
        budget.end = end + thread_time() - start


def current_limits() -> Limits:
    """The limits that hold here."""
    return _budget.get().limits


def tick() -> None:
    """A checkpoint for steps so short that asking for the time would cost more than they do.

    Raises
    ------
    TooSlow
        The page has used up its processor time.
    """
    budget = _budget.get()
    budget.ticks += 1
    if budget.ticks % _TICKS == 0:
        checkpoint()


def checkpoint() -> None:
    """Called between steps of work that are each short.

    Raises
    ------
    TooSlow
        The page has used up its processor time.
    """
    budget = _budget.get()
    # A thread's processor time, not the clock: a busy machine refuses no page.
    if budget.end != float("inf") and thread_time() > budget.end:
        raise TooSlow(
            f"the page takes more than {budget.limits.max_seconds:g} s of processor time; "
            "is this one web page? Send it in parts"
        )

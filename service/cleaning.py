"""A submission → what is made of its page: in turn, within the limits, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from flask import Flask

import pagesieve
from pagesieve.page import Page
from service.admission import Admission
from service.keeping import Keeper
from service.memory import Memory
from service.metrics import Metrics
from service.settings import Settings
from service.submission import Submission

Made = TypeVar("Made")


class Desk:
    """What the routes of one app share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.limits = settings.limits()
        self.admission = Admission(settings.max_concurrent)
        self.metrics = Metrics()
        self.keeper = Keeper(settings, self.metrics)
        self.memory = Memory()

    def cleaned(self, given: Submission, make: Callable[[Page], Made]) -> Made:
        """What ``make`` makes of the cleaned page.

        Raises
        ------
        PagesieveError
            As ``pagesieve.clean``.
        """
        with self.turn():
            start = perf_counter()
            page = pagesieve.clean(
                given.source, url=given.url, content_type=given.content_type, options=given.options
            )
            made = make(page)
            seconds = perf_counter() - start
        self.metrics.page(page, len(given.source), seconds)
        self.keeper.offer(given)
        return made

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Work on a page, within its limits, when those that came before are done."""
        with self.admission.turn(), pagesieve.limited(self.limits):
            self.memory.give_back()
            yield


def desk_of(app: Flask) -> Desk:
    desk: Desk = app.extensions["desk"]
    return desk

"""What the service keeps: posted labels, and a share of the pages if the operator allows it."""

from __future__ import annotations

import logging
from functools import cached_property
from random import random
from threading import Lock, Thread
from typing import TYPE_CHECKING

from pagesieve.decode import clean_text, decode
from pagesieve.errors import PagesieveError
from service.labels import PostedPage
from service.metrics import Metrics
from service.settings import Settings
from service.submission import Submission

if TYPE_CHECKING:
    from service.label_store import Store

_log = logging.getLogger(__name__)


class Keeper:
    """The store of one worker, and what goes into it unasked."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._sampling = Lock()

    @cached_property
    def store(self) -> Store:
        """
        Raises
        ------
        BadInput
            The setting names no database that can be used.
        """
        # Imported when needed: 20 MB and half a second for a worker that may never see a label.
        from service.label_store import Store

        return Store(self._settings.labels, self._settings.max_stored_bytes)

    def offer(self, given: Submission) -> None:
        """Keep a page by chance; nobody waits for it, and no more than one is in hand."""
        if random() < self._settings.keep_share and self._sampling.acquire(blocking=False):
            Thread(target=self._sample, args=(given,), name="sample", daemon=True).start()

    def _sample(self, given: Submission) -> None:
        try:
            source = given.source
            text = decode(source, given.content_type) if isinstance(source, bytes) else source
            media_type = given.content_type.partition(";")[0]
            self.store.sample(PostedPage(clean_text(text), media_type, given.url))
        except PagesieveError as error:
            self._metrics.errors.labels(type(error).__name__).inc()
            _log.warning("a page could not be kept: %s", error)
        finally:
            self._sampling.release()

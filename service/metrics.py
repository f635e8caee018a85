"""What Prometheus scrapes, right under several workers.

Workers write their numbers to memory-mapped files in ``$PROMETHEUS_MULTIPROC_DIR``, named after the worker's
place (0, 1, …) and not after its process, so that a worker which replaces another goes on with its counters
and the number of files stays what it is. https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pagesieve.errors import ModelError
from pagesieve.model import load_release
from pagesieve.page import Page
from service.drift import Drift

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# From a small page on a fast machine to the limit on a page's time, and what waiting adds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BYTES = (1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7)
_place = 0


def use_place(place: int) -> None:
    """Write to the files of worker number ``place``. To be called before any ``Metrics`` are made."""
    global _place
    _place = place
    values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]


class Metrics:
    """The service's numbers."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        self._drift = Drift(_place)
        # Made at each scrape, not counted: the same whether there are several workers or one.
        self._made = CollectorRegistry()
        self._made.register(_Release())
        self._made.register(self._drift)
        self.requests = Counter(
            "pagesieve_requests", "Requests answered.", ["route", "method", "status"], registry=own
        )
        self.seconds = Histogram(
            "pagesieve_request_seconds",
            "From the head of the request to the end of the answer.",
            ["route"],
            buckets=_SECONDS,
            registry=own,
        )
        self.in_hand = Gauge(
            "pagesieve_requests_in_hand",
            "Requests being worked on or waiting for their turn.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self.errors = Counter(
            "pagesieve_errors", "Requests and lines of batches refused or failed.", ["kind"], registry=own
        )
        self.refused_releases = Counter(
            "pagesieve_releases_refused", "Promoted releases that a worker could not use.", registry=own
        )
        self.page_seconds = Histogram(
            "pagesieve_page_seconds", "Cleaning one page.", buckets=_SECONDS, registry=own
        )
        self.page_bytes = Histogram(
            "pagesieve_page_bytes", "Size of a page, decompressed.", buckets=_BYTES, registry=own
        )
        self.blocks = Counter("pagesieve_blocks", "Blocks by role, where told.", ["role"], registry=own)
        self.states = Counter("pagesieve_states", "Pages by state.", ["state"], registry=own)
        self.labels = Counter("pagesieve_labels", "Labels stored, not counting repetitions.", registry=own)
        self.verdicts = Counter("pagesieve_verdicts", "Verdicts, where told.", ["decision"], registry=own)

    def page(self, page: Page, size: int, seconds: float) -> None:
        """Count a cleaned page."""
        self.page_seconds.observe(seconds)
        self.page_bytes.observe(size)
        self.states.labels(page.state).inc()
        # Roles and verdicts cost time: counted are those that the answer needed.
        made = vars(page)
        if "blocks" in made:
            for role, count in Tally(block.role for block in page.blocks).items():
                self.blocks.labels(role).inc(count)
        if "verdict" in made:
            self.verdicts.labels(page.verdict.decision).inc()
        self._drift.page(page)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format, over all workers."""
        registry = self._registry
        if FOLDER_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry) + generate_latest(self._made)


class _Release(Collector):
    """The release that answers, asked for at each scrape."""

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("pagesieve_release", "The release that answers.", labels=["release"])
        with suppress(ModelError):  # /readyz says why
            family.add_metric([load_release().name], 1)
        yield family

"""Running histograms of the pages that come, over all workers, beside those of the training.

Each worker adds its pages to a row of memory that all share, where older pages count less and less; a scrape
adds the rows up. A worker that replaces another goes on with its row, and a new release begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from zlib import crc32

import numpy as np
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pagesieve.errors import ModelError
from pagesieve.model import Release, load_release
from pagesieve.page import Page
from service import shared

# Pages of a worker after which a page counts half: minutes of a crawl, days of a trickle.
HALF_LIFE = 10_000
# Of fewer pages the index is mostly chance: about (bins - 1) / pages where nothing differs.
LEAST_PAGES = 500
_DECAY = 0.5 ** (1 / HALF_LIFE)
_rows = np.frombuffer(shared.drift_memory()).reshape(shared.MOST_WORKERS, -1)


class Drift(Collector):
    """What ``/metrics`` says of drift. ``place`` is the number of the worker."""

    def __init__(self, place: int) -> None:
        self._row = _rows[place]

    def page(self, page: Page) -> None:
        """Count a page that the current release has cleaned; its roles if they were needed anyway."""
        release = load_release()
        if page.model != release.name or not (reference := release.reference):
            return
        row, tag = self._row, _tag(release)
        if row[0] != tag:
            row[:] = 0.0
            row[0] = tag
        bins = row[1 : 1 + len(reference.shares)]
        bins *= _DECAY
        bins += reference.histogram(page, roles="blocks" in vars(page))

    def collect(self) -> Iterator[Metric]:
        index = GaugeMetricFamily(
            "pagesieve_drift_psi",
            "Population stability index against the pages of the training; 0.25 is a different world.",
            labels=["feature"],
        )
        pages = GaugeMetricFamily(
            "pagesieve_drift_pages", "Pages that the index is of, older ones in part.", labels=["feature"]
        )
        with suppress(ModelError):  # /readyz says why
            release = load_release()
            if reference := release.reference:
                total = _rows[_rows[:, 0] == _tag(release)].sum(axis=0)[1 : 1 + len(reference.shares)]
                for name, (value, count) in reference.indices(total).items():
                    pages.add_metric([name], count)
                    if count >= LEAST_PAGES:
                        index.add_metric([name], value)
        yield index
        yield pages


def _tag(release: Release) -> float:
    return float(crc32(release.name.encode()) + 1)

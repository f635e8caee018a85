"""What a page costs in processor time: each part of the path, beside trafilatura and the parser alone.

    OMP_NUM_THREADS=1 python -m bench.speed --limit 150

Milliseconds are of the machine; the ratios to trafilatura and to lexbor's bare parse, taken in the same run,
are what to compare. ``bench/README.md`` says what the parts are.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

from selectolax.lexbor import LexborHTMLParser

import pagesieve
from bench.extractors import SYSTEMS
from bench.quality import sample
from pagesieve.errors import BadInput
from training.corpora import YARDSTICK, corpora_folder, read_pages

# Part → the functions whose own time it is, where they are looked up.
PARTS = {
    "decode": ["clean.decode", "clean.clean_text"],
    "parse": ["blocks.parse"],
    "segment": ["clean.segment"],
    "features": [
        "model.describe", "model.learned_features", "model.context_features", "model.stack",
        "roles.model.RoleModel.matrix",
    ],
    "models": ["model.run", "roles.model.run", "quality.model.run"],
    "networks": ["network.Network.scores"],
    "choose": ["clean.choose", "clean.trim"],
    "verdict": ["quality.model.VerdictModel.measure", "quality.model.VerdictModel.judge"],
    "language": ["quality.measures.detect"],
    "metadata": ["page.read_title", "page.read_metadata"],
    "render": ["page.to_text"],
}  # fmt: skip
REST, WHOLE = "everything else", "whole"
Times = dict[str, list[float]]


class Clock:
    """Processor time of the parts of one call, each without the parts called from within."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def measured(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            started = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.process_time() - started
                self.spent[part] += spent - self._inside.pop()
                if self._inside:
                    self._inside[-1] += spent

        return call

    @contextmanager
    def on_parts(self) -> Iterator[None]:
        """Measure the parts while this lasts."""
        with ExitStack() as patches:
            for part, names in PARTS.items():
                for name in names:
                    owner, attribute = _looked_up(name)
                    measured = self.measured(part, getattr(owner, attribute))
                    patches.enter_context(patch.object(owner, attribute, measured))
            yield


def _looked_up(name: str) -> tuple[Any, str]:
    """The module or class that holds a function of ``PARTS``, and the function's name there."""
    *path, attribute = name.split(".")
    if path[-1][0].isupper():
        return getattr(import_module(".".join(["pagesieve", *path[:-1]])), path[-1]), attribute
    return import_module(".".join(["pagesieve", *path])), attribute


def measure_parts(call: Callable[[bytes], object], pages: Sequence[bytes]) -> Times:
    """Milliseconds of every part for each page."""
    times: Times = defaultdict(list)
    for page in pages:
        clock = Clock()
        with clock.on_parts():
            clock.measured(REST, call)(page)
        for part in (*PARTS, REST):
            times[part].append(1000 * clock.spent[part])
        times[WHOLE].append(1000 * sum(clock.spent.values()))
    return times


def measure_whole(call: Callable[[bytes], object], pages: Sequence[bytes]) -> list[float]:
    """Milliseconds for each page."""
    times = []
    for page in pages:
        started = time.process_time()
        call(page)
        times.append(1000 * (time.process_time() - started))
    return times


def table(columns: dict[str, Times], others: Times) -> str:
    """Median and 90th percentile of every part, and of ``others``, with ratios to each of those."""
    names = list(others)
    lines = [
        "| | " + " | ".join(["median ms", "p90 ms", *(f"of {name}" for name in names)]) + " |",
        "| :-- |" + " --: |" * (2 + len(names)),
    ]
    rows = [(f"{what}: {part}", values) for what, times in columns.items() for part, values in times.items()]
    for label, values in [*rows, *others.items()]:
        middle, high = median(values), quantiles(values, n=10)[-1]
        shares = [f"{middle / median(others[name]):.2f}" for name in names]
        lines.append("| " + " | ".join([label, f"{middle:.2f}", f"{high:.2f}", *shares]) + " |")
    return "\n".join(lines)


def report(pages: Sequence[bytes]) -> str:
    calls: dict[str, Callable[[bytes], object]] = {
        "text": lambda page: pagesieve.clean(page).text,
        "JSON": lambda page: pagesieve.clean(page).to_dict(),
    }
    rivals = {system.name: system for system in SYSTEMS}
    extract = rivals["trafilatura"].start().extract
    others: dict[str, Callable[[bytes], object]] = {
        "trafilatura": lambda page: extract(page.decode(), None),
        "bare parse": lambda page: LexborHTMLParser(page.decode()),
    }
    for call in (*calls.values(), *others.values()):
        call(pages[0])  # models, and what is imported at first use
    whole = {name: measure_whole(call, pages) for name, call in others.items()}
    return table({what: measure_parts(call, pages) for what, call in calls.items()}, whole)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--corpora", metavar="DIR", help="folder of corpora (default: $PAGESIEVE_CORPORA, ../shared/corpora)")
    add("--corpus", default=YARDSTICK, metavar="NAME", help=f"default {YARDSTICK}")
    add(
        "--limit",
        type=int,
        default=150,
        metavar="N",
        help="pages, evenly spread over the corpus (150)",
    )
    given = parser.parse_args(argv)
    try:
        labelled = list(read_pages(corpora_folder(given.corpora) / f"{given.corpus}.jsonl.xz"))
    except (BadInput, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    pages = [page.html.encode("utf-8", "replace") for page in sample(labelled, given.limit)]
    print(report(pages))
    return 0


if __name__ == "__main__":
    sys.exit(main())

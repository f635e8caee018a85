"""Quality side by side: the same labelled pages through every system, one table per corpus.

``python -m bench.quality --help`` lists the options; ``bench/README.md`` says what the columns mean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from bench.extractors import PROJECT, SYSTEMS, Extraction, Loaded, System, run
from pagesieve.errors import BadInput, PagesieveError
from training.corpora import CORPORA, Corpus, LabelledPage, corpora_folder, read_pages
from training.metrics import Score, snippets_found, word_score

_ROOT = Path(__file__).parents[1]
_CACHE = _ROOT / ".cache" / "bench"
_PREDICTIONS = _ROOT / ".cache" / "training" / "oof.jsonl.xz"
_COLUMNS = (
    "system", "word F1", "precision", "recall", "must-have found", "alike", "must-not-have leaked",
    "CPU ms median", "CPU ms mean", "raised",
)  # fmt: skip
_NOT_APPLICABLE = "n/a"
_OUT_OF_FOLD = (
    f"Quality of {PROJECT} is out of fold: no page of a site was judged by a model that had seen the site."
)
_IN_SAMPLE = (
    f"There is no file of out-of-fold predictions, so quality of {PROJECT} is **in-sample**: its release was "
    "trained on these very pages, and the figures of its row prove nothing."
)

Predictions = dict[tuple[str, str], str]
"""Out-of-fold text by corpus and page id."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare, on what, and whether results of earlier runs may be used."""

    folder: Path
    corpora: tuple[Corpus, ...]
    systems: tuple[System, ...]
    limit: int | None
    predictions: Path
    cache: Path
    fresh: bool


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page of one system; ``extraction`` is None where the system could not be run."""

    page: LabelledPage
    score: Score
    found: float | None
    alike: float | None
    leaked: float | None
    extraction: Extraction | None


@dataclass(frozen=True, slots=True)
class Row:
    """A system's pages of one corpus. ``remembered``: CPU times were measured in an earlier run."""

    name: str
    pages: tuple[PageScore, ...]
    remembered: bool = False

    def mean(self, number: Callable[[PageScore], float | None]) -> float | None:
        """Macro mean over the pages that have the number; None without any."""
        numbers = [value for value in map(number, self.pages) if value is not None]
        return fmean(numbers) if numbers else None

    def f1_of_type(self, kind: str | None) -> float | None:
        return self.mean(lambda scored: scored.score.f1 if scored.page.page_type == kind else None)

    def cells(self) -> tuple[str, ...]:
        """The table's cells, in the order of its columns."""
        runs = [scored.extraction for scored in self.pages if scored.extraction is not None]
        times = [run.cpu_ms for run in runs]
        flag = "*" if self.remembered else ""
        return (
            self.name,
            _number(self.mean(lambda scored: scored.score.f1)),
            _number(self.mean(lambda scored: scored.score.precision)),
            _number(self.mean(lambda scored: scored.score.recall)),
            _number(self.mean(lambda scored: scored.found)),
            _number(self.mean(lambda scored: scored.alike)),
            _number(self.mean(lambda scored: scored.leaked)),
            f"{median(times):.1f}{flag}" if times else _NOT_APPLICABLE,
            f"{fmean(times):.1f}{flag}" if times else _NOT_APPLICABLE,
            str(sum(run.error is not None for run in runs)) if runs else _NOT_APPLICABLE,
        )


def _number(value: float | None) -> str:
    return _NOT_APPLICABLE if value is None else f"{value:.3f}"


def score_page(page: LabelledPage, text: str, extraction: Extraction | None) -> PageScore:
    """Score a text against the page's gold; a page on which the system raised scores an empty text."""
    if extraction is not None and extraction.error is not None:
        text = ""
    return PageScore(
        page,
        word_score(text, page.gold, corpus=page.corpus),
        snippets_found(text, list(page.must_have)),
        snippets_found(text, list(page.must_have), alike=True),
        snippets_found(text, list(page.must_not_have)),
        extraction,
    )


def read_predictions(path: Path) -> Predictions:
    """Read the out-of-fold texts that training wrote; empty where the file is missing."""
    if not path.is_file():
        return {}
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        return {(row["corpus"], str(row["id"])): row["text"] for row in rows}


def project_row(
    pages: Sequence[LabelledPage], live: dict[str, Extraction], predictions: Predictions
) -> Row | None:
    """The project's own row: quality from out-of-fold texts, CPU time and errors from real calls.

    Without out-of-fold texts of the corpus the row scores the real calls and is named in-sample; without
    those either there is no row. Single pages without an out-of-fold text score an empty one, and the
    row's name tells how many.
    """
    texts = [predictions.get((page.corpus, page.id)) for page in pages]
    n_missing = texts.count(None)
    name = f"{PROJECT} ({n_missing} pages not predicted)" if n_missing else PROJECT
    if n_missing == len(pages):
        if not live:
            return None
        texts, name = [live[page.id].text for page in pages], f"{PROJECT} (in-sample)"
    answers = zip(pages, texts, strict=True)
    return Row(name, tuple(score_page(page, text or "", live.get(page.id)) for page, text in answers))


def sample(pages: Sequence[LabelledPage], limit: int | None) -> list[LabelledPage]:
    """At most ``limit`` pages, evenly spread, the same ones every time."""
    n = len(pages)
    size = n if limit is None else min(max(limit, 1), n)
    return [pages[number * n // size] for number in range(size)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned right.

    >>> print(table(["a", "b"], [["x", "1"]]))
    | a | b |
    | :-- | --: |
    | x | 1 |
    """
    rule = [":--"] + ["--:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def types_table(rows: Sequence[Row]) -> str:
    """Word F1 by page type, or nothing where the pages are all of one type."""
    counts = Counter(scored.page.page_type for scored in rows[0].pages)
    if len(counts) < 2:
        return ""
    kinds = [kind for kind, _ in counts.most_common()]
    header = ["word F1 by page type", *(f"{kind or 'unknown'} ({counts[kind]})" for kind in kinds)]
    return table(header, ([row.name, *(_number(row.f1_of_type(kind)) for kind in kinds)] for row in rows))


def compare(plan: Plan, corpus: Corpus, loaded: dict[str, Loaded], predictions: Predictions) -> str:
    """One corpus through every system, as a section of Markdown."""
    digest = hashlib.sha256((plan.folder / f"{corpus.name}.jsonl.xz").read_bytes()).hexdigest()
    pages = sample(list(read_pages(corpus.file(plan.folder))), plan.limit)
    rows: list[Row | None] = []
    for system in plan.systems:
        live: dict[str, Extraction] = {}
        remembered = False
        if ready := loaded.get(system.name):
            cache = plan.cache / system.cache_name(ready.version, digest)
            live, remembered = run(system, ready, pages, cache, plan.fresh)
        if system.name == PROJECT:
            rows.append(project_row(pages, live, predictions))
        elif live:
            scored = (score_page(page, live[page.id].text, live[page.id]) for page in pages)
            rows.append(Row(system.name, tuple(scored), remembered))
    return section(corpus.name, pages, [row for row in rows if row])


def section(name: str, pages: Sequence[LabelledPage], rows: Sequence[Row]) -> str:
    """The tables of one corpus under its heading."""
    parts = [f"## {name} ({len(pages):,} pages)"]
    if rows:
        parts += [table(_COLUMNS, (row.cells() for row in rows)), types_table(rows)]
    return "\n\n".join(filter(None, parts))


def report(plan: Plan) -> str:
    """Every corpus of the plan, as a Markdown document."""
    loaded, notes = _start(plan.systems)
    predictions = read_predictions(plan.predictions)
    if PROJECT in loaded or predictions:
        notes.append(_OUT_OF_FOLD if predictions else _IN_SAMPLE)
    notes.append(f"CPU time is that of the one process, all its threads; Python {platform.python_version()}.")
    notes.append("CPU times marked * were measured in an earlier run; --fresh measures them again.")
    versions = [
        (system.name, loaded[system.name].version, system.settings)
        for system in plan.systems
        if system.name in loaded
    ]
    parts = ["# Quality", "\n".join(f"- {note}" for note in notes)]
    parts.append(table(["system", "version", "settings"], versions))
    parts += [compare(plan, corpus, loaded, predictions) for corpus in plan.corpora]
    return "\n\n".join(parts) + "\n"


def _start(systems: Iterable[System]) -> tuple[dict[str, Loaded], list[str]]:
    """The systems that can run, by name, and a note on each that cannot."""
    loaded, notes = {}, []
    for system in systems:
        try:
            loaded[system.name] = system.start()
        except (ImportError, PagesieveError) as problem:
            notes.append(f"{system.name} was not run: {problem}")
    return loaded, notes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--corpora", metavar="DIR", help="folder of corpora (default: $PAGESIEVE_CORPORA, ../shared/corpora)")
    add("--corpus", action="append", choices=[corpus.name for corpus in CORPORA], help="repeatable")
    add("--system", action="append", choices=[system.name for system in SYSTEMS], help="repeatable")
    add("--limit", type=int, metavar="N", help="at most N pages a corpus, evenly spread")
    add("--out", type=Path, metavar="FILE.md", help="write here instead of to stdout")
    add("--predictions", type=Path, default=_PREDICTIONS, metavar="FILE", help="out-of-fold texts")
    add("--cache", type=Path, default=_CACHE, metavar="DIR", help="results of earlier runs")
    add("--fresh", action="store_true", help="measure everything again")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison; 0 when done, 1 on bad input (argparse itself exits with 2 on wrong usage)."""
    given = _parser().parse_args(argv)
    try:
        plan = Plan(
            folder=corpora_folder(given.corpora),
            corpora=tuple(corpus for corpus in CORPORA if corpus.name in (given.corpus or corpus.name)),
            systems=tuple(system for system in SYSTEMS if system.name in (given.system or system.name)),
            limit=given.limit,
            predictions=given.predictions,
            cache=given.cache,
            fresh=given.fresh,
        )
        document = report(plan)
    except (BadInput, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.out:
        given.out.write_text(document, encoding="utf-8")
    else:
        sys.stdout.write(document)
    return 0


if __name__ == "__main__":
    sys.exit(main())

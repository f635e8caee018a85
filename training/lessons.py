"""Pages that teach the state of a page beside the annotated ones: what those have too few of.

Pages of the corpora, which are ``ok``; a few lines of their gold texts alone, as a short page and as lines,
which are ``ok`` too; the annotated pages as lines; and walls, placeholders and errors of the kinds of today,
written for this. None of them says anything of spam or quality.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any

from joblib import Memory, Parallel, delayed
from tqdm import tqdm

from pagesieve.blocks import Document, segment
from pagesieve.choose import choose
from pagesieve.lines import outline
from pagesieve.model import load_release
from pagesieve.options import Options
from pagesieve.quality.measures import Cleaned
from pagesieve.quality.verdict import State
from training.agreement import ANNOTATIONS
from training.annotated import Annotated, Control, Sample, code_digest, page_rows, pages_file, sample_of
from training.corpora import LabelledPage, present, read_pages
from training.dataset import FOLDS, digest, part_of, site_of

# A page of a corpus counts as ``ok`` when its gold text has so many words: some are errors or walls.
_LEAST_GOLD = 30
# Each of those is cut short as well, after one to so many of its longer lines.
_MOST_LINES = 3
_LEAST_LINE, _MOST_LINE = 40, 600
# Characters of an annotated page that are given as lines.
_MOST_CHARS = 20_000
EVERYWHERE = -1


class Kind(StrEnum):
    """What a lesson was made from."""

    CONTROL = "control"
    SHORT = "short"
    LINES = "lines"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A page whose state is known.

    ``fold`` is that of its site, ``EVERYWHERE`` for a page of none; ``of`` the annotated page it was made
    from.
    """

    kind: Kind
    sample: Sample
    state: str
    fold: int
    of: str = ""


def load_lessons(
    rows: Sequence[Annotated],
    controls: Sequence[Control],
    corpora: Path,
    pages: Path,
    release: Path,
    cache: Path,
    jobs: int,
) -> list[Lesson]:
    """Every lesson. Pages are judged by ``release``."""
    memory = Memory(cache, verbose=0)
    name, code = load_release(release).name, code_digest("training/lessons.py")
    files = [corpus.file(corpora) for corpus in present(corpora)]
    short = memory.cache(_short, ignore=["corpora", "release", "jobs"])(
        corpora, release, jobs, data=digest(files), code=code, model=name
    )
    as_lines = memory.cache(_as_lines, ignore=["pages", "release", "jobs"])(
        tuple(row.sample.id for row in rows),
        pages,
        release,
        jobs,
        data=digest([pages_file(pages)]),
        code=code,
        model=name,
    )
    states = {row.sample.id: (row.state, row.sample.fold) for row in rows}
    return [
        *(
            Lesson(Kind.CONTROL, control.sample, State.OK, control.sample.fold)
            for control in controls
            if control.gold_words >= _LEAST_GOLD
        ),
        *(Lesson(Kind.SHORT, sample, State.OK, sample.fold) for sample in short),
        *(Lesson(Kind.LINES, sample, *states[sample.id], sample.id) for sample in as_lines),
        *(Lesson(Kind.WRITTEN, sample, state, EVERYWHERE) for sample, state in _written(release)),
    ]


def _short(corpora: Path, release: Path, jobs: int, data: str, code: str, model: str) -> list[Sample]:
    pages = [page for corpus in present(corpora) for page in read_pages(corpus.file(corpora))]
    chosen = [page for page in pages if len(page.gold.split()) >= _LEAST_GOLD]
    return _samples(
        (delayed(_short_sample)(number, page, release) for number, page in enumerate(chosen)),
        len(chosen),
        jobs,
    )


def _short_sample(number: int, page: LabelledPage, release: Path) -> Sample:
    return _judged(short_page(number, page), page.id, part_of(site_of(page)) % FOLDS, release)


def short_page(number: int, page: LabelledPage) -> Document:
    """One to three lines of a page's gold text: as lines or as HTML, with its title or without."""
    lines = [line.strip() for line in page.gold.splitlines()]
    lines = [line[:_MOST_LINE] for line in lines if len(line) >= _LEAST_LINE] or [page.gold[:_MOST_LINE]]
    shape, more = number % 4, number // 4 % _MOST_LINES
    lines = lines[: 1 + more]
    if shape == 0:
        return outline("\n".join(lines))
    title = segment(page.html).title
    if shape == 1:
        return outline("\n".join([title, *lines]))
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    head = f"<title>{escape(title)}</title>" if shape == 2 else f"<article><h1>{escape(title)}</h1>"
    return segment(f"<!doctype html><html><body>{head}{text}</body></html>")


def _as_lines(
    ids: tuple[str, ...], pages: Path, release: Path, jobs: int, data: str, code: str, model: str
) -> list[Sample]:
    rows = page_rows(pages_file(pages), set(ids))
    made = _samples((delayed(_line_sample)(row, release) for row in rows), len(ids), jobs)
    return [sample for sample in made if sample.measures["page_chars"]]


def _line_sample(row: dict[str, str], release: Path) -> Sample:
    lines = outline(as_text(segment(row["html"]))[:_MOST_CHARS])
    return _judged(lines, row["id"], EVERYWHERE, release)


def _written(release: Path) -> Iterator[tuple[Sample, str]]:
    """Each of them as it is and as lines."""
    with (ANNOTATIONS / "written.jsonl").open(encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    for page in pages:
        document = segment(page["html"])
        yield _judged(document, page["id"], EVERYWHERE, release), page["state"]
        if text := as_text(document):
            yield _judged(outline(text), page["id"], EVERYWHERE, release), page["state"]


def as_text(document: Document) -> str:
    """A page's title and blocks, one a line."""
    return "\n".join(text for text in (document.title, *document.blocks.text) if text.strip())


def _judged(document: Document, name: str, fold: int, release: Path) -> Sample:
    judgement = load_release(release).judge(document)
    keep = choose(judgement.probability, judgement.copies, Options()).keep
    return sample_of(Cleaned(document, judgement.probability, keep, judgement.copies.n_words), name, "", fold)


def _samples(tasks: Iterable[Any], total: int, jobs: int) -> list[Sample]:
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(tasks)
    return list(tqdm(work, "reading lessons", total, unit="page"))

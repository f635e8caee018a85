"""Pages that teach the state and quality beside the annotated ones: what those have too few of.

Pages of the corpora, which are ``ok``; a few lines of their gold texts alone, as a short page and as lines,
which are ``ok`` too; the annotated pages as lines, and bare: their content in a page without anything around;
and walls, placeholders and errors of the kinds of today and honest short pages, written for this. None of
them says what spam is. An annotated page keeps its quality when it is told again, and teaches that too; bare,
it teaches nothing else.
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

from pagesieve.blocks import HEADINGS, Document, segment
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
    BARE = "bare"
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
    retold = memory.cache(_retold, ignore=["pages", "release", "jobs"])
    ids, pool = tuple(row.sample.id for row in rows), digest([pages_file(pages)])
    again = {
        kind: retold(kind, ids, pages, release, jobs, data=pool, code=code, model=name)
        for kind in (Kind.LINES, Kind.BARE)
    }
    states = {row.sample.id: (row.state, row.sample.fold) for row in rows}
    return [
        *(
            Lesson(Kind.CONTROL, control.sample, State.OK, control.sample.fold)
            for control in controls
            if control.gold_words >= _LEAST_GOLD
        ),
        *(Lesson(Kind.SHORT, sample, State.OK, sample.fold) for sample in short),
        *(
            Lesson(kind, sample, *states[sample.id], sample.id)
            for kind, samples in again.items()
            for sample in samples
        ),
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
    """One to three lines of a page's gold text, as lines or HTML, with its title, a word of it, or none."""
    lines = [line.strip() for line in page.gold.splitlines()]
    lines = [line[:_MOST_LINE] for line in lines if len(line) >= _LEAST_LINE] or [page.gold[:_MOST_LINE]]
    shape, more = number % 6, number // 6 % _MOST_LINES
    lines = lines[: 1 + more]
    if shape == 0:
        return outline("\n".join(lines))
    title = segment(page.html).title
    if shape == 1:
        return outline("\n".join([title, *lines]))
    heads = (
        f"<title>{escape(title)}</title>",
        f"<article><h1>{escape(title)}</h1>",
        f"<title>{escape(' '.join(title.split()[:1]))}</title>",
        "",
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return segment(f"<!doctype html><html><body>{heads[shape - 2]}{text}</body></html>")


def _retold(
    kind: Kind,
    ids: tuple[str, ...],
    pages: Path,
    release: Path,
    jobs: int,
    data: str,
    code: str,
    model: str,
) -> list[Sample]:
    rows = page_rows(pages_file(pages), set(ids))
    made = _samples((delayed(_retold_sample)(kind, row, release) for row in rows), len(ids), jobs)
    return [sample for sample in made if sample.measures["page_chars"]]


def _retold_sample(kind: Kind, row: dict[str, str], release: Path) -> Sample:
    document = segment(row["html"])
    if kind is Kind.LINES:
        page = outline(as_text(document)[:_MOST_CHARS])
    else:
        judgement = load_release(release).judge(document)
        page = bare_page(document, choose(judgement.probability, judgement.copies, Options()).keep.tolist())
    return _judged(page, row["id"], EVERYWHERE, release)


def bare_page(document: Document, keep: Sequence[bool]) -> Document:
    """Title, kept headings and kept text of a page as HTML, with nothing around; all text if none is kept."""
    tags, blocks = document.elements.tag, document.blocks
    pieces = [
        (tags[owner] if tags[owner] in HEADINGS else "p", text)
        for text, owner, kept in zip(blocks.text, blocks.owner, keep, strict=True)
        if kept or not any(keep)
    ]
    text = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in pieces)[:_MOST_CHARS]
    head = f"<title>{escape(document.title)}</title>" if document.title else ""
    return segment(f"<!doctype html><html><head>{head}</head><body><article>{text}</article></body></html>")


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

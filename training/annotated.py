"""Pages for the verdict and the confidence: annotated ones, and those whose true extraction is known.

What the models see of a page depends on the block classifier. The annotated pages took no part in its
training; the corpora did, so theirs are its out-of-fold probabilities.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.blocks import Document, segment
from pagesieve.choose import choose
from pagesieve.copies import find_copies
from pagesieve.errors import BadInput
from pagesieve.features.words import read_words
from pagesieve.model import load_release
from pagesieve.options import Options
from pagesieve.quality.measures import WORDINGS, Cleaned, measure, measure_certainty
from pagesieve.quality.prose import Measures
from training.agreement import read_annotations
from training.corpora import LabelledPage, present, read_pages
from training.dataset import FOLDS, digest, part_of, site_of
from training.metrics import word_score
from training.out_of_fold import FINAL, of_other_blocks, probabilities_file, read_probabilities

PAGES_VARIABLE = "PAGESIEVE_PAGES"
_FILE = "pages.jsonl.xz"
# Code that decides what a sample is; a change of it makes the cached samples stale.
_SOURCES = (
    "pagesieve/tree.py", "pagesieve/blocks.py", "pagesieve/words.py", "pagesieve/copies.py",
    "pagesieve/choose.py", "pagesieve/language.py", "pagesieve/lines.py", "pagesieve/features/words.py",
    "pagesieve/quality/grams.py", "pagesieve/quality/mark*.py", "pagesieve/quality/measures.py",
    "pagesieve/quality/prose.py", "pagesieve/quality/stopwords.py", "training/annotated.py",
    "training/metrics.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A page as the models see it; ``texts`` are what the measures of ``WORDINGS`` are made of."""

    id: str
    source: str
    fold: int
    measures: Measures
    certainty: Measures
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sample and what people said of it."""

    sample: Sample
    state: str
    spam: str
    quality: int


@dataclass(frozen=True, slots=True)
class Control:
    """A page of a corpus of articles, forums and shops, and the word F1 of its out-of-fold extraction."""

    sample: Sample
    f1: float
    gold_words: int


def pages_folder(given: str | Path | None = None) -> Path:
    """The folder of annotated pages: the argument, ``$PAGESIEVE_PAGES``, or ``../shared/page_pool``.

    Raises
    ------
    BadInput
        There is no such folder.
    """
    folder = Path(
        given or os.environ.get(PAGES_VARIABLE) or Path(__file__).parents[2] / "shared" / "page_pool"
    )
    if not pages_file(folder).is_file():
        raise BadInput(f"no {_FILE} in {folder}; name its folder with --pages or ${PAGES_VARIABLE}")
    return folder


def load_annotated(folder: Path, release: Path, cache: Path, jobs: int) -> list[Annotated]:
    """The annotated pages as the release in that folder reads them, first pass, in the annotations' order.

    Pages of one site, template or text stay in one fold.
    """
    labels = {row["id"]: row for row in read_annotations("verdicts") if row["pass"] == 1}
    memory = Memory(cache, verbose=0)
    cached = memory.cache(_annotated_samples, ignore=["folder", "release", "jobs"])
    model = load_release(release).name
    samples = cached(
        tuple(labels),
        folder,
        release,
        jobs,
        data=digest([pages_file(folder)]),
        code=code_digest(),
        model=model,
    )
    return [
        Annotated(sample, label["state"], label["spam"], label["quality"])
        for sample in samples
        for label in [labels[sample.id]]
    ]


def _annotated_samples(
    ids: tuple[str, ...], folder: Path, release: Path, jobs: int, data: str, code: str, model: str
) -> list[Sample]:
    rows = page_rows(pages_file(folder), set(ids))
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(
        delayed(_annotated_sample)(row, release) for row in rows
    )
    return list(tqdm(work, "reading annotated pages", len(ids), unit="page"))


def pages_file(folder: Path) -> Path:
    return folder / _FILE


def page_rows(path: Path, wanted: set[str]) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["id"] in wanted:
                yield row


def _annotated_sample(row: dict[str, str], release: Path) -> Sample:
    document = segment(row["html"])
    judgement = load_release(release).judge(document)
    keep = choose(judgement.probability, judgement.copies, Options()).keep
    fold = int.from_bytes(hashlib.sha256(row["group"].encode()).digest()[:8]) % FOLDS
    page = Cleaned(document, judgement.probability, keep, judgement.copies.n_words, row["url"])
    return sample_of(page, row["id"], row["pool"], fold)


def sample_of(page: Cleaned, name: str, source: str, fold: int) -> Sample:
    texts = tuple(text(page) for text in WORDINGS.values())
    return Sample(name, source, fold, measure(page), measure_certainty(page), texts)


def load_controls(corpora: Path, cache: Path) -> list[Control]:
    """The pages of the corpora with the block probabilities of the last ``pagesieve train``, out of fold.

    Raises
    ------
    BadInput
        There are none in ``cache``, or they are of other pages.
    """
    path = probabilities_file(cache, FINAL)
    memory = Memory(cache, verbose=0)
    cached = memory.cache(_controls, ignore=["corpora", "path"])
    files = [corpus.file(corpora) for corpus in present(corpora)]
    return list(cached(corpora, path, data=digest([*files, path]), code=code_digest()))


def _controls(corpora: Path, path: Path, data: str, code: str) -> list[Control]:
    pages = [page for corpus in present(corpora) for page in read_pages(corpus.file(corpora))]
    pages.sort(key=lambda page: part_of(site_of(page)))  # the order of the pool
    probability = read_probabilities(path, FINAL)
    found, start = [], 0
    for page in tqdm(pages, "reading controls", unit="page"):
        document = segment(page.html)
        rows = slice(start, start := start + len(document.blocks))
        if start > len(probability):
            break
        found.append(_control(page, document, probability[rows]))
    if start != len(probability):
        raise of_other_blocks(path)
    return found


def _control(page: LabelledPage, document: Document, probability: NDArray[np.float32]) -> Control:
    words, _ = read_words(document.blocks.text)
    n_words = words.counts.astype(np.float32)
    copies = find_copies(document, n_words, words.repetition()[0].astype(np.float32))
    keep = choose(probability, copies, Options()).keep
    cleaned = Cleaned(document, probability, keep, n_words, page.url)
    fold = part_of(site_of(page)) % FOLDS
    f1 = word_score(cleaned.text, page.gold, corpus=page.corpus).f1
    return Control(sample_of(cleaned, page.id, page.corpus, fold), f1, len(page.gold.split()))


def code_digest(*more: str) -> str:
    """Of the code that decides what a sample is, and of ``more`` files."""
    root = Path(__file__).parents[1]
    return digest(path for pattern in (*_SOURCES, *more) for path in sorted(root.glob(pattern)))

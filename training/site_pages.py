"""The corpora's sites with several pages, as adaptation sees them, out of fold."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Memory
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.blocks import Document, segment
from pagesieve.words import tokens
from training.align import align
from training.bags import Bags
from training.corpora import YARDSTICK, LabelledPage, present, read_pages
from training.dataset import digest, part_of, site_of
from training.metrics import words
from training.out_of_fold import FINAL, of_other_blocks, probabilities_file, read_probabilities
from training.sites import Observed, observe

# Sites with fewer pages say nothing about how a few pages tell of others.
LEAST_PAGES = 2
_SOURCES = (
    "pagesieve/tree.py", "pagesieve/blocks.py", "pagesieve/words.py", "pagesieve/copies.py",
    "pagesieve/features/words.py", "pagesieve/features/page.py", "pagesieve/sites/keys.py",
    "training/align.py", "training/bags.py", "training/metrics.py", "training/site_pages.py",
    "training/sites.py",
)  # fmt: skip


def load_sites(corpora: Path, cache: Path) -> dict[str, list[Observed]]:
    """The corpora's pages of sites with at least ``LEAST_PAGES``, with out-of-fold probabilities.

    Raises
    ------
    BadInput
        There are none in ``cache``, or they are of other pages.
    """
    path = probabilities_file(cache, FINAL)
    files = [corpus.file(corpora) for corpus in present(corpora)]
    root = Path(__file__).parents[1]
    code = digest(path for pattern in _SOURCES for path in sorted(root.glob(pattern)))
    cached = Memory(cache, verbose=0).cache(_observe_all, ignore=["corpora", "path"])
    found: dict[str, list[Observed]] = cached(corpora, path, data=digest([*files, path]), code=code)
    return found


def _observe_all(corpora: Path, path: Path, data: str, code: str) -> dict[str, list[Observed]]:
    pages = [page for corpus in present(corpora) for page in read_pages(corpus.file(corpora))]
    pages.sort(key=lambda page: part_of(site_of(page)))  # the order of the pool
    counts = Counter(map(site_of, pages))
    probability = read_probabilities(path, FINAL)
    found, start = defaultdict(list), 0
    for page in tqdm(pages, "reading sites", unit="page"):
        document = segment(page.html)
        rows = slice(start, start := start + len(document.blocks))
        if start > len(probability):
            break
        if counts[site_of(page)] >= LEAST_PAGES and rows.start < rows.stop:
            found[site_of(page)].append(_observe(page, document, probability[rows]))
    if start != len(probability):
        raise of_other_blocks(path)
    return dict(found)


def _observe(page: LabelledPage, document: Document, probability: NDArray[np.float32]) -> Observed:
    texts = document.blocks.text
    split = words if page.corpus == YARDSTICK else tokens
    known = align(texts, page.gold).content.astype(np.int8)
    bags = Bags.of([split(text) for text in texts], split(page.gold))
    return replace(observe(site_of(page), document, known, probability, bags), corpus=page.corpus)

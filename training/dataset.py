"""Labelled pages → examples: a page in numbers, and which of its blocks are content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from tldextract import TLDExtract
from tqdm import tqdm

from pagesieve.blocks import segment
from pagesieve.copies import Copies, find_copies
from pagesieve.features import Surroundings, describe, stack
from pagesieve.features.lexicon import Numbering, TokenColumns
from pagesieve.page_type import page_tokens
from training.agreement import read_annotations
from training.align import Alignment, align
from training.corpora import CORPORA, LabelledPage, present, read_pages

# Folds of the cross-validation, and the finer parts in which lexicons are cross-fitted.
FOLDS = 5
PARTS = 20
# Code that decides what an example is; a change of it makes the cached examples stale.
_SOURCES = (
    "pagesieve/tree.py", "pagesieve/blocks.py", "pagesieve/words.py", "pagesieve/copies.py",
    "pagesieve/features/*.py", "pagesieve/page_type.py",
    "training/align.py", "training/metrics.py", "training/corpora.py", "training/dataset.py",
)  # fmt: skip
_NOT_HTML = "pagesieve/features/lines.py"
_TRUST = {corpus.name: corpus.weight for corpus in CORPORA}
# Bundled public-suffix list only: nothing is fetched.
_registered = TLDExtract(suffix_list_urls=(), cache_dir=None)


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled page. ``words`` and ``names`` are the tokens behind the description's ids."""

    page: LabelledPage
    part: int
    """Part (0..PARTS-1) that the page's site falls in; its fold is ``part % FOLDS``."""
    texts: list[str]
    fixed: NDArray[np.float32]
    fixed_names: tuple[str, ...]
    tokens: TokenColumns
    around: Surroundings
    n_words: NDArray[np.float32]
    copies: Copies
    type_tokens: list[str]
    """What the page-type model sees."""
    words: list[str]
    names: list[str]
    alignment: Alignment

    @property
    def fold(self) -> int:
        return self.part % FOLDS

    @property
    def trust(self) -> float:
        """Weight of the page in training: its corpus's, less where its gold is doubtful."""
        return _TRUST[self.page.corpus] * _doubts().get((self.page.corpus, self.page.id), 1.0)


@cache
def _doubts() -> dict[tuple[str, str], float]:
    """Weights of the pages whose gold is wrong or arbitrary. They count fully where a model is judged."""
    return {(row["corpus"], row["id"]): row["weight"] for row in read_annotations("doubtful")}


def site_of(page: LabelledPage) -> str:
    """Registered domain of the page; its host where that has none, its id where there is no address."""
    address = page.url or ""
    domain = _registered(address).top_domain_under_public_suffix
    return domain or urlsplit(address).hostname or f"{page.corpus}/{page.id}"


def part_of(site: str) -> int:
    """Part of a site: pseudo-random, but the same in every run and every corpus."""
    return int.from_bytes(hashlib.sha256(site.encode()).digest()[:8]) % PARTS


def build_example(page: LabelledPage) -> Example:
    document = segment(page.html)
    words: dict[str, int] = {}
    names: dict[str, int] = {}
    description = describe(document, (collector(words), collector(names)))
    texts = document.blocks.text
    return Example(
        page=page,
        part=part_of(site_of(page)),
        texts=texts,
        fixed=stack(description.fixed),
        fixed_names=tuple(description.fixed),
        tokens=description.tokens,
        around=description.around,
        n_words=description.n_words,
        copies=find_copies(document, description.n_words, description.shared),
        type_tokens=sorted(page_tokens(document, page.url)) if page.page_type else [],
        words=list(words),
        names=list(names),
        alignment=align(texts, page.gold),
    )


def collector(known: dict[str, int]) -> Numbering:
    """Numbers tokens in the order in which they are met, and remembers them in ``known``."""

    def number(tokens: Sequence[str]) -> NDArray[np.int64]:
        return np.array([known.setdefault(token, len(known)) for token in tokens], dtype=np.int64)

    return number


def load_examples(corpora: Path, cache: Path, jobs: int = 2) -> list[Example]:
    """Examples of every corpus, in order; cached until a corpus or the code that makes them changes."""
    memory = Memory(cache, verbose=0)
    cached = memory.cache(_corpus_examples, ignore=["folder", "jobs"])
    code = digest(example_sources())
    found: list[Example] = []
    for corpus in present(corpora):
        data = digest([corpus.file(corpora)])
        found += cached(corpus.name, folder=corpora, jobs=jobs, data=data, code=code)
    return found


def example_sources() -> list[Path]:
    """The code that decides what an example is."""
    root = Path(__file__).parents[1]
    found = [path for pattern in _SOURCES for path in sorted(root.glob(pattern))]
    return [path for path in found if path != root / _NOT_HTML]


def _corpus_examples(name: str, folder: Path, jobs: int, data: str, code: str) -> list[Example]:
    pages = list(read_pages(folder / f"{name}.jsonl.xz"))
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(
        delayed(build_example)(page) for page in pages
    )
    return list(tqdm(work, desc=f"reading {name}", total=len(pages)))


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of files."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def block_weights(example: Example) -> NDArray[np.float32]:
    """Weight of each block in training: by the words it moves, each page counting alike.

    The yardstick is a mean over pages of word F1, so a block counts by its share of the page's words,
    damped so that short blocks, of which there are many, still matter.
    """
    words = example.n_words + 1.0
    share = np.sqrt(words)
    return np.asarray(share / max(float(share.sum()), 1.0), dtype=np.float32)

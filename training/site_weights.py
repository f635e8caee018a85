"""How much evidence of a site weighs, learned from the corpora's sites: ``python -m training.site_weights``.

Writes ``site_weights.json``. Needs the out-of-fold probabilities that a whole ``pagesieve train`` leaves in
the cache: what the release says of a site that it was not trained on.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Memory
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.blocks import Document, segment
from pagesieve.errors import BadInput
from pagesieve.sites import FEATURES
from pagesieve.words import tokens
from training.align import align
from training.corpora import YARDSTICK, LabelledPage, corpora_folder, present, read_pages
from training.dataset import digest, part_of, site_of
from training.metrics import words
from training.sites import WEIGHTS, Episode, Observed, fit_weights, observe

_CACHE = Path(".cache") / "training"
# Sites with fewer pages say nothing about how a few pages tell of others.
LEAST_PAGES = 2
# Labelled pages in an episode, and episodes a site for each of these.
_LABELLED = (1, 2, 3, 5, 8)
_DRAWS = 3
_SOURCES = (
    "pagesieve/tree.py", "pagesieve/blocks.py", "pagesieve/words.py", "pagesieve/sites/keys.py",
    "training/align.py", "training/metrics.py", "training/site_weights.py", "training/sites.py",
)  # fmt: skip


def load_sites(corpora: Path, cache: Path) -> dict[str, list[Observed]]:
    """The corpora's pages of sites with at least ``LEAST_PAGES``, with out-of-fold probabilities.

    Raises
    ------
    BadInput
        There are none in ``cache``, or they are of other pages.
    """
    path = cache / "oof.npz"
    if not path.is_file():
        raise BadInput(f"no out-of-fold probabilities at {path}; run `pagesieve train` without --only first")
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
    with np.load(path) as table:
        probability = table["both"]
    found, start = defaultdict(list), 0
    for page in tqdm(pages, "reading sites", unit="page"):
        document = segment(page.html)
        rows = slice(start, start := start + len(document.blocks))
        if start > len(probability):
            break
        if counts[site_of(page)] >= LEAST_PAGES and rows.start < rows.stop:
            found[site_of(page)].append(_observe(page, document, probability[rows]))
    if start != len(probability):
        raise BadInput(
            f"{path} is of other pages or other blocks; run `pagesieve train` without --only first"
        )
    return dict(found)


def _observe(page: LabelledPage, document: Document, probability: NDArray[np.float32]) -> Observed:
    texts = document.blocks.text
    split = words if page.corpus == YARDSTICK else tokens
    known = align(texts, page.gold).content.astype(np.int8)
    bags = [Counter(split(text)) for text in texts]
    found = observe(site_of(page), document, known, probability, bags)
    return replace(found, gold=Counter(split(page.gold)), corpus=page.corpus)


def draw_episodes(sites: Mapping[str, Sequence[Observed]], seed: int) -> list[Episode]:
    """Pages with random other pages of their site, a few at a time."""
    rng = random.Random(seed)
    found: list[Episode] = []
    for pages in sites.values():
        for size in _LABELLED:
            for _ in range(_DRAWS if len(pages) > size else 0):
                page, *labelled = rng.sample(list(pages), size + 1)
                found.append((page, labelled))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=_CACHE)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sites = load_sites(corpora_folder(given.corpora), given.cache)
    episodes = draw_episodes(sites, given.seed)
    weights = fit_weights(episodes)
    saved = {
        "sites": len(sites),
        "pages": sum(map(len, sites.values())),
        "episodes": len(episodes),
        "seed": given.seed,
        "weights": dict(zip(FEATURES, np.round(weights, 4).tolist(), strict=True)),
    }
    WEIGHTS.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the pages of the training are like, out of fold: the reference by which a service knows drift.

Judged by lexicons and models that had seen them, training pages would look surer than any that come later.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.choose import choose
from pagesieve.clean import clean_with
from pagesieve.drift import COLUMNS, DRIFT, Reference, role_shares, shares_of
from pagesieve.model import Release, load_release
from pagesieve.options import Options
from training.dataset import PARTS, load_examples
from training.out_of_fold import FINAL, of_other_blocks, probabilities_file, read_probabilities
from training.pool import Counts, Pool, build_pool, count_tokens, learned_columns
from training.release import add_to_release

Floats = NDArray[np.float32]

# Bins of features of blocks, and of those that have one value a page: their shares are of fewer numbers.
_BINS, _PAGE_BINS = 10, 5
# Most blocks are all but certain, and how many noughts stand before a probability says nothing.
_FIXED = {"probability": np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])}
# Pages whose roles are predicted, spread over all. Predicting those of every page takes minutes.
_ROLE_PAGES = 400
_DECIMALS = 4


def train_drift(corpora: Path, base: Path, cache: Path, jobs: int) -> Path:
    """Write a release beside ``base`` that holds what that one does, and the reference.

    Raises
    ------
    BadInput
        ``cache`` has no out-of-fold probabilities of these corpora.
    ModelError
        The release cannot be used, or the new one would be too large.
    """
    release = load_release(base)
    pool = build_pool(load_examples(corpora, cache, jobs))
    reference = reference_of(pool, count_tokens(pool), _out_of_fold(cache, len(pool.page)), release)
    body = (json.dumps(reference.to_dict(), separators=(",", ":")) + "\n").encode()
    return add_to_release(base.parent, base, {DRIFT: body}, {})


def reference_of(pool: Pool, counts: Counts, both: Floats, release: Release) -> Reference:
    """Histograms of the pool's pages; ``both`` are their out-of-fold probabilities (shape: n_blocks)."""
    full = [number for number, example in enumerate(pool.examples) if example.texts]
    rows = [slice(pool.starts[number], pool.starts[number + 1]) for number in full]
    learned, names = learned_columns(pool, counts, list(range(PARTS)))
    columns = dict(zip(pool.fixed_names, pool.fixed.T, strict=True)) | dict(
        zip(names, learned.T, strict=True)
    )
    blocks = {name: columns[name] for name in COLUMNS}
    blocks["probability"] = both
    values = {name: [column[one] for one in rows] for name, column in blocks.items()}
    values["blocks"] = [np.log1p([one.stop - one.start]) for one in rows]
    values["kept"] = [_kept(pool, number, both[one]) for number, one in zip(full, rows, strict=True)]
    edges = {name: _edges(found) for name, found in values.items() if name not in _FIXED} | _FIXED
    shares = [
        np.mean([shares_of(page, cuts) for page in values[name]], axis=0) for name, cuts in edges.items()
    ]
    roles = [
        role_shares(clean_with(release, pool.examples[number].page.html))
        for number in tqdm(full[:: max(len(full) // _ROLE_PAGES, 1)], "predicting roles", unit="page")
    ]
    return Reference(edges, np.concatenate([*shares, np.mean(roles, axis=0)]))


def _kept(pool: Pool, number: int, probability: Floats) -> NDArray[np.float64]:
    example = pool.examples[number]
    chosen = choose(probability, example.copies, Options()).keep
    return np.array([float(example.n_words @ chosen) / max(float(example.n_words.sum()), 1.0)])


def _edges(pages: list[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Inner edges of bins with equal shares of the values, each page counting alike."""
    sizes = np.array([len(page) for page in pages])
    bins = _PAGE_BINS if sizes.max() == 1 else _BINS
    found, weight = np.concatenate(pages), np.repeat(1 / sizes, sizes)
    order = np.argsort(found, kind="stable")
    below = np.cumsum(weight[order]) / weight.sum()
    cuts = found[order][np.searchsorted(below, np.arange(1, bins) / bins)]
    edges: NDArray[np.float64] = np.unique(cuts.astype(np.float64).round(_DECIMALS))
    return edges


def _out_of_fold(cache: Path, n_blocks: int) -> Floats:
    path = probabilities_file(cache, FINAL)
    found = read_probabilities(path, FINAL)
    if len(found) != n_blocks:
        raise of_other_blocks(path)
    return found

"""Labelled pages → what is known of their sites, and how far that is followed.

The base model stays as it is. What was learned over many sites is only how much the evidence of a few
labelled pages of one site weighs against it (``site_weights.json``); the evidence itself is counted.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pagesieve.blocks import Document
from pagesieve.choose import choose
from pagesieve.copies import Copies, find_copies
from pagesieve.features.words import read_words
from pagesieve.options import Options
from pagesieve.roles import ROLES, Role
from pagesieve.sites import (
    FAMILIES,
    FEATURES,
    Evidence,
    Site,
    SiteKeys,
    Weights,
    evidence_features,
    site_keys,
)
from pagesieve.sites.evidence import log_odds
from pagesieve.sites.keys import NO_KEY, Keys
from pagesieve.sites.model import ROLE_FAMILIES, evidence_move, moved
from training.bags import Bags
from training.labels import CONTENT, UNKNOWN

WEIGHTS = Path(__file__).parent / "site_weights.json"
# Of texts seen on one page of several nearly all are what the page is about, and will not be seen again.
_TEXT_FAMILIES = [FAMILIES.index(name) for name in ("text", "text_place", "heading", "heading_place")]
# A key and the number of a block in one integer.
_ROW_BITS = 24
# How far evidence may be followed; with nothing to tell by, all the way.
STRENGTHS = (1.0, 0.5, 0.0)
# Parts that a site's pages are held out in, one after the other.
_FOLDS = 10
# The weights are a prior's worth of so much evidence: pages count alike, and one page counts 1.
_PENALTY = 3.0
# Rows taken from one page at most, evenly.
_MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Observed:
    """A labelled page as adaptation sees it; arrays have a value a block.

    ``probability`` is the release's own, ``known`` as of ``training.labels``, ``weight`` sums to 1, and
    ``bags`` the words by which the page is scored. ``shares`` is what ``shares_of`` gives, ``texts`` are the
    keys that stand for texts, ``chances`` the release's probabilities of roles.
    """

    site: str
    keys: SiteKeys
    probability: NDArray[np.float32]
    known: NDArray[np.int8]
    weight: NDArray[np.float32]
    copies: Copies
    bags: Bags = field(repr=False)
    shares: NDArray[np.float64]
    texts: Keys
    roles: tuple[Role | None, ...] = ()
    chances: NDArray[np.float32] | None = None
    page_type: str = ""
    corpus: str = ""

    def keep(self, probability: NDArray[np.float32]) -> NDArray[np.bool_]:
        return choose(probability, self.copies, Options()).keep

    def f1(self, probability: NDArray[np.float32]) -> float:
        """Word F1 of what these probabilities keep, over the blocks of which it is known what they are."""
        kept = self.keep(probability) & (self.known != UNKNOWN)
        return self.bags.f1(kept, self.known == CONTENT)


def observe(
    site: str,
    document: Document,
    known: NDArray[np.int8],
    probability: NDArray[np.float32],
    bags: Bags,
) -> Observed:
    """A page of ``site``."""
    texts = document.blocks.text
    read, _ = read_words(texts)
    n_words = read.counts.astype(np.float32)
    share = np.sqrt(n_words + 1)
    weight = np.asarray(share / share.sum(), dtype=np.float32)
    keys = site_keys(document)
    return Observed(
        site=site,
        keys=keys,
        probability=probability,
        known=known,
        weight=weight,
        copies=find_copies(document, n_words, np.maximum(*read.said_elsewhere())),
        bags=bags,
        shares=shares_of(keys, known, probability, weight),
        texts=np.unique(keys.blocks[_TEXT_FAMILIES]),
    )


def by_site(pages: Sequence[Observed]) -> dict[str, list[Observed]]:
    found: dict[str, list[Observed]] = defaultdict(list)
    for page in pages:
        found[page.site].append(page)
    return dict(sorted(found.items()))


def count_site(pages: Sequence[Observed], strength: float = 1.0) -> Site:
    """What the labelled pages of one site say."""
    shares = np.concatenate([page.shares for page in pages], axis=1)
    texts = np.concatenate([page.texts for page in pages])
    keys, place = np.unique(shares[0], return_inverse=True)
    count = np.bincount(place)
    content, base = (np.bincount(place, weights=row) / count for row in shares[1:])
    kept = ~((count == 1) & np.isin(keys, texts)) if len(pages) > 1 else np.ones(len(keys), dtype=bool)
    evidence = Evidence.build(keys[kept], count[kept], content[kept], base[kept])
    return Site(evidence, strength, *_count_roles(pages))


def shares_of(
    keys: SiteKeys, known: NDArray[np.int8], probability: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Every key on a page, the share of its blocks that are content, and their mean probability.

    Only blocks count of which it is known what they are (shape: 3, n_keys).
    """
    rows = np.flatnonzero(known != UNKNOWN)
    of_blocks = keys.blocks[:, rows]
    block = np.broadcast_to(rows, of_blocks.shape)
    names, of_names = _names_over(keys, rows)
    key, row = np.concatenate((of_blocks.ravel(), names)), np.concatenate((block.ravel(), of_names))
    # A container is counted once a block, whatever height it is at.
    pair = np.unique(key[key != NO_KEY].astype(np.int64) << _ROW_BITS | row[key != NO_KEY])
    row = pair & ((1 << _ROW_BITS) - 1)
    distinct, inverse = np.unique(pair >> _ROW_BITS, return_inverse=True)
    share = weight[row]
    total = np.bincount(inverse, weights=share)
    content = np.bincount(inverse, weights=share * (known[row] == CONTENT)) / total
    base = np.bincount(inverse, weights=share * probability[row]) / total
    return np.stack((distinct, content, base))


def _names_over(keys: SiteKeys, rows: NDArray[np.int64]) -> tuple[Keys, NDArray[np.int64]]:
    """The names of each block's element and containers, and the block of each."""
    found, of_block = [np.zeros(0, dtype=np.uint32)], [rows[:0]]
    line = keys.element[rows]
    while len(line):
        kind = keys.kind[line]
        counts = keys.starts[kind + 1] - keys.starts[kind]
        which = np.repeat(np.arange(len(line)), counts)
        offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        found.append(keys.names[keys.starts[kind][which] + offset])
        of_block.append(rows[which])
        line = keys.parent[line]
        rows, line = rows[line >= 0], line[line >= 0]
    return np.concatenate(found), np.concatenate(of_block)


def _count_roles(pages: Sequence[Observed]) -> tuple[Keys, NDArray[np.uint8], NDArray[np.uint8]]:
    """Keys all of whose labelled blocks have one role."""
    said: dict[int, set[int]] = defaultdict(set)
    seen: Counter[int] = Counter()
    rows = [FAMILIES.index(family) for family in ROLE_FAMILIES]
    for page in pages:
        here = set()
        for number, role in enumerate(page.roles):
            for key in page.keys.blocks[rows, number].tolist() if role else ():
                if key != NO_KEY:
                    said[key].add(ROLES.index(role))
                    here.add(key)
        seen.update(here)
    found = sorted(key for key, roles in said.items() if len(roles) == 1)
    return (
        np.array(found, dtype=np.uint32),
        np.array([next(iter(said[key])) for key in found], dtype=np.uint8),
        np.array([min(seen[key], 255) for key in found], dtype=np.uint8),
    )


def held_out(pages: Sequence[Observed]) -> list[tuple[list[int], list[Observed]]]:
    """Parts of a site's pages, a page each or ``_FOLDS`` in all, each with the pages not in it."""
    folds = min(len(pages), _FOLDS)
    parts = [list(range(fold, len(pages), folds)) for fold in range(folds)]
    return [(part, [page for number, page in enumerate(pages) if number not in part]) for part in parts]


def best_strength(pages: Sequence[Observed], weights: Weights) -> float:
    """How far to follow a site's evidence: what does its pages most good, each judged by the others."""
    if len(pages) < 2:
        return STRENGTHS[0]
    gains = np.zeros(len(STRENGTHS))
    for part, others in held_out(pages):
        site = count_site(others)
        for number in part:
            page = pages[number]
            by = evidence_move(page.keys, site, page.probability, weights)
            gains += [page.f1(moved(page.probability, by, strength)) for strength in STRENGTHS]
    return STRENGTHS[int(np.argmax(np.round(gains / len(pages), 4)))]


def fit_site(pages: Sequence[Observed], weights: Weights) -> Site:
    return count_site(pages, best_strength(pages, weights))


Episode = tuple[Observed, Sequence[Observed]]
"""A page, and the labelled pages of its site that it is to be judged by."""


def fit_weights(episodes: Sequence[Episode], *, penalty: float = _PENALTY) -> NDArray[np.float64]:
    """Weights of ``FEATURES`` by logistic regression over pages of many sites, every site counting alike.

    They are drawn to what the release says by itself: 1 for ``base``, 0 for everything else.
    """
    matrices, wanted, weights = [], [], []
    sizes = Counter(page.site for page, _ in episodes)
    for page, labelled in episodes:
        rows = np.flatnonzero(page.known != UNKNOWN)
        rows = rows[:: len(rows) // _MOST_ROWS + 1]
        base = log_odds(page.probability)
        matrices.append(evidence_features(page.keys, count_site(labelled).evidence, base)[rows])
        wanted.append(page.known[rows] == CONTENT)
        weights.append(page.weight[rows] / page.weight[rows].sum() / np.sqrt(sizes[page.site]))
    matrix, content, weight = np.concatenate(matrices), np.concatenate(wanted), np.concatenate(weights)
    start = np.zeros(len(FEATURES))
    start[FEATURES.index("base")] = 1.0

    def loss(vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sums = matrix @ vector
        error = weight * (1 / (1 + np.exp(-np.clip(sums, -30, 30))) - content)
        pull = vector - start
        total = weight @ (np.logaddexp(0, sums) - content * sums) + penalty / 2 * (pull @ pull)
        return float(total), matrix.T @ error + penalty * pull

    found: NDArray[np.float64] = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def shipped_weights() -> Weights:
    """The weights learned over the sites of the corpora, by ``python -m training.site_weights``."""
    saved = json.loads(WEIGHTS.read_bytes())
    kinds = (saved["weights"], saved["line_weights"])
    return Weights(*(np.array([kind[name] for name in FEATURES]) for kind in kinds))

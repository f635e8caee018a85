"""Labelled pages → what is known of their sites, and how far that is followed.

The base model stays as it is. What was learned over many sites is only how much the evidence of a few labelled
pages of one site weighs against it (``site_weights.json``); the evidence itself is counted.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from pagesieve.choose import choose
from pagesieve.options import Options
from pagesieve.roles import ROLES, Role
from pagesieve.sites import FAMILIES, FEATURES, Evidence, Site, SiteKeys, evidence_features
from pagesieve.sites.evidence import log_odds
from pagesieve.sites.keys import NO_KEY, Keys
from pagesieve.sites.model import ROLE_FAMILIES, weigh
from training.labels import CONTENT, UNKNOWN
from training.metrics import bag_score

WEIGHTS = Path(__file__).parent / "site_weights.json"
# Of texts seen on one page of several nearly all are what the page is about, and will not be seen again.
_TEXT_FAMILIES = ("text", "text_place", "heading", "heading_place")
# How far evidence may be followed; with nothing to tell by, all the way.
STRENGTHS = (1.0, 0.5, 0.0)
# The weights are a prior's worth of so much evidence: pages count alike, and one page counts 1.
_PENALTY = 3.0


@dataclass(frozen=True, slots=True)
class Observed:
    """A labelled page as adaptation sees it; arrays have a value a block.

    ``probability`` is the release's own, ``known`` as of ``training.labels``, ``weight`` sums to 1 and
    ``words`` are the bags of words by which it is scored.
    """

    site: str
    keys: SiteKeys
    probability: NDArray[np.float32]
    known: NDArray[np.int8]
    weight: NDArray[np.float32]
    n_words: NDArray[np.float32]
    first_copy: NDArray[np.int64]
    words: list[Counter[str]] = field(repr=False)
    gold: Counter[str] | None = None
    roles: tuple[Role | None, ...] = ()

    def f1(self, probability: NDArray[np.float32]) -> float:
        """Word F1 of what these probabilities keep, over the blocks of which it is known what they are."""
        keep = choose(probability, self.n_words, self.first_copy, Options())
        kept = self._bag(keep & (self.known != UNKNOWN))
        return bag_score(kept, self._bag(self.known == CONTENT) if self.gold is None else self.gold).f1

    def _bag(self, which: NDArray[np.bool_]) -> Counter[str]:
        found: Counter[str] = Counter()
        for number in np.flatnonzero(which).tolist():
            found.update(self.words[number])
        return found


def by_site(pages: Sequence[Observed]) -> dict[str, list[Observed]]:
    found: dict[str, list[Observed]] = defaultdict(list)
    for page in pages:
        found[page.site].append(page)
    return dict(sorted(found.items()))


def count_site(pages: Sequence[Observed], strength: float = 1.0) -> Site:
    """What the labelled pages of one site say."""
    totals: dict[int, list[float]] = {}
    for page in pages:
        for key, content, base in _shares(page):
            entry = totals.setdefault(key, [0.0, 0.0, 0.0])
            entry[0] += 1
            entry[1] += content
            entry[2] += base
    once = _said_once(pages) if len(pages) > 1 else set()
    kept = {key: entry for key, entry in totals.items() if key not in once}
    keys = np.array(list(kept), dtype=np.uint32)
    table = np.array(list(kept.values())).reshape(-1, 3)
    count = table[:, 0]
    evidence = Evidence.build(keys, count, table[:, 1] / count, table[:, 2] / count)
    return Site(evidence, strength, *_count_roles(pages))


def _shares(page: Observed) -> Iterator[tuple[int, float, float]]:
    """Of every key on a page: the share of its blocks that are content, and their base probability."""
    rows = np.flatnonzero(page.known != UNKNOWN)
    keys = page.keys.blocks[:, rows]
    block = np.broadcast_to(rows, keys.shape)
    names, of_names = _names_over(page.keys, rows)
    key, row = np.concatenate((keys.ravel(), names)), np.concatenate((block.ravel(), of_names))
    # A container is counted once a block, whatever height it is at.
    pair = np.unique(np.stack((key.astype(np.int64), row)), axis=1)
    key, row = pair[:, pair[0] != NO_KEY]
    distinct, inverse = np.unique(key, return_inverse=True)
    weight = page.weight[row]
    total = np.bincount(inverse, weights=weight)
    content = np.bincount(inverse, weights=weight * (page.known[row] == CONTENT)) / total
    base = np.bincount(inverse, weights=weight * page.probability[row]) / total
    yield from zip(distinct.tolist(), content.tolist(), base.tolist(), strict=True)


def _names_over(keys: SiteKeys, rows: NDArray[np.int64]) -> tuple[Keys, NDArray[np.int64]]:
    """The names of each block's element and containers, and the block of each."""
    found, of_block = [], []
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


def _said_once(pages: Sequence[Observed]) -> set[int]:
    families = [FAMILIES.index(name) for name in _TEXT_FAMILIES]
    count = Counter(key for page in pages for key in np.unique(page.keys.blocks[families]).tolist())
    return {key for key, pages_with in count.items() if pages_with == 1}


def _count_roles(pages: Sequence[Observed]) -> tuple[Keys, NDArray[np.uint8], NDArray[np.uint8]]:
    """Keys all of whose labelled blocks have one role."""
    said: dict[int, set[int]] = defaultdict(set)
    seen: Counter[int] = Counter()
    rows = [FAMILIES.index(family) for family in ROLE_FAMILIES]
    for page in pages:
        here = set()
        for number, role in enumerate(page.roles):
            for key in page.keys.blocks[rows, number].tolist() if role else ():
                said[key].add(ROLES.index(role))
                here.add(key)
        seen.update(here)
    found = sorted(key for key, roles in said.items() if len(roles) == 1)
    return (
        np.array(found, dtype=np.uint32),
        np.array([next(iter(said[key])) for key in found], dtype=np.uint8),
        np.array([min(seen[key], 255) for key in found], dtype=np.uint8),
    )


def out_of_fold(pages: Sequence[Observed], weights: NDArray[np.float64], strength: float) -> list[NDArray[np.float32]]:
    """Probabilities of every page of one site, adapted to the site's other labelled pages."""
    return [
        weigh(page.keys, count_site([*pages[:number], *pages[number + 1 :]], strength), page.probability, weights)
        for number, page in enumerate(pages)
    ]


def best_strength(pages: Sequence[Observed], weights: NDArray[np.float64]) -> float:
    """How far to follow a site's evidence: what does its pages most good, each judged by the others."""
    if len(pages) < 2:
        return STRENGTHS[0]
    scores = {
        strength: fmean(
            page.f1(found) for page, found in zip(pages, out_of_fold(pages, weights, strength), strict=True)
        )
        for strength in STRENGTHS
    }
    return max(STRENGTHS, key=lambda strength: round(scores[strength], 4))


Episode = tuple[Observed, Sequence[Observed]]
"""A page, and the labelled pages of its site that it is to be judged by."""


def fit_weights(episodes: Sequence[Episode], *, penalty: float = _PENALTY) -> NDArray[np.float64]:
    """Weights of ``FEATURES`` by logistic regression over pages of many sites, every site counting alike.

    They are drawn to what the release says by itself: 1 for ``base``, 0 for everything else.
    """
    matrices, wanted, weights = [], [], []
    sizes = Counter(page.site for page, _ in episodes)
    for page, labelled in episodes:
        rows = page.known != UNKNOWN
        base = log_odds(page.probability)
        matrices.append(evidence_features(page.keys, count_site(labelled).evidence, base)[rows])
        wanted.append(page.known[rows] == CONTENT)
        weights.append(page.weight[rows] / np.sqrt(sizes[page.site]))
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


def shipped_weights() -> NDArray[np.float64]:
    """The weights learned over the sites of the corpora, by ``python -m training.site_weights``."""
    saved = json.loads(WEIGHTS.read_bytes())
    return np.array([saved["weights"][name] for name in FEATURES])

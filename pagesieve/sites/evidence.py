"""Labelled pages of a site, counted → columns about the blocks of another page of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.sites.keys import FAMILIES, NO_KEY, Keys, SiteKeys

Floats = NDArray[np.floating[Any]]

_NAME_FEATURES = ("names_low", "names_high", "names_mean", "names_least", "names_most")
FEATURES = (
    "base",
    *(f"{family}_{what}" for family in FAMILIES for what in ("odds", "surprise", "known_base")),
    *_NAME_FEATURES,
    "new_place",
)
# Pseudo-pages of content and of the rest; with one page seen the odds of a key are at most 4 to 1.
_PRIOR = 0.35
# Base probabilities nearer to 0 and 1 than this differ in nothing that matters.
_LEAST_CHANCE = 1e-3
_SCALE = 255
_MOST_PAGES = 255


@dataclass(frozen=True, slots=True)
class Evidence:
    """What labelled pages say of keys, sorted by key (shape: n_keys each).

    ``pages`` counts the labelled pages that have the key, ``content`` is the mean over them of the share of
    its blocks that are content, ``base`` of the probability that the release gave them. Shares in 255ths.
    """

    keys: Keys
    pages: NDArray[np.uint8]
    content: NDArray[np.uint8]
    base: NDArray[np.uint8]

    @classmethod
    def build(cls, keys: Keys, pages: Floats, content: Floats, base: Floats) -> Evidence:
        """From keys in any order, each once, and shares in 0..1."""
        order = np.argsort(keys)
        return cls(
            keys[order].astype(np.uint32),
            np.minimum(pages[order], _MOST_PAGES).astype(np.uint8),
            np.round(content[order] * _SCALE).astype(np.uint8),
            np.round(base[order] * _SCALE).astype(np.uint8),
        )

    def find(self, keys: Keys) -> tuple[Floats, Floats, Floats]:
        """Pages, share of content and base probability of each key; zeros for those never seen."""
        if not len(self.keys):
            nothing = np.zeros(keys.shape)
            return nothing, nothing, nothing
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        there = (self.keys[place] == keys) & (keys != NO_KEY)
        return (
            np.where(there, self.pages[place], 0).astype(np.float64),
            np.where(there, self.content[place] / _SCALE, 0.0),
            np.where(there, self.base[place] / _SCALE, 0.0),
        )


def log_odds(probability: Floats) -> NDArray[np.float64]:
    clipped = np.clip(probability.astype(np.float64), _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    return np.log(clipped / (1 - clipped))


def evidence_features(keys: SiteKeys, evidence: Evidence, base: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns named by ``FEATURES`` for every block of a page (shape: n_blocks, n_features).

    ``base`` holds the log-odds of the release's own probabilities. Of every family: the log-odds of content
    among what has the same key, how far the release's own opinion of that was wrong, and ``base`` where the
    key is known, by which it can lose weight.
    """
    pages, content, before = evidence.find(keys.blocks)
    known, mass = pages > 0, content * pages
    odds = np.where(known, np.log((mass + _PRIOR) / (pages - mass + _PRIOR)), 0.0)
    by_family = np.stack([odds, _surprise(pages, content, before), known * base], axis=1)
    place = FAMILIES.index("place")
    new = (keys.blocks[place] != NO_KEY) & ~known[place]
    columns = [base[None], by_family.reshape(-1, len(base)), _names(keys, evidence), new[None]]
    return np.concatenate(columns).T


def _surprise(pages: Floats, content: Floats, before: Floats) -> Floats:
    """How far the release was wrong, in log-odds near a half, shrunk where few pages say so."""
    return 4 * pages * (content - before) / (pages + 1)


def _names(keys: SiteKeys, evidence: Evidence) -> Floats:
    """Over the names of a block's element and of all containers: lowest, highest and mean surprise, and the
    least and most share of content, against a half."""
    pages, content, before = evidence.find(keys.names)
    known = pages > 0
    surprise = _surprise(pages, content, before)
    n_kinds = len(keys.starts) - 1
    of_kind = np.repeat(np.arange(n_kinds), np.diff(keys.starts))[known]
    low, high = np.full(n_kinds, np.inf), np.full(n_kinds, -np.inf)
    least, most = low.copy(), high.copy()
    for ufunc, target, values in (
        (np.minimum, low, surprise), (np.maximum, high, surprise),
        (np.minimum, least, content), (np.maximum, most, content),
    ):  # fmt: skip
        ufunc.at(target, of_kind, values[known])
    total = np.bincount(of_kind, weights=surprise[known], minlength=n_kinds)
    count = np.bincount(of_kind, minlength=n_kinds)
    # Parents come before their children, so one pass brings everything down to the blocks.
    table = np.stack([low, high, least, most, total, count])[:, keys.kind]
    for level in _levels(keys.parent):
        above = table[:, keys.parent[level]]
        here = table[:, level]
        table[:, level] = np.stack(
            [
                np.minimum(here[0], above[0]), np.maximum(here[1], above[1]),
                np.minimum(here[2], above[2]), np.maximum(here[3], above[3]),
                here[4] + above[4], here[5] + above[5],
            ]
        )  # fmt: skip
    low, high, least, most, total, count = table[:, keys.element]
    none = count == 0
    found = np.stack([low, high, total / np.maximum(count, 1), least - 0.5, most - 0.5])
    return np.where(none, 0.0, found)


def _levels(parent: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Elements by depth, from depth 1 down."""
    depth = np.zeros(len(parent), dtype=np.int64)
    for number, above in enumerate(parent.tolist()):
        depth[number] = depth[above] + 1 if above >= 0 else 0
    return [np.flatnonzero(depth == level) for level in range(1, int(depth.max(initial=0)) + 1)]

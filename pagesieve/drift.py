"""How far the pages that come differ from those of the training: the population stability index.

A page becomes a few small histograms, of its blocks' features and of what was decided about them; each page
counts alike. Their means over many pages are compared with the reference that the release carries:
PSI = Σ (p - q) ln(p / q) over the bins (Siddiqi, Credit Risk Scorecards, 2006). By the usual reading there
is nothing to see below 0.1, and from 0.25 on the model meets another world.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.errors import ModelError
from pagesieve.roles import ROLES

if TYPE_CHECKING:
    from pagesieve.page import Page

Floats = NDArray[np.float64]

DRIFT = "drift.json"
ROLE = "role"
# Features of blocks, by the names of the classifier's columns.
COLUMNS = ("chars", "link_density", "words_mean", "names_path")
FEATURES = (*COLUMNS, "probability", "blocks", "kept")
# A service has room for so many in the memory that its workers share.
MOST_BINS = 120
# A bin that is empty on one side would make the index infinite.
_LEAST_SHARE = 1e-4
_NUMBER = {role: number for number, role in enumerate(ROLES)}


def features(page: Page) -> dict[str, Floats]:
    """What is watched of a page: a value for each block, or one for the page; nothing without blocks.

    ``blocks`` and ``chars`` are logarithms, ``kept`` is the share of the words that is kept.
    """
    if page.evidence is None:
        return {}
    words, columns = np.array(page.n_words), page.evidence.columns
    return {name: columns[name] for name in COLUMNS} | {
        "probability": np.array(page.probability),
        "blocks": np.log1p([len(words)]),
        "kept": np.array([words @ np.array(page.chosen) / max(words.sum(), 1.0)]),
    }


def shares_of(values: Floats, edges: Floats) -> Floats:
    """Share of the values in each bin (shape: n_edges + 1).

    >>> shares_of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0]))
    array([0.25, 0.75])
    """
    found = np.searchsorted(edges, values, side="right")
    return np.bincount(found, minlength=len(edges) + 1) / len(values)


def role_shares(page: Page) -> Floats:
    """Share of the page's blocks that has each role (shape: n_roles)."""
    found = [_NUMBER[block.role] for block in page.blocks]
    return np.bincount(found, minlength=len(ROLES)) / len(found)


@dataclass(frozen=True, slots=True)
class Reference:
    """The pages of the training: of each feature the inner edges of its bins, and the shares in them.

    A histogram of everything is one row: the bins of each feature one after another, the roles last.
    """

    edges: Mapping[str, Floats]
    shares: Floats

    @classmethod
    def read(cls, body: bytes) -> Reference:
        """From the file of a release.

        Raises
        ------
        ModelError
            It is of other features or roles than this version of pagesieve knows.
        """
        saved = json.loads(body)
        edges = {name: np.array(found, dtype=float) for name, found in saved["edges"].items()}
        n_bins = sum(len(found) + 1 for found in edges.values()) + len(ROLES)
        if set(edges) != set(FEATURES) or len(saved["shares"]) != n_bins or n_bins > MOST_BINS:
            raise ModelError(
                f"{DRIFT} is of other features than this version knows; run `pagesieve train --only drift`"
            )
        return cls(edges, np.array(saved["shares"]))

    def to_dict(self) -> dict[str, Any]:
        edges = {name: found.tolist() for name, found in self.edges.items()}
        return {"edges": edges, "shares": self.shares.round(6).tolist()}

    def histogram(self, page: Page, *, roles: bool) -> Floats:
        """A page's shares (shape: n_bins); zeros for the roles unless they are wanted, and they cost time."""
        found, row = features(page), np.zeros(len(self.shares))
        if not found:
            return row
        for name, bins in self._sections():
            if name == ROLE:
                row[bins] = role_shares(page) if roles else 0.0
            else:
                row[bins] = shares_of(found[name], self.edges[name])
        return row

    def indices(self, total: Floats) -> dict[str, tuple[float, float]]:
        """Of each feature the index of a sum of histograms, and how many pages it is of."""
        return {
            name: (stability_index(total[bins], self.shares[bins]), float(total[bins].sum()))
            for name, bins in self._sections()
        }

    def _sections(self) -> Iterator[tuple[str, slice]]:
        start = 0
        for name, edges in self.edges.items():
            yield name, slice(start, start := start + len(edges) + 1)
        yield ROLE, slice(start, start + len(ROLES))


def stability_index(found: Floats, expected: Floats) -> float:
    """The population stability index of two histograms with the same bins (0: alike).

    >>> stability_index(np.array([5.0, 5.0]), np.array([0.5, 0.5]))
    0.0
    """
    shares = [np.maximum(one / max(one.sum(), 1e-12), _LEAST_SHARE) for one in (found, expected)]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())

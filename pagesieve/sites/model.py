"""The sites of a release: what labelled pages of theirs say, and how much it weighs against the base."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.errors import ModelError
from pagesieve.roles.role import ROLES
from pagesieve.sites.address import hosts_of
from pagesieve.sites.evidence import FEATURES, Evidence, evidence_features, log_odds
from pagesieve.sites.keys import FAMILIES, Keys, SiteKeys, site_keys

Floats = NDArray[np.floating[Any]]

SITES = "sites.npz"
# Keys by which a role is known again, the surest first.
ROLE_FAMILIES = ("text_place", "text", "place")
_MOST_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of one site.

    ``strength`` (0..1) says how far its evidence is followed. ``role_keys`` are sorted; all labelled blocks
    with such a key had one role, a number into ``ROLES``, on so many pages.
    """

    evidence: Evidence
    strength: float
    role_keys: Keys
    role: NDArray[np.uint8]
    role_pages: NDArray[np.uint8]

    def find_roles(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Role and number of pages of each key; 0 pages where none is known."""
        if not len(self.role_keys):
            nothing = np.zeros(len(keys), dtype=np.int64)
            return nothing, nothing
        place = np.minimum(np.searchsorted(self.role_keys, keys), len(self.role_keys) - 1)
        there = self.role_keys[place] == keys
        return self.role[place].astype(np.int64), np.where(there, self.role_pages[place], 0).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of ``FEATURES`` that hold for all sites: of pages, and of text without mark-up."""

    pages: NDArray[np.float64]
    lines: NDArray[np.float64]

    def of(self, keys: SiteKeys) -> NDArray[np.float64]:
        return self.lines if keys.of_text else self.pages


@dataclass(frozen=True, slots=True)
class SiteModel:
    """Every site, by its registered domain, and how much what is known of it weighs."""

    weights: Weights
    sites: Mapping[str, Site]

    def of(self, document: Document, url: str | None) -> Site | None:
        """The page's site, if pages of it were labelled."""
        return next((self.sites[host] for host in hosts_of(document, url) if host in self.sites), None)

    def adapt(
        self, document: Document, url: str | None, probability: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probability of content for every block, in the light of the site's labelled pages."""
        site = self.of(document, url)
        if site is None or not len(probability):
            return probability
        return weigh(site_keys(document), site, probability, self.weights)

    def adapt_roles(
        self, document: Document, url: str | None, chances: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probabilities of roles (shape: n_blocks, n_roles), likewise."""
        site = self.of(document, url)
        if site is None or not len(site.role_keys) or not len(chances):
            return chances
        return weigh_roles(site_keys(document), site, chances)

    def write(self) -> bytes:
        names = list(self.sites)
        parts: dict[str, Any] = {
            f"{number}/{name}": array
            for number, host in enumerate(names)
            for name, array in _arrays(self.sites[host])
        }
        whole: dict[str, Any] = {
            "features": np.array(FEATURES),
            "families": np.array(FAMILIES),
            "weights": self.weights.pages,
            "line_weights": self.weights.lines,
            "hosts": np.array(names, dtype=str),
            "strength": np.array([self.sites[host].strength for host in names]),
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **whole, **parts)
        return buffer.getvalue()

    @classmethod
    def read(cls, body: bytes) -> SiteModel:
        """From what ``write`` gave.

        Raises
        ------
        ModelError
            It is of other features than this version computes.
        """
        with np.load(io.BytesIO(body), allow_pickle=False) as table:
            if tuple(table["features"]) != FEATURES or tuple(table["families"]) != FAMILIES:
                raise ModelError(
                    f"{SITES} was made by another version of pagesieve; run `pagesieve train --labels` again"
                )
            pages = table["weights"]
            # Of an older version, which leaves text without mark-up as it is.
            lines = table["line_weights"] if "line_weights" in table else _as_they_are()
            sites = {
                str(host): Site(
                    Evidence(*(table[f"{number}/{name}"] for name in ("keys", "pages", "content", "base"))),
                    float(strength),
                    *(table[f"{number}/{name}"] for name in ("role_keys", "role", "role_pages")),
                )
                for number, (host, strength) in enumerate(zip(table["hosts"], table["strength"], strict=True))
            }
            return cls(Weights(pages, lines), sites)


def _as_they_are() -> NDArray[np.float64]:
    return np.array([float(name == "base") for name in FEATURES])


def weigh(
    keys: SiteKeys, site: Site, probability: NDArray[np.float32], weights: Weights
) -> NDArray[np.float32]:
    """Base probabilities and a site's evidence → probabilities."""
    return moved(probability, evidence_move(keys, site, probability, weights), site.strength)


def evidence_move(
    keys: SiteKeys, site: Site, probability: NDArray[np.float32], weights: Weights
) -> NDArray[np.float64]:
    """By how much a site's evidence changes the log-odds of a page's blocks, followed all the way."""
    base = log_odds(probability)
    return evidence_features(keys, site.evidence, base) @ weights.of(keys) - base


def moved(probability: NDArray[np.float32], by: NDArray[np.float64], strength: float) -> NDArray[np.float32]:
    sums = np.clip(log_odds(probability) + strength * by, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    return np.asarray(1 / (1 + np.exp(-sums)), dtype=np.float32)


def weigh_roles(keys: SiteKeys, site: Site, chances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of roles; the surest key that is known is one more opinion for each of its pages."""
    role, pages = np.zeros(len(chances), dtype=np.int64), np.zeros(len(chances), dtype=np.int64)
    for family in reversed(ROLE_FAMILIES):
        found, count = site.find_roles(keys.blocks[FAMILIES.index(family)])
        role, pages = np.where(count > 0, found, role), np.where(count > 0, count, pages)
    said = np.eye(len(ROLES), dtype=np.float32)[role] * pages[:, None]
    return np.asarray((chances + said) / (1 + pages[:, None]), dtype=np.float32)


def _arrays(site: Site) -> list[tuple[str, NDArray[Any]]]:
    evidence = site.evidence
    return [
        ("keys", evidence.keys), ("pages", evidence.pages),
        ("content", evidence.content), ("base", evidence.base),
        ("role_keys", site.role_keys), ("role", site.role), ("role_pages", site.role_pages),
    ]  # fmt: skip

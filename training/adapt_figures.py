"""Old and new side by side on the labelled pages, each judged by the other labelled pages of its site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.roles import ROLES, Role, assign
from pagesieve.sites.model import Weights, weigh, weigh_roles
from training.calibration import reliability
from training.labels import CONTENT, UNKNOWN
from training.sites import Observed, best_strength, count_site, held_out

_RESAMPLES = 2_000
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled page with the probabilities of the base release and the adapted ones, held out.

    ``right`` counts by role the labelled blocks that are right before and after: kept or stripped, and named.
    """

    page: Observed
    adapted: NDArray[np.float32]
    before: float
    after: float
    right: dict[str, NDArray[np.int64]]

    @property
    def gain(self) -> float:
        return self.after - self.before


def judge_held_out(pages: Sequence[Observed], weights: Weights) -> list[Judged]:
    """The pages of one site, none judged by itself; of a site with a single page there is nothing to say."""
    if len(pages) < 2:
        return []
    found = []
    for part, others in held_out(pages):
        site = replace(count_site(others), strength=best_strength(others, weights))
        for number in part:
            page = pages[number]
            adapted = weigh(page.keys, site, page.probability, weights)
            chances = None if page.chances is None else weigh_roles(page.keys, site, page.chances)
            found.append(
                Judged(
                    page, adapted, page.f1(page.probability), page.f1(adapted), _right(page, adapted, chances)
                )
            )
    return found


def _right(
    page: Observed, adapted: NDArray[np.float32], chances: NDArray[np.float32] | None
) -> dict[str, NDArray[np.int64]]:
    """By role: labelled blocks, right before and after; those with a role, named right before and after."""
    keep = [page.keep(probability) for probability in (page.probability, adapted)]
    named = [
        assign(table, chosen).role if table is not None else None
        for table, chosen in zip((page.chances, chances), keep, strict=True)
    ]
    found: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(6, dtype=np.int64))
    for number in np.flatnonzero(page.known != UNKNOWN).tolist():
        content = bool(page.known[number] == CONTENT)
        role = page.roles[number] if page.roles else None
        row = found[role or (Role.CONTENT if content else "not content")]
        row += [1, *(int(chosen[number] == content) for chosen in keep), 0, 0, 0]
        if role:
            row += [0, 0, 0, 1, *(int(one is not None and one[number] == role) for one in named)]
    return dict(found)


def adapted_figures(judged: Sequence[Judged], seed: int) -> dict[str, Any] | None:
    """Figures for the manifest; None where no page could be held out."""
    if not judged:
        return None
    known = [one.page.known != UNKNOWN for one in judged]
    content = np.concatenate(
        [one.page.known[rows] == CONTENT for one, rows in zip(judged, known, strict=True)]
    )
    tables = {
        "base": np.concatenate([one.page.probability[rows] for one, rows in zip(judged, known, strict=True)]),
        "adapted": np.concatenate([one.adapted[rows] for one, rows in zip(judged, known, strict=True)]),
    }
    errors = {
        name: reliability(table, content)["expected_calibration_error"] for name, table in tables.items()
    }
    return {
        "pages": len(judged),
        "base": {"f1": _mean([one.before for one in judged]), "calibration_error": errors["base"]},
        "adapted": {"f1": _mean([one.after for one in judged]), "calibration_error": errors["adapted"]},
        "gain": interval([one.gain for one in judged], seed),
        "by_site": _grouped(judged, lambda one: one.page.site, seed),
        "by_page_type": _grouped(judged, lambda one: one.page.page_type, seed),
        "by_role": by_role(judged, seed),
    }


def _grouped(judged: Sequence[Judged], key: Callable[[Judged], str], seed: int) -> dict[str, Any]:
    groups: dict[Hashable, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[key(one)].append(one)
    return {
        str(name): {
            "pages": len(group),
            "base": _mean([one.before for one in group]),
            "adapted": _mean([one.after for one in group]),
            "gain": interval([one.gain for one in group], seed),
        }
        for name, group in sorted(groups.items(), key=lambda item: str(item[0]))
    }


def by_role(judged: Sequence[Judged], seed: int) -> dict[str, dict[str, Any]]:
    """Of the labelled blocks of each role: how many, and the shares kept or stripped rightly, and named."""
    pages: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for one in judged:
        for role, row in one.right.items():
            pages[role].append(row)
    total = {role: np.sum(rows, axis=0) for role, rows in pages.items()}
    order: Counter[str] = Counter({role: len(ROLES) - number for number, role in enumerate(ROLES)})
    return {
        str(role): {
            "blocks": int(row[0]),
            **_shares("choice", row[:3]),
            **_shares("role", row[3:]),
            "gain": _share_gain(np.array(pages[role]), seed),
        }
        for role, row in sorted(total.items(), key=lambda item: -order[item[0]])
    }


def _shares(what: str, counts: NDArray[np.int64]) -> dict[str, float]:
    """Of so many blocks the shares that are right; none where there are no such blocks."""
    total, *right = counts.tolist()
    names = (f"{what}_base", f"{what}_adapted")
    return {name: round(count / total, 4) for name, count in zip(names, right, strict=True)} if total else {}


def _share_gain(rows: NDArray[np.int64], seed: int) -> list[float]:
    """By how much more of the blocks are kept or stripped rightly, and the interval over pages with any."""
    blocks, gained = rows[:, 0], rows[:, 2] - rows[:, 1]
    drawn = np.random.default_rng(seed).integers(0, len(rows), (_RESAMPLES, len(rows)))
    return _spread(gained.sum() / blocks.sum(), gained[drawn].sum(axis=1) / blocks[drawn].sum(axis=1))


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4)


def interval(values: Sequence[float], seed: int) -> list[float]:
    """Mean, and the 95% bootstrap interval of it over pages (Efron 1979, percentile method)."""
    rng = np.random.default_rng(seed)
    sample = np.array(values)
    means = sample[rng.integers(0, len(sample), (_RESAMPLES, len(sample)))].mean(axis=1)
    return _spread(sample.mean(), means)


def _spread(found: float, resampled: NDArray[np.float64]) -> list[float]:
    low, high = np.quantile(resampled, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return [round(float(value), 4) for value in (found, low, high)]

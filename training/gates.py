"""What a release must show before it becomes the current one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import thread_time
from typing import Any

from pagesieve.errors import ModelError
from pagesieve.model import Release, load_release
from pagesieve.page_type import PAGE_TYPES
from pagesieve.sites import SITES
from training.corpora import YARDSTICK
from training.golden import Tried, golden_pages, try_golden
from training.releases import MOST_BYTES, MOST_SITE_BYTES, damages

# Margins are in word F1 (0..1). A fold's figures move by 0.002 for no reason; a page type has 100 pages.
LEAST_GOLDEN = 0.90
GOLDEN_MARGIN = 0.01
GOLDEN_PAGE_MARGIN = 0.10
TYPE_MARGIN = 0.01
# Of golden pages there are two of each type, and one block more or less is several points.
GOLDEN_TYPE_MARGIN = 0.05
# Expected calibration error, out of fold.
MOST_CALIBRATION_ERROR = 0.04
CALIBRATION_MARGIN = 0.01
SITE_MARGIN = 0.0
# Processor time of the golden pages against the current release's, with room for a busy machine.
MOST_SLOWDOWN = 1.5
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one gate saw, and whether it lets the release pass."""

    gate: str
    passed: bool
    message: str

    def __str__(self) -> str:
        return f"{'pass' if self.passed else 'FAIL'}  {self.gate}: {self.message}"


def check_gates(candidate: Path, current: Path | None) -> list[Finding]:
    """Every gate for the release in ``candidate``, against the current one if there is any."""
    found = list(_whole(candidate))
    if not all(finding.passed for finding in found):
        return found
    release = load_release(candidate)
    before = _usable(current)
    found += _size(release)
    tried, tried_before = try_golden(release), try_golden(before) if before else []
    found += _golden(tried, tried_before)
    if before:
        found += _page_types(release.manifest, before.manifest)
    found += _calibration(release.manifest, before.manifest if before else None)
    found += _sites(release.manifest)
    if before:
        found.append(_latency(release, before))
    return found


def _usable(current: Path | None) -> Release | None:
    """The current release; None where it is damaged, for then anything whole is better."""
    try:
        return load_release(current) if current else None
    except ModelError:
        return None


def _whole(folder: Path) -> Iterator[Finding]:
    wrong = damages(folder)
    if not wrong:
        try:
            load_release(folder).load_parts()
        except ModelError as error:
            wrong = [str(error)]
    yield Finding("whole", not wrong, "; ".join(wrong) or "every file is as the manifest says, and loads")


def _size(release: Release) -> Iterator[Finding]:
    sizes = {path.name: path.stat().st_size for path in release.folder.iterdir()}
    sites = sizes.pop(SITES, 0)
    total = sum(sizes.values())
    yield Finding("size", total <= MOST_BYTES, f"{total / 2**20:.2f} MB of at most {MOST_BYTES / 2**20:.0f}")
    if sites:
        message = f"{sites / 2**20:.2f} MB of at most {MOST_SITE_BYTES / 2**20:.0f}"
        yield Finding("size of the sites", sites <= MOST_SITE_BYTES, message)


def _golden(tried: Sequence[Tried], before: Sequence[Tried]) -> Iterator[Finding]:
    mean = fmean(one.f1 for one in tried)
    yield Finding("golden pages", mean >= LEAST_GOLDEN, f"word F1 {mean:.3f}, at least {LEAST_GOLDEN}")
    if not before:
        return
    old = fmean(one.f1 for one in before)
    message = f"word F1 {mean:.3f} against {old:.3f}, at most {GOLDEN_MARGIN} less"
    yield Finding("golden pages, beside the current release", mean >= old - GOLDEN_MARGIN, message)
    yield from _each("golden page", _f1(tried, _name), _f1(before, _name), GOLDEN_PAGE_MARGIN)
    yield from _each("golden pages of a type", _f1(tried, _type), _f1(before, _type), GOLDEN_TYPE_MARGIN)


def _name(tried: Tried) -> str:
    return tried.name


def _type(tried: Tried) -> str:
    return tried.page_type


def _f1(tried: Sequence[Tried], key: Callable[[Tried], str]) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for one in tried:
        groups[key(one)].append(one.f1)
    return {name: fmean(scores) for name, scores in groups.items()}


def _each(gate: str, new: Mapping[str, float], old: Mapping[str, float], margin: float) -> Iterator[Finding]:
    """One finding for all, or one for each that is worse by more than the margin."""
    worse = [name for name in new if name in old and new[name] < old[name] - margin]
    for name in worse:
        yield Finding(gate, False, f"{name}: {new[name]:.3f} against {old[name]:.3f}, at most {margin} less")
    if not worse:
        yield Finding(gate, True, f"none of {len(new)} is worse by more than {margin}")


def _page_types(manifest: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Finding]:
    new, old = (_type_figures(one) for one in (manifest, before))
    if new and old:
        yield from _each(f"page type on {YARDSTICK}, out of fold", new, old, TYPE_MARGIN)
    else:
        message = f"no figures on {YARDSTICK} to compare; the golden pages decide"
        yield Finding("page type", True, message)


def _type_figures(manifest: Mapping[str, Any]) -> dict[str, float]:
    groups = manifest.get("figures", {}).get("groups", {})
    return {kind: groups[name]["f1"] for kind in PAGE_TYPES if (name := f"{YARDSTICK}/{kind}") in groups}


def _calibration(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[Finding]:
    error = _calibration_error(manifest)
    known = [_calibration_error(before)] if before else []
    limit = max(MOST_CALIBRATION_ERROR, *(old + CALIBRATION_MARGIN for old in known), 0.0)
    yield Finding("calibration", error <= limit, f"expected error {error:.3f}, at most {limit:.3f}")


def _calibration_error(manifest: Mapping[str, Any]) -> float:
    table = manifest.get("figures", {}).get("reliability", {})
    return float(table.get("expected_calibration_error", 1.0))


def _sites(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Of an adapted release: does it do good to the labelled pages, each judged by the others of its site?"""
    figures = manifest.get("sites", {}).get("figures")
    if not figures:
        return
    new, old = figures["adapted"]["f1"], figures["base"]["f1"]
    message = f"word F1 {new:.3f} against {old:.3f} on {figures['pages']} labelled pages, each held out"
    yield Finding("labelled pages", new >= old - SITE_MARGIN, message)
    new, old = figures["adapted"]["calibration_error"], figures["base"]["calibration_error"]
    limit = max(MOST_CALIBRATION_ERROR, old + CALIBRATION_MARGIN)
    message = f"expected error {new:.3f}, at most {limit:.3f}"
    yield Finding("calibration on labelled pages", new <= limit, message)


def _latency(release: Release, before: Release) -> Finding:
    new, old = _seconds(release), _seconds(before)
    message = f"{1000 * new:.1f} ms a page against {1000 * old:.1f}, at most {MOST_SLOWDOWN} times as long"
    return Finding("latency", new <= MOST_SLOWDOWN * old, message)


def _seconds(release: Release) -> float:
    """Processor time a golden page, the least of a few rounds."""
    documents = [page.document for page in golden_pages().values()]
    rounds = []
    for _ in range(_REPEATS):
        start = thread_time()
        for document in documents:
            release.judge(document)
        rounds.append((thread_time() - start) / len(documents))
    return min(rounds)

"""What labelling a few pages of a site does for its other pages: ``python -m bench.adapt``.

Sites of all corpora with at least six pages. The base probabilities are out of fold, so the base never saw
the site, and the weights of evidence are learned without a fifth of the sites at a time, so nothing that is
judged was learned from. ``--lines`` gives the pages as lines instead; there the base is the current release,
which was trained on these pages, and so are the weights, seven numbers: a gain is smaller than a user's.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from tqdm import tqdm

from pagesieve.blocks import segment
from pagesieve.lines import outline
from pagesieve.model import Release, current_release, load_release, releases_folder
from pagesieve.sites.model import Weights, weigh
from pagesieve.words import tokens
from training.adapt import adapt
from training.adapt_figures import interval
from training.align import align
from training.bags import Bags
from training.corpora import YARDSTICK, LabelledPage, corpora_folder, present, read_pages
from training.dataset import FOLDS, part_of, site_of
from training.labels import read_labels
from training.renderings import Rendering, render, with_headline
from training.site_pages import load_sites
from training.site_weights import draw_episodes, fit_both
from training.sites import Observed, fit_site, observe, shipped_weights

_CACHE = Path(".cache") / "training"
_SIZES = (1, 2, 3, 5, 10)
# Random choices of the labelled pages, over which a site's figure is a mean.
_DRAWS = 3
_MAIN = 5
_SEED = 7
# Pages to adapt to, for the time it takes.
_TIMED = 50


@dataclass(frozen=True, slots=True)
class Lift:
    """A site's pages that were not labelled, before and after, in word F1: means over draws."""

    site: str
    pages: int
    before: float
    after: float
    yardstick_gain: float
    """Sum of the gains of its pages on the yardstick, a mean over draws."""

    @property
    def gain(self) -> float:
        return self.after - self.before


def weights_by_fold(sites: Mapping[str, Sequence[Observed]]) -> list[Weights]:
    """Weights of evidence learned without the sites of each fold."""
    found = []
    for fold in tqdm(range(FOLDS), "learning weights", unit="fold"):
        others = {site: pages for site, pages in sites.items() if part_of(site) % FOLDS != fold}
        found.append(fit_both(draw_episodes(others, _SEED)))
    return found


def lift_of(pages: Sequence[Observed], size: int, weights: Weights) -> Lift:
    """What labelling ``size`` pages does for the rest, over random choices of them."""
    rng = random.Random(_SEED)
    before, after, yardstick = [], [], []
    for _ in range(_DRAWS):
        chosen = rng.sample(range(len(pages)), size)
        rest = [page for number, page in enumerate(pages) if number not in chosen]
        site = fit_site([pages[number] for number in chosen], weights)
        old = [page.f1(page.probability) for page in rest]
        new = [page.f1(weigh(page.keys, site, page.probability, weights)) for page in rest]
        before.append(fmean(old))
        after.append(fmean(new))
        gains = zip(rest, old, new, strict=True)
        yardstick.append(sum(two - one for page, one, two in gains if page.corpus == YARDSTICK))
    return Lift(pages[0].site, len(pages), fmean(before), fmean(after), fmean(yardstick))


def measure(sites: Mapping[str, Sequence[Observed]], weights: Sequence[Weights]) -> dict[int, list[Lift]]:
    """By number of labelled pages, every site that has more."""
    found: dict[int, list[Lift]] = defaultdict(list)
    for site, pages in tqdm(sites.items(), "adapting", unit="site"):
        for size in _SIZES:
            if len(pages) > max(size, _MAIN):
                found[size].append(lift_of(pages, size, weights[part_of(site) % FOLDS]))
    return found


def line_sites(corpora: Path) -> dict[str, list[Observed]]:
    """Sites with enough pages, as lines, judged by the current release."""
    release = replace(load_release(current_release(releases_folder())), sites=None)
    groups = _pages_by_site(corpora)
    found: dict[str, list[Observed]] = {}
    for site, pages in tqdm(groups.items(), "reading lines", unit="site"):
        if len(pages) > _MAIN:
            found[site] = [one for page in pages if (one := _as_lines(site, page, release))]
    return found


def _as_lines(site: str, page: LabelledPage, release: Release) -> Observed | None:
    document = segment(page.html)
    content = with_headline(document, align(document.blocks.text, page.gold).content)
    lines = render(page.html, document, content, Rendering.BLOCKS)
    outlined = outline(lines.text)
    if not len(outlined.blocks):
        return None
    bags = Bags.of([tokens(text) for text in outlined.blocks.text])
    probability = release.judge(outlined).probability
    observed = observe(site, outlined, lines.content.astype(np.int8), probability, bags)
    return replace(observed, corpus=page.corpus)


def _pages_by_site(corpora: Path) -> dict[str, list[LabelledPage]]:
    groups: dict[str, list[LabelledPage]] = defaultdict(list)
    for corpus in present(corpora):
        for page in read_pages(corpus.file(corpora)):
            groups[site_of(page)].append(page)
    return groups


def report(lifts: Mapping[int, Sequence[Lift]], n_yardstick: int) -> str:
    lines = [
        "| labelled pages | sites | base | mean | 95% | 10% | 25% | median | 75% | 90% | better | worse |"
    ]
    lines.append("|---" * 12 + "|")
    for size in _SIZES:
        gains = [lift.gain for lift in lifts[size]]
        mean, low, high = interval(gains, _SEED)
        spread = np.quantile(gains, (0.1, 0.25, 0.5, 0.75, 0.9))
        cells = [f"{len(gains)}", f"{fmean(lift.before for lift in lifts[size]):.3f}", _points(mean)]
        cells += [f"{_points(low)} to {_points(high)}", *map(_points, spread)]
        cells += [str(sum(gain > 0.002 for gain in gains)), str(sum(gain < -0.002 for gain in gains))]
        lines.append(f"| {size} | {' | '.join(cells)} |")
    loss = sum(lift.yardstick_gain for lift in lifts[_MAIN]) / n_yardstick
    lines += [
        "",
        f"All {n_yardstick:,} pages of {YARDSTICK} with a release adapted to these {len(lifts[_MAIN])} "
        f"sites, {_MAIN} pages each, the labelled ones left as they were: {100 * loss:+.2f} points.",
        "",
        "| site | pages | base | adapted | gain in points |",
        "|---|---|---|---|---|",
    ]
    for lift in sorted(lifts[_MAIN], key=lambda lift: -lift.gain):
        lines.append(
            f"| {lift.site} | {lift.pages} | {lift.before:.3f} | {lift.after:.3f} | {_points(lift.gain)} |"
        )
    return "\n".join(lines)


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def seconds_to_adapt(corpora: Path, jobs: int) -> tuple[float, float]:
    """From labelled pages on disk to a release, nothing cached: ten sites, five pages each.

    Wall time, and processor time of this process, which is all of it where there is one job.
    """
    by_size = sorted(_pages_by_site(corpora).items(), key=lambda item: (-len(item[1]), item[0]))
    largest = by_size[: _TIMED // _MAIN]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.jsonl"
        rows = [
            {"html": page.html, "gold_text": page.gold, "url": page.url}
            for _, pages in largest
            for page in pages[:_MAIN]
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        start, busy = time.perf_counter(), time.process_time()
        labels = read_labels([path])
        base = current_release(releases_folder())
        adapt(labels, Path(folder) / "models", base, Path(folder) / "cache", jobs, _SEED)
        return time.perf_counter() - start, time.process_time() - busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where `pagesieve train` left oof.npz")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only-time", action="store_true", help=f"only how long {_TIMED} pages take")
    parser.add_argument("--lines", action="store_true", help="pages as text without mark-up")
    given = parser.parse_args()
    corpora = corpora_folder(given.corpora)
    if not given.only_time:
        sites = line_sites(corpora) if given.lines else load_sites(corpora, given.cache)
        lifts = measure(sites, [shipped_weights()] * FOLDS if given.lines else weights_by_fold(sites))
        n_yardstick = sum(1 for _ in read_pages(corpora / f"{YARDSTICK}.jsonl.xz"))
        print(report(lifts, n_yardstick))
    seconds, busy = seconds_to_adapt(corpora, given.jobs)
    what = f"{_TIMED} pages of {_TIMED // _MAIN} sites"
    print(f"\n{what} adapted in {seconds:.0f} s ({given.jobs} jobs, {platform.machine()})")
    if given.jobs == 1:
        print(f"{busy:.0f} s of them on a processor")


if __name__ == "__main__":
    main()

"""Labelled pages → a release that knows their sites. The models of the base release stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from tldextract import TLDExtract
from tqdm import tqdm

from pagesieve.blocks import Document, segment
from pagesieve.errors import BadInput
from pagesieve.lines import outline
from pagesieve.model import REPORT, SITES_PICTURE, Release, load_release
from pagesieve.page_type import page_tokens
from pagesieve.roles import Role
from pagesieve.sites import SITES, Site, SiteModel, Weights, hosts_of
from pagesieve.words import tokens
from training.adapt_figures import Judged, adapted_figures, judge_held_out
from training.adapt_report import lifts_picture, write_report
from training.bags import Bags
from training.dataset import digest
from training.labels import Labels, Marked, Problem
from training.release import add_to_release
from training.sites import Observed, by_site, fit_site, observe, shipped_weights

# Bundled public-suffix list only: nothing is fetched.
_registered = TLDExtract(suffix_list_urls=(), cache_dir=None)
# What stands for the page type of text without mark-up.
PLAIN = "text without mark-up"
_SOURCES = ("pagesieve/**/*.py", "training/adapt.py", "training/bags.py", "training/sites.py")


@dataclass(frozen=True, slots=True)
class Adapted:
    """The release written, its report, and what of the labels could not be used."""

    folder: Path
    report: str
    problems: list[Problem]


def adapt(
    labels: Labels, models: Path, base: Path, cache: Path, jobs: int, seed: int, *, name: str | None = None
) -> Adapted:
    """Write a release that is ``base`` and knows the sites of the labelled pages as well.

    Of a site that ``base`` knows already the new pages replace what was known; other sites stay. What was
    judged is kept in ``cache``, so an interrupted run goes on where it was.

    Raises
    ------
    BadInput
        No labelled page can be used.
    ModelError
        The base release cannot be used, or the new one would be too large.
    """
    release = load_release(base)
    pages, problems = observe_all(labels.pages, release, cache, jobs)
    if not pages:
        raise BadInput(f"none of the labelled pages can be used; {_first([*labels.problems, *problems])}")
    weights = shipped_weights()
    sites = by_site(pages)
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_adapt_site)(members, weights) for members in sites.values()
    )
    found = list(tqdm(work, "adapting", len(sites), unit="site"))
    fitted = dict(zip(sites, (site for site, _ in found), strict=True))
    judged = [one for _, held_out in found for one in held_out]
    known = dict(release.sites.sites) if release.sites else {}
    model = SiteModel(weights, known | fitted)
    figures = adapted_figures(judged, seed)
    told = dict(release.manifest.get("sites", {}).get("sites", {}))
    told |= {
        site: {"pages": len(members), "strength": fitted[site].strength} for site, members in sites.items()
    }
    entry: dict[str, Any] = {
        "sites": {"base": release.name, "seed": seed, "sites": dict(sorted(told.items())), "figures": figures}
    }
    report = write_report(
        release, model, entry["sites"], judged, labels.summary(), [*labels.problems, *problems]
    )
    files = {SITES: model.write(), REPORT: report.encode(), SITES_PICTURE: lifts_picture(figures)}
    return Adapted(add_to_release(models, base, files, entry, name=name), report, problems)


def _adapt_site(pages: list[Observed], weights: Weights) -> tuple[Site, list[Judged]]:
    return fit_site(pages, weights), judge_held_out(pages, weights)


def _first(problems: Sequence[Problem]) -> str:
    return str(problems[0]) if problems else "there are none"


def observe_all(
    pages: Sequence[Marked], release: Release, cache: Path, jobs: int
) -> tuple[list[Observed], list[Problem]]:
    """Pages as adaptation sees them, in the same order, and those whose site is not known."""
    problems, usable = [], []
    for page in pages:
        if site := site_of(page.document, page.url):
            usable.append((site, page))
        else:
            message = "is missing, and the page states no canonical address, so its site is not known"
            problems.append(Problem(page.source, "url", message))
    cached = Memory(cache, verbose=0).cache(_observe, ignore=["release"])
    root = Path(__file__).parents[1]
    code = digest(path for pattern in _SOURCES for path in sorted(root.glob(pattern)))
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(
        delayed(cached)(
            site,
            page.html,
            page.document.plain,
            page.url,
            page.known,
            page.roles,
            release.folder,
            model=release.name,
            code=code,
        )
        for site, page in usable
    )
    return list(tqdm(work, "judging", len(usable), unit="page")), problems


def site_of(document: Document, url: str | None) -> str | None:
    """Registered domain of the page's address; its host where that has none, None without an address."""
    hosts = hosts_of(document, url)
    if not hosts:
        return None
    return _registered(hosts[0]).top_domain_under_public_suffix or hosts[0].removeprefix("www.")


def _observe(
    site: str,
    source: str,
    plain: bool,
    url: str | None,
    known: NDArray[np.int8],
    roles: tuple[Role | None, ...],
    release: Path,
    model: str,
    code: str,
) -> Observed:
    # What the release knows of sites is left out: it may have been taught by these very pages.
    base = replace(load_release(release), sites=None)
    document = outline(source) if plain else segment(source)
    judgement = base.judge(document)
    bags = Bags.of([tokens(text) for text in document.blocks.text])
    found = observe(site, document, known, judgement.probability, bags)
    chances = None
    if any(roles) and base.has_roles and judgement.evidence:
        chances = base.roles.judge(base.roles.matrix(document, judgement.evidence), judgement.evidence)
    types = base.page_types.probabilities(page_tokens(document, url))
    page_type = PLAIN if plain else next(iter(types))
    return replace(found, roles=roles, chances=chances, page_type=page_type)

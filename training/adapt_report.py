"""What an adaptation did, as Markdown and a picture, for the person who labelled the pages."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure

from pagesieve.model import SITES_PICTURE, Release
from pagesieve.sites import SiteModel
from training.adapt_figures import Judged, interval
from training.golden import try_golden
from training.labels import Problem

_INK, _GREY = "#1f5fa8", "#9a9a9a"
_MOST_PROBLEMS = 20
# Pages whose word F1 moved less than this have not changed.
_LEAST_CHANGE = 0.002

_REPORT = """\
# Adapted to {sites} sites

Base: {base}, whose models stay as they are. {summary}.

{verdict}

## On your labelled pages

Word F1. Every page was judged by the other labelled pages of its site alone, how far to follow them
included; "base" is the release without what it knows of these sites. The interval is a 95% bootstrap interval
over pages.

{pages}
{singles}
![Gain of every page]({picture})

### By site

`strength` says how far the site's pages are followed: what did them most good, each judged by the others.

{by_site}

### By page type

As the base release tells it.

{by_type}

### By role

Shares of your labelled blocks: kept or stripped rightly, and the role named rightly where you gave one.

{by_role}

## On the golden pages

Pages of other sites, of every page type, which an adapted release reads as its base does.

{golden}

{problems}"""


def write_report(
    release: Release,
    model: SiteModel,
    entry: Mapping[str, Any],
    judged: Sequence[Judged],
    summary: str,
    problems: Sequence[Problem],
) -> str:
    """The report, in the words of whoever wants to know whether to promote the release."""
    figures, sites = entry["figures"], entry["sites"]
    single = [site for site in sites if not figures or site not in figures["by_site"]]
    return _REPORT.format(
        sites=len(sites),
        base=entry["base"],
        summary=summary[0].upper() + summary[1:],
        verdict=_verdict(figures),
        pages=_pages(figures, judged)
        if figures
        else "No site has two labelled pages, so nothing could be held out.",
        singles=_singles(single),
        picture=SITES_PICTURE,
        by_site=_table("site", figures["by_site"], sites) if figures else "–",
        by_type=_table("page type", figures["by_page_type"]) if figures else "–",
        by_role=_roles(figures["by_role"]) if figures else "–",
        golden=_golden(release, model, entry["seed"]),
        problems=_problems(problems),
    )


def _verdict(figures: Mapping[str, Any] | None) -> str:
    if not figures:
        return "**Nothing can be said about whether it is better.** Label a second page of the same site."
    _, low, high = figures["gain"]
    gain = f"{_gain(figures['gain'])} points of word F1."
    if low > 0:
        return f"**It is better on your sites**: {gain}"
    if high < 0:
        return f"**It is worse on your sites**: {gain}"
    return f"**It may be no better on your sites**: {gain} More labelled pages of them would tell."


def _gain(values: Sequence[float]) -> str:
    mean, low, high = map(_points, values)
    return f"{mean} ({low} to {high})"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _pages(figures: Mapping[str, Any], judged: Sequence[Judged]) -> str:
    better = sum(one.gain > _LEAST_CHANGE for one in judged)
    worse = sum(one.gain < -_LEAST_CHANGE for one in judged)
    return "\n".join(
        [
            "| pages | base | adapted | gain in points | better | worse | calibration error before, after |",
            "|---|---|---|---|---|---|---|",
            f"| {figures['pages']} | {figures['base']['f1']:.3f} | {figures['adapted']['f1']:.3f} "
            f"| {_gain(figures['gain'])} | {better} | {worse} "
            f"| {figures['base']['calibration_error']:.3f}, {figures['adapted']['calibration_error']:.3f} |",
        ]
    )


def _singles(sites: Sequence[str]) -> str:
    if not sites:
        return ""
    return f"\nNot judged, for want of a second labelled page: {', '.join(sites)}.\n"


def _table(what: str, groups: Mapping[str, Any], sites: Mapping[str, Any] | None = None) -> str:
    lines = [
        f"| {what} | pages | base | adapted | gain in points |{' strength |' if sites else ''}",
        "|---|---|---|---|---|" + ("---|" if sites else ""),
    ]
    for name, row in groups.items():
        line = f"| {name} | {row['pages']} | {row['base']:.3f} | {row['adapted']:.3f} "
        line += f"| {_gain(row['gain'])} |"
        lines.append(line + (f" {sites[name]['strength']:.1f} |" if sites else ""))
    return "\n".join(lines)


def _roles(groups: Mapping[str, Any]) -> str:
    lines = [
        "| role | blocks | choice: base | adapted | gain in points | role: base | adapted |",
        "|---|---|---|---|---|---|---|",
    ]
    for role, row in groups.items():
        cells = [f"{row[name]:.3f}" for name in ("choice_base", "choice_adapted")]
        cells += [_gain(row["gain"])]
        cells += [f"{row[name]:.3f}" if name in row else "" for name in ("role_base", "role_adapted")]
        lines.append(f"| {role} | {row['blocks']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _golden(release: Release, model: SiteModel, seed: int) -> str:
    old = try_golden(replace(release, sites=None))
    new = try_golden(replace(release, sites=model))
    lines = ["| page | word F1: base | adapted | roles: base | adapted |", "|---|---|---|---|---|"]
    gain = interval([two.f1 - one.f1 for one, two in zip(old, new, strict=True)], seed)
    rows = [(one.name, one.f1, two.f1, one.roles, two.roles) for one, two in zip(old, new, strict=True)]
    means = [fmean(column) for column in list(zip(*rows, strict=True))[1:]]
    for name, *cells in [*rows, ("all", *means)]:
        lines.append(f"| {name} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return "\n".join([*lines, "", f"Gain over all of them: {_gain(gain)} points of word F1."])


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    lines = [f"- {problem}" for problem in problems[:_MOST_PROBLEMS]]
    more = len(problems) - len(lines)
    lines += [f"- and {more} more"] if more else []
    return "## What could not be used\n\n" + "\n".join(lines) + "\n"


def lifts_picture(figures: Mapping[str, Any] | None) -> bytes:
    """Word F1 of every site before and after, as PNG. The same figures give the same file."""
    rows = list(figures["by_site"].items()) if figures else []
    figure = Figure(figsize=(6, 1.2 + 0.28 * max(len(rows), 1)), layout="constrained")
    axes = figure.subplots()
    for place, (_, row) in enumerate(rows):
        axes.plot([row["base"], row["adapted"]], [place, place], color=_GREY, linewidth=1.2, zorder=1)
    for name, colour in (("base", _GREY), ("adapted", _INK)):
        axes.scatter([row[name] for _, row in rows], range(len(rows)), color=colour, label=name, zorder=2)
    axes.set(xlabel="word F1, held out", xlim=(0, 1.02), yticks=range(len(rows)))
    axes.set_yticklabels([site for site, _ in rows])
    axes.invert_yaxis()
    axes.legend(loc="lower left")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()

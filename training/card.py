"""The model card: a release's manifest as Markdown for people."""

from __future__ import annotations

from typing import Any

from pagesieve.page_type import PAGE_TYPES
from training.line_card import line_section
from training.report import figures_table
from training.role_card import role_section
from training.verdict_card import verdict_section

_CARD = """\
# {name}

Tells for every block of a web page whether it is the page's own content or boilerplate: navigation,
advertising, pointers to other pages. Two stages of gradient-boosted trees (scikit-learn
`HistGradientBoostingClassifier`, served as ONNX) over features of the block, its containers, the page, and
learned lexicons of words and class names; the second stage sees the first one's probabilities around the
block. Averaged with them, as log-odds, is a small neural network that sees the first stage's features of all
blocks of a page together: in {layers} layers of {width} columns each block hears of its neighbours and of the
means over its containers, its same-shaped siblings and the page. The blocks kept are those that maximise the
page's expected word F1.

## How good it is

Out of fold: {folds} folds grouped by registered domain, and everything that is learned (lexicons, both
stages, the network) learned without the page's fold. Macro means over pages of word F1, precision and recall;
`found` is the share of must-have snippets in the text, `alike` the same where quotes and dashes of every kind
are alike, `leaked` the share of must-not-have ones; `ceiling` is the word F1 of a perfect choice of blocks.
Reproduce with `pagesieve train`; `python -m bench.quality` puts other extractors
beside it.

{figures}

### Ablation

| on `wcxb_dev` | word F1 |
|---|---|
{ablation}

### Probabilities

Of the blocks given such a probability, so many are content (blocks of `wcxb_dev`, out of fold). Expected
calibration error: {calibration_error:.3f}. A `threshold` of 0.8 therefore keeps blocks that are content in
more than eight cases of ten.

![Share that is content against predicted probability](reliability.png)

| predicted | is content | blocks |
|---|---|---|
{reliability}

### Page types

Multinomial logistic regression over what address, head, class names, headings and sizes say. Accuracy
{type_accuracy:.3f}, and {type_blind:.3f} where the address is not known; out of fold, on `wcxb_dev`. Rows are
the true type, columns the predicted one.

{page_types}

{lines}{roles}{verdict}{sites}## Limits

- Pages whose text is only in scripts or JSON-LD have no blocks to keep.
- These are development figures: features, recipe, corpus weights and the rule for empty pages were chosen by
  looking at them. No held-out benchmark has been used yet.
- Pages without an address count as sites of their own: all of `zh_web_content_dataset` and fifteen others.
- Gold conventions differ between the corpora; figures for one say little about another.
- Most pages are English; other languages come from news, forums and a Chinese set.

## Trained on

Page and gold text is not part of the release: it holds trees, networks, and log-odds of single words and
class names.

| corpus | source | licence | weight |
|---|---|---|---|
{data}

## Made with

{versions}.
"""


def write_card(manifest: dict[str, Any]) -> str:
    """Markdown for the release that the manifest describes."""
    figures = manifest["figures"]
    data = (
        f"| {row['name']} | {row['source']} | {row['licence']} | {row['weight']} |"
        for row in manifest["data"]
    )
    return _CARD.format(
        name=manifest["name"],
        folds=figures["folds"],
        layers=manifest["recipe"]["network"]["layers"],
        width=manifest["recipe"]["network"]["width"],
        figures=figures_table(figures["groups"], figures["ceiling"]),
        ablation="\n".join(f"| {name} | {value:.4f} |" for name, value in figures["ablation"].items()),
        calibration_error=figures["reliability"]["expected_calibration_error"],
        reliability=_reliability(figures["reliability"]),
        type_accuracy=figures["page_types"]["accuracy"],
        type_blind=figures["page_types"]["without_address"],
        page_types=_confusion(figures["page_types"]["confusion"]),
        data="\n".join(data),
        lines=line_section(manifest["lines"]) if "lines" in manifest else "",
        roles=role_section(manifest["roles"]) if "roles" in manifest else "",
        verdict=verdict_section(manifest["verdict"]) if "verdict" in manifest else "",
        sites=_sites(manifest["sites"]) if "sites" in manifest else "",
        versions=", ".join(f"{name} {number}" for name, number in manifest["versions"].items()),
    )


def _sites(entry: dict[str, Any]) -> str:
    """The card's part on the sites that a release was adapted to."""
    figures = entry["figures"]
    pages = sum(site["pages"] for site in entry["sites"].values())
    said = (
        f"On {figures['pages']} of the pages labelled last, each held out, word F1 is "
        f"{figures['adapted']['f1']:.3f} against {figures['base']['f1']:.3f} without."
        if figures
        else "No page could be held out, so nothing is known of its worth."
    )
    return (
        "## Adapted to sites\n\n"
        f"To {len(entry['sites'])} sites by {pages} labelled pages, from {entry['base']}, of which the "
        f"figures above are. {said} Other sites are read as {entry['base']} reads them. `report.md` has the "
        "details.\n\n"
    )


def _reliability(found: dict[str, Any]) -> str:
    rows = zip(found["predicted"], found["observed"], found["blocks"], strict=True)
    return "\n".join(
        f"| {predicted:.2f} | {observed:.2f} | {blocks:,} |" for predicted, observed, blocks in rows
    )


def _confusion(table: list[list[int]]) -> str:
    head = f"| | {' | '.join(PAGE_TYPES)} | recall |", f"|---{'|---' * (len(PAGE_TYPES) + 1)}|"
    rows = (
        f"| {name} | {' | '.join(map(str, row))} | {row[number] / max(sum(row), 1):.2f} |"
        for number, (name, row) in enumerate(zip(PAGE_TYPES, table, strict=True))
    )
    return "\n".join((*head, *rows))

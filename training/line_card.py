"""The part of the model card that tells of text without mark-up."""

from __future__ import annotations

from typing import Any

from training.corpora import YARDSTICK
from training.report import figures_table

_SECTION = """\
## Text without mark-up

Lines that a scraper made of a page have trees and a network of their own (content type `text/plain`),
averaged as above, the network weighing {share}. They see how lines look, follow and repeat one another, the
gaps between them, the word lexicons of the model above, and what a linear model of hashed words, pairs of
words and byte 4-grams makes of each line and its neighbours; no tags, links or class names. Trained on the
same pages in two or four renderings: every page a block a line, and in one of three other ways (with blank
lines between, a text node a line, the text nodes as they stand, neighbours glued); pages of news twice more,
each time with other noise of aggregators put in: teasers of other pages, rails and advertising of annotated
ones, counters, footnote markers.

Out of fold, nested and grouped as above (`pagesieve train --only lines` prints this). `all` is the word F1 of
keeping every line. In training a headline above the text is content; the gold of most corpora leaves it out,
which costs the figures here a little.

| `{yardstick}` rendered as | pages | word F1 | precision | recall | all |
|---|---|---|---|---|---|
{renderings}

A block a line:

{figures}

### Trailers

What is glued to the start or end of a block ("… he said.Related Stories") is cut off where trees, learned
from blocks glued on purpose, are sure: {cut:.1%} of {glued:,} glued pieces are, and {damaged} of
{clean_blocks:,} clean blocks lose a word they should keep (out of fold; the threshold, {threshold:.4f}, is
set by the latter).

"""


def line_section(entry: dict[str, Any]) -> str:
    """Markdown for a release's entry ``lines``."""
    kept, every = entry["figures"]["classifier"], entry["figures"]["every line"]
    rows = (
        f"| {name} | {row['pages']:.0f} | {row['f1']:.3f} | {row['precision']:.3f} | {row['recall']:.3f} "
        f"| {every[name][YARDSTICK]['f1']:.3f} |"
        for name, groups in kept.items()
        for row in (groups[YARDSTICK],)
    )
    return _SECTION.format(
        yardstick=YARDSTICK,
        renderings="\n".join(rows),
        figures=figures_table(kept["blocks"]),
        share=entry["recipe"]["network"]["share"],
        **entry["trailers"],
    )

"""The part of the model card that tells of the roles, and its picture."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from pagesieve.roles import ROLES

Ints = NDArray[np.int64]
Figures = dict[str, Any]

_SECTION = """\
## Roles

Tells what every block is: {roles}. One ensemble of gradient-boosted trees with an output for each role, over
the block features, the first stage's probabilities around the block, cues (words of names, texts and headings
that are typical of a role), what was said before, lexicons of words and names learned for each role, and a
linear model's opinion of the names around the block. A neural network like the one above sees the same
columns of all blocks of a page together; logarithms of the probabilities of both are averaged, the network
weighing {share}.

**Labels.** {pages} pages whose every block was annotated under a written guideline by language models that
read each page, {twice} of them twice: model-assisted annotations, not human gold (`training/annotations/`).
{typed_pages} more pages with people's block types help to train at half weight where a type is one role
(`training/role_pages.py`), and are not judged.

Out of fold, 5 folds grouped by registered domain (`pagesieve train --only roles` prints this). Every block of
the annotated pages counts once, content included. The classifier is judged on its likeliest role; in the
answer a role must also agree with what is kept. `rules` is a baseline of rules of words and class names
(`training/role_rules.py`) that is told the first stage's choice of content.

| role | blocks | pages | precision | recall | F1 | F1 of the rules |
|---|---|---|---|---|---|---|
{table}

Each page counting alike instead, macro F1 is {by_page:.3f}. What is taken for what, as shares of each role's
blocks (![confusion matrix](roles.png)):

| | {heads} |
|---|{lines}|
{confusion}

"""


def role_figures(role: Ints, found: Ints, rules: Ints, page: Ints) -> Figures:
    """Precision, recall and F1 by role, their macro means, and the confusion matrix, over labelled blocks."""
    numbers = np.arange(len(ROLES))

    def scores(guess: Ints, weight: NDArray[np.floating[Any]] | None = None) -> NDArray[np.float64]:
        return np.array(
            precision_recall_fscore_support(
                role, guess, labels=numbers, sample_weight=weight, zero_division=0
            )
        )[:3]

    own, theirs = scores(found), scores(rules)
    _, inverse, size = np.unique(page, return_inverse=True, return_counts=True)
    return {
        "pages": len(size),
        "blocks": np.bincount(role, minlength=len(ROLES)).tolist(),
        "pages_with": [len(np.unique(page[role == number])) for number in numbers],
        "precision": own[0].round(4).tolist(),
        "recall": own[1].round(4).tolist(),
        "f1": own[2].round(4).tolist(),
        "macro_f1": round(float(own[2].mean()), 4),
        "rules_f1": theirs[2].round(4).tolist(),
        "rules_macro_f1": round(float(theirs[2].mean()), 4),
        "macro_f1_by_page": round(float(scores(found, 1 / size[inverse])[2].mean()), 4),
        "confusion": confusion_matrix(role, found, labels=numbers).tolist(),
    }


def role_section(entry: dict[str, Any]) -> str:
    """Markdown of a manifest's entry on roles."""
    figures = entry["figures"]
    columns = ("blocks", "pages_with", "precision", "recall", "f1", "rules_f1")
    rows = zip(ROLES, *(figures[name] for name in columns), strict=True)
    table = [
        f"| {role} | {blocks:,} | {pages} | {p:.3f} | {r:.3f} | {f1:.3f} | {theirs:.3f} |"
        for role, blocks, pages, p, r, f1, theirs in rows
    ]
    table.append(
        f"| **macro mean** | {sum(figures['blocks']):,} | {figures['pages']} | | | "
        f"**{figures['macro_f1']:.3f}** | {figures['rules_macro_f1']:.3f} |"
    )
    return _SECTION.format(
        roles=", ".join(f"`{role}`" for role in ROLES),
        share=entry["recipe"]["network"]["share"],
        pages=figures["pages"],
        twice=figures["twice"],
        typed_pages=figures["typed_pages"],
        by_page=figures["macro_f1_by_page"],
        table="\n".join(table),
        heads=" | ".join(ROLES),
        lines="|".join(["---"] * len(ROLES)),
        confusion="\n".join(
            f"| {role} | {' | '.join(f'{share:.2f}' for share in row)} |"
            for role, row in zip(ROLES, _shares(figures), strict=True)
        ),
    )


def _shares(figures: Figures) -> NDArray[np.float64]:
    confusion = np.array(figures["confusion"], dtype=np.float64)
    return np.asarray(confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1))


def confusion_picture(figures: Figures) -> bytes:
    """PNG of the confusion matrix: a row a role, shares of its blocks by what they were taken for."""
    shares, counts = _shares(figures), figures["confusion"]
    figure = Figure(figsize=(7.6, 6.8), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(ROLES)), ROLES, rotation=45, ha="right")
    axes.set_yticks(range(len(ROLES)), ROLES)
    axes.set_xlabel("taken for")
    axes.set_ylabel("annotated as")
    axes.set_title(f"Roles of blocks, out of fold (macro F1 {figures['macro_f1']:.3f})")
    for row, of_role in enumerate(counts):
        for column, count in enumerate(of_role):
            if count:
                ink = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=7, color=ink)
    buffer = io.BytesIO()
    # Without the date and the library's version the same figures give the same bytes.
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()

"""Probabilities → extractions → figures, per corpus and page type."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from pagesieve.choose import choose
from pagesieve.options import Options
from training.corpora import YARDSTICK, LabelledPage
from training.dataset import Example
from training.metrics import Score, snippets_found, word_score
from training.pool import Pool

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Result:
    """One page's extraction and how it agrees with the gold."""

    page: LabelledPage
    text: str
    score: Score
    found: float | None
    alike: float | None
    """As ``found``, where quotes and dashes of every kind are the same."""
    leaked: float | None


def judge_text(page: LabelledPage, text: str) -> Result:
    return Result(
        page=page,
        text=text,
        score=word_score(text, page.gold, corpus=page.corpus),
        found=snippets_found(text, list(page.must_have)),
        alike=snippets_found(text, list(page.must_have), alike=True),
        leaked=snippets_found(text, list(page.must_not_have)),
    )


def extract_all(pool: Pool, probability: Floats, options: Options | None = None) -> list[Result]:
    """What each page of the pool gives when its blocks have these probabilities."""
    results = []
    for number, example in enumerate(pool.examples):
        rows = slice(pool.starts[number], pool.starts[number + 1])
        keep = choose(probability[rows], example.copies, options or Options()).keep
        text = "\n".join(text for text, kept in zip(example.texts, keep, strict=True) if kept)
        results.append(judge_text(example.page, text))
    return results


def ceilings(examples: list[Example]) -> list[Result]:
    """What a perfect choice of blocks would give, by the alignment."""
    results = []
    for example in examples:
        chosen = zip(example.texts, example.alignment.content, strict=True)
        results.append(judge_text(example.page, "\n".join(text for text, kept in chosen if kept)))
    return results


def summarise(results: Iterable[Result]) -> dict[str, dict[str, float]]:
    """Macro means over pages by corpus, and by page type as ``corpus/type``."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.page.corpus].append(result)
        if result.page.page_type and result.page.corpus == YARDSTICK:
            groups[f"{result.page.corpus}/{result.page.page_type}"].append(result)
    return {name: _means(group) for name, group in sorted(groups.items())}


def _means(group: list[Result]) -> dict[str, float]:
    figures = {
        "pages": float(len(group)),
        "f1": fmean(result.score.f1 for result in group),
        "precision": fmean(result.score.precision for result in group),
        "recall": fmean(result.score.recall for result in group),
    }
    for name in ("found", "alike", "leaked"):
        known = [value for result in group if (value := getattr(result, name)) is not None]
        if known:
            figures[name] = fmean(known)
    return {name: round(value, 4) for name, value in figures.items()}


def save_predictions(results: Iterable[Result], path: Path) -> None:
    """Keep the out-of-fold texts for ``bench/quality.py``. They hold page text: never commit them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as file:
        for result in results:
            row = {"corpus": result.page.corpus, "id": result.page.id, "text": result.text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

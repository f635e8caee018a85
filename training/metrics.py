"""Word F1, the yardstick of content extraction.

Source: the Web Content Extraction Benchmark (WCXB): bags of lower-cased ``\\w+`` words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from pagesieve.words import tokens

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Lower-cased words as the benchmark counts them."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement of an extraction with the gold text, each number in 0..1."""

    f1: float
    precision: float
    recall: float


def bag_score(predicted: Counter[str], gold: Counter[str]) -> Score:
    """Score two bags of words; two empty bags agree fully."""
    n_predicted, n_gold = predicted.total(), gold.total()
    if not n_predicted or not n_gold:
        same = float(n_predicted == n_gold)
        return Score(same, same, same)
    common = (predicted & gold).total()
    if not common:
        return Score(0.0, 0.0, 0.0)
    precision, recall = common / n_predicted, common / n_gold
    return Score(2 * precision * recall / (precision + recall), precision, recall)


def word_score(predicted: str, gold: str, *, corpus: str = "wcxb_dev") -> Score:
    """Score one page: the benchmark's own words on ``wcxb_dev``, ``tokens`` on every other corpus."""
    split = words if corpus == "wcxb_dev" else tokens
    return bag_score(Counter(split(predicted)), Counter(split(gold)))


def snippets_found(text: str, snippets: list[str]) -> float | None:
    """Share of ``snippets`` that occur in ``text``, ignoring case and white space; None without snippets."""
    if not snippets:
        return None
    haystack = " ".join(text.lower().split())
    return sum(" ".join(snippet.lower().split()) in haystack for snippet in snippets) / len(snippets)

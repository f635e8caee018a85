"""Word F1, the yardstick of content extraction.

Source: the Web Content Extraction Benchmark (WCXB): bags of lower-cased ``\\w+`` words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from pagesieve.words import tokens

_WORD = re.compile(r"\w+")
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
    }
    | {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u200b\ufeff\u00ad", ""),
    }
)


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


def snippets_found(text: str, snippets: list[str], *, alike: bool = False) -> float | None:
    """Share of ``snippets`` that occur in ``text``, ignoring case and white space; None without snippets.

    With ``alike`` curly and straight quotes, dashes of any length, and characters of one compatibility form
    (Unicode NFKC) count as the same: which of them a page uses says nothing about an extraction.
    """
    if not snippets:
        return None
    read = _alike if alike else str
    haystack = _plain(read(text))
    return sum(_plain(read(snippet)) in haystack for snippet in snippets) / len(snippets)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _alike(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY))

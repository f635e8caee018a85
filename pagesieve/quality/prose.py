"""Measures of running text: what the filters of language-model corpora look at.

Definitions follow datatrove 0.10, whose filters restate the papers: Gopher (Rae et al. 2021, appendix A),
C4 (Raffel et al. 2020, section 2.2), FineWeb (Penedo et al. 2024) and RefinedWeb (Penedo et al. 2023,
appendix G.2). They say whether a page is prose. A shop, a forum or a list is not, and is not bad for it.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pagesieve.quality.stopwords import STOP_WORDS

Measures = dict[str, float]
Sizes = NDArray[np.int64]

# Words and marks, each mark by itself but for "...", as the tokenisers of the corpus tools give them.
_TOKEN = re.compile(r"\.{2,}|\w+|[^\w\s]")
_WORD = re.compile(r"\w")
_PARAGRAPHS = re.compile(r"\n{2,}")
_LINES = re.compile(r"\n+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।]+[\"'”’»)\]]*(?=\s|$|[^\x00-\x7f])")
# Sentence-final marks of every script in use (Unicode property Sentence_Terminal, the living scripts).
_FINAL = tuple(".!?\"'”’…。！？؟۔।॥።៕။｡．")
_C4_FINAL = (".", "?", "!", '"', "'")
_POLICIES = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
)  # fmt: skip
_COUNTER_LINE = re.compile(
    r"[\d.,]+\s*[km]?\s*(?:likes?|shares?|comments?|retweets?|reposts?|quotes?|views?)"
)
_DIGIT = re.compile(r"\d")
# Marks that do not part a word or a number.
_IN_WORD, _IN_NUMBER = re.compile(r"['’](?=\w)(?<=\w.)"), re.compile(r"[.,:/](?=\d)(?<=\d.)")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-ЯЁІЇЄҐ]")
_SHORT_LINE = 30
_LONGEST_WORD = 1_000
# Words over which repetition is measured: enough to judge, and a bound on what a page can cost.
MOST_WORDS = 2_000
# Characters that are compressed and counted.
_MOST_CHARS = 10_000
# Characters that are read at all: more than books have, and a bound on what a page of single marks can cost.
_MOST_READ = 1_000_000
# Knuth's multiplier, the golden ratio of 64 bits.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
TOP_GRAMS = (2, 3, 4)
DUPLICATE_GRAMS = (5, 6, 7, 8, 9, 10)


def measure_text(text: str, language: str, most_words: int = MOST_WORDS) -> Measures:
    """Measures of a text whose lines are its blocks; all 0 for an empty one.

    ``language`` is an ISO 639-1 code. Where its function words are not known, ``stop_words`` is 2, which
    passes: a rule that cannot judge does not. Repetition is measured over the first ``most_words`` words, and
    nothing beyond the first million characters.
    """
    text = text[:_MOST_READ]
    tokens = _TOKEN.findall(text)
    words = [token for token in tokens if _WORD.match(token)]
    lines = [line for line in text.split("\n") if line.strip()]
    return (
        _gopher_quality(text, tokens, words, lines, language)
        | _gopher_repetition(text, tokens[:most_words], len(tokens) <= most_words)
        | _c4(lines)
        | _fineweb(text, tokens, lines)
        | _refinedweb(lines)
        | _letters(text[:_MOST_CHARS], words[:MOST_WORDS])
    )


def _gopher_quality(
    text: str, tokens: list[str], words: list[str], lines: list[str], language: str
) -> Measures:
    stops = STOP_WORDS.get(language)
    return {
        "words": float(len(words)),
        "word_length": sum(map(len, words)) / max(len(words), 1),
        "hashes": text.count("#") / max(len(tokens), 1),
        "ellipses": (text.count("...") + text.count("…")) / max(len(tokens), 1),
        "bullet_lines": _share(line.lstrip().startswith(("•", "-")) for line in lines),
        "ellipsis_lines": _share(line.rstrip().endswith(("...", "…")) for line in lines),
        "alphabetic_words": _alphabetic_share(text, tokens),
        "stop_words": float(len(stops.intersection(map(str.lower, words)))) if stops else 2.0,
    }


def _alphabetic_share(text: str, tokens: list[str]) -> float:
    """Of the first words and marks, how many hold a letter, "don't" and "1,000" being one each."""
    seen = tokens[:MOST_WORDS]
    joined = len(_IN_WORD.findall(text)) + 2 * len(_IN_NUMBER.findall(text))
    parts = len(seen) * (1 - joined / max(len(tokens), 1))
    return min(sum(map(_has_letter, seen)) / max(parts, 1), 1.0)


def _has_letter(token: str) -> bool:
    return token.isalpha() or any(map(str.isalpha, token))


def _gopher_repetition(text: str, tokens: list[str], whole: bool) -> Measures:
    paragraphs = _PARAGRAPHS.split(text.strip())
    pieces = _LINES.split(text)
    repeated_lines, line_chars = _repeated(pieces)
    repeated_paragraphs, paragraph_chars = _repeated(paragraphs)
    total = max(len(text), 1)
    return {
        "duplicate_lines": repeated_lines / len(pieces),
        "duplicate_line_chars": line_chars / total,
        "duplicate_paragraphs": repeated_paragraphs / len(paragraphs),
        "duplicate_paragraph_chars": paragraph_chars / total,
    } | _repeated_grams(tokens, total, whole)


def _repeated(pieces: list[str]) -> tuple[int, int]:
    """Number of pieces that occurred before, and their characters."""
    if len(set(pieces)) == len(pieces):
        return 0, 0
    again = [(piece, count - 1) for piece, count in Counter(pieces).items() if count > 1]
    return sum(count for _, count in again), sum(len(piece) * count for piece, count in again)


def _repeated_grams(tokens: list[str], chars: int, whole: bool) -> Measures:
    """Shares of the text's ``chars`` characters that repeated n-grams of its first tokens make up."""
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(token, len(numbers)) for token in tokens], dtype=np.uint64)
    ends = np.concatenate(([0], np.cumsum([len(token) for token in tokens], dtype=np.int64)))
    # Of a long text only the beginning is looked at, and shares are of that.
    seen = chars if whole else max(int(ends[-1]) + len(tokens), 1)
    measures: Measures = {}
    keys = ids
    unrepeated = False
    for size in range(2, DUPLICATE_GRAMS[-1] + 1):
        # Hashes of n-grams from those one shorter; 64 bits do not collide over a few thousand.
        keys = keys[:-1] * _MULTIPLIER + ids[size - 1 :] + np.uint64(1)
        if size > TOP_GRAMS[-1] and (unrepeated or len(set(keys.tolist())) == len(keys)):
            unrepeated = True  # and so are longer ones
            measures[f"duplicate_{size}gram"] = 0.0
            continue
        _, first, counts = np.unique(keys, return_index=True, return_counts=True)
        if size in TOP_GRAMS:
            top = _top_gram_chars(first, counts, ends, size) if len(keys) else 0
            measures[f"top_{size}gram"] = top / seen
        else:
            measures[f"duplicate_{size}gram"] = _duplicate_gram_chars(first, ends, size) / seen
    return measures


def _top_gram_chars(first: Sizes, counts: Sizes, ends: Sizes, size: int) -> int:
    """Characters of the commonest n-gram, the spaces inside and all its occurrences included."""
    most = int(counts.max())
    start = int(first[counts == most].min())
    return (int(ends[start + size] - ends[start]) + size - 1) * most


def _duplicate_gram_chars(first: Sizes, ends: Sizes, size: int) -> int:
    """Characters of n-grams that occurred before, none counted twice.

    ``first`` holds where each n-gram occurs first.
    """
    again = np.ones(len(ends) - size, dtype=bool)
    again[first] = False
    lengths = ends[size:] - ends[:-size]
    chars = free = 0
    for start in np.flatnonzero(again).tolist():
        if start >= free:
            chars += int(lengths[start])
            free = start + size
    return chars


def _c4(lines: list[str]) -> Measures:
    """What is left when C4 has dropped its lines; "lorem ipsum" and "{" count in the lines that are left."""
    sentences = lorem = curly = 0
    for line in map(str.strip, lines):
        lower = line.lower()
        if not line.endswith(_C4_FINAL) or line.endswith("..."):
            continue
        words = line.split()
        if len(words) < 3 or len(max(words, key=len)) > _LONGEST_WORD:
            continue
        lorem += "lorem ipsum" in lower
        curly += "{" in line
        if "javascript" in lower or any(policy in lower for policy in _POLICIES):
            continue
        sentences += max(len(_SENTENCE_END.findall(line)), 1)
    return {"sentences": float(sentences), "lorem_ipsum": float(lorem), "curly_brackets": float(curly)}


def _fineweb(text: str, tokens: list[str], lines: list[str]) -> Measures:
    return {
        "final_punctuation": _share(line.endswith(_FINAL) for line in lines),
        "short_lines": _share(len(line) <= _SHORT_LINE for line in lines),
        "repeated_line_chars": _repeated(lines)[1] / max(len(text.replace("\n", "")), 1),
        "line_breaks": text.count("\n") / max(len(tokens), 1),
    }


def _refinedweb(lines: list[str]) -> Measures:
    """Share of words in lines that RefinedWeb removes: capitals, numbers, counters, single words."""
    removed = total = 0
    for line in lines:
        n_words = len(line.split())
        total += n_words
        capitals = len(_CAPITAL.findall(line))
        removed += n_words * (
            n_words < 2
            or 2 * capitals > len(line)
            or line.replace(" ", "").isdigit()
            or _COUNTER_LINE.fullmatch(line.lower()) is not None
        )
    return {"removed_lines": removed / max(total, 1)}


def _letters(text: str, words: list[str]) -> Measures:
    """What needs no rule book: how varied, how compressible and how loud a text is."""
    counts = Counter(map(str.lower, words))
    n_words = max(len(words), 1)
    entropy = -sum(count / n_words * math.log2(count / n_words) for count in counts.values())
    raw = text.encode("utf-8", "replace")
    capitals = sum(word.isupper() for word in words if len(word) > 1)
    return {
        "distinct_words": len(counts) / n_words,
        "word_entropy": entropy,
        "compression": len(raw) / max(len(zlib.compress(raw, 1)), 1),
        "capital_words": capitals / n_words,
        "digits": len(_DIGIT.findall(text)) / max(len(text), 1),
        "doubled_words": sum(one == two for one, two in pairwise(words)) / n_words,
    }


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0

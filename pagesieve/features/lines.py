"""Features of lines without mark-up: what stands in for tags, links and class names there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.context import neighbours
from pagesieve.features.text import Columns
from pagesieve.features.words import read_words

Floats = NDArray[np.float32]

# A footnote marker, a place in a ranking, a page number.
_MARKER = re.compile(r"\W*\d{1,3}\W*")
_COUNTER = re.compile(r"\W*\d[\d.,]*\s?\w?\s+\w+\W*")
# A word that starts where another has just ended: two texts run together.
_GLUE = re.compile(r"[a-zß-ÿ0-9.!?…”’)][.!?…”’)]?[A-ZÀ-Þ][a-zß-ÿ]")
_OPENING = "“\"'‘«„(["
# Columns that only mark-up gives a meaning; lines have neither links, sections, head nor deep nesting.
_OF_MARKUP = re.compile(
    r"depth|in_(?!heading)|of_title|pairs_|from_main|chars_from_main|apart|og_|ld_|.*link|up[3-6]|up\d_(tag|pictures|controls)"
    r"|(run|shape)[23]|page_(a|td|img|h3|form|article|section|button|iframe)$"
)
# Words that tell what a text is about, in every language: long ones, names and numbers; of scripts without
# spaces pairs of characters.
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_TELLING_CHARS, _TELLING_DIGITS = 6, 2
# So many paragraphs before or after a line are near it, and so many at the beginning tell the subject.
_NEAR, _LEAD = 3, 3
# Of longer lines the rest says nothing more.
_MOST_CHARS = 100_000
_AROUND = ("chars", "sentences", "ends_sentence", "starts_lower", "digit_share", "title_case", "told")


def line_columns(document: Document, fixed: Columns) -> Columns:
    """One row a line: what of the ``fixed`` columns lines determine, and what only lines have."""
    kept = {name: values for name, values in fixed.items() if not _OF_MARKUP.match(name)}
    return kept | line_features(document, fixed)


def line_features(document: Document, text: Columns) -> Columns:
    """One row a line, from how lines look and how they follow one another.

    ``text`` are the columns of ``text_features``.
    """
    lines = document.blocks.text
    words, _ = read_words(lines)
    n_lines = len(lines)
    first = [line.lstrip(_OPENING)[:1] or line[0] for line in lines]
    own: Columns = {
        "starts_lower": _flags([character.islower() for character in first]),
        "starts_odd": _flags([not character.isalnum() for character in first]),
        "starts_digit": _flags([character.isdigit() for character in first]),
        "ends_colon": _flags([line[-1] in ":：" for line in lines]),
        "is_marker": _flags([len(line) < 8 and _MARKER.fullmatch(line) is not None for line in lines]),
        "is_counter": _flags([len(line) < 30 and _COUNTER.fullmatch(line) is not None for line in lines]),
        "glued": np.array([min(len(_GLUE.findall(line)), 9) for line in lines], dtype=np.float32),
        "title_case": _title_case(lines),
    }
    own |= topic_features(lines, text["sentences"] > 0) | run_features(text["ends_sentence"] > 0)
    own |= {"gap_before": gaps(document), "topic": words.topic(text["sentences"] > 0).astype(np.float32)}
    shown = {name: own[name] if name in own else text[name] for name in _AROUND}
    return own | neighbours(shown, _AROUND, np.zeros(n_lines, dtype=np.int64), 3)


def topic_features(lines: list[str], prose: NDArray[np.bool_]) -> Columns:
    """One row a line: how far the paragraphs of the page (``prose``) speak of what the line speaks of.

    ``told`` is the share of the line's telling words that other paragraphs have, ``told_before``,
    ``told_after`` and ``told_lead`` of those near it and at the beginning; ``told_often`` a mean of the
    logarithm of 1 + how many other paragraphs have a word; ``untold`` how many words none has (logarithm).
    """
    rows = [telling_words(line[:_MOST_CHARS]) for line in lines]
    numbers = np.flatnonzero(prose).tolist()
    where: dict[str, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers):
        for word in rows[number]:
            where[word].append(place)
    before: NDArray[np.int64] = np.cumsum(prose, dtype=np.int64) - prose
    found = np.zeros((len(lines), 7), dtype=np.float32)
    for number, words in enumerate(rows):
        if not words:
            found[number, :5] = -1
            continue
        place, itself = int(before[number]), int(prose[number])
        shares = np.zeros(5)
        for word in words:
            if len(places := where.get(word, ())) > itself:
                first = bisect_left(places, place)
                behind = bisect_right(places, place + itself - 1) if itself else first
                shares += (
                    1,
                    first > bisect_left(places, place - _NEAR),
                    bisect_left(places, place + itself + _NEAR) > behind,
                    bisect_left(places, _LEAD) > (itself and place < _LEAD),
                    np.log1p(len(places) - itself),
                )
        found[number, :5] = shares / len(words)
        found[number, 5:] = np.log1p((len(words), len(words) - shares[0]))
    names = ("told", "told_before", "told_after", "told_lead", "told_often", "telling", "untold")
    return dict(zip(names, found.T, strict=True))


def telling_words(line: str) -> set[str]:
    """Long words, names and numbers of a line in small letters; of unspaced scripts pairs of characters.

    >>> sorted(telling_words("The bridge at Elk Creek shut in 1958."))
    ['1958', 'bridge', 'creek', 'elk']
    """
    found = {
        word.lower()
        for number, word in enumerate(_WORD.findall(line))
        if len(word) >= _TELLING_CHARS
        or (number and word[0].isupper())
        or (len(word) >= _TELLING_DIGITS and word.isdigit())
    }
    if not line.isascii():
        for run in _UNSPACED.findall(line):
            found.discard(run)
            found.update(run[start : start + 2] for start in range(len(run) - 1))
    return found


def run_features(finished: NDArray[np.bool_]) -> Columns:
    """Length of the run of lines without a final stop that a line is in, and its place there (logarithms)."""
    starts = np.concatenate(([True], finished[1:] | finished[:-1]))[: len(finished)]
    run = np.cumsum(starts) - 1
    size = np.bincount(run)
    place = np.arange(len(finished)) - np.flatnonzero(starts)[run]
    columns = {
        "run_unfinished": np.where(finished, 0, np.log1p(size[run])),
        "run_unfinished_place": np.where(finished, 0, np.log1p(place)),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def gaps(document: Document) -> Floats:
    """How many containers begin with each line: the more, the wider the gap before it."""
    first = np.array(document.elements.first, dtype=np.int64)
    boxes = np.array([tag == "div" for tag in document.elements.tag], dtype=bool)
    found = np.bincount(first[boxes], minlength=len(document.blocks))
    return found[: len(document.blocks)].astype(np.float32)


def _title_case(lines: list[str]) -> Floats:
    """Share of each line's words that start with a capital."""
    found = []
    for line in lines:
        parts = line.split()
        found.append(sum(part[0].isupper() for part in parts) / len(parts))
    return np.array(found, dtype=np.float32)


def _flags(values: list[bool]) -> Floats:
    return np.array(values, dtype=np.float32)

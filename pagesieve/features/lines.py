"""Features of lines without mark-up: what stands in for tags, links and class names there."""

from __future__ import annotations

import re

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
_AROUND = ("chars", "sentences", "ends_sentence", "starts_lower", "digit_share", "title_case")


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
    own |= {"gap_before": gaps(document), "topic": words.topic(text["sentences"] > 0).astype(np.float32)}
    shown = {name: own[name] if name in own else text[name] for name in _AROUND}
    return own | neighbours(shown, _AROUND, np.zeros(n_lines, dtype=np.int64), 3)


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

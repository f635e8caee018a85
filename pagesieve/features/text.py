"""Features of a block's own text.

Characters are classified by one table look-up over the whole page and counted by block, words by columns of
``tokens.Words``; only blocks with digits are searched for dates and prices.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Blocks
from pagesieve.features.arrays import Ints, column

# Feature name → one value a block.
Columns = dict[str, NDArray[np.floating[Any]]]

_PROSE_WORDS, _PROSE_LINKS = 12, 0.35
# The shortest date or time is "1:00".
_DATE_DIGITS = 3
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")
_CURRENCY_SIGNS, _CURRENCIES = "$€£¥₹₩", ("USD", "EUR", "GBP", "kr")
_PRICE = re.compile(r"[$€£¥₹₩]\s?\d|\d\s?(?:[$€£¥₹₩]|USD|EUR|GBP|kr\b)")
_FINAL = frozenset('.!?…。！？"”’»)')

# Classes of characters; a bit each, because a stop may also be foreign to ASCII.
_DIGIT, _SEPARATOR, _STOP, _AFTER_STOP, _UPPER, _COMMA, _CURRENCY = (1 << bit for bit in range(7))
_BEYOND = 0x10000  # characters outside the basic plane are all of the last class


def _table() -> NDArray[np.uint8]:
    table = np.zeros(_BEYOND + 1, dtype=np.uint8)
    for code in range(_BEYOND):
        character = chr(code)
        if character.isdigit():
            table[code] |= _DIGIT
        if character.isupper():
            table[code] |= _UPPER
        if code > 127 or character.isspace() or character in "\"')]":
            table[code] |= _AFTER_STOP
    signs = (
        ("|•·›»→/", _SEPARATOR),
        (".!?…。！？؟।", _STOP),
        (",，、،;", _COMMA),
        (_CURRENCY_SIGNS, _CURRENCY),
    )
    for characters, bit in signs:
        for character in characters:
            table[ord(character)] |= bit
    table[_BEYOND] = _AFTER_STOP
    return table


_CLASSES = _table()


def text_features(blocks: Blocks, n_words: NDArray[np.float32]) -> Columns:
    """One row a block: sizes, link density and what characters the text is made of.

    Shares are per character or per word as named; sizes are natural logarithms of 1 + size.
    """
    texts = blocks.text
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    chars = sizes.astype(np.float32)
    safe_words = np.maximum(n_words, 1)
    safe_chars = np.maximum(chars, 1)
    count = _counts(texts, sizes)
    sentences = count["sentences"]
    dated = np.flatnonzero(count["digits"] >= _DATE_DIGITS).tolist()
    priced = [
        number
        for number in np.flatnonzero(count["digits"]).tolist()
        if count["currencies"][number] or any(map(texts[number].__contains__, _CURRENCIES))
    ]
    return {
        "chars": np.log1p(chars),
        "words": np.log1p(n_words),
        "link_density": column(blocks.link_chars).astype(np.float32) / safe_chars,
        "word_length": safe_chars / safe_words,
        "sentences": sentences,
        "words_per_sentence": n_words / (sentences + 1),
        "digit_share": count["digits"] / safe_chars,
        "ends_sentence": np.array([text[-1] in _FINAL for text in texts], dtype=np.float32),
        "separators": count["separators"] / safe_words,
        "upper_share": count["uppers"] / safe_chars,
        "commas": count["commas"] / safe_words,
        "has_date": _found(_DATE, texts, dated),
        "has_price": _found(_PRICE, texts, priced),
        "not_ascii": np.array([not text.isascii() for text in texts], dtype=np.float32),
    }


def prose_flags(text: Columns, n_words: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which blocks are paragraphs: with a sentence, of some length, and not mostly links."""
    return (text["sentences"] > 0) & (text["link_density"] < _PROSE_LINKS) & (n_words >= _PROSE_WORDS)


def _counts(texts: list[str], sizes: Ints) -> dict[str, NDArray[np.float32]]:
    """How many characters of each class a block has; a sentence ends where a gap follows a stop."""
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le"), dtype=np.uint32)
    classes = _CLASSES.take(codes, mode="clip")
    ends = np.cumsum(sizes + 1)
    # Most characters are small letters, and of no class.
    places = np.flatnonzero(classes & ~np.uint8(_AFTER_STOP))
    block, found = np.searchsorted(ends, places, side="right"), classes[places]
    sentence_ends = (found & _STOP != 0) & (classes[places + 1] & _AFTER_STOP != 0)

    def count(flags: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.bincount(block[flags], minlength=len(texts)).astype(np.float32)

    return {
        "digits": count(found & _DIGIT != 0),
        "separators": count(found & _SEPARATOR != 0),
        "uppers": count(found & _UPPER != 0),
        "commas": count(found & _COMMA != 0),
        "currencies": count(found & _CURRENCY != 0),
        "sentences": count(sentence_ends),
    }


def _found(pattern: re.Pattern[str], texts: list[str], among: list[int]) -> NDArray[np.float32]:
    flags = np.zeros(len(texts), dtype=np.float32)
    flags[[number for number in among if pattern.search(texts[number])]] = 1
    return flags

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

# Feature name → one value a block.
Columns = dict[str, NDArray[np.floating[Any]]]

_PROSE_WORDS, _PROSE_LINKS = 12, 0.35
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")
_PRICE = re.compile(r"[$€£¥₹₩]\s?\d|\d\s?(?:[$€£¥₹₩]|USD|EUR|GBP|kr\b)")
_FINAL = frozenset('.!?…。！？"”’»)')

# Classes of characters; a bit each, because a stop may also be foreign to ASCII.
_DIGIT, _SEPARATOR, _STOP, _AFTER_STOP, _UPPER, _COMMA = (1 << bit for bit in range(6))
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
    for characters, bit in (("|•·›»→/", _SEPARATOR), (".!?…。！？؟।", _STOP), (",，、،;", _COMMA)):
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
    chars = np.array([len(text) for text in texts], dtype=np.float32)
    safe_words = np.maximum(n_words, 1)
    safe_chars = np.maximum(chars, 1)
    count = _counts(texts, chars)
    sentences = count["sentences"]
    numeric = np.flatnonzero(count["digits"]).tolist()
    return {
        "chars": np.log1p(chars),
        "words": np.log1p(n_words),
        "link_density": np.array(blocks.link_chars, dtype=np.float32) / safe_chars,
        "word_length": safe_chars / safe_words,
        "sentences": sentences,
        "words_per_sentence": n_words / (sentences + 1),
        "digit_share": count["digits"] / safe_chars,
        "ends_sentence": np.array([text[-1] in _FINAL for text in texts], dtype=np.float32),
        "separators": count["separators"] / safe_words,
        "upper_share": count["uppers"] / safe_chars,
        "commas": count["commas"] / safe_words,
        "has_date": _found(_DATE, texts, numeric),
        "has_price": _found(_PRICE, texts, numeric),
        "not_ascii": np.array([not text.isascii() for text in texts], dtype=np.float32),
    }


def prose_flags(text: Columns, n_words: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which blocks are paragraphs: with a sentence, of some length, and not mostly links."""
    return (text["sentences"] > 0) & (text["link_density"] < _PROSE_LINKS) & (n_words >= _PROSE_WORDS)


def _counts(texts: list[str], chars: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """How many characters of each class a block has; a sentence ends where a gap follows a stop."""
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le"), dtype=np.uint32)
    classes = _CLASSES[np.minimum(codes, _BEYOND)]
    sizes = chars.astype(np.int64) + 1
    starts = np.cumsum(sizes) - sizes
    ends = np.zeros(len(classes), dtype=bool)
    ends[:-1] = (classes[:-1] & _STOP).astype(bool) & (classes[1:] & _AFTER_STOP).astype(bool)
    found = {
        "digits": classes & _DIGIT,
        "separators": classes & _SEPARATOR,
        "uppers": classes & _UPPER,
        "commas": classes & _COMMA,
        "sentences": ends,
    }
    return {
        name: np.add.reduceat(flags.astype(bool), starts, dtype=np.int64).astype(np.float32)
        for name, flags in found.items()
    }


def _found(pattern: re.Pattern[str], texts: list[str], among: list[int]) -> NDArray[np.float32]:
    flags = np.zeros(len(texts), dtype=np.float32)
    flags[[number for number in among if pattern.search(texts[number])]] = 1
    return flags

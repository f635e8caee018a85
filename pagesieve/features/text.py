"""Features of a block's own text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Blocks

_SENTENCE_END = re.compile(r"[.!?…。！？؟।](?=[\s\"'”’»)\]]|$|[^\x00-\x7f])")
_DIGIT = re.compile(r"\d")
_SEPARATOR = re.compile(r"[|•·›»→/]")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")
_PRICE = re.compile(r"[$€£¥₹₩]\s?\d|\d\s?(?:[$€£¥₹₩]|USD|EUR|GBP|kr\b)")
_FINAL = frozenset('.!?…。！？"”’»)')

# Feature name → one value a block.
Columns = dict[str, NDArray[np.floating[Any]]]


def text_features(blocks: Blocks, n_words: NDArray[np.float32]) -> Columns:
    """One row a block: sizes, link density and what characters the text is made of.

    Shares are per character or per word as named; sizes are natural logarithms of 1 + size.
    """
    texts = blocks.text
    chars = np.array([len(text) for text in texts], dtype=np.float32)
    safe_words = np.maximum(n_words, 1)
    safe_chars = np.maximum(chars, 1)

    def count(pattern: re.Pattern[str]) -> NDArray[np.float32]:
        return np.array([len(pattern.findall(text)) for text in texts], dtype=np.float32)

    def flag(pattern: re.Pattern[str]) -> NDArray[np.float32]:
        return np.array([pattern.search(text) is not None for text in texts], dtype=np.float32)

    sentences = count(_SENTENCE_END)
    return {
        "chars": np.log1p(chars),
        "words": np.log1p(n_words),
        "link_density": np.array(blocks.link_chars, dtype=np.float32) / safe_chars,
        "word_length": safe_chars / safe_words,
        "sentences": sentences,
        "words_per_sentence": n_words / (sentences + 1),
        "digit_share": count(_DIGIT) / safe_chars,
        "ends_sentence": np.array([text[-1] in _FINAL for text in texts], dtype=np.float32),
        "separators": count(_SEPARATOR) / safe_words,
        "has_date": flag(_DATE),
        "has_price": flag(_PRICE),
        "not_ascii": np.array([not text.isascii() for text in texts], dtype=np.float32),
    }

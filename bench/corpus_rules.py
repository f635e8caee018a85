"""Our corpus rules beside datatrove's own filters, value by value: ``python -m bench.corpus_rules FILE``.

FILE holds extractions as ``pagesieve train`` leaves them in ``.cache/training/oof.jsonl.xz``. A filter of
datatrove tells no values, only whether a text passes. So each is asked three times, with one rule alone: at
the default threshold, and at our value a little up and a little down. If it passes at one and fails at the
other, its value is ours. Needs ``pip install -e '.[rules]'``.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.typeshelper import Languages
from datatrove.utils.word_tokenizers import load_word_tokenizer

from pagesieve.quality.prose import measure_text
from pagesieve.quality.rules import RULES, Rule

TEXTS = 200
# Half the width of the gap that datatrove's value must fall into: of a share, and of any other value.
_SHARE, _PART = 0.01, 0.02
_OFF = 1e9
Filter = Callable[[float], Any]


def _gopher(name: str) -> Filter:
    names = (
        "min_doc_words", "max_doc_words", "min_avg_word_length", "max_avg_word_length",
        "max_symbol_word_ratio", "max_bullet_lines_ratio", "max_ellipsis_lines_ratio",
        "max_non_alpha_words_ratio", "min_stop_words",
    )  # fmt: skip
    return lambda threshold: GopherQualityFilter(**{**dict.fromkeys(names), name: threshold})


def _repetition(name: str) -> Filter:
    off: dict[str, Any] = dict.fromkeys(
        ("dup_line_frac", "dup_para_frac", "dup_line_char_frac", "dup_para_char_frac")
    )
    return lambda threshold: GopherRepetitionFilter(
        **{**off, "top_n_grams": (), "dup_n_grams": (), name: threshold}
    )


def _grams(name: str, size: int) -> Filter:
    return lambda threshold: _repetition(name)(((size, threshold),))  # type: ignore[arg-type]


def _fineweb(name: str) -> Filter:
    off = {
        "line_punct_thr": -1.0,
        "short_line_thr": _OFF,
        "char_duplicates_ratio": _OFF,
        "new_line_ratio": _OFF,
    }
    return lambda threshold: FineWebQualityFilter(**{**off, name: threshold})


def _sentences(threshold: float) -> Any:
    return C4QualityFilter(
        min_num_sentences=round(threshold), filter_lorem_ipsum=False, filter_curly_bracket=False
    )


FILTERS: dict[str, Filter] = {
    "few_words": _gopher("min_doc_words"),
    "short_words": _gopher("min_avg_word_length"),
    "long_words": _gopher("max_avg_word_length"),
    "bullet_lines": _gopher("max_bullet_lines_ratio"),
    "ellipsis_lines": _gopher("max_ellipsis_lines_ratio"),
    "few_letters": _gopher("max_non_alpha_words_ratio"),
    "few_stop_words": _gopher("min_stop_words"),
    "duplicate_lines": _repetition("dup_line_frac"),
    "duplicate_line_chars": _repetition("dup_line_char_frac"),
    "duplicate_paragraphs": _repetition("dup_para_frac"),
    "duplicate_paragraph_chars": _repetition("dup_para_char_frac"),
    **{f"top_{size}gram": _grams("top_n_grams", size) for size in (2, 3, 4)},
    **{f"duplicate_{size}gram": _grams("dup_n_grams", size) for size in range(5, 11)},
    "few_sentences": _sentences,
    "unfinished_lines": _fineweb("line_punct_thr"),
    "short_lines": _fineweb("short_line_thr"),
    "repeated_line_chars": _fineweb("char_duplicates_ratio"),
    "list_like": _fineweb("new_line_ratio"),
}


def read_texts(path: Path) -> list[str]:
    """``TEXTS`` English extractions, spread evenly over the file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        texts = [row["text"] for row in rows if row["corpus"] == "wcxb_dev" and row["text"].strip()]
    return texts[:: max(len(texts) // TEXTS, 1)][:TEXTS]


def compare(rule: Rule, values: list[float], texts: list[str]) -> tuple[int, int]:
    """On how many texts the decisions at the default threshold agree, and on how many the values."""
    decisions = same = 0
    for value, text in zip(values, texts, strict=True):
        decisions += rule.signal(value).passed == _passes(rule, rule.threshold, text)
        same += _brackets(rule, value, text)
    return decisions, same


def _brackets(rule: Rule, value: float, text: str) -> bool:
    margin = _SHARE if value <= 1 and rule.threshold < 1 else max(_PART * value, 0.6)
    above, below = _passes(rule, value + margin, text), _passes(rule, value - margin, text)
    # Nothing is less than a share of 0, and a filter takes a threshold of 0 for "off".
    if value - margin <= 0:
        return above if rule.at_most else not above
    return above != below


def _passes(rule: Rule, threshold: float, text: str) -> bool:
    found = FILTERS[rule.code](threshold).filter(Document(text=text, id=""))
    return found is True


def tokenise_once() -> None:
    """Remember the words and sentences of a text, which every rule would have spaCy find anew."""
    tokenizer = load_word_tokenizer(Languages.english)
    tokenizer.word_tokenize = cache(tokenizer.word_tokenize)
    tokenizer.span_tokenize = cache(tokenizer.span_tokenize)


def rows(path: Path) -> Iterator[str]:
    tokenise_once()
    texts = read_texts(path)
    measures = [measure_text(text, "en", most_words=sys.maxsize) for text in texts]
    for rule in RULES:
        if rule.code in FILTERS:
            decisions, same = compare(rule, [found[rule.measure] for found in measures], texts)
            yield f"| {rule.code} | {rule.source} | {decisions}/{len(texts)} | {same}/{len(texts)} |"


if __name__ == "__main__":
    print("| rule | source | same decision | same value |\n|---|---|---|---|")
    for row in rows(Path(sys.argv[1])):
        print(row, flush=True)

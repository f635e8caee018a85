"""Document → page type: article, forum thread, product page …

A linear model over tokens: words of the address, what the head declares, class names, words of title and
headings, and sizes in steps ("prices>=8"). The seven types are those of the Web Content Extraction Benchmark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, Document
from pagesieve.features.lexicon import name_tokens
from pagesieve.features.page import linked_types, open_graph_type
from pagesieve.features.text import prose_flags, text_features
from pagesieve.words import tokens

PAGE_TYPES = ("article", "collection", "documentation", "forum", "listing", "product", "service")
_PATH_WORD = re.compile(r"[^/._\-?=&]+")
_MOST_PATH_WORDS = 20
_MOST_HEADINGS = 60
_HEADING_WORDS = 8
_SHORT_HEADING = 4
_LONGEST_NAMES = 400
_TAGS = (
    "p li a td img h2 h3 form article section button iframe pre code time blockquote select video input dl"
).split()
_COUNT_STEPS = (1, 3, 8, 20, 50, 120)
_SHARE_STEPS = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85)
_SIZE_STEPS = (200, 600, 1_500, 4_000, 10_000, 25_000)


def page_tokens(document: Document, url: str | None) -> set[str]:
    """What the page's type is told by; the address helps where it is known."""
    found = set(_of_address(url)) if url else set()
    found.update(_of_head(document), _of_names(document), _of_text(document))
    return found


def _of_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url.lower())
    except ValueError:
        return
    for word in _PATH_WORD.findall(parts.path)[:_MOST_PATH_WORDS]:
        yield "url:" + ("0" if word.isdigit() else word)
    segments = [segment for segment in parts.path.split("/") if segment]
    yield from ("folder:" + segment for segment in segments[:-1])
    yield from ("host:" + label for label in (parts.netloc.split(":")[0]).split(".")[:-1])
    yield from _steps("depth", len(segments), (1, 2, 3, 4, 5))
    yield from _steps("slug", segments[-1].count("-") if segments else 0, (1, 3, 5, 8))


def _of_head(document: Document) -> Iterator[str]:
    yield from ("declared:" + name for name in linked_types(document))
    yield "open graph:" + open_graph_type(document)
    for meta in document.meta:
        if (meta.get("name") or "").lower() == "generator":
            yield from ("generator:" + word for word in tokens(meta.get("content") or "")[:1])
    yield from ("title:" + word for word in tokens(document.title))


def _of_names(document: Document) -> Iterator[str]:
    for tag, attributes in document.elements.kinds:
        prefix = "body:" if tag in {"html", "body"} else "name:"
        for key in ("class", "id"):
            for name in (attributes.get(key) or "")[:_LONGEST_NAMES].split():
                yield from (prefix + token for token in name_tokens(name))


def _of_text(document: Document) -> Iterator[str]:
    tags, blocks = document.elements.tag, document.blocks
    counts = Counter(tags)
    for tag in _TAGS:
        yield from _steps(tag, counts[tag], _COUNT_STEPS)
    headings = [number for number, owner in enumerate(blocks.owner) if HEADINGS.get(tags[owner], 9) <= 3]
    for number in headings[:_MOST_HEADINGS]:
        words = tokens(blocks.text[number])
        yield from ("heading:" + word for word in words[:_HEADING_WORDS])
        if len(words) <= _SHORT_HEADING:
            yield "heading=" + " ".join(words)
    if not len(blocks):
        return
    n_words = np.array([text.count(" ") + 1 for text in blocks.text], dtype=np.float32)
    text = text_features(blocks, n_words)
    chars, links = np.expm1(text["chars"]), text["link_density"]
    prose = prose_flags(text, n_words)
    total = max(float(chars.sum()), 1)
    yield from _steps("prose", float(chars[prose].sum()), _SIZE_STEPS)
    yield from _steps("prose share", float(chars[prose].sum()) / total, _SHARE_STEPS)
    yield from _steps("link share", float((chars * links).sum()) / total, _SHARE_STEPS)
    yield from _steps("paragraphs", int(prose.sum()), _COUNT_STEPS)
    yield from _steps("longest", float(chars[prose].max(initial=0)), (150, 300, 600, 1_200))
    yield from _steps("prices", float(text["has_price"].sum()), _COUNT_STEPS)
    yield from _steps("dates", float(text["has_date"].sum()), _COUNT_STEPS)
    yield from _steps("blocks", len(blocks), (30, 80, 150, 300, 600, 1_200))


def _steps(name: str, value: float, steps: tuple[float, ...]) -> Iterator[str]:
    return (f"{name}>={step}" for step in steps if value >= step)


@dataclass(frozen=True, slots=True)
class PageTypeModel:
    """Multinomial logistic regression over tf-idf of tokens that are there or not.

    ``weights`` has a row a token and a column a type.
    """

    types: tuple[str, ...]
    numbers: Mapping[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]

    @classmethod
    def build(cls, saved: Mapping[str, Any]) -> PageTypeModel:
        """From what ``to_dict`` gave."""
        shape = len(saved["tokens"]), 1 + len(saved["types"])
        table = np.array(list(saved["tokens"].values()), dtype=np.float32).reshape(shape)
        return cls(
            types=tuple(saved["types"]),
            numbers={token: number for number, token in enumerate(saved["tokens"])},
            idf=table[:, 0],
            weights=table[:, 1:],
            intercept=np.array(saved["intercept"], dtype=np.float32),
        )

    def to_dict(self) -> dict[str, Any]:
        table = np.column_stack((self.idf, self.weights)).round(3).tolist()
        return {
            "types": list(self.types),
            "intercept": self.intercept.round(3).tolist(),
            "tokens": dict(zip(self.numbers, table, strict=True)),
        }

    def probabilities(self, found: set[str]) -> dict[str, float]:
        """Type → probability, the likeliest first."""
        rows = sorted(number for token in found if (number := self.numbers.get(token)) is not None)
        idf = self.idf[rows]
        scores = self.intercept + (idf @ self.weights[rows]) / max(float(np.sqrt(idf @ idf)), 1e-6)
        odds = np.exp(scores - scores.max())
        shares = zip(self.types, (odds / odds.sum()).tolist(), strict=True)
        return dict(sorted(shares, key=lambda pair: -pair[1]))

"""Features of the page as a whole, and of a block against the page: place, headings, title, repetition."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.text import Columns
from pagesieve.words import tokens

Floats = NDArray[np.floating[Any]]

_OPEN_GRAPH_TYPES = ("article", "website")
_LINKED_TYPES = (
    "Article", "Product", "Offer", "CollectionPage", "DiscussionForumPosting", "BreadcrumbList",
    "Organization", "Person",
)  # fmt: skip
_LINKED_TEXT = re.compile(r'"(?:articleBody|text|description|reviewBody)"\s*:\s*"((?:[^"\\]|\\.){40,})"')
_LINKED_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"([^"]{1,200})"')
_ARTICLE_TYPES = re.compile(r"(?:News|Blog|Tech|Scholarly|Report)?(?:Article|Posting)$")
_MOST_LINKED_DATA = 400_000
_TAGS_COUNTED = "p li a td img h2 h3 form article section button iframe".split()
# Headings further than this above a block say little about it.
_FAR = 1_000_000
# Distance to the main heading where the page has none: below every real one.
_NO_HEADING = -99.0


def page_features(document: Document, text: Columns) -> Columns:
    """The same value in every row: sizes of the page, its tags, and what its head declares it to be."""
    n_blocks = len(document.blocks)
    chars = np.expm1(text["chars"])
    total = float(chars.sum())
    values = {
        "page_blocks": np.log1p(n_blocks),
        "page_chars": np.log1p(total),
        "page_link_density": float((chars * text["link_density"]).sum()) / max(total, 1),
        "page_block_chars": np.log1p(total / max(n_blocks, 1)),
        "page_sentences": np.log1p(float(text["sentences"].sum())),
        "page_prices": float(text["has_price"].sum()) / max(n_blocks, 1),
        "page_dates": float(text["has_date"].sum()) / max(n_blocks, 1),
    }
    tags = Counter(document.elements.tag)
    values |= {f"page_{tag}": np.log1p(tags[tag]) for tag in _TAGS_COUNTED}
    declared = open_graph_type(document)
    values |= {f"og_{name}": float(name in declared) for name in _OPEN_GRAPH_TYPES}
    types = linked_types(document)
    values |= {f"ld_{name}": float(types[name]) for name in _LINKED_TYPES}
    return {name: np.full(n_blocks, value, dtype=np.float32) for name, value in values.items()}


def open_graph_type(document: Document) -> str:
    for meta in document.meta:
        if meta.get("property") == "og:type" or meta.get("name") == "og:type":
            return (meta.get("content") or "").lower()
    return ""


def linked_types(document: Document) -> Counter[str]:
    """How often each JSON-LD type occurs, every kind of article under "Article"; capped at 3."""
    found: Counter[str] = Counter()
    for address in _LINKED_TYPE.findall("\n".join(document.linked_data)[:_MOST_LINKED_DATA]):
        name = address.rpartition("/")[2]
        is_article = _ARTICLE_TYPES.fullmatch(name) and name != "DiscussionForumPosting"
        found["Article" if is_article else name] += 1
    return Counter({name: min(count, 3) for name, count in found.items()})


def place_features(document: Document, text: Columns, heading: Floats) -> Columns:
    """Where the block stands: on the page, against the main heading, under which heading."""
    chars = np.expm1(text["chars"])
    n_blocks = len(chars)
    number = np.arange(n_blocks)
    before = np.cumsum(chars) - chars
    total = max(float(chars.sum()), 1)
    prose = np.where(text["sentences"] > 0, chars * (1 - text["link_density"]), 0)
    prose_before = np.cumsum(prose) - prose
    main = _main_heading(document, heading)
    above = last_true(heading > 0)
    columns: Columns = {
        "place": number / max(n_blocks, 1),
        "place_from_end": np.log1p(n_blocks - number),
        "chars_before": before / total,
        "prose_before": prose_before / max(float(prose.sum()), 1),
        "from_main_heading": _signed_log(number - main) if main >= 0 else np.full(n_blocks, _NO_HEADING),
        "chars_from_main_heading": _signed_log(before - before[main])
        if main >= 0
        else np.full(n_blocks, _NO_HEADING),
        "heading_above": np.where(above >= 0, heading[above], 0),
        "since_heading": np.log1p(np.where(above >= 0, number - above, _FAR)),
        "chars_since_heading": np.log1p(np.where(above >= 0, before - before[above], _FAR)),
        "prose_since_heading": np.log1p(np.where(above >= 0, prose_before - prose_before[above], _FAR)),
        "until_heading": np.log1p(_until_next(heading > 0)),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def _signed_log(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def _main_heading(document: Document, heading: Floats) -> int:
    """Number of the page's main heading: the h1 that shares most words with the title, else -1."""
    candidates = np.flatnonzero(heading == 1).tolist()
    if not candidates:
        return -1
    title = set(tokens(document.title))
    shared = [len(title & set(tokens(document.blocks.text[number]))) for number in candidates]
    return int(candidates[int(np.argmax(shared))])


def last_true(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of each position the nearest earlier one (itself excluded) where ``flags`` holds, else -1."""
    marks = np.where(flags, np.arange(len(flags)), -1)
    return np.concatenate(([-1], np.maximum.accumulate(marks)[:-1])) if len(flags) else marks


def _until_next(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    back = last_true(flags[::-1])[::-1]
    number = np.arange(len(flags))
    return np.where(back >= 0, len(flags) - 1 - back - number, _FAR)


def overlap_features(document: Document, words: list[list[str]]) -> Columns:
    """Agreement with the page's title, description and JSON-LD text, repetition, and topical distance."""
    texts = document.blocks.text
    title = set(tokens(document.title))
    described = set(chain.from_iterable(tokens(value) for value in _descriptions(document)))
    linked = set(chain.from_iterable(tokens(found) for found in linked_texts(document)))
    copies = Counter(texts)
    spread = Counter(chain.from_iterable(map(set, words)))
    long_words = [[word for word in row if len(word) > 3] for row in words]
    return {
        name: np.array(values, dtype=np.float32)
        for name, values in {
            "in_title": [_share(row, title) for row in words],
            "of_title": [len(title.intersection(row)) / max(len(title), 1) for row in words],
            "in_description": [_share(row, described) if described else -1 for row in words],
            "in_linked_data": [_share(row, linked) if linked else -1 for row in words],
            "copies": [min(copies[text], 20) for text in texts],
            "shared_words": [
                sum(spread[word] > 1 for word in row) / len(row) if row else -1 for row in long_words
            ],
            "word_spread": [
                float(np.log1p(sum(spread[word] for word in row) / len(row))) if row else -1
                for row in long_words
            ],
            "distinct_words": [len(set(row)) / max(len(row), 1) for row in words],
        }.items()
    }


def _share(row: list[str], known: set[str]) -> float:
    return sum(word in known for word in row) / max(len(row), 1)


def _descriptions(document: Document) -> list[str]:
    wanted = {"description", "og:description", "twitter:description"}
    return [
        meta.get("content") or ""
        for meta in document.meta
        if (meta.get("name") or meta.get("property") or "").lower() in wanted
    ]


def linked_texts(document: Document) -> list[str]:
    """Long texts inside the page's JSON-LD: article bodies, descriptions, reviews."""
    return _LINKED_TEXT.findall("\n".join(document.linked_data)[:_MOST_LINKED_DATA])

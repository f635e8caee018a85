"""Features of the page, and of a block against the page: place, main heading, title, repetition."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.features.arrays import column, occurrence, ranks
from pagesieve.features.structure import Keys, Ladder
from pagesieve.features.text import Columns
from pagesieve.features.words import Words
from pagesieve.words import tokens

Ints = NDArray[np.int64]
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
_MOST_COPIES = 20


def page_features(document: Document, text: Columns) -> Columns:
    """The same value in every row: sizes of the page, its tags, and what its head declares it to be."""
    n_blocks = len(document.blocks)
    chars = np.expm1(text["chars"])
    total = float(chars.sum())
    tags = np.bincount(column(document.elements.kind), minlength=len(document.elements.kinds)).tolist()
    counts: Counter[str] = Counter()
    for (tag, _), number in zip(document.elements.kinds, tags, strict=True):
        counts[tag] += number
    sizes = np.log1p(
        [n_blocks, total, total / max(n_blocks, 1), float(text["sentences"].sum())]
        + [counts[tag] for tag in _TAGS_COUNTED]
    ).tolist()
    values = {
        "page_blocks": sizes[0],
        "page_chars": sizes[1],
        "page_link_density": float((chars * text["link_density"]).sum()) / max(total, 1),
        "page_block_chars": sizes[2],
        "page_sentences": sizes[3],
        "page_prices": float(text["has_price"].sum()) / max(n_blocks, 1),
        "page_dates": float(text["has_date"].sum()) / max(n_blocks, 1),
    }
    values |= {f"page_{tag}": size for tag, size in zip(_TAGS_COUNTED, sizes[4:], strict=True)}
    declared = open_graph_type(document)
    values |= {f"og_{name}": float(name in declared) for name in _OPEN_GRAPH_TYPES}
    types = linked_types(document)
    values |= {f"ld_{name}": float(types[name]) for name in _LINKED_TYPES}
    row = np.array(list(values.values()), dtype=np.float32)
    return dict(zip(values, np.broadcast_to(row[:, None], (len(row), n_blocks)), strict=True))


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


def place_features(text: Columns, heading: Floats, above: Ints, long_prose: NDArray[np.bool_]) -> Columns:
    """Where the block stands on the page, and under which heading (``above``: its number, -1 if none).

    ``long_prose`` marks the blocks that are paragraphs.
    """
    chars = np.expm1(text["chars"])
    n_blocks = len(chars)
    number = np.arange(n_blocks)
    before = np.cumsum(chars) - chars
    prose = np.where(text["sentences"] > 0, chars * (1 - text["link_density"]), 0)
    prose_before = np.cumsum(prose) - prose
    under = above >= 0
    columns: Columns = {
        "place": number / max(n_blocks, 1),
        "place_from_end": np.log1p(n_blocks - number),
        "chars_before": before / max(float(chars.sum()), 1),
        "prose_before": prose_before / max(float(prose.sum()), 1),
        "heading_above": np.where(under, heading[above], 0),
        "since_heading": np.log1p(np.where(under, number - above, _FAR)),
        "chars_since_heading": np.log1p(np.where(under, before - before[above], _FAR)),
        "prose_since_heading": np.log1p(np.where(under, prose_before - prose_before[above], _FAR)),
        "until_heading": np.log1p(_until_next(heading > 0)),
        "since_prose": np.log1p(_until_next(long_prose[::-1])[::-1]),
        "until_prose": np.log1p(_until_next(long_prose)),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def main_heading_features(ladder: Ladder, text: Columns, main: int) -> Columns:
    """Where the block stands against the page's main heading (``main``: its number, -1 if there is none).

    ``apart`` counts the containers to climb from the heading until the block is inside, ``apart_share`` is
    that container's share of the page; the panel is the smallest such container with a price in it.
    """
    chars = np.expm1(text["chars"])
    n_blocks = len(chars)
    columns: Columns = {
        name: np.full(n_blocks, _NO_HEADING)
        for name in ("from_main_heading", "chars_from_main_heading", "apart", "apart_share", "in_panel")
    }
    if main >= 0:
        before = np.cumsum(chars) - chars
        columns["from_main_heading"] = _signed_log(np.arange(n_blocks) - main)
        columns["chars_from_main_heading"] = _signed_log(before - before[main])
        columns |= _apart(ladder, chars, text["has_price"], main)
    return {name: values.astype(np.float32) for name, values in columns.items()}


def _apart(ladder: Ladder, chars: Floats, price: Floats, main: int) -> Columns:
    around = [int(ladder.rungs[0][main])]
    while (above := int(ladder.up[around[-1]])) != around[-1]:
        around.append(above)
    total = max(float(chars.sum()), 1)
    apart, share, panel = np.zeros(len(chars)), np.zeros(len(chars)), np.zeros(len(chars))
    for steps, element in reversed(list(enumerate(around))):
        inside = slice(int(ladder.first[element]), int(ladder.end[element]))
        apart[inside] = steps
        share[inside] = float(chars[inside].sum()) / total
        if price[inside].any():
            panel[:] = 0
            panel[inside] = 1
    return {"apart": apart, "apart_share": share, "in_panel": panel}


def _signed_log(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def main_heading(document: Document, heading: Floats) -> int:
    """Number of the page's main heading: the h1 that shares most words with the title, else -1."""
    candidates = np.flatnonzero(heading == 1).tolist()
    if not candidates:
        return -1
    title = set(tokens(document.title))
    shared = [len(title & set(tokens(document.blocks.text[number]))) for number in candidates]
    return int(candidates[int(np.argmax(shared))])


def last_true(flags: NDArray[np.bool_]) -> Ints:
    """Of each position the nearest earlier one (itself excluded) where ``flags`` holds, else -1."""
    marks = np.where(flags, np.arange(len(flags)), -1)
    return np.concatenate(([-1], np.maximum.accumulate(marks)[:-1])) if len(flags) else marks


def _until_next(flags: NDArray[np.bool_]) -> Ints:
    back = last_true(flags[::-1])[::-1]
    number = np.arange(len(flags))
    return np.where(back >= 0, len(flags) - 1 - back - number, _FAR)


def overlap_features(document: Document, words: Words) -> Columns:
    """Agreement with the page's title, description and JSON-LD text, and topical distance."""
    described = [tokens(value) for value in _descriptions(document)]
    linked = [tokens(found) for found in linked_texts(document)]
    title = set(tokens(document.title))
    missing = np.full(len(document.blocks), -1.0)
    shared, spread = words.repetition()
    columns = {
        "in_title": words.share_in(title),
        "of_title": words.share_of(title),
        "in_description": words.share_in(set(chain.from_iterable(described))) if described else missing,
        "pairs_described": words.pairs_in(described) if described else missing,
        "in_linked_data": words.share_in(set(chain.from_iterable(linked))) if linked else missing,
        "pairs_linked": words.pairs_in(linked) if linked else missing,
        "shared_words": shared,
        "word_spread": spread,
        "distinct_words": words.distinct(),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def copy_features(document: Document, words: Words, ladder: Ladder, keys: Keys) -> Columns:
    """How often and how early a block's text occurs, and whether all blocks of its shape say the same.

    Text that the same element says in every
    card ("Quick view") belongs to the interface; a second copy (of a desktop page, for telephones) was read
    already.
    """
    texts = document.blocks.text
    first = first_copies(texts)
    copies = np.bincount(first, minlength=len(texts))
    shape = keys.shape[ladder.rungs[0]]
    same = ranks(shape * len(texts) + first)
    in_shape = np.bincount(same)
    size = np.bincount(shape)
    one_of_each = np.zeros(len(in_shape), dtype=np.int64)
    one_of_each[same] = shape
    different = np.bincount(one_of_each, minlength=len(size))
    before, after = words.said_elsewhere()
    columns = {
        "copies": np.minimum(copies[first], _MOST_COPIES),
        "copies_before": np.minimum(occurrence(first), _MOST_COPIES),
        "said_before": before,
        "said_after": after,
        "shape_same_text": in_shape[same] / size[shape],
        "shape_texts": different[shape] / size[shape],
        "shape_blocks": np.log1p(size[shape]),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def first_copies(texts: list[str]) -> Ints:
    """Of each text the number of the first one that is the same."""
    known: dict[str, int] = {}
    return np.fromiter(map(known.setdefault, texts, count()), dtype=np.int64, count=len(texts))


def _descriptions(document: Document) -> list[str]:
    wanted = {"description", "og:description", "twitter:description"}
    return [
        content
        for meta in document.meta
        if (meta.get("name") or meta.get("property") or "").lower() in wanted
        and (content := meta.get("content"))
    ]


def linked_texts(document: Document) -> list[str]:
    """Long texts inside the page's JSON-LD: article bodies, descriptions, reviews."""
    return _LINKED_TEXT.findall("\n".join(document.linked_data)[:_MOST_LINKED_DATA])

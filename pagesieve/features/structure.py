"""Features of where a block stands in the tree.

Every element covers an interval of blocks, so what a container holds is a difference of prefix sums.
``Ladder`` climbs from a block through its containers, skipping wrappers that hold the same blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, Document
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

HEIGHTS = 6
_TAG_GROUPS = (
    ("p",), ("li", "dd", "dt"), ("td", "th", "caption"), ("a",),
    ("button", "input", "label", "option", "select"), ("span", "font", "small"),
    ("div", "section", "center"), ("pre", "code", "textarea"), ("blockquote", "q"), ("figcaption",),
    ("time",), ("strong", "b", "em", "i"), ("h1",), ("h2",), ("h3",), ("h4", "h5", "h6"),
)  # fmt: skip
TAG_GROUP = {tag: number for number, tags in enumerate(_TAG_GROUPS, 1) for tag in tags}
# What may stand above a block. Each is one bit, set by the element itself or by an ancestor.
_SECTIONS = (
    "nav", "aside", "main", "article", "form", "list", "figure", "quote", "details", "noscript", "hidden",
    "dialog", "body_text", "heading", "comment_item",
)  # fmt: skip
_BIT = {name: 1 << number for number, name in enumerate(_SECTIONS)}
_TAG_BITS = {
    tag: _BIT[section]
    for section, tags in {
        "nav": "nav menu", "aside": "aside", "main": "main", "article": "article", "form": "form",
        "list": "ul ol dl", "figure": "figure", "quote": "blockquote", "details": "details",
        "noscript": "noscript", "dialog": "dialog", "heading": "h1 h2 h3 h4 h5 h6",
    }.items()
    for tag in tags.split()
}  # fmt: skip
_ROLE_BITS = {
    "navigation": _BIT["nav"], "menu": _BIT["nav"], "menubar": _BIT["nav"], "tablist": _BIT["nav"],
    "main": _BIT["main"], "complementary": _BIT["aside"], "search": _BIT["form"], "article": _BIT["article"],
    "dialog": _BIT["dialog"], "alertdialog": _BIT["dialog"],
}  # fmt: skip
_ITEM_BITS = {
    "articlebody": _BIT["body_text"], "text": _BIT["body_text"], "description": _BIT["body_text"],
    "comment": _BIT["comment_item"], "review": _BIT["comment_item"],
}  # fmt: skip
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Containers of each block: ``rungs[k]`` is the element k distinct containers up (shape: n_blocks)."""

    rungs: tuple[Ints, ...]
    first: Ints
    end: Ints
    up: Ints
    """Of each element the nearest ancestor that holds more blocks (itself at the root)."""

    def total(self, values: Floats, height: int) -> Floats:
        """Sum of ``values`` (one a block) over the container at ``height``."""
        return self.over(self.rungs[height], values)

    def over(self, elements: Ints, values: Floats) -> Floats:
        sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
        return (sums[self.end[elements]] - sums[self.first[elements]]).astype(np.float32)


def build_ladder(document: Document) -> Ladder:
    elements = document.elements
    n_blocks = len(document.blocks)
    first = np.minimum(np.array(elements.first, dtype=np.int64), n_blocks)
    end = np.clip(np.array(elements.end, dtype=np.int64), first, n_blocks)
    parent = np.maximum(np.array(elements.parent, dtype=np.int64), 0)
    wraps = (first == first[parent]) & (end == end[parent])
    up = parent.tolist()
    for number in np.flatnonzero(wraps).tolist():
        up[number] = up[up[number]]  # parents come first, so theirs is already final
    rungs = [np.array(document.blocks.element, dtype=np.int64)]
    above = np.array(up, dtype=np.int64)
    for _ in range(HEIGHTS):
        rungs.append(above[rungs[-1]])
    return Ladder(tuple(rungs), first, end, above)


def section_bits(document: Document) -> Ints:
    """Of each element the sections it stands in, itself included, as a bit set."""
    elements = document.elements
    bits: list[int] = []
    for tag, parent, attributes in zip(elements.tag, elements.parent, elements.attributes, strict=True):
        own = _TAG_BITS.get(tag, 0)
        if attributes:
            own |= _attribute_bits(attributes)
        bits.append(own | bits[parent] if parent >= 0 else own)
    return np.array(bits, dtype=np.int64)


def _attribute_bits(attributes: dict[str, str | None]) -> int:
    own = 0
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        own |= _BIT["hidden"]
    if (role := attributes.get("role")) is not None:
        own |= _ROLE_BITS.get(role.lower(), 0)
    if (style := attributes.get("style")) is not None and _HIDING_STYLE.search(style):
        own |= _BIT["hidden"]
    if (item := attributes.get("itemprop")) is not None:
        own |= _ITEM_BITS.get(item.lower(), 0)
    return own


def shape_keys(document: Document) -> tuple[Ints, Ints]:
    """Of each element: the run of same-shaped siblings it belongs to, and its shape's number on the page.

    A shape is tag and class attribute; a run is a shape under one parent.
    """
    elements = document.elements
    shapes: dict[tuple[str, str | None], int] = {}
    runs: dict[tuple[int, int], int] = {}
    shape_of, run_of = [], []
    for tag, parent, attributes in zip(elements.tag, elements.parent, elements.attributes, strict=True):
        shape = shapes.setdefault((tag, attributes.get("class") if attributes else None), len(shapes))
        shape_of.append(shape)
        run_of.append(runs.setdefault((parent, shape), len(runs)))
    return np.array(run_of, dtype=np.int64), np.array(shape_of, dtype=np.int64)


def structure_features(document: Document, ladder: Ladder, keys: tuple[Ints, Ints], text: Columns) -> Columns:
    """One row a block: its tag, the sections around it, its containers and its same-shaped siblings."""
    columns = _tag_features(document)
    bits = section_bits(document)[ladder.rungs[0]]
    for name, bit in _BIT.items():
        columns[f"in_{name}"] = ((bits & bit) != 0).astype(np.float32)
    columns |= _container_features(ladder, text, (columns["heading"] > 0).astype(np.float32))
    columns |= _sibling_features(ladder, keys, text)
    return columns


def _tag_features(document: Document) -> Columns:
    elements, blocks = document.elements, document.blocks
    depth = np.array(elements.depth, dtype=np.float32)
    return {
        "tag": np.array([TAG_GROUP.get(elements.tag[e], 0) for e in blocks.element], dtype=np.float32),
        "owner_tag": np.array([TAG_GROUP.get(elements.tag[e], 0) for e in blocks.owner], dtype=np.float32),
        "heading": np.array([HEADINGS.get(elements.tag[e], 0) for e in blocks.owner], dtype=np.float32),
        "depth": depth[blocks.element] if len(blocks) else np.zeros(0, dtype=np.float32),
    }


def _container_features(ladder: Ladder, text: Columns, heading: Floats) -> Columns:
    """What each of the containers above a block holds."""
    chars = np.expm1(text["chars"])
    links = text["link_density"] * chars
    page_chars = max(float(chars.sum()), 1.0)
    prose = np.where(text["sentences"] > 0, chars * (1 - text["link_density"]), 0).astype(np.float32)
    page_prose = max(float(prose.sum()), 1.0)
    ones = np.ones_like(chars)
    columns: Columns = {}
    for height in range(1, HEIGHTS + 1):
        held = ladder.total(chars, height)
        blocks = ladder.total(ones, height)
        columns[f"up{height}_chars"] = np.log1p(held)
        columns[f"up{height}_page_share"] = held / page_chars
        columns[f"up{height}_link_density"] = ladder.total(links, height) / np.maximum(held, 1)
        columns[f"up{height}_blocks"] = np.log1p(blocks)
        columns[f"up{height}_block_chars"] = np.log1p(held / np.maximum(blocks, 1))
        columns[f"up{height}_prose"] = ladder.total(prose, height) / np.maximum(held, 1)
        columns[f"up{height}_prose_share"] = ladder.total(prose, height) / page_prose
        columns[f"up{height}_headings"] = np.log1p(ladder.total(heading, height))
    return columns


def _sibling_features(ladder: Ladder, keys: tuple[Ints, Ints], text: Columns) -> Columns:
    """Runs of same-shaped siblings: cards, rows, list items, posts, menu entries."""
    chars = np.expm1(text["chars"])
    links = text["link_density"] * chars
    everything = np.arange(len(ladder.first))
    held, linked = ladder.over(everything, chars), ladder.over(everything, links)
    with_text = (held > 0).astype(np.float32)
    columns: Columns = {}
    for name, key in zip(("run", "shape"), keys, strict=True):
        members = np.bincount(key, weights=with_text)
        total, total_links = np.bincount(key, weights=held), np.bincount(key, weights=linked)
        for height in range(4):
            here = key[ladder.rungs[height]]
            columns[f"{name}{height}_members"] = np.log1p(members[here]).astype(np.float32)
            columns[f"{name}{height}_chars"] = np.log1p(total[here] / np.maximum(members[here], 1)).astype(
                np.float32
            )
            columns[f"{name}{height}_links"] = (total_links[here] / np.maximum(total[here], 1)).astype(
                np.float32
            )
    return columns

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

from pagesieve.blocks import HEADINGS, Attributes, Document
from pagesieve.features.text import Columns

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]

HEIGHTS = 6
# Heights at which a block's same-shaped siblings are looked at: itself, its card, the row of cards …
RUN_HEIGHTS = 4
# A card is one of so many siblings, at most so many containers above its blocks.
_LEAST_CARDS, _HIGHEST_CARD = 3, 3
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
    "dialog", "body_text", "heading", "comment_item", "table",
)  # fmt: skip
_BIT = {name: 1 << number for number, name in enumerate(_SECTIONS)}
_TAG_BITS = {
    tag: _BIT[section]
    for section, tags in {
        "nav": "nav menu", "aside": "aside", "main": "main", "article": "article", "form": "form",
        "list": "ul ol dl", "figure": "figure", "quote": "blockquote", "details": "details",
        "noscript": "noscript", "dialog": "dialog", "heading": "h1 h2 h3 h4 h5 h6",
        "table": "td th",
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
_CONTROLS = frozenset(["button", "input", "select", "textarea"])
_PICTURES_AND_CONTROLS = _CONTROLS | {"img", "picture", "video"}
# What of each container is told at every height.
_HELD = ("chars", "page_share", "link_density", "blocks", "block_chars", "prose", "prose_share", "headings",
         "pictures", "controls")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ladder:
    """The containers: elements with blocks inside, in document order, and the way up through them.

    ``kind`` indexes ``kinds`` (tag and attributes), ``parent`` is a container (the root its own), ``first``
    and ``end`` delimit the blocks. ``rungs[k]`` is the container k distinct ones up from each block (shape:
    HEIGHTS + 1, n_blocks).
    """

    kinds: list[tuple[str, Attributes]]
    kind: Ints
    parent: Ints
    depth: Ints
    first: Ints
    end: Ints
    up: Ints
    """Of each container the nearest ancestor that holds more blocks (itself at the root)."""
    rungs: Ints
    owner: Ints
    """Of each block the block-level element around it."""

    def over(self, elements: Ints, values: Floats) -> Floats:
        """Sums of ``values`` (one row a block) over the blocks inside ``elements``."""
        sums = np.concatenate((np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)))
        return np.asarray(sums[self.end[elements]] - sums[self.first[elements]])


@dataclass(frozen=True, slots=True)
class Keys:
    """Of each container: the run of same-shaped siblings it belongs to, and its shape's number on the page.

    A shape is tag and class attribute; a run is a shape under one parent.
    """

    run: Ints
    shape: Ints

    def items(self) -> tuple[tuple[str, Ints], tuple[str, Ints]]:
        return ("run", self.run), ("shape", self.shape)


def build_ladder(document: Document) -> Ladder:
    elements = document.elements
    first, end = np.array(elements.first, dtype=np.int64), np.array(elements.end, dtype=np.int64)
    end = np.minimum(end, len(document.blocks))
    holding = np.flatnonzero(end > first)
    number = np.zeros(len(elements), dtype=np.int64)
    number[holding] = np.arange(len(holding))
    first, end = first[holding], end[holding]
    parent = number[np.maximum(np.array(elements.parent, dtype=np.int64)[holding], 0)]
    used, kind = np.unique(np.array(elements.kind, dtype=np.int64)[holding], return_inverse=True)
    wraps = (first == first[parent]) & (end == end[parent])
    up = parent.tolist()
    for container in np.flatnonzero(wraps).tolist():
        up[container] = up[up[container]]  # parents come first, so theirs is already final
    above = np.array(up, dtype=np.int64)
    rungs = [number[np.array(document.blocks.element, dtype=np.int64)]]
    for _ in range(HEIGHTS):
        rungs.append(above[rungs[-1]])
    return Ladder(
        kinds=[elements.kinds[number] for number in used.tolist()],
        kind=kind,
        parent=parent,
        depth=np.array(elements.depth, dtype=np.int64)[holding],
        first=first,
        end=end,
        up=above,
        rungs=np.stack(rungs),
        owner=number[np.array(document.blocks.owner, dtype=np.int64)],
    )


def build_keys(ladder: Ladder) -> Keys:
    shapes: dict[tuple[str, str | None], int] = {}
    of_kind = [shapes.setdefault((tag, given.get("class")), len(shapes)) for tag, given in ladder.kinds]
    shape = np.array(of_kind, dtype=np.int64)[ladder.kind]
    _, run = np.unique(ladder.parent * len(shapes) + shape, return_inverse=True)
    return Keys(run, shape)


def section_bits(ladder: Ladder) -> Ints:
    """Of each container the sections it stands in, itself included, as a bit set."""
    own = [_TAG_BITS.get(tag, 0) | _attribute_bits(given) for tag, given in ladder.kinds]
    bits: list[int] = []
    for number, (kind, parent) in enumerate(zip(ladder.kind.tolist(), ladder.parent.tolist(), strict=True)):
        bits.append(own[kind] | bits[parent] if parent < number else own[kind])
    return np.array(bits, dtype=np.int64)


def _attribute_bits(attributes: Attributes) -> int:
    own = 0
    if not attributes:
        return own
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        own |= _BIT["hidden"]
    if (role := attributes.get("role")) is not None:
        own |= _ROLE_BITS.get(role.lower(), 0)
    if (style := attributes.get("style")) is not None and _HIDING_STYLE.search(style):
        own |= _BIT["hidden"]
    if (item := attributes.get("itemprop")) is not None:
        own |= _ITEM_BITS.get(item.lower(), 0)
    return own


def structure_features(document: Document, ladder: Ladder, keys: Keys, text: Columns) -> Columns:
    """One row a block: its tag, the sections around it, its containers and its same-shaped siblings."""
    columns = _tag_features(ladder)
    bits = section_bits(ladder)[ladder.rungs[0]]
    for name, bit in _BIT.items():
        columns[f"in_{name}"] = ((bits & bit) != 0).astype(np.float32)
    sizes = _sizes(text)
    columns |= _container_features(document, ladder, sizes, columns["heading"] > 0)
    columns |= _sibling_features(ladder, keys, sizes)
    return columns


def _tag_features(ladder: Ladder) -> Columns:
    group = np.array([TAG_GROUP.get(tag, 0) for tag, _ in ladder.kinds], dtype=np.float32)[ladder.kind]
    level = np.array([HEADINGS.get(tag, 0) for tag, _ in ladder.kinds], dtype=np.float32)[ladder.kind]
    return {
        "tag": group[ladder.rungs[0]],
        "owner_tag": group[ladder.owner],
        "heading": level[ladder.owner],
        "depth": ladder.depth[ladder.rungs[0]].astype(np.float32),
    } | {f"up{height}_tag": group[ladder.rungs[height]] for height in range(1, RUN_HEIGHTS)}


def _sizes(text: Columns) -> Floats:
    """Characters, characters in links and characters of prose (shape: n_blocks, 3)."""
    chars = np.expm1(text["chars"])
    links = text["link_density"] * chars
    return np.stack((chars, links, np.where(text["sentences"] > 0, chars - links, 0)), axis=1)


def _container_features(
    document: Document, ladder: Ladder, sizes: Floats, heading: NDArray[np.bool_]
) -> Columns:
    """What each of the containers above a block holds."""
    rungs = ladder.rungs[1:]
    ones = np.ones((len(sizes), 1))
    chars, links, prose, headings, blocks = np.moveaxis(
        ladder.over(rungs, np.concatenate((sizes, heading[:, None], ones), axis=1)), 2, 0
    )
    pictures, controls = _elements_inside(document, ladder, rungs)
    safe, page = np.maximum(chars, 1), np.maximum(sizes.sum(axis=0), 1)
    held = (
        np.log1p(chars),
        chars / page[0],
        links / safe,
        np.log1p(blocks),
        np.log1p(chars / np.maximum(blocks, 1)),
        prose / safe,
        prose / page[2],
        np.log1p(headings),
        np.log1p(pictures),
        np.log1p(controls),
    )
    table = np.stack(held, axis=1).astype(np.float32)
    return {
        f"up{height}_{name}": row
        for height, of_height in enumerate(table, 1)
        for name, row in zip(_HELD, of_height, strict=True)
    }


def _elements_inside(document: Document, ladder: Ladder, containers: Ints) -> tuple[Ints, Ints]:
    """How many pictures, and how many controls, stand where the containers' blocks are."""
    n_blocks = len(document.blocks)
    places: tuple[list[int], list[int]] = [], []
    for tag, first in zip(document.elements.tag, document.elements.first, strict=True):
        if tag in _PICTURES_AND_CONTROLS:
            places[tag in _CONTROLS].append(min(first, n_blocks))
    counts = [
        np.cumsum([0, *np.bincount(np.array(found, dtype=np.int64), minlength=n_blocks + 1)])
        for found in places
    ]
    pictures, controls = (sums[ladder.end[containers]] - sums[ladder.first[containers]] for sums in counts)
    return pictures, controls


def _sibling_features(ladder: Ladder, keys: Keys, sizes: Floats) -> Columns:
    """Runs of same-shaped siblings: cards, rows, list items, posts, menu entries."""
    everything = np.arange(len(ladder.first))
    held = ladder.over(everything, sizes)
    page = max(float(sizes[:, 0].sum()), 1.0)
    rungs = ladder.rungs[:RUN_HEIGHTS]
    columns: Columns = {}
    for name, key in keys.items():
        members = np.bincount(key)
        chars, links, prose = (np.bincount(key, weights=held[:, column]) for column in range(3))
        table = {
            "members": np.log1p(members),
            "chars": np.log1p(chars / np.maximum(members, 1)),
            "links": links / np.maximum(chars, 1),
            "prose": prose / np.maximum(chars, 1),
            "share": chars / page,
        }
        for what, values in table.items():
            for height, row in enumerate(values.astype(np.float32)[key[rungs]]):
                columns[f"{name}{height}_{what}"] = row
    place = _place_among(keys.run)
    columns |= {f"run{height}_place": row for height, row in enumerate(place[rungs])}
    return columns | _card_features(ladder, keys.run, sizes[:, 0], place)


def _card_features(ladder: Ladder, run: Ints, chars: Floats, place: NDArray[np.float32]) -> Columns:
    """A block's place in its card: the nearest container that is one of several same-shaped siblings.

    Blocks outside cards have a card of their own: themselves.
    """
    members = np.bincount(run)[run]
    card = ladder.rungs[0].copy()
    for height in range(_HIGHEST_CARD, 0, -1):
        rung = ladder.rungs[height]
        card = np.where(members[rung] >= _LEAST_CARDS, rung, card)
    first, end = ladder.first[card], ladder.end[card]
    number = np.arange(len(chars))
    held = ladder.over(card, chars[:, None])[:, 0]
    longest = np.zeros(len(ladder.first))
    np.maximum.at(longest, card, chars)
    columns = {
        "card_place": np.log1p(number - first),
        "card_from_end": np.log1p(end - 1 - number),
        "card_share": chars / np.maximum(held, 1),
        "card_longest": chars >= longest[card],
        "card_chars": np.log1p(held),
        "card_members": np.log1p(members[card]),
        "card_number": place[card],
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _place_among(run: Ints) -> NDArray[np.float32]:
    """Of each container how many members of its run stand before it, as a logarithm."""
    return np.log1p(occurrence(run)).astype(np.float32)


def occurrence(group: Ints) -> Ints:
    """Of each position how many earlier ones have its value."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    found = np.empty(len(group), dtype=np.int64)
    found[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return found

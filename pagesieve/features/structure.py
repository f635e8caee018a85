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
from pagesieve.features.arrays import Levels, by_depth, column, occurrence, ranks
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
_SECTION_BITS = np.array(list(_BIT.values()), dtype=np.int64)[:, None]
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
_PICTURES = frozenset(["img", "picture", "video"])
# What of each container is told at every height.
_HELD = ("chars", "page_share", "link_density", "blocks", "block_chars", "prose", "prose_share", "headings",
         "pictures", "controls")  # fmt: skip
# What is told of the siblings.
_OF_RUN = ("members", "chars", "links", "prose", "share")


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

    levels: Levels

    def over(self, elements: Ints, values: Floats) -> Floats:
        """Sums of ``values`` (one row a block) over the blocks inside ``elements``."""
        sums = np.zeros((len(values) + 1, *values.shape[1:]))
        np.cumsum(values, axis=0, out=sums[1:])
        return np.asarray(sums.take(self.end[elements], axis=0) - sums.take(self.first[elements], axis=0))

    def held(self, values: Floats) -> Floats:
        """Sums of rows of ``values`` (shape: n_rows, n_blocks) over the blocks inside each container."""
        sums = np.zeros((len(values), values.shape[1] + 1))
        np.cumsum(values, axis=1, out=sums[:, 1:])
        return np.asarray(sums.take(self.end, axis=1) - sums.take(self.first, axis=1))


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
    first, end = column(elements.first), np.minimum(column(elements.end), len(document.blocks))
    holding = np.flatnonzero(end > first)
    number = np.zeros(len(elements), dtype=np.int64)
    number[holding] = np.arange(len(holding))
    first, end = first[holding], end[holding]
    parent = number[np.maximum(column(elements.parent)[holding], 0)]
    depth = column(elements.depth)[holding]
    kind = column(elements.kind)[holding]
    used = np.flatnonzero(np.bincount(kind))
    levels = by_depth(depth, parent)
    wraps = (first == first[parent]) & (end == end[parent])
    ordered = parent[levels.order]
    for level, above in levels.steps:
        ordered[level] = np.where(wraps[levels.order[level]], ordered[above], ordered[level])
    up = ordered[levels.place]
    rungs = np.empty((HEIGHTS + 1, len(document.blocks)), dtype=np.int64)
    rungs[0] = number[column(document.blocks.element)]
    for height in range(HEIGHTS):
        rungs[height + 1] = up[rungs[height]]
    return Ladder(
        kinds=[elements.kinds[number] for number in used.tolist()],
        kind=np.searchsorted(used, kind),
        parent=parent,
        depth=depth,
        first=first,
        end=end,
        up=up,
        rungs=rungs,
        owner=number[column(document.blocks.owner)],
        levels=levels,
    )


def build_keys(ladder: Ladder) -> Keys:
    shapes: dict[tuple[str, str | None], int] = {}
    of_kind = [shapes.setdefault((tag, given.get("class")), len(shapes)) for tag, given in ladder.kinds]
    shape = np.array(of_kind, dtype=np.int64)[ladder.kind]
    return Keys(ranks(ladder.parent * len(shapes) + shape), shape)


def section_bits(ladder: Ladder) -> Ints:
    """Of each container the sections it stands in, itself included, as a bit set."""
    own = [_TAG_BITS.get(tag, 0) | _attribute_bits(given) for tag, given in ladder.kinds]
    bits = np.array(own, dtype=np.int64)[ladder.kind[ladder.levels.order]]
    for level, above in ladder.levels.steps:
        bits[level] |= bits[above]
    return bits[ladder.levels.place]


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
    here = ladder.rungs[0]
    bits = section_bits(ladder)[here]
    inside = (bits & _SECTION_BITS != 0).astype(np.float32)
    columns |= {f"in_{name}": row for name, row in zip(_SECTIONS, inside, strict=True)}
    sizes = _sizes(text)
    held = ladder.held(np.concatenate((sizes, columns["heading"][None] > 0)))
    columns |= _container_features(document, ladder, sizes, held)
    columns |= _sibling_features(ladder, keys, sizes, held)
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
    """Characters, characters in links and characters of prose (shape: 3, n_blocks)."""
    chars = np.expm1(text["chars"])
    links = text["link_density"] * chars
    return np.stack((chars, links, np.where(text["sentences"] > 0, chars - links, 0)))


def _container_features(document: Document, ladder: Ladder, sizes: Floats, held: Floats) -> Columns:
    """What each of the containers above a block holds.

    ``held`` are the sums of ``sizes`` and of headings over each container (shape: 4, n_containers).
    """
    chars, links, prose, headings = held
    blocks = ladder.end - ladder.first
    safe, page = np.maximum(chars, 1), np.maximum(_totals(sizes), 1)
    table = np.stack(
        (
            np.log1p(chars),
            chars / page[0],
            links / safe,
            np.log1p(blocks),
            np.log1p(chars / np.maximum(blocks, 1)),
            prose / safe,
            prose / page[2],
            np.log1p(headings),
            *np.log1p(_elements_inside(document, ladder)),
        )
    ).astype(np.float32)
    above = table.take(ladder.rungs[1:], axis=1)
    return {
        f"up{height}_{name}": row
        for height in range(1, HEIGHTS + 1)
        for name, row in zip(_HELD, above[:, height - 1], strict=True)
    }


def _totals(sizes: Floats) -> Floats:
    """Sums over the page, added up as ever: one block after the other."""
    return np.cumsum(sizes, axis=1)[:, -1] if sizes.shape[1] else np.zeros(len(sizes))


def _elements_inside(document: Document, ladder: Ladder) -> list[Ints]:
    """How many pictures, and how many controls, stand where the blocks of each container are."""
    elements, n_blocks = document.elements, len(document.blocks)
    sort = np.array(
        [(tag in _PICTURES) + 2 * (tag in _CONTROLS) for tag, _ in elements.kinds], dtype=np.int64
    )
    sorts = sort[column(elements.kind)]
    places = np.minimum(column(elements.first), n_blocks)
    found = []
    for wanted in (1, 2):
        sums = np.zeros(n_blocks + 2, dtype=np.int64)
        np.cumsum(np.bincount(places[sorts == wanted], minlength=n_blocks + 1), out=sums[1:])
        found.append(sums[ladder.end] - sums[ladder.first])
    return found


def _sibling_features(ladder: Ladder, keys: Keys, sizes: Floats, held: Floats) -> Columns:
    """Runs of same-shaped siblings: cards, rows, list items, posts, menu entries."""
    page = max(float(sizes[0].sum()), 1.0)
    rungs = ladder.rungs[:RUN_HEIGHTS]
    columns: Columns = {}
    for name, key in keys.items():
        members = np.bincount(key)
        chars, links, prose = (np.bincount(key, weights=row) for row in held[:3])
        safe = np.maximum(chars, 1)
        table = np.stack(
            (
                np.log1p(members),
                np.log1p(chars / np.maximum(members, 1)),
                links / safe,
                prose / safe,
                chars / page,
            )
        ).astype(np.float32)
        of_runs = table.take(key[rungs], axis=1)
        columns |= {
            f"{name}{height}_{what}": row
            for what, rows in zip(_OF_RUN, of_runs, strict=True)
            for height, row in enumerate(rows)
        }
    place = _place_among(keys.run)
    columns |= {f"run{height}_place": row for height, row in enumerate(place[rungs])}
    return columns | _card_features(ladder, keys.run, sizes[0], place)


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
    held = ladder.over(card, chars)
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

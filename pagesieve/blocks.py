"""Tree → blocks: every text node of the page belongs to exactly one block.

A block is a run of text inside one block-level element, ended by the next block-level boundary or by
``<br>``. Elements are kept as columns in document order, so every element covers an interval
``[first, end)`` of blocks and any statistic of a container is a difference of two prefix sums.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from selectolax.lexbor import LexborNode

from pagesieve.cost import too_many
from pagesieve.limits import checkpoint, current_limits
from pagesieve.tree import TEXT, first_child, parse, too_deep

# Elements that flow inside a line of text; every other element, custom ones included, starts a block.
# Icons (svg) and formulas (math) stand in sentences; text inside an svg starts a block of its own.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr output "
    "picture q rp rt ruby s samp small source span strike strong sub sup time tt u var wbr "
    "svg g path use circle ellipse rect line polygon polyline defs mask symbol clippath "
    "math mi mo mn ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded msub msup msubsup munder mover "
    "munderover mtable mtr mtd semantics annotation".split()
)
# Of these a reader sees neighbours apart even without white space between them: a menu's links, a card's
# price and unit. Emphasis, in contrast, also stands inside words.
_PARTS = frozenset("a abbr cite data label small span time".split())
# Attributes of an element; one without a value ("hidden") maps to None.
Attributes = dict[str, str | None]
HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Their text is program code, not text of the page.
_SILENT = frozenset(["script", "style"])
VERBATIM = frozenset(["pre", "textarea", "listing", "xmp", "plaintext"])
_SPECIAL = _SILENT | VERBATIM | {"meta", "link", "br"}
# Attributes that say what an element is for; elements that agree in tag and in these are of one kind.
NAMING = ("class", "id", "itemprop", "role", "data-testid", "data-role", "aria-label", "rel")
_TELLING = frozenset([*NAMING, "hidden", "aria-hidden", "style"])
_LINK_DATA = "application/ld+json"
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
# Steps of a path; real pages stop at about 50 levels.
_LONGEST_PATH = 100
# Elements and blocks are counted, and the time is looked at, once in so many elements.
_STRIDE = 512


# A column of whole numbers, which numpy reads without a copy.
Numbers: TypeAlias = "array[int]"


def _numbers() -> Numbers:
    return array("q")


@dataclass(slots=True)
class Elements:
    """Columns over the elements of a page, in document order.

    ``parent`` is an index (-1 for the root); ``first``/``end`` delimit the blocks inside the element.
    ``kind`` indexes ``kinds``: tag and attributes of the first element of each kind. Elements of a kind
    have the tag, the names (class, id, role …) and the visibility in common.
    """

    tag: list[str] = field(default_factory=list)
    kind: Numbers = field(default_factory=_numbers)
    parent: Numbers = field(default_factory=_numbers)
    depth: Numbers = field(default_factory=_numbers)
    attributes: list[Attributes] = field(default_factory=list)
    first: Numbers = field(default_factory=_numbers)
    end: Numbers = field(default_factory=_numbers)
    kinds: list[tuple[str, Attributes]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tag)


@dataclass(slots=True)
class Blocks:
    """Columns over the blocks of a page, in document order.

    ``runs`` holds each block's text nodes as ``(text, element)``; ``element`` is the innermost element
    that contains the whole block and ``owner`` its nearest block-level element.
    """

    text: list[str] = field(default_factory=list)
    element: Numbers = field(default_factory=_numbers)
    owner: Numbers = field(default_factory=_numbers)
    link_chars: Numbers = field(default_factory=_numbers)
    runs: list[list[tuple[str, int]]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)


@dataclass(slots=True)
class Document:
    """A page after segmentation: its blocks, the elements around them, and what its head declares.

    Of ``plain`` text the elements are guesses, and the head is empty.
    """

    elements: Elements
    blocks: Blocks
    title: str
    meta: list[Attributes]
    links: list[Attributes]
    linked_data: list[str]
    plain: bool = False

    def paths(self) -> list[str]:
        """CSS selector of each block's element, e.g. ``html > body > p:nth-of-type(2)``.

        Inside ``<template>``, which style sheets cannot enter, the path is the one a reader would follow. Of
        a path longer than any real one the innermost steps are given.
        """
        checkpoint()
        tags, parents = self.elements.tag, self.elements.parent
        seen: Counter[tuple[int, str]] = Counter()
        nth: list[int] = []
        for place in zip(parents, tags, strict=True):
            seen[place] = number = seen[place] + 1
            nth.append(number)
        names = {tag: _NOT_IN_NAMES.sub(r"\\\g<0>", tag) for tag in set(tags)}

        def step(element: int) -> str:
            name = names[tags[element]]
            return name if parents[element] <= 0 else f"{name}:nth-of-type({nth[element]})"

        # Blocks beside each other have the same way down to them.
        ways: dict[int, str] = {}
        found: list[str] = []
        for element in self.blocks.element:
            parent = parents[element]
            if parent not in ways:
                ways[parent] = " > ".join([*map(step, _way(parent, parents)), ""])
            found.append(ways[parent] + step(element))
        return found


def _way(element: int, parents: Numbers) -> list[int]:
    """An element and those around it, outermost first; of a long way the innermost part."""
    found: list[int] = []
    while element >= 0 and len(found) < _LONGEST_PATH - 1:
        found.append(element)
        element = parents[element]
    return found[::-1]


def segment(html: str) -> Document:
    """Split a page into blocks.

    Raises
    ------
    TooLarge
        There are more elements, levels, attributes or blocks than ``Limits`` allow.
    TooSlow
        The page has used up its time.
    """
    segmenter = _Segmenter()
    root = parse(html).root
    if root is not None:
        segmenter.read(root)
    return segmenter.finish()


class _Segmenter:
    """Builds the columns in one walk over the tree."""

    def __init__(self) -> None:
        self._elements = Elements()
        self._blocks = Blocks()
        self._meta: list[Attributes] = []
        self._links: list[Attributes] = []
        self._linked_data: list[str] = []
        self._title = ""
        self._kinds: dict[tuple[str, tuple[tuple[str, str | None], ...]], int] = {}
        self._limits = current_limits()

    def read(self, root: LexborNode) -> None:  # noqa: C901 - see below
        """Walk over the page, without recursion: a block ends where a block-level element begins or ends.

        One loop over local names, because every step of it is taken thousands of times a page.
        """
        elements, texts, ends = self._elements, self._blocks.text, self._elements.end
        most_depth = self._limits.max_depth
        # What is open: the element, its tag, and the innermost element and block-level element around it.
        opened: list[tuple[LexborNode, str, int, int]] = []
        current = owner = -1
        number = next_look = 0
        anchors = verbatim = code = silent = link_chars = 0
        after_part = visible = False
        runs: list[tuple[str, int]] = []
        node: LexborNode | None = root
        while node is not None:
            tag = node.tag or "-"
            if tag == TEXT:
                if not silent:
                    text = node.text_content or ""
                    runs.append((text, current))
                    after_part = False
                    if text and not text.isspace():
                        visible = True
                        if anchors:
                            link_chars += len(text.strip())
                following = node.next
            elif tag[0] == "-":
                following = node.next
            else:
                if number >= next_look:
                    next_look = self._look()
                attributes = node.attributes
                opened.append((node, tag, current, owner))
                if tag not in INLINE:
                    if runs and not (tag == "br" and verbatim):
                        if visible:
                            self._add(runs, owner, link_chars, verbatim > 0)
                            visible, link_chars = False, 0
                        runs = []
                    owner = number
                    if tag in _SPECIAL:
                        silent += tag in _SILENT
                        verbatim += tag in VERBATIM
                        if tag == "br" and verbatim:
                            runs.append(("\n", current))
                        self._note(tag, node, attributes)
                elif tag in _PARTS:
                    if after_part and not verbatim and not code:
                        runs.append((" ", current))
                    anchors += tag == "a"
                elif tag == "code":
                    code += 1
                elements.tag.append(tag)
                elements.kind.append(self._kind(tag, attributes))
                elements.parent.append(current)
                elements.depth.append(len(opened) - 1)
                elements.attributes.append(attributes)
                elements.first.append(len(texts))
                ends.append(-1)
                current = number
                number += 1
                if (child := first_child(node, tag)) is not None:
                    if len(opened) > most_depth:
                        raise too_deep()
                    node = child
                    continue
                following = None
            while following is None:
                if not opened:
                    return
                node, tag, around, owner_around = opened.pop()
                if tag not in INLINE:
                    if runs and not (tag == "br" and verbatim):
                        if visible:
                            self._add(runs, owner, link_chars, verbatim > 0)
                            visible, link_chars = False, 0
                        runs = []
                    owner = owner_around
                    silent -= tag in _SILENT
                    verbatim -= tag in VERBATIM
                    after_part = False
                else:
                    after_part = tag in _PARTS
                    anchors -= tag == "a"
                    code -= tag == "code"
                ends[current] = len(texts) + visible
                current = around
                following = node.next
            node = following

    def _look(self) -> int:
        """Whether the page is still within its limits; at how many elements to look again."""
        checkpoint()
        elements, most = len(self._elements), self._limits.max_elements
        if elements >= most:
            raise too_many("elements", most)
        if len(self._blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        return min(elements + _STRIDE, most)

    def _kind(self, tag: str, attributes: Attributes) -> int:
        telling = tuple([item for item in attributes.items() if item[0] in _TELLING])
        kind = self._kinds.get(key := (tag, telling))
        if kind is None:
            kind = self._kinds[key] = len(self._kinds)
            self._elements.kinds.append((tag, attributes))
        return kind

    def _note(self, tag: str, node: LexborNode, attributes: Attributes) -> None:
        """Remember what the page says of itself."""
        if tag == "meta":
            self._meta.append(attributes)
        elif tag == "link":
            self._links.append(attributes)
        elif tag == "script" and (attributes.get("type") or "").strip().lower() == _LINK_DATA:
            self._linked_data.append(node.text())

    def _add(self, runs: list[tuple[str, int]], owner: int, link_chars: int, verbatim: bool) -> None:
        """Add a block of visible text."""
        joined = "".join([run[0] for run in runs])
        text = joined.strip("\r\n").rstrip() if verbatim else " ".join(joined.split())
        if self._elements.tag[owner] == "title" and self._in_head(owner):
            self._title = self._title or text
            return
        inner = {element for piece, element in runs if not piece.isspace()}
        blocks = self._blocks
        blocks.text.append(text)
        blocks.element.append(inner.pop() if len(inner) == 1 else owner)
        blocks.owner.append(owner)
        blocks.link_chars.append(min(link_chars, len(text)))
        blocks.runs.append(runs)

    def _in_head(self, element: int) -> bool:
        parent = self._elements.parent[element]
        return parent >= 0 and self._elements.tag[parent] == "head"

    def finish(self) -> Document:
        if len(self._blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        return Document(self._elements, self._blocks, self._title, self._meta, self._links, self._linked_data)

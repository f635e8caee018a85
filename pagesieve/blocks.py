"""Tree → blocks: every text node of the page belongs to exactly one block.

A block is a run of text inside one block-level element, ended by the next block-level boundary or by
``<br>``. Elements are kept as columns in document order, so every element covers an interval
``[first, end)`` of blocks and any statistic of a container is a difference of two prefix sums.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from pagesieve.cost import too_many
from pagesieve.limits import checkpoint, current_limits
from pagesieve.tree import TEXT, parse, walk

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


@dataclass(slots=True)
class Elements:
    """Columns over the elements of a page, in document order.

    ``parent`` is an index (-1 for the root); ``first``/``end`` delimit the blocks inside the element.
    ``kind`` indexes ``kinds``: tag and attributes of the first element of each kind. Elements of a kind
    have the tag, the names (class, id, role …) and the visibility in common.
    """

    tag: list[str] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    attributes: list[Attributes] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
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
    element: list[int] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    link_chars: list[int] = field(default_factory=list)
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
        seen: Counter[tuple[int, str]] = Counter()
        steps: list[str] = []
        parents = self.elements.parent
        for tag, parent in zip(self.elements.tag, parents, strict=True):
            seen[parent, tag] += 1
            name = _NOT_IN_NAMES.sub(r"\\\g<0>", tag)
            steps.append(name if parent <= 0 else f"{name}:nth-of-type({seen[parent, tag]})")
        return [_path(element, steps, parents) for element in self.blocks.element]


def _path(element: int, steps: list[str], parents: list[int]) -> str:
    found: list[str] = []
    while element >= 0 and len(found) < _LONGEST_PATH:
        found.append(steps[element])
        element = parents[element]
    return " > ".join(reversed(found))


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
        for node, tag, entering in walk(root):
            if tag == TEXT:
                segmenter.text(node.text_content or "")
            elif tag[0] == "-":
                continue
            elif entering:
                segmenter.enter(tag, node)
            else:
                segmenter.leave()
    return segmenter.finish()


class _Segmenter:
    """Builds the columns from the walk's events."""

    def __init__(self) -> None:
        self.elements = Elements()
        self.blocks = Blocks()
        self.meta: list[Attributes] = []
        self.links: list[Attributes] = []
        self.linked_data: list[str] = []
        self.title = ""
        self._kinds: dict[tuple[str, tuple[tuple[str, str | None], ...]], int] = {}
        self._current = -1
        self._depth = 0
        self._owner = -1
        self._anchors = 0
        self._verbatim = 0
        self._code = 0
        self._silent = 0
        self._after_part = False
        self._link_chars = 0
        self._visible = False
        self._runs: list[tuple[str, int]] = []
        self._owners: list[int] = []
        self._limits = current_limits()
        self._next_look = 0

    def enter(self, tag: str, node: LexborNode) -> None:
        elements = self.elements
        number = len(elements.tag)
        if number >= self._next_look:
            self._look()
        attributes = node.attributes
        if tag not in INLINE:
            if not (tag == "br" and self._verbatim):
                self._flush()
            self._owners.append(self._owner)
            self._owner = number
            if tag in _SPECIAL:
                self._special(tag, node, attributes)
        elif tag in _PARTS:
            if self._after_part and not self._verbatim and not self._code:
                self._runs.append((" ", self._current))
            self._anchors += tag == "a"
        elif tag == "code":
            self._code += 1
        elements.tag.append(tag)
        elements.kind.append(self._kind(tag, attributes))
        elements.parent.append(self._current)
        elements.depth.append(self._depth)
        elements.attributes.append(attributes)
        elements.first.append(len(self.blocks.text))
        elements.end.append(-1)
        self._current = number
        self._depth += 1

    def _look(self) -> None:
        """Whether the page is still within its limits."""
        checkpoint()
        elements, most = len(self.elements.tag), self._limits.max_elements
        if elements >= most:
            raise too_many("elements", most)
        if len(self.blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        self._next_look = min(elements + _STRIDE, most)

    def _kind(self, tag: str, attributes: Attributes) -> int:
        telling = tuple([item for item in attributes.items() if item[0] in _TELLING])
        kind = self._kinds.get(key := (tag, telling))
        if kind is None:
            kind = self._kinds[key] = len(self._kinds)
            self.elements.kinds.append((tag, attributes))
        return kind

    def _special(self, tag: str, node: LexborNode, attributes: Attributes) -> None:
        if tag in _SILENT:
            self._silent += 1
            if tag == "script" and (attributes.get("type") or "").strip().lower() == _LINK_DATA:
                self.linked_data.append(node.text())
        elif tag in VERBATIM:
            self._verbatim += 1
        elif tag == "meta":
            self.meta.append(attributes)
        elif tag == "link":
            self.links.append(attributes)
        elif tag == "br" and self._verbatim:
            self._runs.append(("\n", self._current))

    def leave(self) -> None:
        elements, current = self.elements, self._current
        tag = elements.tag[current]
        if tag not in INLINE:
            if not (tag == "br" and self._verbatim):
                self._flush()
            self._owner = self._owners.pop()
            if tag in _SPECIAL:
                self._silent -= tag in _SILENT
                self._verbatim -= tag in VERBATIM
            self._after_part = False
        else:
            self._after_part = tag in _PARTS
            self._anchors -= tag == "a"
            self._code -= tag == "code"
        elements.end[current] = len(self.blocks.text) + self._visible
        self._current = elements.parent[current]
        self._depth -= 1

    def text(self, text: str) -> None:
        if self._silent:
            return
        self._after_part = False
        self._runs.append((text, self._current))
        if not text or text.isspace():
            return
        self._visible = True
        if self._anchors:
            self._link_chars += len(text.strip())

    def _flush(self) -> None:
        """End the pending block, if it has visible text."""
        if not self._runs:
            return
        runs, self._runs = self._runs, []
        if not self._visible:
            return
        self._visible = False
        link_chars, self._link_chars = self._link_chars, 0
        joined = "".join([run[0] for run in runs])
        text = joined.strip("\r\n").rstrip() if self._verbatim else " ".join(joined.split())
        owner = self._owner
        if self.elements.tag[owner] == "title" and self._in_head():
            self.title = self.title or text
            return
        inner = {element for piece, element in runs if not piece.isspace()}
        blocks = self.blocks
        blocks.text.append(text)
        blocks.element.append(inner.pop() if len(inner) == 1 else owner)
        blocks.owner.append(owner)
        blocks.link_chars.append(min(link_chars, len(text)))
        blocks.runs.append(runs)

    def _in_head(self) -> bool:
        parent = self.elements.parent[self._owner]
        return parent >= 0 and self.elements.tag[parent] == "head"

    def finish(self) -> Document:
        self._flush()
        if len(self.blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        return Document(self.elements, self.blocks, self.title, self.meta, self.links, self.linked_data)

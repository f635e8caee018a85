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
from pagesieve.tree import parse, walk

# Elements that flow inside a line of text; every other element, custom ones included, starts a block.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark picture q rp rt ruby "
    "s samp small source span strike strong sub sup time tt u var wbr".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Their text is program code, not text of the page.
_SILENT = frozenset(["script", "style"])
VERBATIM = frozenset(["pre", "textarea", "listing", "xmp", "plaintext"])
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
    """

    tag: list[str] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    attributes: list[dict[str, str | None]] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)

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
    """A page after segmentation: its blocks, the elements around them, and what its head declares."""

    elements: Elements
    blocks: Blocks
    title: str
    meta: list[dict[str, str | None]]
    links: list[dict[str, str | None]]
    linked_data: list[str]

    def paths(self) -> list[str]:
        """CSS selector of each block's element, e.g. ``html > body > p:nth-of-type(2)``.

        Inside ``<template>``, which style sheets cannot enter, the path is the one a reader would follow. Of
        a path longer than any real one the innermost steps are given.
        """
        seen: Counter[tuple[int, str]] = Counter()
        steps: list[str] = []
        parents = self.elements.parent
        for tag, parent in zip(self.elements.tag, parents, strict=True):
            seen[parent, tag] += 1
            name = _NOT_IN_NAMES.sub(r"\\\g<0>", tag)
            steps.append(name if parent <= 0 else f"{name}:nth-of-type({seen[parent, tag]})")
        return [_path(element, steps, parents) for element in self.blocks.element]


def _path(element: int, steps: list[str], parents: list[int]) -> str:
    checkpoint()
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
        for node, entering in walk(root):
            if node.is_text_node:
                segmenter.text(node.text_content or "")
            elif not node.is_element_node:
                continue
            elif entering:
                segmenter.enter(node)
            else:
                segmenter.leave()
    return segmenter.finish()


class _Segmenter:
    """Builds the columns from the walk's events."""

    def __init__(self) -> None:
        self.elements = Elements()
        self.blocks = Blocks()
        self.meta: list[dict[str, str | None]] = []
        self.links: list[dict[str, str | None]] = []
        self.linked_data: list[str] = []
        self.title = ""
        self._current = -1
        self._owner = -1
        self._anchors = 0
        self._verbatim = 0
        self._silent = 0
        self._after_anchor = False
        self._link_chars = 0
        self._visible = False
        self._runs: list[tuple[str, int]] = []
        self._owners: list[int] = []
        self._limits = current_limits()
        self._next_look = 0

    def enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        elements = self.elements
        if len(elements.tag) >= self._next_look:
            self._look()
        if tag not in INLINE:
            if not (tag == "br" and self._verbatim):
                self._flush()
            self._owners.append(self._owner)
            self._owner = len(elements.tag)
            self._special(tag, node)
        elif tag == "a":
            self._anchors += 1
            if self._after_anchor:
                self._runs.append((" ", self._current))
        elements.tag.append(tag)
        elements.parent.append(self._current)
        elements.depth.append(elements.depth[self._current] + 1 if self._current >= 0 else 0)
        elements.attributes.append(node.attributes)
        elements.first.append(len(self.blocks.text))
        elements.end.append(-1)
        self._current = len(elements.tag) - 1

    def _look(self) -> None:
        """Whether the page is still within its limits."""
        checkpoint()
        elements, most = len(self.elements.tag), self._limits.max_elements
        if elements >= most:
            raise too_many("elements", most)
        if len(self.blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        self._next_look = min(elements + _STRIDE, most)

    def _special(self, tag: str, node: LexborNode) -> None:
        if tag in _SILENT:
            self._silent += 1
            if tag == "script" and (node.attributes.get("type") or "").strip().lower() == _LINK_DATA:
                self.linked_data.append(node.text())
        elif tag in VERBATIM:
            self._verbatim += 1
        elif tag == "meta":
            self.meta.append(node.attributes)
        elif tag == "link":
            self.links.append(node.attributes)
        elif tag == "br" and self._verbatim:
            self._runs.append(("\n", self._current))

    def leave(self) -> None:
        elements, current = self.elements, self._current
        tag = elements.tag[current]
        self._after_anchor = False
        if tag not in INLINE:
            if not (tag == "br" and self._verbatim):
                self._flush()
            self._owner = self._owners.pop()
            self._silent -= tag in _SILENT
            self._verbatim -= tag in VERBATIM
        elif tag == "a":
            self._anchors -= 1
            self._after_anchor = True
        elements.end[current] = len(self.blocks.text) + self._visible
        self._current = elements.parent[current]

    def text(self, text: str) -> None:
        if self._silent:
            return
        self._after_anchor = False
        self._runs.append((text, self._current))
        if not self._visible and text and not text.isspace():
            self._visible = True
        if self._anchors:
            self._link_chars += len(text.strip())

    def _flush(self) -> None:
        """End the pending block, if it has visible text."""
        runs, self._runs = self._runs, []
        link_chars, self._link_chars = self._link_chars, 0
        visible, self._visible = self._visible, False
        if not visible:
            return
        joined = "".join([run[0] for run in runs])
        text = joined.strip("\r\n").rstrip() if self._verbatim else " ".join(joined.split())
        if self.elements.tag[self._owner] == "title" and self._in_head():
            self.title = self.title or text
            return
        inner = {element for piece, element in runs if not piece.isspace()}
        self.blocks.text.append(text)
        self.blocks.element.append(inner.pop() if len(inner) == 1 else self._owner)
        self.blocks.owner.append(self._owner)
        self.blocks.link_chars.append(min(link_chars, len(text)))
        self.blocks.runs.append(runs)

    def _in_head(self) -> bool:
        parent = self.elements.parent[self._owner]
        return parent >= 0 and self.elements.tag[parent] == "head"

    def finish(self) -> Document:
        self._flush()
        if len(self.blocks) > self._limits.max_blocks:
            raise too_many("blocks of text", self._limits.max_blocks)
        return Document(self.elements, self.blocks, self.title, self.meta, self.links, self.linked_data)


def segment_lines(text: str) -> Document:
    """Blocks of text that has no mark-up: every line that is not blank is one.

    Raises
    ------
    TooLarge
        There are more lines than ``Limits`` allow blocks.
    """
    elements = Elements(["html", "body"], [-1, 0], [0, 1], [{}, {}], [0, 0], [0, 0])
    blocks = Blocks()
    most = current_limits().max_blocks
    for line in text.splitlines():
        if not (joined := " ".join(line.split())):
            continue
        number, element = len(blocks), len(elements)
        if number >= most:
            raise too_many("lines", most)
        elements.tag.append("p")
        elements.parent.append(1)
        elements.depth.append(2)
        elements.attributes.append({})
        elements.first.append(number)
        elements.end.append(number + 1)
        blocks.text.append(joined)
        blocks.element.append(element)
        blocks.owner.append(element)
        blocks.link_chars.append(0)
        blocks.runs.append([(joined, element)])
    elements.end[:2] = [len(blocks)] * 2
    return Document(elements, blocks, "", [], [], [])

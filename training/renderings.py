"""Labelled pages → the bare lines that a scraper would have made of them, and which lines are content.

Text arrives flattened in several ways; each is a ``Rendering``. A line is content when most of its words
stand in content blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborNode

from pagesieve.blocks import Document
from pagesieve.features.page import main_heading
from pagesieve.tree import TEXT, first_child, parse
from pagesieve.words import tokens

Flags = NDArray[np.bool_]

_LINE_END = re.compile(r"(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])")
_MARKER = re.compile(r"\W*\d{1,3}\W*")
# Share of a heading's words that the page's title must have, and words it needs, to be the headline.
_LEAST_SHARED, _LEAST_WORDS = 0.6, 2


class Rendering(StrEnum):
    """How mark-up became lines."""

    BLOCKS = "blocks"  # a block a line
    SPACED = "spaced"  # the same, with a blank line after every block
    NODES = "nodes"  # a text node a line: links and footnote markers stand alone
    RAW = "raw"  # the text nodes as they stand, white space and all: neighbours may be glued
    NOISY = "noisy"  # a block a line, among teasers, counters and markers of an aggregator


@dataclass(frozen=True, slots=True)
class Lines:
    """Text without mark-up, and for each of its lines that is not blank whether it is content."""

    text: str
    content: Flags


def render(html: str, document: Document, content: Flags, rendering: Rendering) -> Lines:
    """A page as lines. ``document`` are its blocks, ``content`` says which are content."""
    if rendering is Rendering.NODES:
        pieces = [(text.strip() + "\n", number) for text, number in _nodes(html, document) if number >= 0]
    elif rendering is Rendering.RAW:
        pieces = list(_nodes(html, document))
    else:
        gap = "\n\n" if rendering is Rendering.SPACED else "\n"
        pieces = [(text + gap, number) for number, text in enumerate(document.blocks.text)]
    return Lines("".join([text for text, _ in pieces]), _labels(pieces, content))


def with_headline(document: Document, content: Flags) -> Flags:
    """The same labels, with the page's headline as content if it stands above the rest.

    Gold texts mostly leave it out, because a page has it in ``title``; lines have nowhere else for it.
    """
    tags = document.elements.tag
    first_level = np.array([tags[owner] == "h1" for owner in document.blocks.owner], dtype=np.float32)
    number = main_heading(document, first_level)
    if number < 0 or not content[number:].any() or content[:number].any():
        return content
    heading, title = set(tokens(document.blocks.text[number])), set(tokens(document.title))
    if len(heading) >= _LEAST_WORDS and len(heading & title) >= _LEAST_SHARED * len(heading):
        content = content.copy()
        content[number] = True
    return content


def _nodes(html: str, document: Document) -> Iterator[tuple[str, int]]:
    """The page's text nodes with the block each belongs to; -1 for white space."""
    ahead = iter(
        [
            (text, number)
            for number, runs in enumerate(document.blocks.runs)
            for text, _ in runs
            if text and not text.isspace()
        ]
    )
    expected = next(ahead, None)
    for text in _texts(parse(html).root):
        if text.isspace():
            yield text, -1
        elif expected and text == expected[0]:  # text of scripts, styles and the title is of no block
            yield expected
            expected = next(ahead, None)


def _texts(root: LexborNode | None) -> Iterator[str]:
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop()
        if node.tag == TEXT:
            yield node.text_content or ""
        waiting += [near for near in (node.next, first_child(node, node.tag or "")) if near]


def _labels(pieces: list[tuple[str, int]], content: Flags) -> Flags:
    """Of each line that is not blank whether most of its words are content; a footnote marker is not."""
    labels: list[bool] = []
    line, good, bad = "", 0.0, 0.0
    for text, number in [*pieces, ("\n", -1)]:
        for part in _LINE_END.split(text):
            if _LINE_END.fullmatch(part):
                if line and not line.isspace():
                    labels.append(good > bad and not _MARKER.fullmatch(line))
                line, good, bad = "", 0.0, 0.0
                continue
            line += part
            if number >= 0:
                size = len(tokens(part)) + 0.5 * bool(part.strip())
                good, bad = good + size * content[number], bad + size * (not content[number])
    return np.array(labels, dtype=bool)

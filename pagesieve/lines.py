"""Text without mark-up → blocks, and the structure that its lines let one guess.

A scraper that flattened a page left its lines, the gaps between them, and what lines look like. That much
is rebuilt as elements, so that the same features describe it: lines between the same gaps share a container,
a short line without a stop over a longer one is taken for a heading, one after a bullet for a list item.
"""

from __future__ import annotations

import re

from pagesieve.blocks import Blocks, Document, Elements
from pagesieve.cost import too_many
from pagesieve.limits import current_limits

# So many blank lines open a container of the outermost, middle and innermost kind.
_GAPS = (4, 2, 1)
_BULLET = re.compile(r"[-*+•·‣▪●○–]\s|\(?\d{1,2}[.)]\s")
_MOST_HEADING_CHARS = 120
_NO_HEADING_END = tuple(".!?…,;。！？，；")
# Kinds of elements a text without mark-up has.
_KINDS = ("html", "body", "div", "p", "li", "h2")
_KIND = {tag: number for number, tag in enumerate(_KINDS)}


def outline(text: str) -> Document:
    """Blocks of text that has no mark-up: every line that is not blank is one.

    Raises
    ------
    TooLarge
        There are more lines than ``Limits`` allow blocks.
    """
    lines, gaps = _lines(text)
    builder = _Builder()
    for number, (line, gap) in enumerate(zip(lines, gaps, strict=True)):
        builder.gap(gap)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        builder.line(line, _tag(line, following))
    return builder.finish()


def flat(document: Document) -> Document:
    """The same lines as paragraphs: what to show, where guesses would mislead."""
    builder = _Builder(containers=0)
    for text in document.blocks.text:
        builder.line(text, "p")
    return builder.finish()


def _lines(text: str) -> tuple[list[str], list[int]]:
    """Lines that are not blank, and how many blank ones stand before each."""
    most = current_limits().max_blocks
    lines: list[str] = []
    gaps: list[int] = []
    gap = _GAPS[0]
    for line in text.splitlines():
        if not (joined := " ".join(line.split())):
            gap += 1
            continue
        if len(lines) >= most:
            raise too_many("lines", most)
        lines.append(joined)
        gaps.append(gap)
        gap = 0
    return lines, gaps


def _tag(line: str, following: str) -> str:
    if _BULLET.match(line):
        return "li"
    short = len(line) <= _MOST_HEADING_CHARS and not line.endswith(_NO_HEADING_END)
    return "h2" if short and not line[0].islower() and len(following) > len(line) else "p"


class _Builder:
    def __init__(self, containers: int = len(_GAPS)) -> None:
        self.elements = Elements(kinds=[(tag, {}) for tag in _KINDS])
        self.blocks = Blocks()
        self._open: list[int] = []
        self._enter("html")
        self._enter("body")
        for _ in range(containers):
            self._enter("div")

    def _enter(self, tag: str) -> None:
        elements = self.elements
        number = len(elements)
        elements.tag.append(tag)
        elements.kind.append(_KIND[tag])
        elements.parent.append(self._open[-1] if self._open else -1)
        elements.depth.append(len(self._open))
        elements.attributes.append({})
        elements.first.append(len(self.blocks))
        elements.end.append(-1)
        self._open.append(number)

    def _leave(self) -> None:
        self.elements.end[self._open.pop()] = len(self.blocks)

    def gap(self, size: int) -> None:
        """Close and open the containers that end at so many blank lines."""
        closed = sum(size >= least for least in _GAPS)
        if not closed or not len(self.blocks):
            return
        for _ in range(closed):
            self._leave()
        for _ in range(closed):
            self._enter("div")

    def line(self, text: str, tag: str) -> None:
        self._enter(tag)
        blocks, element = self.blocks, self._open[-1]
        blocks.text.append(text)
        blocks.element.append(element)
        blocks.owner.append(element)
        blocks.link_chars.append(0)
        blocks.runs.append([(text, element)])
        self._leave()

    def finish(self) -> Document:
        while self._open:
            self._leave()
        return Document(self.elements, self.blocks, "", [], [], [], plain=True)

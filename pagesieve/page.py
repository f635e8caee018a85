"""The answer: a page's blocks and what is made of the kept ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pagesieve.blocks import Document
from pagesieve.metadata import Metadata
from pagesieve.options import Kind
from pagesieve.render import to_html, to_markdown, to_text


class Role(StrEnum):
    """What a block is to the page."""

    CONTENT = "content"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text of the page and the decision about it.

    ``level`` is the heading level (1-6, else 0), ``path`` a CSS selector of the element, and
    ``probability`` (0..1) that the block is the page's own content.
    """

    text: str
    role: Role
    keep: bool
    probability: float
    path: str
    tag: str
    level: int


@dataclass(frozen=True, slots=True)
class Page:
    """A cleaned page. ``text``, ``markdown`` and ``html`` hold the kept blocks in document order."""

    title: str
    metadata: Metadata
    blocks: tuple[Block, ...]
    model: str
    kinds: tuple[Kind, ...]
    document: Document

    @property
    def text(self) -> str:
        return to_text(self.document, self._kept())

    @property
    def markdown(self) -> str:
        """Markdown without raw HTML and without links to anything but http, https and mailto."""
        return to_markdown(self.document, self._kept())

    @property
    def html(self) -> str:
        """Sanitised HTML."""
        return to_html(self.document, self._kept())

    def _kept(self) -> list[int]:
        return [number for number, block in enumerate(self.blocks) if block.keep]

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the HTTP answer, with the outputs named in ``kinds``."""
        answer: dict[str, Any] = {"title": self.title, "metadata": asdict(self.metadata), "model": self.model}
        rendered = {Kind.TEXT: "text", Kind.MARKDOWN: "markdown", Kind.HTML: "html"}
        answer |= {rendered[kind]: getattr(self, rendered[kind]) for kind in self.kinds if kind in rendered}
        if Kind.BLOCKS in self.kinds:
            answer["blocks"] = [asdict(block) for block in self.blocks]
        return answer

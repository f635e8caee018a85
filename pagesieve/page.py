"""The answer: a page's blocks and what is made of the kept ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from pagesieve.blocks import HEADINGS, Document
from pagesieve.metadata import Metadata, read_metadata, read_title
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


@dataclass(frozen=True)  # without slots, which rule out cached properties
class Page:
    """A cleaned page. Every output is made when first asked for, and then kept.

    ``probability`` and ``keep`` hold one value a block of ``document``.
    """

    document: Document
    probability: tuple[float, ...]
    keep: tuple[bool, ...]
    model: str
    kinds: tuple[Kind, ...]
    url: str | None = None

    @cached_property
    def text(self) -> str:
        """The kept blocks in document order."""
        return to_text(self.document, self._kept())

    @cached_property
    def markdown(self) -> str:
        """Markdown without raw HTML and without links to anything but http, https and mailto."""
        return to_markdown(self.document, self._kept())

    @cached_property
    def html(self) -> str:
        """Sanitised HTML."""
        return to_html(self.document, self._kept())

    @cached_property
    def title(self) -> str:
        return read_title(self.document)

    @cached_property
    def metadata(self) -> Metadata:
        return read_metadata(self.document, self.url)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block of the page, kept or not, in document order."""
        tags, blocks = self.document.elements.tag, self.document.blocks
        rows = zip(blocks.text, blocks.owner, self.document.paths(), self.probability, self.keep, strict=True)
        return tuple(
            Block(
                text=text,
                role=Role.CONTENT if kept else Role.OTHER,
                keep=kept,
                probability=round(probability, 4),
                path=path,
                tag=tags[owner],
                level=HEADINGS.get(tags[owner], 0),
            )
            for text, owner, path, probability, kept in rows
        )

    def _kept(self) -> list[int]:
        return [number for number, kept in enumerate(self.keep) if kept]

    def to_dict(self) -> dict[str, Any]:
        """The JSON of the HTTP answer, with the outputs named in ``kinds``."""
        answer: dict[str, Any] = {
            "title": self.title,
            "metadata": asdict(self.metadata),
            "model": self.model,
        }
        answer |= {str(kind): getattr(self, kind) for kind in self.kinds if kind is not Kind.BLOCKS}
        if Kind.BLOCKS in self.kinds:
            answer["blocks"] = [asdict(block) for block in self.blocks]
        return answer

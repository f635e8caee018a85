"""Kept blocks → CommonMark with GitHub's tables.

https://spec.commonmark.org/0.31.2/ and https://github.github.com/gfm/#tables-extension-
Whatever of the page's text would mean something in Markdown or HTML is escaped, so that a renderer which
passes raw HTML through shows it as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pagesieve.blocks import HEADINGS, Document
from pagesieve.render.chunks import Chunk, Kind, chunks
from pagesieve.render.code import code_language, code_text
from pagesieve.render.inline import Inlines, Piece
from pagesieve.render.nesting import Nesting
from pagesieve.render.places import Places
from pagesieve.render.spans import cell_spans, fence, spans
from pagesieve.render.tables import Row, Rows

# What makes a line a heading, quote, list item, rule, underline or row of a table.
_LINE_START = re.compile(r"(?=[#>+=|-]|:-)|[0-9]+(?=[.)](?:\s|$))")
# CommonMark ends a line at each of these, and each line needs its container's prefix.
_LINE_END = re.compile(r"\r\n?|\n")
_HARD_BREAK = "  "
_SHORTEST_FENCE = 3


def to_markdown(document: Document, kept: list[int]) -> str:
    """Markdown without raw HTML, with links to http, https, mailto and relative addresses only."""
    places = Places(document.elements)
    nesting = Nesting(document.elements)
    page = _Chunks(document, places)
    lines: list[str] = []
    for chunk in chunks(document, kept, places):
        lines.extend(nesting.lines(chunk, page.lines(chunk)))
    return "\n".join(lines)


class _Chunks:
    """Lines of the chunks of a page, each as if it stood at the left margin."""

    def __init__(self, document: Document, places: Places) -> None:
        self._document = document
        self._inlines = Inlines(document)
        self._rows = Rows(document, places)

    def lines(self, chunk: Chunk) -> list[str]:
        match chunk.kind:
            case Kind.CODE:
                return self._code(chunk)
            case Kind.TABLE:
                return list(self._table(self._rows.of(chunk.blocks)))
            case Kind.HEADING:
                return [self._heading(chunk)]
            case Kind.PROSE:
                lines = [_plain_start(spans(self._inlines.pieces(block))) for block in chunk.blocks]
                return [*(line + _HARD_BREAK for line in lines[:-1]), lines[-1]]

    def _heading(self, chunk: Chunk) -> str:
        level = HEADINGS[self._document.elements.tag[chunk.element]]
        text = " ".join([spans(self._not_bold(block)) for block in chunk.blocks])
        # Hashes at the end would only close the heading.
        stem = text.rstrip("#")
        return f"{'#' * level} {stem}" + "\\#" * (len(text) - len(stem))

    def _not_bold(self, block: int) -> list[Piece]:
        """The pieces of a heading, which is bold as it is."""
        return [
            piece._replace(style=piece.style._replace(strong=False)) for piece in self._inlines.pieces(block)
        ]

    def _code(self, chunk: Chunk) -> list[str]:
        text = code_text(self._document, chunk)
        ticks = fence(text, _SHORTEST_FENCE)
        return [ticks + code_language(self._document, chunk), *_LINE_END.split(text), ticks]

    def _table(self, rows: list[Row]) -> Iterator[str]:
        """A header row, empty if the table has none, the delimiters, and the other rows."""
        columns = max(len(row.cells) for row in rows)
        heads = rows[0].heads
        # With fewer heads than columns it would be no table.
        yield self._row(rows[0]) + "  |" * (columns - len(rows[0].cells)) if heads else "|" + "  |" * columns
        yield "|" + " --- |" * columns
        yield from map(self._row, rows[1:] if heads else rows)

    def _row(self, row: Row) -> str:
        cells = (
            " ".join([cell_spans(self._inlines.pieces(block)) for block in cell.blocks]) for cell in row.cells
        )
        return "| " + " | ".join(cells) + " |"


def _plain_start(line: str) -> str:
    r"""The line, its start escaped where Markdown would take it for a marker.

    >>> _plain_start("1. first"), _plain_start("- second"), _plain_start("3.14")
    ('1\\. first', '\\- second', '3.14')
    """
    marker = _LINE_START.match(line)
    return f"{line[: marker.end()]}\\{line[marker.end() :]}" if marker else line

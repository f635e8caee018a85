"""Kept blocks → simple, semantic, sanitised HTML."""

from __future__ import annotations

from html import escape

import nh3

from pagesieve.blocks import HEADINGS, Document
from pagesieve.errors import TooLarge
from pagesieve.render.chunks import Chunk, Kind, chunks
from pagesieve.render.code import code_language, code_text
from pagesieve.render.inline import Inlines, Piece, Style
from pagesieve.render.nesting import list_start
from pagesieve.render.places import Container, Places, shared_depth
from pagesieve.render.tables import Cell, Row, Rows

# What to_html writes, and so all that it lets through.
_BLOCKS = frozenset(
    ["p", "ul", "ol", "li", "blockquote", "pre", "table", "tbody", "tr", "th", "td", *HEADINGS]
)
_SPANS = frozenset(["a", "strong", "em", "code", "br"])
TAGS = _BLOCKS | _SPANS
ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "ol": {"start"}}
SCHEMES = frozenset(["http", "https", "mailto"])
# The sanitiser's time grows faster than their number; 100,000 take half a second, real pages have hundreds.
_MOST_ENTITIES = 100_000


def to_html(document: Document, kept: list[int]) -> str:
    """HTML made of our own elements only, with links to http, https, mailto and relative addresses.

    Raises
    ------
    TooLarge
        There are too many characters to escape.
    """
    page = _Page(document)
    written: list[str] = []
    around: tuple[Container, ...] = ()
    for chunk in chunks(document, kept, page.places):
        written.append(page.tags_between(around, chunk.place.containers))
        written.append(page.html(chunk))
        around = chunk.place.containers
    written.append(page.tags_between(around, ()))
    html = "".join(written)
    if html.count("&") > _MOST_ENTITIES:
        raise TooLarge(
            f"the text has more than {_MOST_ENTITIES:,} characters that HTML must escape; ask for plain text"
        )
    return sanitised(html).strip()


def sanitised(html: str) -> str:
    """HTML of nothing but the allowed elements, attributes and addresses; its own output it leaves alone."""
    return nh3.clean(html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=set(SCHEMES))


class _Page:
    """HTML of the chunks of a page and of the lists and quotes around them."""

    def __init__(self, document: Document) -> None:
        self.places = Places(document.elements)
        self._document = document
        self._inlines = Inlines(document)
        self._rows = Rows(document, self.places)

    def html(self, chunk: Chunk) -> str:
        match chunk.kind:
            case Kind.CODE:
                return self._code(chunk)
            case Kind.TABLE:
                return f"<table>{''.join(map(self._row, self._rows.of(chunk.blocks)))}</table>\n"
            case Kind.HEADING:
                tag = self._document.elements.tag[chunk.element]
                return f"<{tag}>{self._inline(chunk.blocks, ' ')}</{tag}>\n"
            case Kind.PROSE:
                text = self._inline(chunk.blocks, "<br>")
                in_item = (
                    bool(chunk.place.containers) and chunk.place.containers[-1].element == chunk.place.item
                )
                return text if chunk.alone and in_item else f"<p>{text}</p>\n"

    def _code(self, chunk: Chunk) -> str:
        language = code_language(self._document, chunk)
        marked = f' class="language-{escape(language)}"' if language else ""
        return f"<pre><code{marked}>{escape(code_text(self._document, chunk), quote=False)}</code></pre>\n"

    def _row(self, row: Row) -> str:
        return f"<tr>{''.join(map(self._cell, row.cells))}</tr>\n"

    def _cell(self, cell: Cell) -> str:
        tag = "th" if cell.heads else "td"
        return f"<{tag}>{self._inline(cell.blocks, ' ')}</{tag}>"

    def _inline(self, blocks: list[int], between: str) -> str:
        return between.join([_spans(self._inlines.pieces(block)) for block in blocks])

    def tags_between(self, before: tuple[Container, ...], after: tuple[Container, ...]) -> str:
        """The tags that end and begin quotes and items from one chunk to the next."""
        shared = shared_depth(before, after)
        # The next item of the same list leaves the list open.
        goes_on = len(before) > shared < len(after) and before[shared].listing == after[shared].listing >= 0
        ends = [
            self._ends(before[depth], goes_on and depth == shared) for depth in range(shared, len(before))
        ]
        begins = [
            self._begins(after[depth], goes_on and depth == shared) for depth in range(shared, len(after))
        ]
        return "".join([*reversed(ends), *begins])

    def _ends(self, container: Container, goes_on: bool) -> str:
        if container.listing < 0:
            return "</blockquote>\n"
        return "</li>\n" if goes_on else f"</li>\n</{_list_tag(container)}>\n"

    def _begins(self, container: Container, goes_on: bool) -> str:
        if container.listing < 0:
            return "<blockquote>\n"
        start = list_start(self._document.elements, container.listing) if container.ordered else 1
        numbered = f' start="{start}"' if start != 1 else ""
        return "<li>" if goes_on else f"<{_list_tag(container)}{numbered}>\n<li>"


def _list_tag(container: Container) -> str:
    return "ol" if container.ordered else "ul"


def _spans(pieces: list[Piece]) -> str:
    """Links around emphasis around code around text."""
    out: list[str] = []
    before = Style()
    for piece in pieces:
        style = piece.style
        if before.link >= 0 and style.link != before.link:
            out.append("</a>")
        if piece.spaced:
            out.append(" ")
        if style.link >= 0 and style.link != before.link:
            out.append(f'<a href="{escape(style.href)}">')
        out.append(_marked(piece))
        before = style
    return "".join(out) + "</a>" * (before.link >= 0)


def _marked(piece: Piece) -> str:
    html = escape(piece.text, quote=False)
    style = piece.style
    for tag, on in (("code", style.code), ("em", style.emphasis), ("strong", style.strong)):
        html = f"<{tag}>{html}</{tag}>" if on else html
    return html

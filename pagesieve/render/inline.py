"""Text runs of a block → pieces with a link and an emphasis each, and addresses that are safe to give out."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from pagesieve.blocks import INLINE, Document
from pagesieve.limits import checkpoint

_STRONG = frozenset(["b", "strong"])
_EMPHASIS = frozenset(["i", "em"])
_CODE = frozenset(["code", "tt", "kbd", "samp"])
_SCHEMES = frozenset(["http", "https", "mailto"])
# Longer addresses are data or tracking; no server has to accept them (RFC 9110, 4.1, asks for 8,000 octets).
_LONGEST_HREF = 2_000
# Most addresses need neither looking into nor encoding.
_PLAIN = re.compile(r"(?:https?:/)?/[\w~:/?@!$&'*+,=%.-]*", re.ASCII)
# Browsers drop these before they look for a scheme. https://url.spec.whatwg.org/#concept-basic-url-parser
_IGNORED = re.compile(r"[\t\n\r]")
_EDGES = "".join(map(chr, range(0x21)))
# Everything that could end a link's address or mean something inside one, in Markdown or HTML: also what
# a renderer could take for an entity, so that "javascript&colon;" does not become a scheme.
_UNSAFE = re.compile(r"[\s\x00-\x20\x7f-\x9f\"()<>\[\\\]^`{|}]|&(?=#[0-9xX]|\w+;)")


class Style(NamedTuple):
    """How a piece of text is marked up. ``link`` is the ``<a>`` element, -1 for none; ``href`` is safe."""

    link: int = -1
    href: str = ""
    strong: bool = False
    emphasis: bool = False
    code: bool = False


class Piece(NamedTuple):
    """Words in one style; ``spaced`` if a space parts them from the piece before."""

    text: str
    style: Style
    spaced: bool


class Inlines:
    """The pieces of a page's blocks."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._styles = {-1: Style()}

    def pieces(self, block: int) -> list[Piece]:
        """A block's text in pieces, which give ``blocks.text`` again when they are joined by their spaces."""
        checkpoint()
        runs = self._document.blocks.runs[block]
        if len(runs) == 1:
            return [Piece(self._document.blocks.text[block], self._style(runs[0][1]), False)]
        pieces: list[Piece] = []
        parts: list[str] = []
        last, leading, spaced = Style(), False, False
        for text, element in runs:
            words = " ".join(text.split())
            spaced = spaced or text[:1].isspace()
            if not words:
                continue
            style = self._style(element)
            if parts and style != last:
                pieces.append(Piece("".join(parts), last, leading))
                parts, leading = [], spaced
            elif parts and spaced:
                parts.append(" ")
            parts.append(words)
            last, spaced = style, text[-1].isspace()
        return [*pieces, Piece("".join(parts), last, leading)]

    def _style(self, element: int) -> Style:
        styles, parent = self._styles, self._document.elements.parent
        if element in styles:
            return styles[element]
        trail = []
        while element not in styles:
            trail.append(element)
            element = parent[element]
        style = styles[element]
        for element in reversed(trail):
            style = styles[element] = self._inside(element, style)
        return style

    def _inside(self, element: int, style: Style) -> Style:
        tag = self._document.elements.tag[element]
        link, href, strong, emphasis, code = style
        if tag not in INLINE:
            # Links reach into the blocks inside them; emphasis around whole blocks is a mistake of the page.
            return Style(link, href) if strong or emphasis or code else style
        if tag == "a":
            address = safe_href(self._document.elements.attributes[element].get("href"))
            return Style(element, address, strong, emphasis, code) if address else style
        if tag in _STRONG:
            return Style(link, href, True, emphasis, code)
        if tag in _EMPHASIS:
            return Style(link, href, strong, True, code)
        return Style(link, href, strong, emphasis, True) if tag in _CODE else style


def safe_href(href: str | None) -> str:
    """The address, percent-encoded, if it is http, https, mailto or relative, else "".

    >>> safe_href("/a b?c=(d)"), safe_href(" java\\nscript:alert(1)")
    ('/a%20b?c=%28d%29', '')
    """
    if not href or len(href) > _LONGEST_HREF:
        return ""
    if _PLAIN.fullmatch(href):
        return href
    address = _IGNORED.sub("", href).strip(_EDGES)
    # The first colon ends a scheme unless the path, query or fragment has begun.
    scheme, colon, _ = re.split(r"[/?#]", address, maxsplit=1)[0].partition(":")
    if colon and scheme.lower() not in _SCHEMES:
        return ""
    return "" if not address.strip("#") else _UNSAFE.sub(lambda found: quote(found[0], safe=""), address)

"""HTML text → lexbor tree, and one iterative walk over it.

lexbor follows the WHATWG parsing algorithm, so broken mark-up gives the tree a browser would build.
What would make it run away is refused before parsing, see ``cost``.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pagesieve.cost import refuse_costly
from pagesieve.errors import TooLarge
from pagesieve.limits import current_limits

# What lexbor calls a text node.
TEXT = "-text"
# Pages saved by an XML serialiser write "<textarea/>"; HTML ignores the slash and swallows the rest of
# the page as that element's text. Only the two raw-text elements that also close safely are mended.
_SELF_CLOSED = re.compile(r"<(iframe|textarea)\b([^<>]*)/>")


def parse(html: str) -> LexborHTMLParser:
    """Parse a page.

    Raises
    ------
    TooLarge
        Parsing would take too long: nesting, tags or attributes run away.
    """
    if "<iframe" in html or "<textarea" in html:
        html = _SELF_CLOSED.sub(r"<\1\2></\1>", html)
    refuse_costly(html, current_limits())
    return LexborHTMLParser(html)


def too_deep() -> TooLarge:
    levels = current_limits().max_depth
    return TooLarge(
        f"elements are nested deeper than {levels:,} levels, which no browser shows; is this a web page?"
    )


def first_child(node: LexborNode, tag: str) -> LexborNode | None:
    """First node inside an element; the content of ``<template>`` counts as standing in the document."""
    child = node.first_child
    if child is None and tag == "template":
        fragments = node.template_fragments()
        return fragments[0].first_child if fragments else None
    return child

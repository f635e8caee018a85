"""HTML text → lexbor tree, and one iterative walk over it.

lexbor follows the WHATWG parsing algorithm, so broken mark-up gives the tree a browser would build.
What would make it run away is refused before parsing, see ``cost``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    html = _SELF_CLOSED.sub(r"<\1\2></\1>", html)
    refuse_costly(html, current_limits())
    return LexborHTMLParser(html)


def _too_deep() -> TooLarge:
    levels = current_limits().max_depth
    return TooLarge(
        f"elements are nested deeper than {levels:,} levels, which no browser shows; is this a web page?"
    )


def walk(root: LexborNode) -> Iterator[tuple[LexborNode, str, bool]]:
    """Every node in document order as ``(node, tag, entering)``; elements come a second time when left.

    The tag of a node that is no element starts with "-"; that of a text is ``TEXT``. The content of
    ``<template>`` is visited as if its children stood in the document.

    Raises
    ------
    TooLarge
        Elements are nested deeper than ``Limits`` allow.
    """
    most = current_limits().max_depth
    stack: list[tuple[LexborNode, str]] = []
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or "-"
        yield node, tag, True
        if tag[0] != "-":
            child = node.first_child
            if child is None and tag == "template":
                child = _template_content(node)
            if child is not None:
                stack.append((node, tag))
                if len(stack) > most:
                    raise _too_deep()
                node = child
                continue
            yield node, tag, False
        while node is not None and (following := node.next) is None:
            if not stack:
                return
            node, tag = stack.pop()
            yield node, tag, False
        node = following


def _template_content(template: LexborNode) -> LexborNode | None:
    fragments = template.template_fragments()
    return fragments[0].first_child if fragments else None

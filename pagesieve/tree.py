"""HTML text → lexbor tree, and one iterative walk over it.

lexbor follows the WHATWG parsing algorithm, so broken mark-up gives the tree a browser would build.
Its cost is quadratic in nesting depth, hence the depth scan before parsing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pagesieve.cost import refuse_costly
from pagesieve.errors import TooLarge
from pagesieve.limits import current_limits

# Parsing time runs away above this many levels (0.05 s at 5,000, 0.7 s at 20,000, minutes at 200,000).
_RUNAWAY_DEPTH = 5_000
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)")
_NOT_MARKUP = re.compile(r"<(script|style)\b.*?(?:</\1|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_FOREIGN = ("svg", "math")
# Void elements, and elements whose end tag may be left out: many open ones are not deep nesting.
_SELF_ENDING = frozenset(
    "area base br col embed hr img input link meta source track wbr "
    "p li dt dd option optgroup tr td th thead tbody tfoot".split()
)
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
    refuse_costly(html, current_limits())
    if html.count("<") > _RUNAWAY_DEPTH and nesting(html) > _RUNAWAY_DEPTH:
        raise _too_deep()
    return LexborHTMLParser(_SELF_CLOSED.sub(r"<\1\2></\1>", html))


def _too_deep() -> TooLarge:
    levels = current_limits().max_depth
    return TooLarge(
        f"elements are nested deeper than {levels:,} levels, which no browser shows; is this a web page?"
    )


def nesting(html: str) -> int:
    """Deepest nesting of tags, by a linear scan without parsing; self-ending elements count for nothing.

    >>> nesting("<div><div><p>x<p>y</div></div><div></div>")
    2
    """
    stack: list[str] = []
    open_tags: Counter[str] = Counter()
    deepest = 0
    for slash, name, rest in _TAG.findall(_NOT_MARKUP.sub("", html)):
        tag = name.lower()
        if tag in _SELF_ENDING or (rest.endswith("/") and any(open_tags[outer] for outer in _FOREIGN)):
            continue
        if not slash:
            stack.append(tag)
            open_tags[tag] += 1
            deepest = max(deepest, len(stack))
        elif open_tags[tag]:
            while True:  # an end tag also closes what was left open inside
                closed = stack.pop()
                open_tags[closed] -= 1
                if closed == tag:
                    break
    return deepest


def walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node in document order as ``(node, entering)``; elements come a second time when left.

    The content of ``<template>`` is visited as if its children stood in the document.

    Raises
    ------
    TooLarge
        Elements are nested deeper than ``Limits`` allow.
    """
    most = current_limits().max_depth
    stack: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        yield node, True
        child = node.first_child
        if child is None and node.tag == "template":
            child = _template_content(node)
        if child is not None:
            stack.append(node)
            if len(stack) > most:
                raise _too_deep()
            node = child
            continue
        if node.is_element_node:
            yield node, False
        while node is not None and (following := node.next) is None:
            if not stack:
                return
            node = stack.pop()
            yield node, False
        node = following


def _template_content(template: LexborNode) -> LexborNode | None:
    fragments = template.template_fragments()
    return fragments[0].first_child if fragments else None

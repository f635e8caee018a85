"""What parsing a page would cost, found without parsing it.

The parser cannot be interrupted, and three kinds of page make it run away: very many tags, very many
attributes on one tag (each is compared with all before it), and formatting elements left open, which the
HTML standard opens again in every following block: 2,000 × ``<b id=…>`` and 3,000 × ``<p>`` are 33 KB of
page and 2 GB of tree. Nesting, the fourth, is counted in ``pagesieve.tree``.
https://html.spec.whatwg.org/multipage/parsing.html#reconstruct-the-active-formatting-elements
"""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser

from pagesieve.errors import TooLarge
from pagesieve.limits import Limits

# The formatting elements of the standard but <a> and <nobr>, of which at most one stays open.
_FORMATTING = frozenset("b big code em font i s small strike strong tt u".split())
# Both cases of every letter written out: re.IGNORECASE takes twice the time.
_ANY_CASE = ("".join(f"[{letter}{letter.upper()}]" for letter in name) for name in sorted(_FORMATTING))
_ANY_FORMATTING = re.compile(rf"<(?:{'|'.join(_ANY_CASE)})[\s/>]")
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
# As the standard's tokenizer reads them, in one pass: quotes delimit only after "=".
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_OPEN_TAG = re.compile(rf"<[a-zA-Z][^\s/>]*+((?:{_ATTRIBUTE})*+)")
# Shortest that an attribute can be, with what separates it from the next.
_SHORTEST_ATTRIBUTE = 2
# Every element may have an end tag, and scripts may hold some "<" of their own.
_OPENERS_PER_ELEMENT = 3
# Places that look like a tag with too many attributes are looked at more closely so often; what looks like
# that a dozen times is not a script by chance.
_CLOSER_LOOKS = 12


def refuse_costly(html: str, limits: Limits) -> None:
    """Refuse a page that would cost the parser far more than its limits allow.

    Raises
    ------
    TooLarge
        The page has too many tags, or would make too many elements, or a tag has too many attributes.
    """
    openers = html.count("<")
    if openers > _OPENERS_PER_ELEMENT * limits.max_elements:
        raise too_many("elements", limits.max_elements)
    formatting = len(_ANY_FORMATTING.findall(html))
    if formatting * openers > limits.max_elements and reopened(html) > limits.max_elements:
        raise too_many("elements", limits.max_elements)
    if crowded(html, limits.max_attributes):
        raise too_many("attributes on one element", limits.max_attributes)


def too_many(what: str, most: int) -> TooLarge:
    return TooLarge(f"the page has more than {most:,} {what}; is this one web page?")


def reopened(html: str) -> int:
    """At most so many formatting elements does the parser open again in later blocks.

    >>> reopened("<p><b>1</b><b><i>2<p>3<p>4</b><p>5")
    5
    """
    still_open: Counter[str] = Counter()
    total = n_open = 0
    for slash, name in _NAME.findall(html):
        tag = name.lower()
        if tag not in _FORMATTING:
            total += n_open if not slash else 0
        elif not slash:
            still_open[tag] += 1
            n_open += 1
        elif still_open[tag]:
            still_open[tag] -= 1
            n_open -= 1
    return total


def crowded(html: str, most: int) -> bool:
    """Whether a tag has more than ``most`` attributes.

    >>> crowded("<p a b c>", 3), crowded("<p a b='>' c d>", 3)
    (False, True)
    """
    looks = 0
    for tag in _OPEN_TAG.finditer(html):
        start, end = tag.span(1)
        if end - start <= _SHORTEST_ATTRIBUTE * most:
            continue
        if sum(1 for _ in _ATTRIBUTES.finditer(html, start, end)) <= most:
            continue
        looks += 1
        if looks > _CLOSER_LOOKS or _is_tag(html[: tag.start()]):
            return True
    return False


def _is_tag(before: str) -> bool:
    """Whether a tag after this would be one, and not text of a script, a style sheet or a comment."""
    probe = LexborHTMLParser(before + "<i data-probe></i>")
    return probe.css_first("[data-probe]") is not None

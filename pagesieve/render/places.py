"""Where elements stand: the list item, table cell, quote or heading that encloses each.

Elements that mean nothing here share the place of their parent, and places are made only above kept blocks,
so they cost time linear in the page however deep it is.
"""

from __future__ import annotations

from typing import NamedTuple

from pagesieve.blocks import HEADINGS, VERBATIM, Elements

_LISTS = frozenset(["ul", "ol", "menu", "dir", "dl"])
_TERMS = frozenset(["dt", "dd"])
CELLS = frozenset(["td", "th"])
_MEANINGFUL = VERBATIM | _LISTS | _TERMS | CELLS | frozenset(["li", "blockquote", "table", "tr", *HEADINGS])
# Quotes and lists within each other; what is deeper is shown at this depth. Forum threads reach ten.
_MAX_CONTAINERS = 16


class Container(NamedTuple):
    """A block quote, or an item of the list element ``listing``, which is -1 for a quote."""

    element: int
    listing: int
    ordered: bool


class Place(NamedTuple):
    """Nearest enclosing elements by number, -1 for none.

    ``containers`` are quotes and list items, outermost first; ``root_list`` is the outermost list that is
    not beyond a table cell.
    """

    containers: tuple[Container, ...] = ()
    listing: int = -1
    root_list: int = -1
    item: int = -1
    table: int = -1
    row: int = -1
    cell: int = -1
    heading: int = -1
    verbatim: int = -1


class Places:
    """Places of a page's elements, found when asked for."""

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._known = {-1: Place()}

    def of(self, element: int) -> Place:
        known = self._known
        if element in known:
            return known[element]
        trail = []
        while element not in known:
            trail.append(element)
            element = self._elements.parent[element]
        place = known[element]
        for element in reversed(trail):
            if self._elements.tag[element] in _MEANINGFUL:
                place = self._inside(element, place)
            known[element] = place
        return place

    def _inside(self, element: int, outside: Place) -> Place:
        tag = self._elements.tag[element]
        containers, listing, root_list, item, table, row, cell, heading, verbatim = outside
        if tag == "li":
            # Items without a list around them form one where they stand.
            around = _either(listing, self._elements.parent[element])
            item, root_list = element, _either(root_list, around)
            containers = _with(Container(element, around, self._elements.tag[around] == "ol"), containers)
        elif tag == "blockquote":
            containers = _with(Container(element, -1, False), containers)
        elif tag in _LISTS:
            listing, root_list = element, _either(root_list, element)
        elif tag in _TERMS:
            item = element
        elif tag in HEADINGS:
            heading = element
        elif tag == "table":
            table, row, cell = element, -1, -1
        elif tag == "tr":
            row, cell = element, -1
        elif tag in CELLS:
            cell, root_list = element, -1
        else:
            verbatim = _either(verbatim, element)
        return Place(containers, listing, root_list, item, table, row, cell, heading, verbatim)


def _either(element: int, other: int) -> int:
    return element if element >= 0 else other


def _with(container: Container, containers: tuple[Container, ...]) -> tuple[Container, ...]:
    return (*containers, container) if len(containers) < _MAX_CONTAINERS else containers


def shared_depth(some: tuple[Container, ...], others: tuple[Container, ...]) -> int:
    """How many of the outermost containers two places have in common."""
    depth = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        depth += 1
    return depth

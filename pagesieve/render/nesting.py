"""Quotes and lists around the chunks of Markdown: the prefixes of their lines.

https://spec.commonmark.org/0.31.2/#container-blocks
"""

from __future__ import annotations

import re
from collections import Counter

from pagesieve.blocks import Elements
from pagesieve.errors import TooLarge
from pagesieve.render.chunks import Chunk
from pagesieve.render.places import Container, shared_depth

# A list right after another of its kind would continue it; a change of marker starts a new one.
_BULLETS = ("- ", "* ")
_DELIMITERS = (". ", ") ")
# Characters that only indent; every line of a listing is indented by all the lists around it.
_MOST_PREFIXES = 20_000_000
_START = re.compile(r"[0-9]{1,8}")


def list_start(elements: Elements, listing: int) -> int:
    """Number of an ordered list's first item."""
    start = (elements.attributes[listing].get("start") or "").strip()
    return int(start) if _START.fullmatch(start) else 1


class Nesting:
    """Remembers which quotes and items are open, and how far items have been counted.

    Raises
    ------
    TooLarge
        Indenting would make the Markdown many times longer than the text.
    """

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._begun = False
        self._prefixed = 0
        self._open: tuple[Container, ...] = ()
        self._indents: dict[Container, str] = {}
        self._counts: Counter[int] = Counter()
        self._styles: dict[int, int] = {}

    def lines(self, chunk: Chunk, lines: list[str]) -> list[str]:
        """The chunk's lines with their prefixes, and before them the blank line that parts chunks."""
        containers = chunk.place.containers
        begun, self._begun = self._begun, True
        if not containers and not self._open:
            return ["", *lines] if begun else lines
        shared = shared_depth(self._open, containers)
        around = "".join([self._indents[container] for container in containers[:shared]])
        close = chunk.tight and self._may_follow(
            containers[shared : shared + 1], self._open[shared : shared + 1]
        )
        first = around + "".join(
            [self._marker(containers, depth) for depth in range(shared, len(containers))]
        )
        rest = around + "".join([self._indents[container] for container in containers[shared:]])
        blank = [around.rstrip()] if begun and not close else []
        self._open = containers
        self._prefixed += len(rest) * len(lines)
        if self._prefixed > _MOST_PREFIXES:
            raise TooLarge("the text has very many lines deep inside lists or quotes; ask for plain text")
        empty = rest.rstrip()  # one string for all of them, of which a listing may have millions
        following = [rest + line if line else empty for line in lines[1:]]
        return [*blank, first + lines[0], *following]

    def _may_follow(self, opened: tuple[Container, ...], ended: tuple[Container, ...]) -> bool:
        """Whether the new item shows as one right below a line of text.

        The next item of a list does, and a new list, unless its first number is not 1.
        """
        if not opened or not opened[0].ordered:
            return bool(opened)
        goes_on = bool(ended) and ended[0].listing == opened[0].listing
        return goes_on or self._number(opened[0].listing) == 1

    def _number(self, listing: int) -> int:
        return list_start(self._elements, listing) + self._counts[listing]

    def _marker(self, containers: tuple[Container, ...], depth: int) -> str:
        """What opens a quote or an item, e.g. ``> `` or ``12. ``; also sets its indent."""
        container = containers[depth]
        if container.listing < 0:
            self._indents[container] = "> "
            return "> "
        style = self._style(container, depth)
        if container.ordered:
            marker = f"{self._number(container.listing)}{_DELIMITERS[style]}"
        else:
            marker = _BULLETS[style]
        self._counts[container.listing] += 1
        self._indents[container] = " " * len(marker)
        return marker

    def _style(self, container: Container, depth: int) -> int:
        if container.listing in self._styles:
            return self._styles[container.listing]
        style = 0
        if depth < len(self._open):
            neighbour = self._open[depth]
            if neighbour.listing >= 0 and neighbour.ordered == container.ordered:
                style = 1 - self._styles[neighbour.listing]
        self._styles[container.listing] = style
        return style

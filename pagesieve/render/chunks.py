"""Kept blocks → chunks: the paragraphs, headings, code listings and tables that the outputs consist of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from pagesieve.blocks import Document
from pagesieve.limits import checkpoint
from pagesieve.render.places import Place, Places
from pagesieve.render.tables import data_tables

# A heading that was never closed holds the rest of the page; only its own lines count then.
_HEADING_BLOCKS = 4


class Kind(StrEnum):
    PROSE = "prose"
    HEADING = "heading"
    CODE = "code"
    TABLE = "table"


class Chunk(NamedTuple):
    """Blocks shown together, because they share ``element``: the owner, heading, ``pre`` or ``table``.

    ``alone`` means that the chunk is a whole list item, and ``tight`` that the one before is so too, in the
    same list.
    """

    kind: Kind
    element: int
    blocks: list[int]
    place: Place
    alone: bool = False
    tight: bool = False


def chunks(document: Document, kept: list[int], places: Places) -> list[Chunk]:
    """The kept blocks in their order, grouped."""
    groups = list(_groups(document, kept, places))
    in_item = Counter(chunk.place.item for chunk in groups)
    result: list[Chunk] = []
    list_before = -1
    for chunk in groups:
        kind, element, blocks, place, _, _ = chunk
        alone = kind is Kind.PROSE and place.item >= 0 and in_item[place.item] == 1
        in_list = place.root_list if alone else -1
        if alone:
            chunk = Chunk(kind, element, blocks, place, True, in_list == list_before >= 0)
        list_before = in_list
        result.append(chunk)
    return result


def _groups(document: Document, kept: list[int], places: Places) -> Iterator[Chunk]:
    tables = data_tables(document, kept, places)
    elements, owners = document.elements, document.blocks.owner
    breaks = Counter(first for tag, first in zip(elements.tag, elements.first, strict=True) if tag == "br")
    chunk: Chunk | None = None
    for block in kept:
        checkpoint()
        owner = owners[block]
        place = places.of(owner)
        kind, element = _kind(document, owner, place, tables)
        if chunk and chunk.element == element and chunk.kind is kind:
            # One <br> ends a line; two, or anything else between the lines, end a paragraph.
            next_line = chunk.blocks[-1] == block - 1 and breaks[block] == 1
            if next_line or kind is not Kind.PROSE:
                chunk.blocks.append(block)
                continue
        if chunk:
            yield chunk
        chunk = Chunk(kind, element, [block], place)
    if chunk:
        yield chunk


def _kind(document: Document, owner: int, place: Place, tables: set[int]) -> tuple[Kind, int]:
    if place.verbatim >= 0:
        return Kind.CODE, place.verbatim
    if place.cell >= 0 and place.table in tables:
        return Kind.TABLE, place.table
    heading = place.heading
    elements = document.elements
    if heading >= 0 and (
        heading == owner or elements.end[heading] - elements.first[heading] <= _HEADING_BLOCKS
    ):
        return Kind.HEADING, heading
    return Kind.PROSE, owner

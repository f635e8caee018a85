"""Tables that hold data, and not the layout of the page: which they are, and their rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from pagesieve.blocks import Document
from pagesieve.render.places import CELLS, Place, Places

# Cells of data hold words or a few lines; with more than this in one, the table is a page's layout.
_CELL_CHARS = 1_000
_CELL_PARAGRAPHS = 2


class Cell(NamedTuple):
    """A cell with the kept blocks in it, if any."""

    heads: bool
    blocks: list[int]


class Row(NamedTuple):
    """A row with at least one kept cell, and all its other cells."""

    heads: bool
    cells: list[Cell]


@dataclass(slots=True)
class _Table:
    """What has been seen of a table; ``row`` and ``cell`` are those of its latest block."""

    layout: bool
    cells: int = 0
    row: int = -1
    cell: int = -1
    chars: int = 0
    paragraphs: int = 0

    def add(self, place: Place, chars: int, is_paragraph: bool) -> None:
        if place.cell != self.cell:
            # Going back means rows or cells inside a cell, as templates can hold.
            self.layout |= place.row < self.row or place.cell < self.cell
            self.row, self.cell = place.row, place.cell
            self.cells += 1
            self.chars = self.paragraphs = 0
        self.chars += chars
        self.paragraphs += is_paragraph
        self.layout |= self.chars > _CELL_CHARS or self.paragraphs > _CELL_PARAGRAPHS


def data_tables(document: Document, kept: list[int], places: Places) -> set[int]:
    """The tables to show as rows and cells.

    A table is layout if it says so, or if a kept cell of it holds another table, a heading, code, a quote
    or long text. One kept cell alone is no table either.
    """
    blocks, elements = document.blocks, document.elements
    if "table" not in elements.tag:
        return set()
    tables: dict[int, _Table] = {}
    for block in kept:
        owner = blocks.owner[block]
        place = places.of(owner)
        if place.table < 0:
            continue
        if place.table not in tables:
            _add_with_enclosing(document, place.table, places, tables)
        if place.cell >= 0:
            table = tables[place.table]
            table.add(place, len(blocks.text[block]), elements.tag[owner] == "p")
            table.layout |= _is_structured(place, places)
    return {number for number, table in tables.items() if table.cells > 1 and not table.layout}


def _add_with_enclosing(document: Document, number: int, places: Places, tables: dict[int, _Table]) -> None:
    """Add a table, and mark those around it, up to one that was marked before."""
    elements = document.elements
    role = elements.attributes[number].get("role")
    tables[number] = _Table(layout=role in ("presentation", "none"))
    outer = places.of(elements.parent[number]).table
    while outer >= 0 and not (outer in tables and tables[outer].layout):
        tables[outer] = _Table(layout=True)
        outer = places.of(elements.parent[outer]).table


def _is_structured(place: Place, places: Places) -> bool:
    """Whether a heading, code or a quote stands inside the cell."""
    outside = places.of(place.cell)
    inside = place.containers[len(outside.containers) :]
    return place.heading != outside.heading or place.verbatim >= 0 or any(each.listing < 0 for each in inside)


class Rows:
    """The rows of a page's tables."""

    def __init__(self, document: Document, places: Places) -> None:
        self._document = document
        self._places = places
        self._cells: defaultdict[int, list[int]] = defaultdict(list)
        elements = document.elements
        for element, (tag, parent) in enumerate(zip(elements.tag, elements.parent, strict=True)):
            if tag in CELLS:
                self._cells[parent].append(element)

    def of(self, blocks: list[int]) -> list[Row]:
        """The rows that hold these blocks of one table.

        A row's empty cells come with its first call only, so the cost of all calls together is linear.
        """
        kept: dict[int, dict[int, list[int]]] = {}
        for block in blocks:
            place = self._places.of(self._document.blocks.owner[block])
            kept.setdefault(place.row, {}).setdefault(place.cell, []).append(block)
        return [self._row(row, cells) for row, cells in kept.items()]

    def _row(self, row: int, kept: dict[int, list[int]]) -> Row:
        elements = self._document.elements
        numbers = sorted({*self._cells.pop(row, ()), *kept})
        cells = [Cell(elements.tag[number] == "th", kept.get(number, [])) for number in numbers]
        in_head = row >= 0 and elements.tag[elements.parent[row]] == "thead"
        return Row(in_head or all(cell.heads for cell in cells), cells)

"""Kept blocks → plain text."""

from __future__ import annotations

from itertools import pairwise

from pagesieve.blocks import Document
from pagesieve.render.chunks import Chunk, Kind, chunks
from pagesieve.render.places import Places


def to_text(document: Document, kept: list[int]) -> str:
    """Text whose words are exactly those of the kept blocks.

    A blank line stands between paragraphs, a line break between lines of one paragraph, items of a list and
    rows of a table, a tab between cells.
    """
    places = Places(document.elements)
    pieces: list[str] = []
    for chunk in chunks(document, kept, places):
        if pieces:
            pieces.append("\n" if chunk.tight else "\n\n")
        if chunk.kind is Kind.TABLE:
            pieces.append(_rows(document, chunk, places))
        else:
            pieces.append("\n".join([document.blocks.text[block] for block in chunk.blocks]))
    return "".join(pieces)


def _rows(document: Document, chunk: Chunk, places: Places) -> str:
    text, owner = document.blocks.text, document.blocks.owner
    pieces = [text[chunk.blocks[0]]]
    for before, block in pairwise(chunk.blocks):
        old, new = places.of(owner[before]), places.of(owner[block])
        pieces.append("\n" if new.row != old.row else "\t" if new.cell != old.cell else " ")
        pieces.append(text[block])
    return "".join(pieces)

"""One JSON object → a labelled page: gold text that is aligned, or roles by the text of blocks."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from pagesieve.blocks import Document, segment
from pagesieve.errors import PagesieveError
from pagesieve.lines import outline
from pagesieve.roles import Role
from training.align import align
from training.labels.marked import CONTENT, REST, Marked, Problem, known_of

ALIGNED, BY_TEXT, STORED = "aligned with gold text", "with roles by text", "from a label store"
# Gold text of which less is found on its page is of another page, or of what a script would have fetched.
_LEAST_ALIGNED = 0.5
# Characters of a refused value that a message repeats.
_LONGEST_SHOWN = 60


class Unusable(Exception):
    """A row that cannot be used: the field, and why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def marked_of(row: Any, source: str) -> tuple[Marked, list[Problem]]:
    """The page of one row, and what of it could not be used.

    Raises
    ------
    Unusable
        Nothing of it can be.
    """
    if not isinstance(row, dict):
        raise Unusable("row", "is not a JSON object")
    html, document = _page(row)
    url = _text(row, "url", optional=True)
    if "gold_text" in row:
        return _aligned(document, html, url, source, _text(row, "gold_text")), []
    if "blocks" not in row:
        raise Unusable("gold_text", "is missing, and there are no blocks with roles either")
    wanted = _wanted(row["blocks"])
    roles, lost = _match(document.blocks.text, wanted)
    if not any(roles):
        raise Unusable("blocks", f"none of the {len(wanted)} texts is that of a block of the page")
    how = STORED if {"who", "when", "page_hash"} & set(row) else BY_TEXT
    page = Marked(source, how, key_of(document, html), html, url, document, known_of(roles), roles)
    if not lost:
        return page, []
    message = f"{len(lost)} of {len(wanted)} texts are no block of the page, the first is {_shown(lost[0])}"
    return page, [Problem(source, "blocks", message, skipped=False)]


def key_of(document: Document, source: str) -> str:
    kind = b"text" if document.plain else b"html"
    return hashlib.sha256(kind + source.encode("utf-8", "surrogatepass")).hexdigest()


def document_of(source: str, *, field: str = "html") -> Document:
    """The page in blocks; those of a ``text`` are its lines.

    Raises
    ------
    Unusable
        It has none, or is larger than pages may be.
    """
    try:
        document = outline(source) if field == "text" else segment(source)
    except PagesieveError as error:
        raise Unusable(field, str(error)) from None
    if not len(document.blocks):
        raise Unusable(field, "has no text")
    return document


def _page(row: dict[str, Any]) -> tuple[str, Document]:
    for field in ("html", "text"):
        if row.get(field) is not None:
            source = str(_text(row, field))
            return source, document_of(source, field=field)
    if "page_hash" in row:
        raise Unusable("html", "is missing: the page was not stored; allow that where labels are posted")
    raise Unusable("html", "is missing, and there is no text either")


def _text(row: dict[str, Any], field: str, *, optional: bool = False) -> Any:
    value = row.get(field)
    if isinstance(value, str) or (optional and value is None):
        return value
    raise Unusable(field, f"is a string, not {_shown(value)}")


def _aligned(document: Document, html: str, url: str | None, source: str, gold: str) -> Marked:
    alignment = align(document.blocks.text, gold)
    if gold.strip() and alignment.ceiling < _LEAST_ALIGNED:
        raise Unusable(
            "gold_text",
            f"only agrees with the page's blocks to {alignment.ceiling:.0%}; it seems to be of another page",
        )
    known = np.where(alignment.content, CONTENT, REST).astype(np.int8)
    return Marked(source, ALIGNED, key_of(document, html), html, url, document, known, (None,) * len(known))


def _wanted(blocks: Any) -> list[tuple[str, Role]]:
    if not isinstance(blocks, list) or not blocks:
        raise Unusable("blocks", 'is a list of {"text": …, "role": …}')
    found = []
    for number, block in enumerate(blocks):
        field = f"blocks[{number}]"
        if not isinstance(block, dict) or not isinstance(block.get("text"), str):
            raise Unusable(f"{field}.text", "is the text of a block, a string")
        found.append((_plain(block["text"]), role_of(block.get("role"), f"{field}.role")))
    return found


def role_of(value: Any, field: str) -> Role:
    """A role by its name.

    Raises
    ------
    Unusable
        There is no such role.
    """
    try:
        return Role(str(value).strip().lower())
    except ValueError:
        raise Unusable(field, f"is one of {', '.join(Role)}, not {_shown(value)}") from None


def _match(texts: Sequence[str], wanted: list[tuple[str, Role]]) -> tuple[tuple[Role | None, ...], list[str]]:
    """Roles of the page's blocks, and the texts that no block has.

    Both are in document order where whole pages are labelled; where some blocks are, a text that was given
    one role has it wherever it stands.
    """
    plain = [_plain(text) for text in texts]
    found: list[Role | None] = [None] * len(plain)
    matcher = SequenceMatcher(None, [text for text, _ in wanted], plain, autojunk=False)
    for one, other, size in matcher.get_matching_blocks():
        for step in range(size):
            found[other + step] = wanted[one + step][1]
    said: dict[str, set[Role]] = defaultdict(set)
    for text, role in wanted:
        said[text].add(role)
    for number, text in enumerate(plain):
        if found[number] is None and len(said.get(text, ())) == 1:
            (found[number],) = said[text]
    there = set(plain)
    return tuple(found), [text for text, _ in wanted if text not in there]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _shown(value: object) -> str:
    return repr(value)[:_LONGEST_SHOWN]

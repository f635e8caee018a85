"""What the ``<meta>`` and ``<link>`` elements of a page state, as plain text."""

from __future__ import annotations

import html
from typing import Any

from pagesieve.blocks import Document
from pagesieve.decode import clean_text

# Longer ones are article bodies in the wrong place.
_LONGEST_VALUE = 500


def plain(value: Any) -> str | None:
    """A stated value on one line, None if it is no text or far too long. Entities come escaped twice."""
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
        return None
    return " ".join(clean_text(html.unescape(value)).split()) or None


def meta_values(document: Document) -> dict[str, str]:
    """First raw content of each ``<meta>`` by its lower-case ``property``, ``name`` or ``itemprop``."""
    values: dict[str, str] = {}
    for attributes in document.meta:
        content = attributes.get("content")
        if not content:
            continue
        for attribute in ("property", "name", "itemprop"):
            name = (attributes.get(attribute) or "").strip().lower()
            if name:
                values.setdefault(name, content)
    return values


def linked(document: Document, relation: str) -> str | None:
    """Address of the first ``<link>`` with that relation."""
    for attributes in document.links:
        if relation in (attributes.get("rel") or "").lower().split():
            return attributes.get("href")
    return None

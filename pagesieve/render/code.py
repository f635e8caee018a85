"""Listings of code: their text and language."""

from __future__ import annotations

import re

from pagesieve.blocks import Document
from pagesieve.render.chunks import Chunk

# https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-code-element
_LANGUAGE = re.compile(r"(?:^|\s)lang(?:uage)?-([A-Za-z0-9+#.-]{1,30})(?=\s|$)")


def code_text(document: Document, chunk: Chunk) -> str:
    return "\n".join([document.blocks.text[block] for block in chunk.blocks])


def code_language(document: Document, chunk: Chunk) -> str:
    """The language that a class between the code and its ``<pre>`` names, else ""."""
    elements = document.elements
    runs = document.blocks.runs[chunk.blocks[0]]
    element = next(element for text, element in runs if text and not text.isspace())
    while element >= 0:
        found = _LANGUAGE.search(elements.attributes[element].get("class") or "")
        if found:
            return found[1]
        element = elements.parent[element] if element != chunk.element else -1
    return ""

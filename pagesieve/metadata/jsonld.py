"""JSON-LD scripts → a flat list of objects.

https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from pagesieve.blocks import Document
from pagesieve.decode import clean_text

# A shop's listing describes a few hundred objects; beyond these limits a page describes nobody's content.
_MAX_OBJECTS = 1_000
_MAX_CHARS = 500_000
# Title, metadata and features of a page ask one after the other; a few pages are in work at once.
_PAGES_IN_WORK = 4

_DECODER = json.JSONDecoder(strict=False)
_OPENING = re.compile(r"[{\[]")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_CDATA = "<![CDATA["
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
# Objects under these keys are the page's subject just as top-level ones are.
_SAME_LEVEL = ("@graph", "mainEntity", "mainEntityOfPage")


def linked_data(document: Document) -> list[dict[str, Any]]:
    """Every JSON-LD object of the page, nested ones included, outer before inner; at most ``_MAX_OBJECTS``.

    The objects are shared between calls: read them, do not change them.
    """
    return list(_parsed(_read(document))[1])


def main_objects(document: Document) -> list[dict[str, Any]]:
    """The objects that describe the page itself, so neither the items of its lists nor its comments."""
    return list(_parsed(_read(document))[0])


def schema_types(item: dict[str, Any]) -> list[str]:
    """An object's types without their vocabulary.

    >>> schema_types({"@type": ["http://schema.org/NewsArticle", "WebPage"]})
    ['NewsArticle', 'WebPage']
    """
    types = item.get("@type")
    return [
        name.rpartition("/")[2]
        for name in (types if isinstance(types, list) else [types])
        if isinstance(name, str)
    ]


def _read(document: Document) -> tuple[str, ...]:
    """The scripts within ``_MAX_CHARS``; others would be kept in memory for nothing."""
    scripts: list[str] = []
    left = _MAX_CHARS
    for script in document.linked_data:
        left -= len(script)
        if left >= 0:
            scripts.append(script)
    return tuple(scripts)


_Objects = tuple[dict[str, Any], ...]


@lru_cache(maxsize=_PAGES_IN_WORK)
def _parsed(scripts: tuple[str, ...]) -> tuple[_Objects, _Objects]:
    """The main objects and all objects of a page's scripts."""
    values = [value for script in scripts for value in _values(script)]
    main = tuple(islice(_objects(values, _members), _MAX_OBJECTS))
    return main, tuple(islice(_objects(values, dict.values), _MAX_OBJECTS))


def _values(script: str) -> list[Any]:
    """The JSON values in a script, mended if there is none as it stands."""
    script = script.replace(_CDATA, "")
    return _decoded(script) or _decoded(_TRAILING_COMMA.sub("", script))


def _decoded(script: str) -> list[Any]:
    """JSON values one after the other, whatever stands between them, up to the first broken one."""
    values: list[Any] = []
    opening = _OPENING.search(script)
    try:
        while opening:
            value, end = _DECODER.raw_decode(script, opening.start())
            values.append(value)
            opening = _OPENING.search(script, end)
        if _SURROGATE_ESCAPE.search(script):
            values = _DECODER.decode(clean_text(json.dumps(values, ensure_ascii=False)))
    except (ValueError, RecursionError):
        pass
    return values


def _members(item: dict[str, Any]) -> Iterator[Any]:
    return (item[key] for key in _SAME_LEVEL if key in item)


def _objects(values: list[Any], inside: Callable[[dict[str, Any]], Any]) -> Iterator[dict[str, Any]]:
    """Breadth first, so that the page's own objects come before those they mention."""
    queue = deque(values)
    while queue:
        value = queue.popleft()
        if isinstance(value, dict):
            yield value
            queue.extend(inside(value))
        elif isinstance(value, list):
            queue.extend(value)

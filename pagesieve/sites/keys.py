"""Document → keys by which a block is known again on other pages of its site.

A key is the CRC-32 of what it stands for: enough to tell a few thousand things of one site apart, and nothing
that a text could be read from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, Attributes, Document, Elements
from pagesieve.words import tokens

Keys = NDArray[np.uint32]

# A block's text; its text where it stands; the path of its element; the paths of containers so many levels
# above it; the names of its element, with its parent's, with its grandparent's; the heading over it; that
# heading and the path.
_HEIGHTS = (1, 2, 3, 4, 6)
FAMILIES = (
    "text", "text_place", "place", *(f"within{height}" for height in _HEIGHTS),
    "own", "own2", "own3", "heading", "heading_place",
)  # fmt: skip
# Those that a text without mark-up has as well.
_OF_TEXT = np.isin(FAMILIES, ("text", "heading"))
# 0 stands for no key.
NO_KEY = 0
_DIGITS = re.compile(r"\d+")
_LONGEST_TEXT = 200
_LONGEST_HEADING = 80
_LONGEST_NAME = 60
_MOST_CLASSES = 8
_NAMING = ("role", "itemprop", "data-testid")


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """A page's keys.

    ``blocks`` has a row for each of ``FAMILIES`` and a column a block. ``names`` are the keys of an element's
    classes and other names, kind of element after kind: of kind k ``names[starts[k]:starts[k + 1]]``.
    ``kind`` and ``parent`` are columns over the elements, ``element`` over the blocks. ``of_text`` says that
    there are no keys but those of texts.
    """

    blocks: Keys
    names: Keys
    starts: NDArray[np.int64]
    kind: NDArray[np.int64]
    parent: NDArray[np.int64]
    element: NDArray[np.int64]
    of_text: bool = False


def site_keys(document: Document) -> SiteKeys:
    elements, blocks = document.elements, document.blocks
    named = [_names(tag, attributes) for tag, attributes in elements.kinds]
    steps = ["\n".join([tag, *names]).encode() for (tag, _), names in zip(elements.kinds, named, strict=True)]
    paths: list[int] = []
    for kind, parent in zip(elements.kind, elements.parent, strict=True):
        paths.append(crc32(steps[kind], paths[parent] if parent >= 0 else 0))
    keys = SiteKeys(
        blocks=np.array(_block_keys(document, steps, paths), dtype=np.uint32).reshape(-1, len(FAMILIES)).T,
        names=np.array([_key("name", name.encode()) for name in chain.from_iterable(named)], dtype=np.uint32),
        starts=np.concatenate(([0], np.cumsum([len(names) for names in named], dtype=np.int64))),
        kind=np.array(elements.kind, dtype=np.int64),
        parent=np.array(elements.parent, dtype=np.int64),
        element=np.array(blocks.element, dtype=np.int64),
    )
    return text_only(keys) if document.plain else keys


def text_only(keys: SiteKeys) -> SiteKeys:
    """What is left of keys where nothing is known of mark-up."""
    return replace(
        keys,
        blocks=np.where(_OF_TEXT[:, None], keys.blocks, NO_KEY).astype(np.uint32),
        names=keys.names[:0],
        starts=np.zeros_like(keys.starts),
        of_text=True,
    )


def _block_keys(document: Document, steps: list[bytes], paths: list[int]) -> list[list[int]]:
    elements, blocks = document.elements, document.blocks
    of_places: dict[int, list[int]] = {}
    heading, rows = b"", []
    for text, owner in zip(blocks.text, blocks.owner, strict=True):
        plain = _DIGITS.sub("0", " ".join(tokens(text)))
        shown, path = plain[:_LONGEST_TEXT].encode(), paths[owner]
        is_heading = elements.tag[owner] in HEADINGS
        over = b"" if is_heading else heading
        # Elements of one path stand under the same containers.
        if (of_place := of_places.get(path)) is None:
            of_place = of_places[path] = _place_keys(elements, steps, paths, owner)
        rows.append(
            [
                _key("text", shown),
                _key("text_place", shown, path),
                *of_place,
                _key("heading", over) if over else NO_KEY,
                _key("heading_place", over, path),
            ]
        )
        if is_heading:
            heading = plain[:_LONGEST_HEADING].encode()
    return rows


def _place_keys(elements: Elements, steps: list[bytes], paths: list[int], owner: int) -> list[int]:
    """Keys of where an element stands and of what it is called, from "place" to "own3"."""
    line = _line(elements.parent, owner)
    within = [line[min(height, len(line) - 1)] for height in _HEIGHTS]
    called = [steps[elements.kind[one]] for one in line[:3]]
    return [
        _key("place", b"", paths[owner]),
        *(_key("within", b"", paths[container]) for container in within),
        *(_key("own", b"\n\n".join(called[:count])) for count in (1, 2, 3)),
    ]


def _key(family: str, what: bytes, start: int = 0) -> int:
    return crc32(what, crc32(family.encode(), start)) or 1


def _line(parent: Sequence[int], element: int) -> list[int]:
    """The element and the containers above it, as far as keys go."""
    found = [element]
    while parent[found[-1]] >= 0 and len(found) <= _HEIGHTS[-1]:
        found.append(parent[found[-1]])
    return found


def _names(tag: str, attributes: Attributes) -> list[str]:
    """What an element is called, digits apart: classes, id and other names."""
    classes = sorted({_plain(name) for name in (attributes.get("class") or "").split()[:_MOST_CLASSES]})
    found = [f"{tag}.{name}" for name in classes]
    found += [f"#{_plain(attributes['id'])}"] if attributes.get("id") else []
    return found + [f"{name}={_plain(value)}" for name in _NAMING if (value := attributes.get(name))]


def _plain(value: Any) -> str:
    return _DIGITS.sub("0", str(value)[:_LONGEST_NAME])

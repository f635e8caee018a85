"""Files and folders → labelled pages. Nothing is skipped in silence."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pagesieve.errors import BadInput
from training.labels.marked import UNKNOWN, Labels, Marked, Problem
from training.labels.marked_html import marked_page
from training.labels.rows import Unusable, marked_of

_JSONL = (".jsonl", ".jsonl.xz")
_HTML = (".html", ".htm")


def read_labels(
    paths: Sequence[Path], watch: Callable[[Iterator[Marked]], Iterable[Marked]] = iter
) -> Labels:
    """The labelled pages in files and folders, and what of them could not be used.

    A file holds one JSON object a line, or is an HTML page with marked elements; a folder holds both. Of a
    page labelled more than once the blocks labelled later overrule. ``watch`` sees every page pass, for a
    progress bar.

    Raises
    ------
    BadInput
        A path is not there, or is of no known kind.
    """
    labels = Labels()
    found: dict[str, Marked] = {}
    files = [(path, root) for root in paths for path in _files(root)]
    pages = (page for path, root in files for page in _pages(path, root, labels.problems))
    for page in watch(pages):
        found[page.key] = _merged(found[page.key], page) if page.key in found else page
    labels.pages.extend(found.values())
    return labels


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if _kind(file) and file.is_file())
    if not path.is_file():
        raise BadInput(f"no labels at {path}; name a .jsonl file, an .html file or a folder of them")
    if not _kind(path):
        raise BadInput(
            f"{path} is neither .jsonl, .jsonl.xz nor .html; see docs/retraining.md for the formats"
        )
    return [path]


def _kind(path: Path) -> str | None:
    return next((end for end in (*_JSONL, *_HTML) if path.name.lower().endswith(end)), None)


def _pages(path: Path, root: Path, problems: list[Problem]) -> Iterator[Marked]:
    if _kind(path) in _HTML:
        yield from _usable(str(path), lambda: (marked_page(path, root), []), problems)
        return
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            source = f"{path}, line {number}"
            yield from _usable(
                source, lambda line=line, source=source: marked_of(_row(line), source), problems
            )


def _usable(source: str, read: Any, problems: list[Problem]) -> Iterator[Marked]:
    try:
        page, notes = read()
    except Unusable as error:
        problems.append(Problem(source, error.field, str(error)))
        return
    problems.extend(notes)
    yield page


def _lines(path: Path) -> Iterable[bytes]:
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
        yield from file


def _row(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except ValueError as error:
        raise Unusable("row", f"is not JSON in UTF-8 ({error})") from None
    except RecursionError:
        raise Unusable("row", "is nested too deeply") from None


def _merged(before: Marked, page: Marked) -> Marked:
    """Both labels of one page, the later one where both say something."""
    known = np.where(page.known == UNKNOWN, before.known, page.known)
    roles = tuple(new or old for new, old in zip(page.roles, before.roles, strict=True))
    return replace(page, known=known, roles=roles, url=page.url or before.url)

"""Releases of a test's own, made of the shipped one."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from pagesieve.model import PAGE_TYPES, current_release, releases_folder

SHIPPED = current_release(releases_folder())


def make_release(models: Path, name: str, *, turned: int = 0) -> Path:
    """The shipped release under another name, whose page types are all off by ``turned``."""
    folder = Path(shutil.copytree(SHIPPED, models / name))
    page_types = read_json(folder / PAGE_TYPES)
    page_types["types"] = page_types["types"][turned:] + page_types["types"][:turned]
    rewrite(folder, PAGE_TYPES, packed(page_types), name=name)
    return folder


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(gzip.decompress(path.read_bytes()))


def packed(value: object) -> bytes:
    return gzip.compress(json.dumps(value).encode())


def rewrite(folder: Path, file: str, body: bytes, **entries: object) -> None:
    """Change a file of a release and its manifest with it."""
    (folder / file).write_bytes(body)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][file] = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    (folder / "manifest.json").write_text(json.dumps(manifest | entries))


def promote(models: Path, name: str) -> None:
    beside = models / ".current"
    beside.write_text(f"{name}\n")
    beside.replace(models / "current")

"""Releases of a test's own, made of the shipped one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from pagesieve.model import PAGE_TYPES, current_release, releases_folder

SHIPPED = current_release(releases_folder())


def make_release(models: Path, name: str, *, turned: int = 0) -> Path:
    """The shipped release under another name, whose page types are all off by ``turned``."""
    folder = Path(shutil.copytree(SHIPPED, models / name))
    page_types = json.loads((folder / PAGE_TYPES).read_bytes())
    page_types["types"] = page_types["types"][turned:] + page_types["types"][:turned]
    rewrite(folder, PAGE_TYPES, json.dumps(page_types).encode(), name=name)
    return folder


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

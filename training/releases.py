"""The folder of releases: which there are, which one is current, and how that changes.

Every change is one rename on top of files that are on disk already, so a crash, a full disk or a kill at any
moment leaves a whole release current: the new one or the one before.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pagesieve.errors import BadInput, ModelError
from pagesieve.model import current_release

MANIFEST, CURRENT, HISTORY = "manifest.json", "current", "history.jsonl"
# What a release may hold: in the wheel and the image, and of the user's own sites, some 25 KB each.
MOST_BYTES, MOST_SITE_BYTES = 5 * 2**20, 20 * 2**20
_LOCK = ".lock"
_BESIDE = ".new-"


@dataclass(frozen=True, slots=True)
class Listed:
    """A release in a folder of releases; ``manifest`` is empty where it cannot be read."""

    name: str
    current: bool
    bytes: int
    manifest: Mapping[str, Any]


def json_bytes(value: object, indent: int | None = 1) -> bytes:
    separators = None if indent else (",", ":")
    return (json.dumps(value, ensure_ascii=False, indent=indent, separators=separators) + "\n").encode()


def list_releases(models: Path) -> list[Listed]:
    """Every release in the folder, by name."""
    current = current_name(models)
    folders = sorted(models.iterdir()) if models.is_dir() else []
    return [
        Listed(
            name=folder.name,
            current=folder.name == current,
            bytes=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
            manifest=_readable(folder),
        )
        for folder in folders
        if folder.is_dir() and not folder.name.startswith(".")
    ]


def _readable(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def current_name(models: Path) -> str | None:
    """Name of the current release; None where there is none."""
    try:
        return current_release(models).name
    except ModelError:
        return None


def named(models: Path, name: str) -> Path:
    """Folder of the release of that name.

    Raises
    ------
    BadInput
        There is none.
    """
    if name in {found.name for found in list_releases(models)}:
        return models / name
    raise BadInput(f"no release {name!r} in {models}; `pagesieve models list` shows those that are there")


def damages(folder: Path) -> list[str]:
    """What is wrong with the files of a release; empty when every one is as the manifest says."""
    files = _readable(folder).get("files")
    if not isinstance(files, dict) or not files:
        return [f"{MANIFEST} is missing or is no manifest"]
    found = []
    for name, entry in files.items():
        try:
            body = (folder / name).read_bytes()
        except OSError as error:
            found.append(f"{name}: {error.strerror}")
            continue
        if hashlib.sha256(body).hexdigest() != entry.get("sha256"):
            found.append(f"{name} is not the file that the manifest describes")
    strangers = {path.name for path in folder.iterdir()} - {*files, MANIFEST}
    return found + [f"{name} is not in the manifest" for name in sorted(strangers)]


def place(models: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a release, whole or not at all. Which one is current stays as it is.

    Raises
    ------
    BadInput
        Another release has that name: what is served under a name never changes.
    """
    models.mkdir(parents=True, exist_ok=True)
    target = models / name
    with _alone(models):
        if target.exists():
            return _same(target, files)
        beside = Path(tempfile.mkdtemp(prefix=_BESIDE, dir=models))
        try:
            beside.chmod(0o755)
            for key, body in files.items():
                _write(beside / key, body)
            _settle(beside)
            beside.rename(target)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        _settle(models)
    return target


def _same(target: Path, files: Mapping[str, bytes]) -> Path:
    if _readable(target).get("files") != json.loads(files[MANIFEST])["files"] or damages(target):
        raise BadInput(
            f"another release is called {target.name}; choose a name with --name, or remove {target}"
        )
    return target


def begin(models: Path, release: Path) -> None:
    """Begin a folder of releases with one of another folder, to compare with and to go back to.

    Raises
    ------
    ModelError
        The release is damaged.
    """
    if found := damages(release):
        raise ModelError(f"release {release.name} is damaged ({found[0]}); install pagesieve again")
    names = [MANIFEST, *_readable(release)["files"]]
    place(models, release.name, {name: (release / name).read_bytes() for name in names})
    promote(models, release.name)


def promote(models: Path, name: str, *, forced: list[str] | None = None) -> None:
    """Make a release the current one; ``forced`` holds the reasons against it that were overruled.

    Raises
    ------
    BadInput
        There is no such release.
    """
    folder = named(models, name)
    with _alone(models):
        if forced:
            manifest = _readable(folder) | {"forced": {"at": _now(), "although": forced}}
            _replace(folder / MANIFEST, json_bytes(manifest))
        _switch(models, name, "promote", {"forced": True} if forced else {})


def rollback(models: Path) -> str:
    """Make the release current that was so before; its name.

    Raises
    ------
    BadInput
        There was none before, or it is gone or damaged.
    """
    with _alone(models):
        name = before(models)
        if name is None:
            raise BadInput(
                f"{models / HISTORY} knows of no release before the current one; promote one by name"
            )
        if found := damages(named(models, name)):
            raise BadInput(f"release {name} is damaged ({found[0]}); promote another one by name")
        _switch(models, name, "rollback", {})
    return name


def discard(models: Path, name: str) -> None:
    """Remove a release that is not the current one."""
    with _alone(models):
        if name != current_name(models):
            shutil.rmtree(models / name, ignore_errors=True)


def before(models: Path) -> str | None:
    """The release to go back to; None where there is none.

    The history is written before the switch. Where the last entry's switch never came to pass, its release
    is on top of the stack but not current, or is current's predecessor already taken off.
    """
    stack, current = _stack(read_history(models)), current_name(models)
    if current in stack:
        stack = stack[: len(stack) - 1 - stack[::-1].index(current)]
    return stack[-1] if stack else None


def read_history(models: Path) -> list[dict[str, Any]]:
    """Every promotion and rollback, the oldest first."""
    try:
        lines = (models / HISTORY).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines]


def _stack(history: list[dict[str, Any]]) -> list[str]:
    """The releases that one can go back through, the latest last."""
    stack: list[str] = []
    for entry in history:
        name, previous = entry["release"], entry["previous"]
        if entry["action"] == "rollback":
            while stack and stack[-1] != name:
                stack.pop()
            stack = stack or [name]
            continue
        while previous in stack and stack[-1] != previous:
            stack.pop()
        stack += [name] if previous in (None, *stack) else [previous, name]
    return stack


def _switch(models: Path, name: str, action: str, details: dict[str, Any]) -> None:
    previous = current_name(models)
    if previous == name:
        return
    entry = {"at": _now(), "action": action, "release": name, "previous": previous, **details}
    history = b"".join(json_bytes(row, indent=None) for row in [*read_history(models), entry])
    _replace(models / HISTORY, history)
    _replace(models / CURRENT, f"{name}\n".encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _alone(models: Path) -> Iterator[None]:
    """One change at a time; the lock goes with the process that holds it. What a kill left is removed."""
    with (models / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in models.glob(f"{_BESIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _replace(path: Path, body: bytes) -> None:
    beside = path.with_name(f".{path.name}")
    _write(beside, body)
    beside.replace(path)
    _settle(path.parent)


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Names of files are on disk only when their folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

"""A second environment beside the one that runs the tests, out of links to what is installed here."""

from __future__ import annotations

import re
import sys
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra *== *['\"]([a-z]+)['\"]")


def bare_environment(folder: Path, *, extras: tuple[str, ...] = (), without: str = "") -> Path:
    """Make one in ``folder`` with what pagesieve needs, and its ``extras``, and nothing else; its Python.

    The distribution called ``without`` stays out, what it requires does not.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    packages = site_packages(folder)
    for needed in _closure("pagesieve", extras):
        if needed.name == without:
            continue
        for entry in {
            file.parts[0] for file in needed.files or () if file.parts[0] not in ("..", "__pycache__")
        }:
            if not (packages / entry).exists():
                (packages / entry).symlink_to(Path(str(needed.locate_file(entry))))
    (packages / "checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return folder / "bin" / "python"


def site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def _closure(name: str, extras: tuple[str, ...]) -> list[Distribution]:
    """The distribution and all that it and its ``extras`` require."""
    found: dict[str, Distribution] = {}
    left = [name]
    while left:
        here = left.pop()
        try:
            found[here] = distribution(here)
        except PackageNotFoundError:
            continue  # of another platform or version of Python
        for requirement in found[here].requires or ():
            needed, _, condition = requirement.partition(";")
            match, extra = _NAME.match(needed), _EXTRA.search(condition)
            wanted = not extra or (here == name and extra[1] in extras)
            if match and wanted and match[0] not in found:
                left.append(match[0])
    return list(found.values())

"""A second environment beside the one that runs the tests, with what serving needs and nothing else."""

from __future__ import annotations

import re
import sys
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def bare_environment(folder: Path) -> Path:
    """Make it in ``folder`` out of links to what is installed here; its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    for needed in _closure("pagesieve"):
        for entry in {
            file.parts[0] for file in needed.files or () if file.parts[0] not in ("..", "__pycache__")
        }:
            if not (packages / entry).exists():
                (packages / entry).symlink_to(Path(str(needed.locate_file(entry))))
    (packages / "checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return folder / "bin" / "python"


def _closure(name: str) -> list[Distribution]:
    """The distribution and all that it requires, extras apart."""
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
            match = _NAME.match(needed)
            if match and "extra" not in condition and match[0] not in found:
                left.append(match[0])
    return list(found.values())

"""Runs a command of pagesieve as where some modules are not installed: ``without.py MODULE,… ARGUMENT…``."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _Missing(MetaPathFinder):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


if __name__ == "__main__":
    missing, *arguments = sys.argv[1:]
    sys.meta_path.insert(0, _Missing(set(missing.split(","))))
    from pagesieve.cli import main

    main(arguments)

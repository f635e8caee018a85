"""Runs a change of a folder of releases over and over, each time interrupted one file operation later.

Called by ``test_releases.py`` as a process of its own: ``interrupt.py kill|full FOLDER``. Prints what was
current, and whether that release was whole, after every interruption of every change.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from training.releases import MANIFEST, current_name, damages, place, promote, rollback

# What Python reports to audit hooks (PEP 578) before it is done.
_WRITES = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "shutil.rmtree",
    "tempfile.mkdtemp",
}


def main(how: str, source: Path) -> None:
    for change in _CHANGES:
        _repeat(how, change, source)


def _repeat(how: str, change: str, source: Path) -> None:
    step = 0
    while True:
        step += 1
        models = source.with_name(f"{how}-{change}-{step}")
        shutil.copytree(source, models)
        if not (child := os.fork()):
            _interrupt(how, change, models, step)
        _, status = os.waitpid(child, 0)
        name = current_name(models)
        print(change, os.waitstatus_to_exitcode(status), name, bool(name) and not damages(models / name))
        if os.waitstatus_to_exitcode(status) == 0:
            return


def _interrupt(how: str, change: str, models: Path, step: int) -> None:
    """Never returns: the child ends as an interrupted process does, or with 0 when it was through before."""
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event not in _WRITES or str(models) not in str(arguments[0]):
            return
        if event == "open" and str(arguments[1])[0] not in "wa":
            return
        left -= 1
        if left == 0 and how == "kill":
            os._exit(9)
        if left <= 0:
            raise OSError(28, "No space left on device", str(models))

    sys.addaudithook(count)
    try:
        _CHANGES[change](models)
    except OSError:
        os._exit(28)
    os._exit(0)


def _write_new(models: Path) -> None:
    files = {name: (models / "old" / name).read_bytes() for name in ("a.bin", "b.bin", MANIFEST)}
    place(models, "new", files)
    promote(models, "new")


_CHANGES = {
    "write": _write_new,
    "promote": lambda models: promote(models, "next"),
    "force": lambda models: promote(models, "next", forced=["FAIL  size"]),
    "rollback": rollback,
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

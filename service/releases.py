"""Which release a worker answers with: the current one, and another as soon as that has been promoted.

Every worker looks once a second at the pointer ``current`` and loads what it names in a thread of its own,
while pages are answered with the release before. One that cannot be used, or that fails on the golden page,
is refused, and then the one before goes on, also in workers that start later.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep

from pagesieve.errors import ModelError, PagesieveError
from pagesieve.model import Release, adopt, current_release, load_release, releases_folder
from service import shared
from service.logs import places
from service.metrics import Metrics
from service.readiness import golden_faults

_INTERVAL = 1.0
_log = logging.getLogger(__name__)


class Watch:
    """Keeps the current release of this process the one that was promoted last."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: object = None

    def begin(self) -> None:
        """Load the release to begin with, and all that the first page would wait for."""
        self._seen = _promoted()
        if self._adopt(_current()) or ((name := shared.release()) and self._adopt(_named(name))):
            return
        # What is wrong is told by /readyz; a worker that does not start could not.
        with suppress(ModelError):
            load_release().load_parts()

    def start(self) -> None:
        """Look for another release from now on, in a thread."""
        Thread(target=self._look_for_ever, name="releases", daemon=True).start()

    def look(self) -> None:
        """Adopt the release that was promoted since the last look, if one was."""
        if (promoted := _promoted()) != self._seen:
            self._seen = promoted
            self._adopt(_current())

    def _look_for_ever(self) -> None:
        while True:
            sleep(_INTERVAL)
            self.look()

    def _adopt(self, folder: Path) -> bool:
        try:
            release = adopt(folder, _check)
        except Exception as error:
            # Of an error of ours the message, of another the place: this thread must go on and say why.
            told = str(error) if isinstance(error, PagesieveError) else places(error.__traceback__)
            _log.error("release %s is refused: %s", folder.name, told)
            self._metrics.refused_releases.inc()
            return False
        shared.use_release(folder.name)
        _log.info("release %s answers from now on", release.name)
        return True


def _current() -> Path:
    """The folder that the pointer names; one that is not there when there is no pointer."""
    with suppress(ModelError):
        return current_release(releases_folder())
    return _named("current")


def _named(name: str) -> Path:
    return releases_folder() / name


def _promoted() -> object:
    """What changes when a release is promoted: the pointer, or the manifest that it leads to."""
    return [_stamp(path) for path in (_named("current"), _current() / "manifest.json")]


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _check(release: Release) -> None:
    if faults := golden_faults(release):
        raise ModelError("; ".join(faults))

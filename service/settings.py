"""What an operator may change, from the environment (``PAGESIEVE_*``).

Every setting says what it limits and why its default is what it is; the command's help and the table in
``docs/service.md`` are made of that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from pagesieve import Limits
from pagesieve.errors import BadInput

PREFIX = "PAGESIEVE_"
_LIBRARY = Limits()


def _setting(default: float | str, what: str, why: str) -> Any:
    return field(default=default, metadata={"what": what, "why": why})


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of the service; each field's metadata says ``what`` it is and ``why`` this default."""

    max_request_bytes: int = _setting(
        10_000_000,
        "largest body as sent; in a batch, nothing limits the whole",
        "Twice the largest of 500 real pages (4.9 MB; half are under 130 KB): what is larger is a dump.",
    )
    max_page_bytes: int = _setting(
        10_000_000,
        "largest page once decompressed, and largest line of a batch",
        "As above. It bounds what any page can cost before it is even looked at.",
    )
    max_ratio: int = _setting(
        100,
        "how many times larger than sent a body may become, after its first megabyte",
        "Pages shrink five- to twentyfold; bombs, a thousandfold. A batch has no other limit on its length.",
    )
    max_elements: int = _setting(
        _LIBRARY.max_elements,
        "elements of a page",
        "Real pages stop at about 16,000; misnested tags make millions out of a few kilobytes.",
    )
    max_depth: int = _setting(
        _LIBRARY.max_depth,
        "levels of nesting",
        "Real pages stop at about 50 and browsers at 512; parsing time grows with its square.",
    )
    max_attributes: int = _setting(
        _LIBRARY.max_attributes,
        "attributes of one element",
        "Real elements stop at about 70; parsing time grows with its square.",
    )
    max_blocks: int = _setting(
        _LIBRARY.max_blocks,
        "blocks of a page, or lines of plain text",
        "Real pages stop at about 3,000; memory grows with it, to about 200 MB here.",
    )
    max_page_seconds: float = _setting(
        1.5,
        "processor time for one page; more is answered with 422",
        "The slowest of 300 real pages took 0.9 s on a busy machine, the median 0.04 s on a quiet one.",
    )
    max_concurrent: int = _setting(
        16,
        "requests in hand in one worker; more are answered with 503 at once",
        "Pages are worked off one by one; sixteen wait about a second, and a queue that grows helps nobody.",
    )
    max_upload_seconds: float = _setting(
        20.0,
        "for a client to send its request or take its answer; in a batch, for each line",
        "Ten megabytes at 4 Mbit/s. A client that trickles would occupy a thread for ever.",
    )
    max_worker_pages: int = _setting(
        5_000,
        "pages until a worker is replaced, not while it has a batch in hand",
        "Memory creeps up over thousands of odd pages in any parser. Starting a worker takes about a second.",
    )
    drain_seconds: float = _setting(
        1.0,
        "between SIGTERM, when /readyz turns false, and the end of accepting",
        "Time for a load balancer to notice. Container engines kill ten seconds after asking to stop.",
    )
    api_keys: str = _setting(
        "",
        "NAME:KEY or NAME:KEY:PAGES_PER_SECOND, separated by spaces, commas or lines",
        "None by default, so that a first try needs none. One name may have several keys, to rotate them.",
    )
    api_keys_file: str = _setting(
        "",
        "file with the same, instead",
        "Secrets that an orchestrator mounts do not show up in the list of processes.",
    )

    labels: str = _setting(
        "sqlite:///~/pagesieve-labels.sqlite3",
        "where posted labels are kept: a SQLAlchemy URL",
        "A file needs no server. Another database's driver is to be installed beside (psycopg, PyMySQL).",
    )
    keep_labelled_pages: bool = _setting(
        False,
        "keep the page too that comes with a label",
        "Training needs it, but it may be private: without this, only the labelled texts are kept.",
    )
    keep_share: float = _setting(
        0.0,
        "share (0 to 1) of cleaned pages that are kept for `pagesieve labels suggest`",
        "As above. 0.01 of a crawl is plenty to choose from; they take at most half of the store.",
    )
    max_stored_bytes: int = _setting(
        1_000_000_000,
        "labels and kept pages, compressed; more is answered with 507",
        "Some 50,000 pages. Whoever may post labels could fill the disk otherwise.",
    )

    def limits(self) -> Limits:
        """The library's limits on one page."""
        return Limits(
            max_elements=self.max_elements,
            max_depth=self.max_depth,
            max_attributes=self.max_attributes,
            max_blocks=self.max_blocks,
            max_seconds=self.max_page_seconds,
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from ``PAGESIEVE_<NAME>`` variables; other variables of that prefix are ignored.

        They are ignored because container platforms add their own for a service of this name
        (``PAGESIEVE_SERVICE_HOST``, ``PAGESIEVE_PORT``).

        Raises
        ------
        BadInput
            A value is not of the setting's kind.
        """
        given = {one.name: one for one in fields(cls) if variable(one) in environment}
        return cls(**{name: _parsed(one, environment[variable(one)]) for name, one in given.items()})


def variable(setting: Field[Any]) -> str:
    """The environment variable of a setting."""
    return PREFIX + setting.name.upper()


def _parsed(setting: Field[Any], value: str) -> Any:
    kind: Any = type(setting.default)
    if kind is str:
        return value
    if kind is bool:
        return _flag(setting, value)
    try:
        number = float(kind(value))
    except ValueError:
        number = -1
    # One that may be nothing is a share. Not "number < = 0": that would let NaN pass.
    share = setting.default == 0
    if not (0 <= number <= 1 if share else 0 < number < float("inf")):
        whole = "whole number" if kind is int else "number"
        told = f"{whole} from 0 to 1" if share else f"{whole} above 0"
        raise BadInput(f"{variable(setting)} is a {told}, not {value!r}")
    return kind(value)


def _flag(setting: Field[Any], value: str) -> bool:
    known = {"1": True, "true": True, "0": False, "false": False}
    if value.lower() not in known:
        raise BadInput(f"{variable(setting)} is true or false, not {value!r}")
    return known[value.lower()]


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Variable, default, meaning and reason of every setting."""
    for one in fields(Settings):
        default = str(one.default).lower() if isinstance(one.default, bool) else f"{one.default}"
        yield variable(one), default or "none", one.metadata["what"], one.metadata["why"]


def as_table() -> str:
    """The settings as the table in ``docs/service.md``."""
    lines = ["| variable | default | what | why |", "| :-- | :-- | :-- | :-- |"]
    lines += [f"| `{name}` | {default} | {what} | {why} |" for name, default, what, why in rows()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_table())

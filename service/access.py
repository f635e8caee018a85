"""Who may ask: API keys, compared in constant time, each with a rate of its own if it has one."""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from math import ceil
from pathlib import Path

from flask import Request

from pagesieve.errors import BadInput
from service import shared
from service.errors import TooMany, Unauthorized
from service.settings import PREFIX, Settings

# Shorter ones can be guessed.
_SHORTEST_KEY = 16
_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,40}):([A-Za-z0-9._~+/=-]+)(?::([0-9.]+))?")
_ADVICE = "write NAME:KEY or NAME:KEY:PAGES_PER_SECOND"


@dataclass(frozen=True, slots=True)
class Key:
    """An API key. ``digest`` is its SHA-256, ``rate`` in pages a second (None: any)."""

    number: int
    name: str
    digest: bytes
    rate: float | None

    def seconds_until_next(self) -> float:
        """Take a page from the key's rate: 0 when it is granted, else the seconds to wait for it."""
        return 0.0 if self.rate is None else shared.spend(self.number, self.rate, time.monotonic())

    def spend(self) -> None:
        """Take a page from the key's rate.

        Raises
        ------
        TooMany
            The key is ahead of its rate.
        """
        if wait := self.seconds_until_next():
            raise TooMany(f"this key may clean {self.rate:g} pages a second; try again later", ceil(wait))


def read_keys(settings: Settings) -> tuple[Key, ...]:
    """The keys in ``api_keys`` and ``api_keys_file``; keys of one name share nothing but the name.

    Raises
    ------
    BadInput
        An entry is not of the form, a key is too short or given twice, or the file cannot be read.
    """
    entries = re.split(r"[\s,]+", f"{settings.api_keys} {_file(settings.api_keys_file)}".strip())
    keys = tuple(_key(number, entry) for number, entry in enumerate(filter(None, entries)))
    if len({key.digest for key in keys}) < len(keys):
        raise BadInput(f"a key is given twice in {PREFIX}API_KEYS; remove one")
    if len(keys) > shared.MOST_KEYS:
        raise BadInput(f"{PREFIX}API_KEYS holds more than {shared.MOST_KEYS} keys; remove some")
    return keys


def _file(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{PREFIX}API_KEYS_FILE cannot be read: {error}") from None


def _key(number: int, entry: str) -> Key:
    # The entry itself stays out of every message: it may be a key that lacks its name.
    found = _ENTRY.fullmatch(entry)
    if not found:
        raise BadInput(f"entry {number + 1} of {PREFIX}API_KEYS is not one; {_ADVICE}")
    name, secret, rate = found.groups()
    if len(secret) < _SHORTEST_KEY:
        raise BadInput(
            f"the key of {name} in {PREFIX}API_KEYS is shorter than {_SHORTEST_KEY} characters; "
            "make one with: openssl rand -hex 24"
        )
    try:
        pages = float(rate) if rate else None
    except ValueError:
        pages = 0.0
    if pages is not None and pages <= 0:
        raise BadInput(f"the rate of {name} in {PREFIX}API_KEYS is not a number above 0; {_ADVICE}")
    return Key(number, name, sha256(secret.encode()).digest(), pages)


def presented_key(request: Request, keys: tuple[Key, ...]) -> Key:
    """The key in ``Authorization: Bearer …`` or ``X-API-Key``.

    Raises
    ------
    Unauthorized
        There is none, or none of ours.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")
    if not secret:
        raise Unauthorized("this service needs a key; send the header 'Authorization: Bearer KEY'")
    digest = sha256(secret.encode()).digest()
    # All are compared, each in constant time, so that time tells nothing of any.
    found = [key for key in keys if hmac.compare_digest(key.digest, digest)]
    if not found:
        raise Unauthorized("the key is not valid here; it may have been replaced: ask for another")
    return found[0]


def is_public(host: str) -> bool:
    """Whether others than this machine can reach a server that listens on ``host``.

    >>> is_public("127.0.0.1"), is_public("localhost"), is_public("0.0.0.0"), is_public("::")
    (False, False, True, True)
    """
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"

"""A correction that somebody posted: which roles the blocks of a page have.

``{"html" or "text", "url", "page_hash", "blocks": [{"text", "role"}, …], "who"}``. The page may be left out
when its hash is given: the SHA-256, in hexadecimal digits, of its mark-up or text in UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pagesieve.blocks import segment
from pagesieve.clean import PLAIN_TEXT
from pagesieve.cost import too_many
from pagesieve.decode import clean_text
from pagesieve.errors import BadInput
from pagesieve.lines import outline
from pagesieve.roles import Role
from service.submission import SOURCES, kind_of, message_of, url_of

HTML = "text/html"
# A name, an address, or an identifier of some other system.
MAX_WHO = 200
MAX_KEY = 255
_KEYS = ("page_hash", "url", "blocks", "who")
_HASH = re.compile(r"[0-9a-f]{64}")
_BLOCK = '{"text": "…", "role": "content"}'


@dataclass(frozen=True, slots=True)
class PostedPage:
    """A page as text, with its media type and address."""

    source: str
    content_type: str
    url: str | None

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()

    def texts(self) -> set[str]:
        """The texts of its blocks, as ``plain`` makes them.

        Raises
        ------
        TooLarge, TooSlow
            The page exceeds a limit.
        """
        document = (outline if self.content_type == PLAIN_TEXT else segment)(self.source)
        return set(map(plain, document.blocks.text))


@dataclass(frozen=True, slots=True)
class Label:
    """Roles of blocks, by their text. ``key`` is the name of the API key with which it came."""

    page_hash: str
    url: str | None
    roles: Mapping[str, Role]
    who: str | None
    key: str | None

    @property
    def blocks(self) -> str:
        """The roles as JSON: a list of ``{"text", "role"}``."""
        found = [{"text": text, "role": role} for text, role in self.roles.items()]
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of everything that it says."""
        said = [self.page_hash, self.url, self.blocks, self.who, self.key]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def plain(text: str) -> str:
    """A block's text as it is compared: without regard to white space.

    >>> plain(" Read\\n more ")
    'Read more'
    """
    return " ".join(clean_text(text).split())


def read_idempotency_key(given: str | None) -> str | None:
    """The client's name for a request that it may have to send again (``Idempotency-Key``).

    The header is a string in quotes in the draft of the IETF, and mostly sent without.

    Raises
    ------
    BadInput
        It is empty or too long.
    """
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= MAX_KEY:
        raise BadInput(f"Idempotency-Key is 1 to {MAX_KEY} characters, such as a UUID")
    return key


def read_label(message: dict[str, Any], key: str | None, most_blocks: int) -> tuple[Label, PostedPage | None]:
    """The correction in decoded JSON, and the page if it came along.

    Raises
    ------
    BadInput
        Something is missing, unknown, or not of its kind; the message names it.
    TooLarge
        There are more than ``most_blocks``.
    """
    unknown = sorted(set(message) - {*SOURCES, *_KEYS})
    if unknown:
        raise BadInput(f"unknown key {unknown[0][:80]!r}; the keys are html or text, {', '.join(_KEYS)}")
    url, page = url_of(message.get("url")), _page(message)
    label = Label(
        page_hash=_hash(message.get("page_hash"), page),
        url=url,
        roles=_roles(message.get("blocks"), most_blocks),
        who=_who(message.get("who")) or key,
        key=key,
    )
    return label, page


def check_on_page(label: Label, page: PostedPage) -> None:
    """See that what was labelled is there.

    Raises
    ------
    BadInput
        The page has no block with one of the texts.
    TooLarge, TooSlow
        The page exceeds a limit.
    """
    texts = page.texts()
    for number, text in enumerate(label.roles):
        if text not in texts:
            raise BadInput(
                f"blocks[{number}].text is not the text of a block of this page; "
                "take the texts from the blocks that /v1/clean answers with"
            )


def posted_page(line: bytes) -> PostedPage:
    """The page in a line of JSON, whatever else the line holds.

    Raises
    ------
    BadInput
        There is none.
    """
    page = _page(message_of(line))
    if page is None:
        raise BadInput('the line has no page in "html" or "text"')
    return page


def _page(message: dict[str, Any]) -> PostedPage | None:
    given = [name for name in SOURCES if message.get(name) is not None]
    if not given:
        return None
    if len(given) > 1:
        raise BadInput('give the page in either "html" or "text", not in both')
    source = message[given[0]]
    if not isinstance(source, str) or not source.strip():
        raise BadInput(f"{given[0]} is a string that holds the page, not {kind_of(source)}")
    return PostedPage(clean_text(source), SOURCES[given[0]], url_of(message.get("url")))


def _hash(given: object, page: PostedPage | None) -> str:
    if given is None:
        if page is None:
            raise BadInput('say which page this is about: send it in "html" or "text", or its "page_hash"')
        return page.hash
    if not isinstance(given, str) or not _HASH.fullmatch(given):
        raise BadInput("page_hash is the SHA-256 of the page in UTF-8, as 64 lower-case hexadecimal digits")
    if page and given != page.hash:
        raise BadInput("page_hash is not that of the page that came with it; leave one of the two out")
    return given


def _roles(given: object, most: int) -> dict[str, Role]:
    if not isinstance(given, list) or not given:
        raise BadInput(f"blocks is a list of one or more {_BLOCK}")
    if len(given) > most:
        raise too_many("blocks", most)
    found: dict[str, Role] = {}
    for number, block in enumerate(given):
        text, role = _block(number, block)
        if found.setdefault(text, role) is not role:
            raise BadInput(
                f"blocks[{number}] gives a text another role than before; blocks of one text have one role"
            )
    return found


def _block(number: int, block: object) -> tuple[str, Role]:
    if not isinstance(block, dict) or set(block) != {"text", "role"}:
        raise BadInput(f"blocks[{number}] is not of the form {_BLOCK}")
    text, role = block["text"], block["role"]
    if not isinstance(text, str) or not plain(text):
        raise BadInput(f"blocks[{number}].text is the text of a block as a string that is not empty")
    if role not in tuple(Role):
        raise BadInput(f"blocks[{number}].role is one of {', '.join(Role)}")
    return plain(text), Role(role)


def _who(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise BadInput(f"who is a name as a string, not {kind_of(given)}")
    if len(given) > MAX_WHO:
        raise BadInput(f"who is longer than {MAX_WHO} characters; shorten it")
    return clean_text(given)

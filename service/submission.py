"""Request → the page that somebody posted and what they want done with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from pagesieve.decode import clean_text
from pagesieve.errors import BadInput
from pagesieve.options import Options
from service.body import read_body
from service.settings import Settings

# Media types of a raw page, and what the library calls them.
_RAW = {"text/html": "text/html", "application/xhtml+xml": "text/html", "text/plain": "text/plain"}
_JSON = "application/json"
# Where JSON holds the page, and its media type.
SOURCES = {"html": "text/html", "text": "text/plain"}
ACCEPTED = (*_RAW, _JSON)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Longer than any address that browsers and search engines handle (2,083); it only fills metadata.
MAX_URL = 8_192
MAX_ID = 1_000
# Bytes of JSON outside of its strings: far more than the corrections of any page need.
MAX_STRUCTURE = 1_000_000
# One that does not end goes to the end of the body, so that this is linear in its length.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Submission:
    """Arguments of ``pagesieve.clean``."""

    source: str | bytes
    content_type: str
    url: str | None
    options: Options


def read_submission(request: Request, settings: Settings) -> Submission:
    """The page in a request.

    A body without ``Content-Type`` is taken as HTML (RFC 9110, section 8.3, leaves it to us, and
    decoding and parsing never fail on what turns out to be plain text).

    Raises
    ------
    BadInput
        The body is empty or not the JSON that is asked for, or an option is unknown or out of range.
    TooLarge
        The body exceeds a limit.
    UnsupportedMediaType
        The content type or encoding is not accepted.
    """
    media_type = request.mimetype or "text/html"
    if media_type not in ACCEPTED:
        _refuse(media_type)
    body = read_body(request, settings)
    if media_type == _JSON:
        if request.args:
            raise BadInput("a JSON body carries url and options itself; remove the query string")
        return submission_of(message_of(body), {})
    url, options = _from_query(request)
    charset = request.mimetype_params.get("charset")
    content_type = _RAW[media_type] + (f"; charset={charset}" if charset else "")
    return Submission(body, content_type, url, options)


def take_id(message: dict[str, Any]) -> dict[str, Any]:
    """What the sender of a page of a batch calls it, out of the message: ``{"id": …}``, or nothing.

    Raises
    ------
    BadInput
        It is not a string or a whole number, or too long.
    """
    name = message.pop("id", None)
    if name is None:
        return {}
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise BadInput(f"id is a string or a whole number, not {kind_of(name)}")
    if isinstance(name, str) and len(name) > MAX_ID:
        raise BadInput(f"id is longer than {MAX_ID:,} characters; shorten it")
    return {"id": clean_text(name) if isinstance(name, str) else name}


def read_batch_options(request: Request) -> dict[str, Any]:
    """The options in the query of a batch, which hold for every line without its own.

    Raises
    ------
    BadInput
        An option is unknown or out of range.
    """
    options = _query(request, [field.name for field in fields(Options)])
    Options.from_mapping(options)
    return options


def _refuse(media_type: str) -> NoReturn:
    advice = f"send the page as {', '.join(ACCEPTED)}"
    if media_type in _FORMS:
        # What curl sends when it is told nothing, and then strips line ends with it.
        advice += "; with curl: -H 'Content-Type: text/html' --data-binary @page.html"
    raise UnsupportedMediaType(f"Content-Type {media_type!r} is not a page; {advice}")


def _from_query(request: Request) -> tuple[str | None, Options]:
    given: dict[str, Any] = _query(request, ["url", *(field.name for field in fields(Options))])
    return url_of(given.pop("url", None)), Options.from_mapping(given)


def _query(request: Request, known: list[str]) -> dict[str, str]:
    for name, values in request.args.lists():
        if name not in known:
            raise BadInput(f"unknown query parameter {name!r}; the parameters are {', '.join(known)}")
        if len(values) > 1:
            raise BadInput(f"query parameter {name!r} is given twice; give it once, lists with commas")
    return request.args.to_dict()


def submission_of(message: dict[str, Any], defaults: dict[str, Any]) -> Submission:
    """The page in decoded JSON; its own options go before ``defaults``.

    Raises
    ------
    BadInput
        A key is unknown or missing, or an option is unknown or out of range.
    """
    unknown = sorted(set(message) - {*SOURCES, "url", "options"})
    if unknown:
        raise BadInput(f"unknown key {unknown[0]!r}; the keys are html or text, url, options")
    sources = [key for key in SOURCES if key in message]
    if len(sources) != 1:
        raise BadInput('give the page in either "html" or "text", exactly one of them')
    source = message[sources[0]]
    if not isinstance(source, str):
        raise BadInput(f"{sources[0]} is a string that holds the page, not {kind_of(source)}")
    options = message.get("options", {})
    if not isinstance(options, dict):
        raise BadInput(f'options is an object such as {{"focus": "recall"}}, not {kind_of(options)}')
    url = url_of(message.get("url"))
    return Submission(source, SOURCES[sources[0]], url, Options.from_mapping(defaults | options))


def message_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, or in a line of it.

    Raises
    ------
    BadInput
        It is none.
    """
    _check_structure(body)
    try:
        # Python's decoder accepts NaN and Infinity, which are not JSON.
        message = json.loads(body.decode("utf-8-sig"), parse_constant=_not_json)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"JSON is UTF-8 (RFC 8259), and the byte at {error.start} is not; "
            "send the page raw as text/html with its charset instead"
        ) from None
    except RecursionError:
        raise BadInput("the JSON is nested too deeply; send the page as a string") from None
    except ValueError as error:
        raise BadInput(f"the body is not JSON: {error}; build it with a JSON library") from None
    if not isinstance(message, dict):
        raise BadInput(f'the body is an object such as {{"html": "<p>..."}}, not {kind_of(message)}')
    return message


def _check_structure(body: bytes) -> None:
    """Refuse millions of lists, objects and keys: they take twenty times their size once they are decoded."""
    if len(body) <= MAX_STRUCTURE:
        return
    outside = end = 0
    for string in _STRING.finditer(body):
        outside += string.start() - end
        end = string.end()
        if outside > MAX_STRUCTURE:
            break
    if outside + len(body) - end > MAX_STRUCTURE:
        raise BadInput(
            f"the body has more than {MAX_STRUCTURE:,} bytes outside of JSON strings; "
            'it is an object such as {"html": "<p>..."}'
        )


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def kind_of(value: object) -> str:
    """Name of a decoded value in JSON's words, for messages that must not repeat page text."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def url_of(value: object) -> str | None:
    """An address out of JSON or a query.

    Raises
    ------
    BadInput
        It is none, or too long.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadInput(f"url is the page's address as a string, not {kind_of(value)}")
    if len(value) > MAX_URL:
        raise BadInput(f"url is longer than {MAX_URL:,} characters; leave it out")
    return clean_text(value)

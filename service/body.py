"""The request's body: read it, undo its compression, never more than the limits."""

from __future__ import annotations

from flask import Request

from pagesieve.errors import BadInput, TooLarge
from service import overdue
from service.codings import Reader, content_encodings, decoded
from service.errors import Slow
from service.settings import PREFIX, Settings

# A refused upload is read to its end up to here: closing a connection that still holds unread data
# resets it, and the client would see a broken pipe instead of the answer.
MAX_DISCARDED = 64_000_000
# The server hands out a piece when it is full: a smaller one keeps a batch's first pages waiting less.
_PIECE = 8_192
# Below this, a body may be as repetitive as it likes.
_FREE_OF_RATIO = 1_000_000
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def read_body(request: Request, settings: Settings) -> bytes:
    """The body without its ``Content-Encoding``.

    Raises
    ------
    TooLarge
        The body exceeds ``max_request_bytes``, ``max_page_bytes`` or ``max_ratio``.
    BadInput
        The body is empty, damaged, or compressed without saying so.
    Slow
        The body did not come within ``max_upload_seconds``.
    UnsupportedMediaType
        The encoding is unknown, or there are more than ``MAX_LAYERS`` of them.
    """
    reader = Body(request, settings, settings.max_request_bytes)
    body = bytearray()
    while piece := reader.read(_PIECE):
        body += piece
        if len(body) > settings.max_page_bytes:
            raise TooLarge(
                f"the body decompresses to more than {settings.max_page_bytes:,} bytes; "
                f"send a smaller page, or raise {PREFIX}MAX_PAGE_BYTES on the server"
            )
    overdue.received(connection_of(request))
    if not body.strip():
        raise BadInput("the body is empty; send the page in it, e.g. curl --data-binary @page.html")
    for magic, encoding in _MAGIC.items():
        if body.startswith(magic):
            raise BadInput(
                f"the body is compressed with {encoding} but the request does not say so; "
                f"add the header 'Content-Encoding: {encoding}'"
            )
    return bytes(body)


class Body:
    """The body as a reader, decompressed as it comes.

    ``most`` bytes may come over the wire (None: any number), and what becomes of them may be ``max_ratio``
    times larger.
    """

    def __init__(self, request: Request, settings: Settings, most: int | None) -> None:
        self._wire = _Wire(request, most)
        self._reader: Reader = self._wire
        self._ratio = settings.max_ratio
        self.length = 0
        """Bytes handed out so far."""
        for encoding in reversed(content_encodings(request.headers.get("Content-Encoding", ""))):
            self._reader = decoded(self._reader, encoding)

    def read(self, size: int) -> bytes:
        piece = self._reader.read(size)
        self.length += len(piece)
        if self.length > max(_FREE_OF_RATIO, self._ratio * self._wire.length):
            raise TooLarge(
                f"the body decompresses to more than {self._ratio} times its size, as no page does; "
                f"send it as it is, or raise {PREFIX}MAX_RATIO on the server"
            )
        return piece


class _Wire:
    """The body as it comes over the wire."""

    def __init__(self, request: Request, most: int | None) -> None:
        # What it needs of the request, which a batch outlives.
        self._stream = request.stream
        self._connection = connection_of(request)
        self._most = most
        self._declared = request.content_length or 0
        self.length = 0
        # Not request.get_data(): with a limit it cuts a chunked body there and says nothing.
        self._check(self._declared)

    def read(self, size: int) -> bytes:
        try:
            piece = self._stream.read(min(size, _PIECE))
        except TimeoutError:
            raise _slow() from None
        except Exception:
            # A WSGI server reports a bad chunk or a lost connection by exceptions of its own.
            piece = None
        if piece is None or (not piece and self.length < self._declared):
            if overdue.expired(self._connection):
                raise _slow()
            raise BadInput("the body could not be read to its end; send it again")
        self.length += len(piece)
        self._check(self.length)
        return piece

    def _check(self, length: int) -> None:
        if self._most is not None and length > self._most:
            raise TooLarge(
                f"the body is larger than {self._most:,} bytes; send a smaller page, "
                f"or raise {PREFIX}MAX_REQUEST_BYTES on the server"
            )


def connection_of(request: Request) -> overdue.Connection | None:
    """The socket under a request, where the server tells."""
    return request.environ.get("gunicorn.socket")


def discard_rest(request: Request) -> None:
    """Read what is left of the body and forget it, so that the client is there for the answer."""
    left = MAX_DISCARDED
    try:
        while left > 0 and (piece := request.stream.read(min(left, 8 * _PIECE))):
            left -= len(piece)
    except Exception:
        return  # a broken upload; there is nobody left to answer


def _slow() -> Slow:
    return Slow("the request did not come in time; send it again, faster, or compressed")

"""The request's body: read it, undo its compression, never more than the limits.

Bodies are decompressed piece by piece against a limit on the *output*, so a bomb costs no more than
the largest page that is allowed (RFC 9110, section 8.4; RFC 8878 for zstd).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO

import brotli  # type: ignore[import-untyped]
import zstandard
from flask import Request
from werkzeug.exceptions import UnsupportedMediaType

from pagesieve.errors import BadInput, TooLarge
from service.settings import PREFIX, Settings

# Nobody compresses a page more than twice on purpose; each layer may cost a full page of output.
MAX_LAYERS = 2
# A refused upload is read to its end up to here: closing a connection that still holds unread data
# resets it, and the client would see a broken pipe instead of the answer.
MAX_DISCARDED = 64_000_000
_PIECE = 65_536
# RFC 9659: a zstd body for HTTP may ask for a window of at most 8 MB.
_ZSTD_WINDOW = 8_388_608
# One zstd block makes at most 128 KB out of 4 bytes, so a slice makes at most 32 MB.
_ZSTD_SLICE = 1_024
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def read_body(request: Request, settings: Settings) -> bytes:
    """The body without its ``Content-Encoding``.

    Raises
    ------
    TooLarge
        The body exceeds ``max_request_bytes``, or decompresses to more than ``max_page_bytes``.
    BadInput
        The body is empty, damaged, or compressed without saying so.
    UnsupportedMediaType
        The encoding is unknown, or there are more than ``MAX_LAYERS`` of them.
    """
    encodings = content_encodings(request.headers.get("Content-Encoding", ""))
    body = _read(request, settings.max_request_bytes)
    for encoding in reversed(encodings):
        body = decompress(body, encoding, settings.max_page_bytes)
    if not body.strip():
        raise BadInput("the body is empty; send the page in it, e.g. curl --data-binary @page.html")
    for magic, encoding in _MAGIC.items():
        if body.startswith(magic):
            raise BadInput(
                f"the body is compressed with {encoding} but the request does not say so; "
                f"add the header 'Content-Encoding: {encoding}'"
            )
    return body


def content_encodings(header: str) -> list[str]:
    """Codings of a ``Content-Encoding`` header in the order they were applied.

    >>> content_encodings("gzip, identity, BR")
    ['gzip', 'br']
    """
    names = [name.strip().lower() for name in header.split(",")]
    names = [name.removeprefix("x-") for name in names if name not in ("", "identity")]
    unknown = [name for name in names if name not in _DECODERS]
    if unknown:
        raise UnsupportedMediaType(
            f"Content-Encoding {unknown[0]!r} is not known; use {', '.join(_DECODERS)}, or do not compress"
        )
    if len(names) > MAX_LAYERS:
        raise UnsupportedMediaType(f"the body is compressed {len(names)} times; {MAX_LAYERS} is the limit")
    return names


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """Undo one layer of compression.

    Raises
    ------
    TooLarge
        The result is longer than ``limit`` bytes.
    BadInput
        ``data`` is not that encoding, or ends early.
    """
    try:
        plain = _DECODERS[encoding](data, limit) if data else b""
    except (EOFError, OSError, zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise BadInput(
            f"the body is not valid {encoding} ({error}); Content-Encoding must name how it was compressed"
        ) from None
    if len(plain) > limit:
        raise TooLarge(
            f"the body decompresses to more than {limit:,} bytes; send a smaller page, "
            f"or raise {PREFIX}MAX_PAGE_BYTES on the server"
        )
    return plain


def discard_rest(request: Request) -> None:
    """Read what is left of the body and forget it, so that the client is there for the answer."""
    left = MAX_DISCARDED
    try:
        while left > 0 and (piece := request.stream.read(min(left, _PIECE))):
            left -= len(piece)
    except Exception:
        return  # a broken upload; there is nobody left to answer


def _read(request: Request, limit: int) -> bytes:
    # Not request.get_data(): with a limit it cuts a chunked body there and says nothing.
    declared = request.content_length or 0
    if declared > limit:
        raise _too_large(limit)
    body = bytearray()
    while piece := _piece(request):
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    if len(body) < declared:
        raise _broken()
    return bytes(body)


def _piece(request: Request) -> bytes:
    try:
        return request.stream.read(_PIECE)
    except Exception:
        # A WSGI server reports a bad chunk or a lost connection by exceptions of its own.
        raise _broken() from None


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the body is larger than {limit:,} bytes; send a smaller page, "
        f"or raise {PREFIX}MAX_REQUEST_BYTES on the server"
    )


def _broken() -> BadInput:
    return BadInput("the body could not be read to its end; send it again")


def _gunzip(data: bytes, limit: int) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(data)) as file:
        return file.read(limit + 1)


def _inflate(data: bytes, limit: int) -> bytes:
    # "deflate" means the zlib format (RFC 1950), but some clients send the bare stream (RFC 1951).
    has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    inflater = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    plain = inflater.decompress(data, limit + 1)
    if len(plain) <= limit and not inflater.eof:
        raise EOFError("it ends early")
    return plain


def _unbrotli(data: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    plain: bytes = decompressor.process(data, output_buffer_limit=limit + 1)
    while len(plain) <= limit and not decompressor.is_finished():
        if decompressor.can_accept_more_data():
            raise EOFError("it ends early")
        plain += decompressor.process(b"", output_buffer_limit=limit + 1)
    return plain


def _unzstd(data: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    length = 0
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = context.decompressobj()
    for start in range(0, len(data), _ZSTD_SLICE):
        rest = data[start : start + _ZSTD_SLICE]
        while rest:
            if frame.eof:
                frame = context.decompressobj()
            pieces.append(frame.decompress(rest))
            length += len(pieces[-1])
            rest = frame.unused_data
        if length > limit:
            break
    if length <= limit and not frame.eof:
        raise EOFError("it ends early")
    return b"".join(pieces)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}

"""Content codings as streams: gzip, deflate, br and zstd, in pieces of bounded size both ways.

A decoder reads from another reader and gives at most the bytes it is asked for, so a bomb costs no more than
one piece (RFC 9110, section 8.4; RFC 8878 for zstd).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol, cast

import brotli  # type: ignore[import-untyped]
import zstandard
from werkzeug.datastructures import Accept
from werkzeug.exceptions import UnsupportedMediaType

from pagesieve.errors import BadInput

# Nobody compresses a page more than twice on purpose.
MAX_LAYERS = 2
_PIECE = 16_384
# RFC 9659: a zstd body for HTTP may ask for a window of at most 8 MB.
_ZSTD_WINDOW = 8_388_608
# One zstd block makes at most 128 KB out of 4 bytes, so a slice makes at most 8 MB.
_ZSTD_SLICE = 256
# Answers are compressed while somebody waits: fast levels, which still make a fifth of most JSON.
_GZIP_LEVEL, _BROTLI_QUALITY, _ZSTD_LEVEL = 4, 4, 3
_DAMAGE = (EOFError, OSError, zlib.error, brotli.error, zstandard.ZstdError)


class Reader(Protocol):
    """At most ``size`` bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Encoder(Protocol):
    """Compressed bytes that the other side can decode at once, and the last of them."""

    def encode(self, data: bytes, /) -> bytes: ...

    def finish(self) -> bytes: ...


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


def decoded(source: Reader, encoding: str) -> Reader:
    """``source`` without one layer of compression; reading it raises BadInput where it is damaged."""
    return _Decoded(_DECODERS[encoding](source), encoding)


def chosen_encoding(accepted: Accept) -> str | None:
    """The coding to answer in, None for none (RFC 9110, section 12.5.3).

    >>> chosen_encoding(Accept([("gzip", 1.0), ("br", 0.5)]))
    'gzip'
    """
    # Not best_match(): "*" and an empty header allow every coding, but ask for none.
    named = {name.lower(): quality for name, quality in accepted}
    best = max(_ENCODERS, key=lambda name: named.get(name, 0.0))
    return best if named.get(best, 0.0) > 0 else None


class _Decoded:
    """A decoder whose complaints say what the sender did wrong."""

    def __init__(self, decoder: Reader, encoding: str) -> None:
        self._decoder = decoder
        self._encoding = encoding

    def read(self, size: int) -> bytes:
        try:
            return self._decoder.read(size)
        except _DAMAGE as error:
            raise BadInput(
                f"the body is not valid {self._encoding} ({error}); "
                "Content-Encoding must name how it was compressed"
            ) from None


class _Gunzip:
    """One member or several (RFC 1952, section 2.2)."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._member = _member()
        self._pending = b""
        self._begun = False

    def read(self, size: int) -> bytes:
        while True:
            if self._member.eof:
                self._pending = self._member.unused_data
                self._member = _member()
                self._begun = False
            if not self._pending:
                self._pending = self._source.read(_PIECE)
                if not self._pending:
                    if self._begun:
                        raise EOFError("it ends early")
                    return b""
            self._begun = True
            plain = self._member.decompress(self._pending, size)
            self._pending = self._member.unconsumed_tail
            if plain:
                return plain


def _member() -> zlib._Decompress:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


class _Inflate:
    """The zlib format (RFC 1950) or, as some clients send it, the bare stream (RFC 1951)."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._inflater: zlib._Decompress | None = None
        self._pending = b""

    def read(self, size: int) -> bytes:
        if self._inflater is None:
            self._pending = self._source.read(1)
            if not self._pending:
                return b""
            # A bare stream would begin like this only with a stored block and stray bits behind its type.
            has_header = self._pending[0] & 0x0F == 8
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        while not self._inflater.eof:
            if not self._pending:
                self._pending = self._source.read(_PIECE)
                if not self._pending:
                    raise EOFError("it ends early")
            plain = self._inflater.decompress(self._pending, size)
            self._pending = self._inflater.unconsumed_tail
            if plain:
                return plain
        return b""


class _Unbrotli:
    def __init__(self, source: Reader) -> None:
        self._source = source
        self._decompressor = brotli.Decompressor()
        self._plain = b""
        self._begun = False

    def read(self, size: int) -> bytes:
        while not self._plain and not self._decompressor.is_finished():
            piece = b""
            if self._decompressor.can_accept_more_data():
                piece = self._source.read(_PIECE)
                if not piece and not self._begun:
                    return b""
                self._begun = True
            # The limit is one that it may overshoot, by as much again.
            self._plain = self._decompressor.process(piece, output_buffer_limit=size)
            starved = not piece and self._decompressor.can_accept_more_data()
            if starved and not self._plain and not self._decompressor.is_finished():
                raise EOFError("it ends early")
        plain, self._plain = self._plain[:size], self._plain[size:]
        return plain


class _Unzstd:
    """One frame or several."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._context.decompressobj()
        self._pending = b""
        self._plain = b""
        self._begun = False

    def read(self, size: int) -> bytes:
        while not self._plain:
            if not self._pending:
                self._pending = self._source.read(_PIECE)
                if not self._pending:
                    if self._begun and not self._frame.eof:
                        raise EOFError("it ends early")
                    return b""
                self._begun = True
            if self._frame.eof:
                self._frame = self._context.decompressobj()
            piece, rest = self._pending[:_ZSTD_SLICE], self._pending[_ZSTD_SLICE:]
            self._plain = self._frame.decompress(piece)
            self._pending = self._frame.unused_data + rest
        plain, self._plain = self._plain[:size], self._plain[size:]
        return plain


class _Gzip:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, wbits=16 + zlib.MAX_WBITS)

    def encode(self, data: bytes) -> bytes:
        return self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._compressor.flush()


class _Brotli:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=_BROTLI_QUALITY)

    def encode(self, data: bytes) -> bytes:
        return cast(bytes, self._compressor.process(data) + self._compressor.flush())

    def finish(self) -> bytes:
        return cast(bytes, self._compressor.finish())


class _Zstd:
    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def encode(self, data: bytes) -> bytes:
        return self._compressor.compress(data) + self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._compressor.flush()


class _Identity:
    def encode(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


_DECODERS: dict[str, Callable[[Reader], Reader]] = {
    "gzip": _Gunzip,
    "deflate": _Inflate,
    "br": _Unbrotli,
    "zstd": _Unzstd,
}
# In order of our preference among those that the client likes equally well.
_ENCODERS: dict[str, Callable[[], Encoder]] = {"zstd": _Zstd, "br": _Brotli, "gzip": _Gzip}


def encoder(encoding: str | None) -> Encoder:
    return _ENCODERS[encoding]() if encoding else _Identity()

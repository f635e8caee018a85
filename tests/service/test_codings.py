"""Content codings as streams, both ways."""

from __future__ import annotations

import gzip
import io
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Accept

from pagesieve.errors import BadInput
from service.codings import Reader, chosen_encoding, decoded, encoder

COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
every_coding = pytest.mark.parametrize("encoding", list(COMPRESS))
every_encoder = pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])


class Trickle:
    """A body that comes in pieces of ``size`` bytes, and how much of it was asked for."""

    def __init__(self, body: bytes, size: int = 1_000_000) -> None:
        self._body = io.BytesIO(body)
        self._size = size

    def read(self, size: int) -> bytes:
        return self._body.read(min(size, self._size))

    @property
    def taken(self) -> int:
        return self._body.tell()


def whole(reader: Reader, size: int = 10_000) -> bytes:
    pieces = []
    while piece := reader.read(size):
        assert len(piece) <= size
        pieces.append(piece)
    return b"".join(pieces)


@every_coding
@pytest.mark.parametrize("plain", [b"x", b"page " * 10_000, bytes(range(256)) * 300])
@pytest.mark.parametrize("piece", [1, 7, 1_000_000])
def test_decoding_undoes_compression(encoding, plain, piece):
    assert whole(decoded(Trickle(COMPRESS[encoding](plain), piece), encoding)) == plain


@every_coding
def test_nothing_is_nothing(encoding):
    assert whole(decoded(Trickle(b""), encoding)) == b""
    assert whole(decoded(Trickle(COMPRESS[encoding](b"")), encoding)) == b""


def test_bare_deflate_stream():
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert whole(decoded(Trickle(bare.compress(b"page") + bare.flush()), "deflate")) == b"page"


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("piece", [3, 1_000_000])
def test_several_members_are_one_body(encoding, piece):
    body = COMPRESS[encoding](b"one ") + COMPRESS[encoding](b"two")
    assert whole(decoded(Trickle(body, piece), encoding)) == b"one two"


@every_coding
def test_damaged_bodies(encoding):
    compressed = COMPRESS[encoding](b"a page with enough text " * 50)
    for damaged in (compressed[:-6], b"<html>not compressed at all</html>", b"\x00"):
        with pytest.raises(BadInput, match=f"not valid {encoding}"):
            whole(decoded(Trickle(damaged), encoding))


@every_coding
def test_no_more_is_decoded_than_is_asked_for(encoding):
    source = Trickle(COMPRESS[encoding](bytes(50_000_000)))
    reader = decoded(source, encoding)
    assert sum(len(reader.read(1_000)) for _ in range(20)) <= 20_000


@every_encoder
@given(pieces=st.lists(st.binary(min_size=1), max_size=5))
def test_what_is_encoded_can_be_decoded_at_once(encoding, pieces):
    made, sent = encoder(encoding), bytearray()
    for number, piece in enumerate(pieces):
        sent += made.encode(piece)
        reader, expected = decoded(Trickle(bytes(sent)), encoding), b"".join(pieces[: number + 1])
        received = b""
        while len(received) < len(expected):
            received += reader.read(1_000)
        assert received == expected
    sent += made.finish()
    assert whole(decoded(Trickle(bytes(sent)), encoding)) == b"".join(pieces)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ([], None),
        ([("*", 1.0)], None),
        ([("identity", 1.0)], None),
        ([("gzip", 1.0), ("br", 1.0)], "br"),
        ([("gzip", 1.0), ("br", 0.5)], "gzip"),
        ([("GZIP", 0.3), ("zstd", 0.0)], "gzip"),
        ([("zstd", 0.0)], None),
        ([("compress", 1.0)], None),
    ],
)
def test_chosen_encoding(accepted, expected):
    assert chosen_encoding(Accept(accepted)) == expected

"""The whole path for one page: source → text → blocks → probabilities → page."""

from __future__ import annotations

import numpy as np

from pagesieve.blocks import segment
from pagesieve.choose import choose
from pagesieve.decode import clean_text, decode
from pagesieve.errors import BadInput
from pagesieve.limits import checkpoint
from pagesieve.lines import outline
from pagesieve.model import Release, load_release
from pagesieve.options import Options
from pagesieve.page import Page
from pagesieve.trailers import trim

PLAIN_TEXT = "text/plain"
# First bytes of formats that get posted as pages by mistake.
_SIGNATURES = {
    b"%PDF-": "PDF", b"PK\x03\x04": "ZIP", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF87a": "GIF",
    b"GIF89a": "GIF", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x7fELF": "ELF",
}  # fmt: skip
# Control characters beyond this share mean that the bytes are not text in any encoding.
_MOST_CONTROLS = 0.05
_SAMPLE = 4_096


def clean(
    source: str | bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    options: Options | None = None,
) -> Page:
    """Tell a page's own content from everything around it.

    Parameters
    ----------
    source
        HTML, or plain text when ``content_type`` is ``text/plain``: then every line is a block.
    url
        Address of the page: resolves relative addresses in the metadata, and tells the site to a release
        that was adapted to some. Nothing is fetched.
    content_type
        The value of the HTTP header, whose charset is honoured for bytes.
    options
        What to keep and which outputs to give.

    Raises
    ------
    BadInput
        The source is empty or not text.
    TooLarge, TooSlow
        The page exceeds a limit (``pagesieve.limited`` changes them).
    ModelError
        There is no usable release.
    """
    return clean_with(load_release(), source, url=url, content_type=content_type, options=options)


def clean_with(
    release: Release,
    source: str | bytes,
    *,
    url: str | None = None,
    content_type: str | None = None,
    options: Options | None = None,
) -> Page:
    """As ``clean``, with a release of the caller's choice."""
    options = options or Options()
    text = _read(source, content_type)
    plain = (content_type or "").partition(";")[0].strip().lower() == PLAIN_TEXT
    checkpoint()
    document = outline(text) if plain else segment(text)
    judgement = release.judge(document, url)
    choice = choose(judgement.probability, judgement.copies, options)
    document, trimmed = trim(document, np.flatnonzero(choice.keep).tolist(), release.trailers)
    return Page(
        document=document,
        trimmed=trimmed,
        probability=tuple(judgement.probability.tolist()),
        chosen=tuple(choice.keep.tolist()),
        repeated=tuple(choice.repeated.tolist()),
        n_words=tuple(judgement.copies.n_words.tolist()),
        model=release.name,
        release=release.folder,
        options=options,
        url=url,
        evidence=judgement.evidence,
    )


def _read(source: str | bytes, content_type: str | None) -> str:
    if isinstance(source, bytes):
        _refuse_binary(source)
        source = decode(source, content_type)
    text = clean_text(source)
    if not text or text.isspace():
        raise BadInput("the page is empty; send its HTML, or its text as text/plain")
    return text


def _refuse_binary(body: bytes) -> None:
    for signature, name in _SIGNATURES.items():
        if body.startswith(signature):
            raise BadInput(f"this is a {name} file, not a page; send HTML or plain text")
    sample = body[:_SAMPLE]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00<" in sample or b"<\x00" in sample:
        return  # UTF-16 is half zeros
    controls = sum(sample.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\f\x1b")
    if controls > _MOST_CONTROLS * len(sample):
        raise BadInput("this is binary data, not a page; send HTML or plain text")

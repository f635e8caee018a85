"""Many pages through one request: NDJSON in, NDJSON out, in the same order.

Both ways are streams. A line is read when the answer to the one before has been taken, so that a client that
does not read its answers stops being read itself, and memory does not grow with the length of a batch. What
is wrong with a line is told in its place, and the next line is served; what is wrong with the body itself
ends the batch with one last error object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from pagesieve.errors import PagesieveError, TooLarge
from service.codings import Encoder, Reader
from service.problems import problem_of
from service.settings import PREFIX
from service.submission import Submission, message_of, submission_of, take_id

MEDIA_TYPE = "application/x-ndjson"
_PIECE = 8_192

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """What the lines of a batch have in common.

    ``clean`` makes the answer to a line; ``before_each`` may end the batch by raising an error, and
    ``failed`` is told of every error.
    """

    options: dict[str, Any]
    clean: Callable[[Submission], Answer]
    before_each: Callable[[], None]
    failed: Callable[[Exception], None]
    max_line_bytes: int


def lines(reader: Reader, most: int) -> Iterator[bytes | None]:
    """Lines that are not blank, without their ends; None for each that is longer than ``most`` bytes.

    No more of a line that is too long is held than ``most`` bytes.
    """
    held = bytearray()
    too_long = False
    while piece := reader.read(_PIECE):
        *ended, rest = piece.split(b"\n")
        for end in ended:
            held += end
            if too_long or len(held) > most:
                yield None
            elif held.strip():
                yield bytes(held)
            held.clear()
            too_long = False
        held += rest
        if len(held) > most:
            held.clear()
            too_long = True
    if too_long:
        yield None
    elif held.strip():
        yield bytes(held)


def answers(batch: Batch, given: Iterator[bytes | None]) -> Iterator[Answer]:
    """One answer a line, and a last one where the batch cannot go on."""
    for number in count(1):
        try:
            batch.before_each()
            line = next(given, b"")
        except PagesieveError as error:
            batch.failed(error)
            yield {"line": number, "error": problem_of(error), "end": True}
            return
        if line == b"":
            return
        yield _answer(batch, number, line)


def _answer(batch: Batch, number: int, line: bytes | None) -> Answer:
    named: Answer = {}
    try:
        if line is None:
            raise TooLarge(
                f"the line is longer than {batch.max_line_bytes:,} bytes; send a smaller page, "
                f"or raise {PREFIX}MAX_PAGE_BYTES on the server"
            )
        message = message_of(line)
        named = take_id(message)
        return named | batch.clean(submission_of(message, batch.options))
    except Exception as error:
        batch.failed(error)
        return named | {"line": number, "error": problem_of(error)}


def encoded(given: Iterator[Answer], encoder: Encoder) -> Iterator[bytes]:
    """The answers as lines, each sent off whole."""
    for answer in given:
        line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"
        yield encoder.encode(line.encode())
    if last := encoder.finish():
        yield last

"""Pieces of text → Markdown inside a line: escapes, emphasis, code and links.

https://spec.commonmark.org/0.31.2/#inlines
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Sequence

from pagesieve.render.inline import Piece, Style

_ESCAPABLE = re.compile(r"[\\`*\[\]~]")
# An underscore within a word is no emphasis, and names of code are full of them.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# An ampersand acts only as the start of an entity, which the next piece of text may complete. The longest
# name has 31 letters.
_ENTITY = re.compile(r"&(?=#?\w{1,40};)")
_UNFINISHED_ENTITY = re.compile(r"&(?=#?\w{0,40}$)")
_BACKTICKS = re.compile(r"`+")


def spans(pieces: Sequence[Piece]) -> str:
    """The Markdown of a block's pieces.

    >>> spans([Piece("5 * 3", Style(), False), Piece("is", Style(strong=True), True)])
    '5 \\\\* 3 **is**'
    """
    out: list[str] = []
    link_before, href_before = -1, ""
    for number, (text, style, spaced) in enumerate(pieces):
        link, href, strong, emphasis, code = style
        if link_before not in (-1, link):
            out.append(f"]({href_before})")
        if spaced:
            out.append(" ")
        if link not in (-1, link_before):
            _keep_from_image(out)
            out.append("[")
        link_before, href_before = link, href
        if strong or emphasis or code:
            before = out[-1][-1] if out else ""
            out.append(_marked(text, style, before, _first_char(pieces[number + 1 : number + 2], link)))
        elif number + 1 < len(pieces):
            out.append(_UNFINISHED_ENTITY.sub("&amp;", escaped(text)))
        else:
            out.append(escaped(text))
    if link_before >= 0:
        out.append(f"]({href_before})")
    return "".join(out)


def cell_spans(pieces: Sequence[Piece]) -> str:
    """The same for a cell of a table, where pipes end the cell, even those in code."""
    parted = [
        piece._replace(style=piece.style._replace(code=False)) if set(piece.text) & {"|", "\\"} else piece
        for piece in pieces
    ]
    return spans(parted).replace("|", "\\|")


def fence(text: str, shortest: int) -> str:
    """Backticks that do not occur in the text."""
    return "`" * max([shortest, *(len(run) + 1 for run in _BACKTICKS.findall(text))])


def _keep_from_image(out: list[str]) -> None:
    """Escape an exclamation mark that would turn the link after it into an image."""
    if out and out[-1].endswith("!"):
        out[-1] = out[-1][:-1] + "\\!"


def _first_char(following: Sequence[Piece], link: int) -> str:
    """What stands behind a piece in the link, where a bracket does as well as a space."""
    if not following or following[0].spaced or following[0].style.link != link:
        return " "
    return following[0].text[0]


def _marked(text: str, style: Style, before: str, after: str) -> str:
    """A piece with its emphasis, where Markdown can express it between the characters around."""
    # Code right after code would join it, and code with a bracket in a link can pass for a link's definition,
    # which is found first. https://spec.commonmark.org/0.31.2/#link-reference-definitions
    as_code = style.code and before != "`" and not (style.link >= 0 and "]" in text)
    text = _code(text) if as_code else escaped(text)
    mark = "**" * style.strong + "*" * style.emphasis
    if not mark or not _can_emphasise(before, text, after):
        return _UNFINISHED_ENTITY.sub("&amp;", text)
    return f"{mark}{text}{mark}"


def _can_emphasise(before: str, text: str, after: str) -> bool:
    """Delimiters work beside a letter on their inside, or with space or punctuation on their outside.

    https://spec.commonmark.org/0.31.2/#delimiter-run
    """
    opens = text[0].isalnum() or _parts(before)
    closes = text[-1].isalnum() or _parts(after)
    return opens and closes and before != "*"


def _parts(char: str) -> bool:
    """Whether a character is space or punctuation, or none at all."""
    return char <= " " or char.isspace() or char in string.punctuation or unicodedata.category(char)[0] == "P"


def _code(text: str) -> str:
    ticks = fence(text, 1)
    room = " " if "`" in (text[0], text[-1]) else ""
    return f"{ticks}{room}{text}{room}{ticks}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is; ``<`` becomes an entity, since old renderers know no other escape.

    >>> escaped("snake_case <b>[x](y)</b> &lt;")
    'snake_case &lt;b>\\\\[x\\\\](y)&lt;/b> &amp;lt;'
    """
    if "&" in text:
        text = _ENTITY.sub("&amp;", text)
    text = text.replace("<", "&lt;")
    if _ESCAPABLE.search(text):
        text = _ESCAPABLE.sub(r"\\\g<0>", text)
    return _UNDERSCORE.sub(r"\\_", text) if "_" in text else text

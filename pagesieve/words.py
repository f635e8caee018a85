"""Words, in every script."""

from __future__ import annotations

import re

# Scripts written without spaces: there "\w+" is a whole sentence, so each character is a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# The same words, found twice as fast, where no such script occurs.
_SPACED_WORD = re.compile(r"\w+")


def tokens(text: str) -> list[str]:
    """Lower-cased words; characters of scripts without spaces count one by one.

    >>> tokens("Hello 世界")
    ['hello', '世', '界']
    """
    return (_SPACED_WORD if text.isascii() else _WORD).findall(text.lower())

"""What the page has said before: blocks that repeat others, alone or in a row.

One price that occurs twice is two prices; ten blocks that repeat ten others in their order are a second copy
of what was said, for narrow screens or a print view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.features.arrays import changes
from pagesieve.features.text import Columns

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

_WIDTHS = (3, 10)


def repeat_features(first: Floats, texts: Sequence[str]) -> Columns:
    """One row a block; 0 where a block repeats none before it. Case does not count.

    ``copied_first`` is what the first stage (``first``) makes of the first block with that text. For the
    first such block and for the latest: how far it is back, and how many blocks and characters in a row
    repeat what stands as far back (logarithms). ``repeats_near`` are shares of repeating blocks around.
    """
    number = np.arange(len(texts))
    earliest, latest = _earlier([text.lower() for text in texts])
    again = earliest >= 0
    chars = np.array([len(text) for text in texts], dtype=np.float64)
    columns: Columns = {"copied_first": np.where(again, first[earliest], 0) if len(texts) else first}
    for name, source in (("earliest", earliest), ("latest", latest)):
        back = np.where(again, number - source, 0)
        row = np.cumsum(changes(back) | ~again) - 1
        size, length = np.bincount(row), np.bincount(row, weights=chars)
        columns[f"{name}_back"] = np.log1p(back)
        columns[f"{name}_row"] = np.where(again, np.log1p(size[row]), 0)
        columns[f"{name}_row_chars"] = np.where(again, np.log1p(length[row]), 0)
    before = np.concatenate(([0], np.cumsum(again)))
    for width in _WIDTHS:
        start, end = np.maximum(number - width, 0), np.minimum(number + width + 1, len(texts))
        columns[f"repeats_near{width}"] = (before[end] - before[start]) / np.maximum(end - start, 1)
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _earlier(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """Of each text the numbers of the first and of the last one before it that is the same, or -1."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    found = np.full((2, len(texts)), -1, dtype=np.int64)
    for number, text in enumerate(texts):
        if text in first:
            found[:, number] = first[text], last[text]
        else:
            first[text] = number
        last[text] = number
    return found[0], found[1]

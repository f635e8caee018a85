"""The out-of-fold probabilities of blocks that a whole training leaves for the steps that come after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pagesieve.errors import BadInput

Floats = NDArray[np.float32]

# Of the first stage of trees, which roles see, and of everything.
FIRST, FINAL = "first", "final"
_FILE = "oof.npz"
_HINT = "run `pagesieve train` without --only first"


def save_probabilities(cache: Path, first: Floats, final: Floats) -> None:
    """Keep them in the order of the pool (shape: n_blocks each)."""
    np.savez_compressed(cache / _FILE, first=first, final=final)


def probabilities_file(cache: Path, stage: str) -> Path:
    """The file with the probabilities of this stage.

    Raises
    ------
    BadInput
        There is none in ``cache``, or another version of pagesieve left it.
    """
    path = cache / _FILE
    if not path.is_file():
        raise BadInput(f"no out-of-fold probabilities at {path}; {_HINT}")
    with np.load(path) as table:
        if stage not in table:
            raise BadInput(f"{path} is of another version of pagesieve; {_HINT}")
    return path


def read_probabilities(path: Path, stage: str) -> Floats:
    """The probabilities of this stage, in the order of the pool."""
    with np.load(path) as table:
        found: Floats = table[stage]
    return found


def of_other_blocks(path: Path) -> BadInput:
    """What to raise where the file does not fit the pages."""
    return BadInput(f"{path} is of other pages or other blocks; {_HINT}")

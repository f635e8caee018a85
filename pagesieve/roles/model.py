"""The role classifier of a release: trees, a network, their lexicons, and typical values for reasons."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.errors import ModelError
from pagesieve.features import Description, stack
from pagesieve.features.text import Columns
from pagesieve.limits import checkpoint
from pagesieve.network import Network
from pagesieve.onnx import open_session, run
from pagesieve.roles.cues import cue_features
from pagesieve.roles.lexicon import role_lexicon_features
from pagesieve.roles.links import link_features
from pagesieve.roles.repeats import repeat_features
from pagesieve.roles.role import ROLES

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

# Rows that are judged between two looks at the clock.
_PIECE = 8_192
TREES, NETWORK, SETTINGS = "roles.onnx", "roles_network.npz", "roles.json.gz"
ROLE_FILES = (TREES, NETWORK, SETTINGS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the block classifier computed of a page on the way, for whoever asks further questions."""

    description: Description
    columns: Columns
    """Fixed, learned and context columns (of the first stage's probabilities)."""


@dataclass(frozen=True, slots=True)
class RoleModel:
    """Probabilities of roles from the evidence of the block classifier.

    ``words`` and ``names`` hold a row of lifts for every token of the content lexicons, and ``linear`` a row
    of weights for every name, by the same numbers, the last row standing for all unknown tokens.
    """

    session: onnxruntime.InferenceSession
    network: Network
    outputs: tuple[int, ...]
    """Of each output the number of its role; a release may be trained on fewer roles than there are."""
    features: tuple[str, ...]
    words: Floats
    names: Floats
    linear: Floats
    typical: Floats
    """Median of every feature over blocks of content, against which reasons are measured."""

    @classmethod
    def read(
        cls, files: Mapping[str, bytes], words: Mapping[str, int], names: Mapping[str, int]
    ) -> RoleModel:
        """From the files of a release and the numbers of its content lexicons' tokens.

        Raises
        ------
        ModelError
            The model knows other roles than this version of pagesieve.
        """
        settings = json.loads(gzip.decompress(files[SETTINGS]))
        if not set(settings["roles"]) <= set(ROLES):
            raise ModelError(
                f"{SETTINGS} is of other roles than this version knows; train roles again with "
                "`pagesieve train --only roles`"
            )
        return cls(
            session=open_session(files[TREES]),
            network=Network.read(files[NETWORK]),
            outputs=tuple(ROLES.index(role) for role in settings["roles"]),
            features=tuple(settings["features"]),
            words=_by_number(settings["words"], words),
            names=_by_number(settings["names"], names),
            linear=_by_number(settings["linear_names"], names),
            typical=np.array(settings["typical"], dtype=np.float32),
        )

    def matrix(self, document: Document, evidence: Evidence) -> NDArray[np.float32]:
        """Features of every block (shape: n_blocks, n_features).

        Raises
        ------
        ModelError
            The model was trained on features that this version does not compute.
        """
        tokens = evidence.description.tokens
        columns = evidence.columns | role_columns(document, evidence.description)
        checkpoint()
        columns |= repeat_features(evidence.columns["first"], document.blocks.text)
        columns |= role_lexicon_features(tokens, self.words, self.names, self.linear)
        if missing := [name for name in self.features if name not in columns]:
            raise ModelError(
                f"the role model was trained on another feature ({missing[0]}) than this version computes; "
                "train roles again with `pagesieve train --only roles`"
            )
        return stack({name: columns[name] for name in self.features})

    def judge(self, matrix: NDArray[np.float32], evidence: Evidence) -> NDArray[np.float32]:
        """Probability of each role for every block of a page (shape: n_blocks, n_roles)."""
        around = evidence.description.around
        return self.network.blend_classes(self.by_trees(matrix), matrix, around)

    def by_trees(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the trees alone say of every row, whatever page it is from (shape: n_rows, n_roles)."""
        found = np.zeros((len(matrix), len(ROLES)), dtype=np.float32)
        for start in range(0, len(matrix), _PIECE):
            checkpoint()
            piece = slice(start, start + _PIECE)
            found[piece, self.outputs] = run(self.session, matrix[piece])
        return found


def role_columns(document: Document, description: Description) -> Columns:
    """Columns that only roles need and that nothing has to be learned for."""
    ladder = description.around.ladder
    return cue_features(document, ladder) | link_features(document, ladder)


def _by_number(given: Mapping[str, list[float]], numbers: Mapping[str, int]) -> Floats:
    table = np.zeros((len(numbers) + 1, len(ROLES)), dtype=np.float32)
    for token, row in given.items():
        if token in numbers:
            table[numbers[token]] = row
    return table

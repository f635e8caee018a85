"""What a block is to the page, and how roles and the choice of content are brought to agree."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Role(StrEnum):
    """What a block is to the page. The order is that of the classifier's outputs."""

    CONTENT = "content"
    TITLE = "title"
    META = "meta"
    NAV = "nav"
    RELATED = "related"
    AD = "ad"
    SOCIAL = "social"
    COMMENT = "comment"
    LEGAL = "legal"
    DUPLICATE = "duplicate"
    OTHER = "other"


ROLES = tuple(Role)
_NUMBER = {role: number for number, role in enumerate(ROLES)}
# What a block may be that the text has, and that it has not, unless a caller asks for other roles. The text
# mostly leaves the headline out, so a title may be either.
_IN_TEXT = (Role.CONTENT, Role.TITLE)
_STRIPPED = tuple(role for role in ROLES if role is not Role.CONTENT)


@dataclass(frozen=True, slots=True)
class Assigned:
    """Of every block its role, the probability (0..1) of that role, and whether the text has it."""

    role: tuple[Role, ...]
    probability: tuple[float, ...]
    keep: tuple[bool, ...]


def assign(
    probabilities: Floats,
    chosen: NDArray[np.bool_],
    keep: Collection[Role] = (),
    drop: Collection[Role] = (),
) -> Assigned:
    """Roles that agree with what is kept (``probabilities`` has shape n_blocks, n_roles).

    A block whose likeliest role the caller names in ``keep`` or ``drop`` has that role and goes in or out.
    The others follow ``chosen``, the content classifier's choice: a chosen block is content or title, any
    other is not content. So a block is kept exactly if its role is in ``keep``, or it was chosen and its
    role is not in ``drop``. The probability given is the role's among those that were possible.
    """
    named = [_NUMBER[role] for role in {*keep, *drop}]
    best = probabilities.argmax(axis=1)
    possible = np.where(chosen[:, None], _mask(_IN_TEXT), _mask(_STRIPPED))
    possible[np.isin(best, named)] = True
    allowed = np.where(possible, probabilities, 0.0)
    number = np.where(possible, probabilities, -1.0).argmax(axis=1)
    share = np.take_along_axis(allowed, number[:, None], axis=1)[:, 0] / np.maximum(allowed.sum(axis=1), 1e-9)
    roles = tuple(ROLES[which] for which in number.tolist())
    kept = (
        role in keep or (was_chosen and role not in drop)
        for role, was_chosen in zip(roles, chosen.tolist(), strict=True)
    )
    return Assigned(roles, tuple(np.round(share.astype(np.float64), 4).tolist()), tuple(kept))


def without_model(probability: Floats, chosen: NDArray[np.bool_]) -> Assigned:
    """What can be said where a release has no role model: content, or not."""
    roles = tuple(Role.CONTENT if was_chosen else Role.OTHER for was_chosen in chosen.tolist())
    share = np.where(chosen, probability, 1 - probability)
    return Assigned(roles, tuple(np.round(share.astype(np.float64), 4).tolist()), tuple(chosen.tolist()))


def _mask(roles: Collection[Role]) -> NDArray[np.bool_]:
    return np.array([role in roles for role in ROLES])

"""The baseline of the role classifier: rules of words and class names, as people write them by hand.

Content is what the block classifier's first stage, out of fold, takes for content; the rest is told apart by
the nearest name that speaks of a role, by phrases of the text and of headings above, and by links.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pagesieve.roles import ROLES, Role
from training.roles import RolePool

Ints = NDArray[np.int64]

_CONTENT, _LINKS, _NEAR, _COPY_WORDS = 0.5, 0.5, 0.2, 0.9


def rule_roles(table: RolePool) -> Ints:
    """Role number of every block (shape: n_blocks)."""
    column = dict(zip(table.plain_names, table.plain.T, strict=True))
    told = (Role.RELATED, Role.AD, Role.COMMENT, Role.SOCIAL, Role.LEGAL)
    links = column["link_density"] > _LINKS
    named = np.stack([column[f"name_{role}"] for role in told])
    nearest = named.argmax(axis=0)
    cases: list[tuple[NDArray[np.bool_], Role]] = [
        ((column["heading"] == 1) & (column["of_title"] > 0), Role.TITLE),
        ((column["copies_before"] > 0) & (column["sentences"] > 0) & (column["said_before"] > _COPY_WORDS),
         Role.DUPLICATE),
        (column["first"] >= _CONTENT, Role.CONTENT),
        (column["in_nav"] > 0, Role.NAV),
        *((column[f"text_{role}"] > 0, role) for role in (Role.LEGAL, Role.AD, Role.SOCIAL)),
        *((column[f"headed_{role}"] > 0, role) for role in (Role.COMMENT, Role.RELATED, Role.AD)),
        *((column[f"led_{role}"] > _NEAR, role) for role in (Role.RELATED, Role.COMMENT, Role.AD)),
        *(((named.max(axis=0) > _NEAR) & (nearest == number), role) for number, role in enumerate(told)),
        (column["name_nav"] > _NEAR, Role.NAV),
        ((column["name_meta"] > _NEAR) | (column["has_date"] > 0) | (column["text_meta"] > 0), Role.META),
        (links | (column["text_nav"] > 0) | (column["in_list"] > 0), Role.NAV),
    ]  # fmt: skip
    return np.select(
        [case for case, _ in cases], [ROLES.index(role) for _, role in cases], ROLES.index(Role.OTHER)
    )

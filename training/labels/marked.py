"""A labelled page, whatever it was labelled in; and what was wrong with those that could not be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document
from pagesieve.roles import Role

# What is known of a block: the page's content, something else, or nothing.
CONTENT, REST, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Marked:
    """A page and what people say of its blocks.

    ``known`` holds ``CONTENT``, ``REST`` or ``UNKNOWN`` for every block (shape: n_blocks), ``roles`` the role
    where one was given. ``source`` says where it was read, ``how`` in which format; ``key`` is the same for
    the same page. Of text without mark-up ``html`` is the text, and the ``document`` is plain.
    """

    source: str
    how: str
    key: str
    html: str
    url: str | None
    document: Document
    known: NDArray[np.int8]
    roles: tuple[Role | None, ...]

    @property
    def n_known(self) -> int:
        return int((self.known != UNKNOWN).sum())


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be used, or only in part: where it stands, in which field, and why."""

    source: str
    field: str
    message: str
    skipped: bool = True

    def __str__(self) -> str:
        return f"{self.source}: {self.field}: {self.message}{'; skipped' if self.skipped else ''}"


@dataclass(frozen=True, slots=True)
class Labels:
    """What was read."""

    pages: list[Marked] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def summary(self) -> str:
        """How many pages were used, out of how many, and in which formats."""
        skipped = sum(problem.skipped for problem in self.problems)
        how = Counter(page.how for page in self.pages)
        formats = ", ".join(f"{count} {name}" for name, count in how.most_common())
        blocks = sum(page.n_known for page in self.pages)
        used = f"used {len(self.pages)} of {len(self.pages) + skipped} pages"
        return f"{used} ({formats}; {blocks:,} labelled blocks); {skipped} skipped" if self.pages else used


def known_of(roles: Sequence[Role | None]) -> NDArray[np.int8]:
    """What roles say about content. A headline may be in the text or not, so a title says nothing."""
    told = {None: UNKNOWN, Role.TITLE: UNKNOWN, Role.CONTENT: CONTENT}
    return np.array([told.get(role, REST) for role in roles], dtype=np.int8)

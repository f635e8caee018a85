"""Why a block was stripped, in a few words.

A reason is measured, not guessed: the features are grouped into kinds of evidence, each group in turn is set
to the values that content typically has, and what lowers the odds of the block's role most is what mattered
(ablation of one group at a time, as in Robnik-Šikonja & Kononenko 2008, "Explaining classifications for
individual instances"). The words then say what the page has there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, Document
from pagesieve.roles.model import Evidence, RoleModel
from pagesieve.roles.role import ROLES, Role

Floats = NDArray[np.floating[Any]]

# Kinds of evidence by the names of their features; the first that fits counts.
_GROUPS = {
    "heading": re.compile(r"headed_|led_|heading_|box_heading_|(?:outer_|top_|box\d_)?headings?_|since_"),
    "links": re.compile(
        r"link_density|(?:up\d|before1|after1)_link_density|(?:run|shape)\d_links|links?\d?_"
    ),
    "names": re.compile(r"name_|names_|near_names_|path_names_|(?:before|after)\d_names"),
    "section": re.compile(r"in_(?:nav|aside|form|details|noscript|hidden|dialog|comment_item|table|list)$"),
    "words": re.compile(r"text_|words_|phrase|(?:before|after)\d_words|has_"),
    "copies": re.compile(r"cop|said_|is_copy|first_copy"),
    "cards": re.compile(r"(?:run|shape)\d_|card_|shape_"),
    "place": re.compile(r"place|chars_before|prose_before|from_main|chars_from_main|apart|sure_|mass_before"),
    "shape": re.compile(r"chars$|words$|sentences|ends_sentence|word_length|tag$|owner_tag|upper_share"),
}
# Only what raises the log-odds of the role by so much is a reason, and at most so many are given.
_LEAST_SHIFT, _MOST_REASONS = 0.15, 2
_LONGEST_QUOTE = 60
_SECTIONS = frozenset(["nav", "aside", "footer", "header", "form", "dialog", "details", "noscript", "figure"])
_NOTHING = 1e-6
_STRONG_LIFT = 0.1


def reasons(
    document: Document, evidence: Evidence, model: RoleModel, matrix: Floats, roles: Sequence[Role | None]
) -> list[str | None]:
    """For every block whose role is given, what speaks most for that role, in a few words; else None."""
    rows = [number for number, role in enumerate(roles) if role is not None]
    if not rows:
        return [None] * len(roles)
    wanted = np.array([ROLES.index(role) for role in roles if role is not None])
    shifts = _shifts(model, np.asarray(matrix[rows], dtype=np.float32), wanted)
    teller = _Teller(document, evidence, model)
    found: list[str | None] = [None] * len(roles)
    for row, column, of_row in zip(rows, wanted.tolist(), shifts.T, strict=True):
        found[row] = teller.tell(row, column, of_row)
    return found


def _shifts(model: RoleModel, matrix: NDArray[np.float32], wanted: NDArray[np.int64]) -> Floats:
    """How far each group raises the log-odds of the wanted role (shape: n_groups, n_rows)."""
    variants = [matrix]
    for members in _members(model.features):
        plain = matrix.copy()
        plain[:, members] = model.typical[members]
        variants.append(plain)
    found = model.by_trees(np.concatenate(variants)).reshape(len(variants), len(matrix), len(ROLES))
    chance = np.clip(found[:, np.arange(len(matrix)), wanted].astype(np.float64), _NOTHING, 1 - _NOTHING)
    odds = np.log(chance / (1 - chance))
    return np.asarray(odds[0] - odds[1:])


def _members(features: Sequence[str]) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in _GROUPS]
    for number, name in enumerate(features):
        for members, pattern in zip(groups, _GROUPS.values(), strict=True):
            if pattern.match(name):
                members.append(number)
                break
    return groups


class _Teller:
    """Words for what the page has."""

    def __init__(self, document: Document, evidence: Evidence, model: RoleModel) -> None:
        self.document = document
        self.evidence = evidence
        self.model = model
        self.texts = document.blocks.text
        self.say: dict[str, Callable[[int, int], str | None]] = {
            "heading": self._heading,
            "links": self._links,
            "names": self._names,
            "section": self._section,
            "words": self._words,
            "copies": self._copies,
            "cards": self._cards,
            "place": self._place,
            "shape": self._shape,
        }

    def tell(self, row: int, role: int, shifts: Floats) -> str:
        names = list(_GROUPS)
        said: list[str] = []
        for group in np.argsort(-shifts).tolist():
            if shifts[group] < _LEAST_SHIFT or len(said) == _MOST_REASONS:
                break
            words = self.say[names[group]](row, role)
            if words and words not in said:
                said.append(words)
        return "; ".join(said) or self._odds(row)

    def _odds(self, row: int) -> str:
        return f"content probability {float(self.evidence.columns['first'][row]):.2f} among its neighbours"

    def _heading(self, row: int, role: int) -> str | None:
        tags, owner = self.document.elements.tag, self.document.blocks.owner
        above = next((n for n in range(row - 1, -1, -1) if tags[owner[n]] in HEADINGS), None)
        return f'nearest heading "{_short(self.texts[above])}"' if above is not None else None

    def _links(self, row: int, role: int) -> str | None:
        own = float(self.evidence.columns["link_density"][row])
        if own > 0:
            return f"link density {own:.2f}"
        return f"link density {float(self.evidence.columns['up1_link_density'][row]):.2f} around it"

    def _names(self, row: int, role: int) -> str | None:
        """The name above the block that speaks most for the role."""
        tokens, ladder = self.evidence.description.tokens, self.evidence.description.around.ladder
        best, speaks = _STRONG_LIFT, None
        container = int(ladder.rungs[0][row])
        while True:
            kind = int(tokens.kind[container])
            ids = tokens.names.ids[tokens.names.starts[kind] : tokens.names.starts[kind + 1]]
            lift = float(self.model.names[ids, role].max(initial=0))
            if lift > best:
                best, speaks = lift, kind
            above = int(ladder.parent[container])
            if above == container:
                break
            container = above
        if speaks is None:
            return None
        tag, given = ladder.kinds[speaks]
        name = next(
            (value for key in ("class", "id", "role", "aria-label") if (value := given.get(key))), None
        )
        return f'inside <{tag}> named "{_short(name)}"' if name else f"ancestor {tag}"

    def _section(self, row: int, role: int) -> str | None:
        ladder = self.evidence.description.around.ladder
        container = int(ladder.rungs[0][row])
        while True:
            tag = ladder.kinds[int(ladder.kind[container])][0]
            if tag in _SECTIONS:
                return f"ancestor {tag}"
            above = int(ladder.parent[container])
            if above == container:
                return None
            container = above

    def _words(self, row: int, role: int) -> str | None:
        return f'its words ("{_short(self.texts[row])}")'

    def _copies(self, row: int, role: int) -> str | None:
        columns = self.evidence.columns
        if columns["copies_before"][row]:
            return "the same text stands earlier on the page"
        if columns["said_before"][row] > 0.5:
            return "most of its words were said before"
        return None

    def _cards(self, row: int, role: int) -> str | None:
        columns = self.evidence.columns
        most = max(float(columns[f"run{height}_members"][row]) for height in range(4))
        members = round(float(np.expm1(most)))
        return f"one of {members} blocks alike" if members > 2 else None

    def _place(self, row: int, role: int) -> str | None:
        return f"{100 * float(self.evidence.columns['place'][row]):.0f} % down the page"

    def _shape(self, row: int, role: int) -> str | None:
        words = round(float(self.evidence.description.n_words[row]))
        tag = self.document.elements.tag[self.document.blocks.owner[row]]
        return f"{words} word{'s' * (words != 1)} in <{tag}>"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1].rstrip() + "…"

"""What a caller may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pagesieve.errors import BadInput
from pagesieve.roles.role import Role

# A page of at least this score is worth keeping, and one below the other is not; between them a person or a
# better model should look. The model card counts what they do to annotated pages, out of fold.
KEEP_FROM = 0.35
DROP_BELOW = 0.15
# Characters of a refused value that an error message repeats.
_LONGEST_SHOWN = 80


class Kind(StrEnum):
    """An output that the answer can hold."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    BLOCKS = "blocks"
    PAGE_TYPE = "page_type"
    LANGUAGE = "language"
    VERDICT = "verdict"
    SIGNALS = "signals"
    CONFIDENCE = "confidence"


class Focus(StrEnum):
    """Which mistake costs more: text kept wrongly, or text lost."""

    PRECISION = "precision"
    BALANCED = "balanced"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Options:
    """How to clean a page.

    Parameters
    ----------
    focus
        Weight of precision against recall when the blocks to keep are chosen.
    threshold
        Keep exactly the blocks whose probability reaches this number (0..1) instead of choosing
        them page by page. Raising it never adds text.
    kinds
        The outputs that ``Page.to_dict()`` and the HTTP answer contain.
    keep_from, drop_below
        Scores (0..1) from which the verdict is to keep a page, and below which it is to drop it; in between
        a page is for review. They change decisions, never scores.
    keep, drop
        Roles of blocks that the text is to have as well, or not to have. Without them the content
        classifier's choice stands.
    reasons
        Let every stripped block say in a few words why it was stripped.
    any_state
        Give the text too of a page that is only a message: an error, a wall, a placeholder, a form to
        sign in.

    Raises
    ------
    BadInput
        A value is outside its range. Strings, as a query gives them, are converted.
    """

    focus: Focus = Focus.BALANCED
    threshold: float | None = None
    kinds: tuple[Kind, ...] = (Kind.TEXT, Kind.BLOCKS)
    keep_from: float = KEEP_FROM
    drop_below: float = DROP_BELOW
    any_state: bool = False
    keep: tuple[Role, ...] = ()
    drop: tuple[Role, ...] = ()
    reasons: bool = False

    def __post_init__(self) -> None:
        for name, parse in _PARSERS.items():
            object.__setattr__(self, name, parse(getattr(self, name)))
        if self.drop_below > self.keep_from:
            raise BadInput(
                f"drop_below ({self.drop_below}) is above keep_from ({self.keep_from}); a page would be both"
            )

        if both := [role for role in self.keep if role in self.drop]:
            raise BadInput(f"{both[0]} is in keep and in drop; name it in one of them")

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Options:
        """Options from decoded JSON or a query string.

        Raises
        ------
        BadInput
            An option is unknown or has a value outside its range.
        """
        unknown = sorted(set(given) - set(_PARSERS))
        if unknown:
            raise BadInput(f"unknown option {_shown(unknown[0])}; the options are {', '.join(_PARSERS)}")
        return cls(**given)


def _shown(value: object) -> str:
    """The value for a message, cut short: it comes from a stranger."""
    return repr(value)[:_LONGEST_SHOWN]


def _focus(value: object) -> Focus:
    try:
        return Focus(str(value))
    except ValueError:
        raise BadInput(f"focus is one of {', '.join(Focus)}, not {_shown(value)}") from None


def _threshold(value: object) -> float | None:
    return None if value is None else _share("threshold")(value)


def _share(name: str) -> Callable[[object], float]:
    def parse(value: object) -> float:
        try:
            number = float(str(value)) if not isinstance(value, bool) else -1.0
        except ValueError:
            number = -1.0
        if not 0.0 <= number <= 1.0:
            raise BadInput(f"{name} is a number from 0 to 1, not {_shown(value)}")
        return number

    return parse


def _flag(name: str) -> Callable[[object], bool]:
    def parse(value: object) -> bool:
        known = {"true": True, "1": True, "false": False, "0": False}
        try:
            return known[str(value).lower()]
        except KeyError:
            raise BadInput(f"{name} is true or false, not {_shown(value)}") from None

    return parse


def _roles(name: str) -> Callable[[object], tuple[Role, ...]]:
    def parse(value: object) -> tuple[Role, ...]:
        given = value.split(",") if isinstance(value, str) and value else value or ()
        try:
            if not isinstance(given, list | tuple):
                raise ValueError
            return tuple(dict.fromkeys(Role(str(role).strip()) for role in given))
        except ValueError:
            raise BadInput(f"{name} is a list out of {', '.join(Role)}, not {_shown(value)}") from None

    return parse


def _kinds(value: object) -> tuple[Kind, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise BadInput(f"kinds is a list out of {', '.join(Kind)}, not {_shown(value)}")
    try:
        return tuple(dict.fromkeys(Kind(str(name).strip()) for name in names))
    except ValueError:
        raise BadInput(f"kinds is a list out of {', '.join(Kind)}, not {_shown(value)}") from None


_PARSERS: dict[str, Callable[[object], object]] = {
    "focus": _focus,
    "threshold": _threshold,
    "kinds": _kinds,
    "keep_from": _share("keep_from"),
    "drop_below": _share("drop_below"),
    "any_state": _flag("any_state"),
    "keep": _roles("keep"),
    "drop": _roles("drop"),
    "reasons": _flag("reasons"),
}

"""What a caller may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pagesieve.errors import BadInput

# Characters of a refused value that an error message repeats.
_LONGEST_SHOWN = 80


class Kind(StrEnum):
    """An output that the answer can hold."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    BLOCKS = "blocks"


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

    Raises
    ------
    BadInput
        A value is outside its range. Strings, as a query gives them, are converted.
    """

    focus: Focus = Focus.BALANCED
    threshold: float | None = None
    kinds: tuple[Kind, ...] = (Kind.TEXT, Kind.BLOCKS)

    def __post_init__(self) -> None:
        for name, parse in _PARSERS.items():
            object.__setattr__(self, name, parse(getattr(self, name)))

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
    if value is None:
        return None
    try:
        number = float(str(value)) if not isinstance(value, bool) else -1.0
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise BadInput(f"threshold is a number from 0 to 1, not {_shown(value)}")
    return number


def _kinds(value: object) -> tuple[Kind, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise BadInput(f"kinds is a list out of {', '.join(Kind)}, not {_shown(value)}")
    try:
        return tuple(dict.fromkeys(Kind(str(name).strip()) for name in names))
    except ValueError:
        raise BadInput(f"kinds is a list out of {', '.join(Kind)}, not {_shown(value)}") from None


_PARSERS = {"focus": _focus, "threshold": _threshold, "kinds": _kinds}

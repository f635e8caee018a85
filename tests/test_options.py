"""Options from JSON and query strings."""

from __future__ import annotations

from typing import Any

import pytest

from pagesieve import BadInput, Focus, Kind, Options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Options()),
        ({"focus": "recall"}, Options(focus=Focus.RECALL)),
        ({"threshold": "0.25"}, Options(threshold=0.25)),
        ({"threshold": None}, Options()),
        ({"kinds": "text,markdown"}, Options(kinds=(Kind.TEXT, Kind.MARKDOWN))),
        ({"kinds": ["html", "html"]}, Options(kinds=(Kind.HTML,))),
    ],
)
def test_what_may_be_asked_for(given: dict[str, Any], expected: Options) -> None:
    assert Options.from_mapping(given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"colour": 1}, "unknown option 'colour'; the options are focus, threshold, kinds"),
        ({"focus": "speed"}, "focus is one of precision, balanced, recall"),
        ({"threshold": "high"}, "threshold is a number from 0 to 1"),
        ({"threshold": 1.5}, "threshold is a number from 0 to 1"),
        ({"threshold": float("nan")}, "threshold is a number from 0 to 1"),
        ({"threshold": True}, "threshold is a number from 0 to 1"),
        ({"kinds": "pdf"}, "kinds is a list out of text, markdown, html, blocks"),
        ({"kinds": []}, "kinds is a list out of"),
        ({"kinds": 3}, "kinds is a list out of"),
    ],
)
def test_what_is_refused_and_how(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Options.from_mapping(given)


def test_options_made_in_python_are_checked_too() -> None:
    with pytest.raises(BadInput, match="threshold"):
        Options(threshold=50)


def test_a_refused_value_is_not_repeated_at_length() -> None:
    with pytest.raises(BadInput) as refusal:
        Options.from_mapping({"focus": "x" * 100_000})
    assert len(str(refusal.value)) < 300

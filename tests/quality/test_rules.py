"""The table of rules is whole, and its sentences can be said."""

from __future__ import annotations

import pytest

from pagesieve import clean
from pagesieve.quality.rules import RULES, Rule


def test_codes_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_makes_a_sentence(rule: Rule) -> None:
    signal = rule.signal(0.123)
    assert signal.message.endswith((".", ").")), signal.message
    assert "{" not in signal.message


def test_a_threshold_itself_passes() -> None:
    most = Rule("a", "a", "", 0.5, "")
    least = Rule("a", "a", "", 0.5, "", at_most=False)
    assert [most.signal(value).passed for value in (0.4, 0.5, 0.6)] == [True, True, False]
    assert [least.signal(value).passed for value in (0.4, 0.5, 0.6)] == [False, True, True]


def test_every_page_has_every_signal(any_page: str) -> None:
    assert [signal.code for signal in clean(any_page).signals] == [rule.code for rule in RULES]

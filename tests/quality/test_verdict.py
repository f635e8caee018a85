"""How a decision and its reasons follow from an opinion."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagesieve.quality import Decision, Opinion, Signal, State, decide

SHARES = st.floats(0, 1)


def opinion(ok: float = 0.9, spam: float = 0.1, quality: float = 0.8, **effects: float) -> Opinion:
    states = dict.fromkeys(State, (1 - ok) / 5) | {State.OK: ok}
    signals = tuple(
        (Signal(code, 1.0, 0.5, effect > 0, "test", f"{code}."), effect) for code, effect in effects.items()
    )
    return Opinion(states=states, spam=spam, quality=quality, effects=signals)


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (opinion(), Decision.KEEP),
        (opinion(quality=0.3), Decision.REVIEW),
        (opinion(quality=0.1), Decision.DROP),
        (opinion(spam=0.95), Decision.DROP),
        (opinion(ok=0.2), Decision.DROP),
    ],
)
def test_decisions(given: Opinion, decision: Decision) -> None:
    assert decide(given, 0.5, 0.2).decision is decision


def test_a_state_that_is_not_ok_comes_first() -> None:
    verdict = decide(opinion(ok=0.1, quality=0.4, few_words=-0.3), 0.5, 0.2)
    assert verdict.state is not State.OK
    assert verdict.score == 0
    assert [reason.code for reason in verdict.reasons] == [f"state_{verdict.state}", "few_words"]


def test_reasons_are_ordered_by_what_they_moved_and_five_at_most() -> None:
    effects = {f"s{number}": -number / 20 for number in range(1, 9)}
    verdict = decide(opinion(spam=0.9, **effects), 0.5, 0.2)
    assert [reason.code for reason in verdict.reasons] == ["spam", "s8", "s7", "s6", "s5"]


def test_what_a_page_is_moved_the_score_by_all_that_it_takes_of_it() -> None:
    reasons = decide(opinion(ok=0.1, spam=0.9, quality=0.0), 0.5, 0.2).reasons
    assert [reason.effect for reason in reasons] == [-1.0, -0.9]
    assert [reason.effect for reason in decide(opinion(quality=0.05), 0.5, 0.2).reasons] == [-0.95]


def test_a_kept_page_is_told_what_speaks_for_it() -> None:
    verdict = decide(opinion(good=0.2, bad=-0.3, nothing=0.0001), 0.5, 0.2)
    assert [reason.code for reason in verdict.reasons] == ["good"]


def test_a_dropped_page_always_has_a_reason() -> None:
    assert [reason.code for reason in decide(opinion(quality=0.05), 0.5, 0.2).reasons] == ["low_quality"]


@settings(deadline=None)
@given(ok=SHARES, spam=SHARES, quality=SHARES, one=SHARES, other=SHARES, effect=st.floats(-1, 1))
def test_thresholds_move_nothing_but_the_decision(
    ok: float, spam: float, quality: float, one: float, other: float, effect: float
) -> None:
    judged = opinion(ok, spam, quality, signal=effect)
    low, high = sorted((one, other))
    verdicts = [asdict(decide(judged, *pair)) for pair in ((high, low), (1.0, 1.0), (0.0, 0.0))]
    for verdict in verdicts:
        assert {key: verdict[key] for key in ("state", "score", "quality", "spam")} == {
            key: verdicts[0][key] for key in ("state", "score", "quality", "spam")
        }
        assert 0 <= verdict["score"] <= 1
        assert len(verdict["reasons"]) <= 5

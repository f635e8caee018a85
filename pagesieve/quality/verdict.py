"""The verdict on a page, and how it follows from the models' scores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pagesieve.options import KEEP_FROM
from pagesieve.quality.rules import PAGESIEVE, Signal

# From this probability on the state or the spam is said to be the reason.
LIKELY = 0.5
MOST_REASONS = 5
# Longer pages whose title speaks of no error are ``ok`` without asking a model, which saves its time: of
# 100 annotated pages that are not ``ok`` two are so long (traces of programs, copies of a bank's home page).
MOST_WORDS_NOT_OK = 600
# A text is withheld as a message from this probability on, when it has at most so many words.
SURE, LONGEST_MESSAGE = 0.9, 60
# What moves the score by less than this is no reason.
_LEAST_EFFECT = 0.005


class State(StrEnum):
    """What a page is as a delivered document."""

    OK = "ok"
    ERROR = "error"
    BLOCKED = "blocked"
    PARKED = "parked"
    LOGIN = "login"
    EMPTY = "empty"


class Decision(StrEnum):
    """What to do with a page."""

    KEEP = "keep"
    REVIEW = "review"
    DROP = "drop"


def surely_ok(n_words: float, error_cues: float) -> bool:
    """Whether a page with so many words of content, and phrases of errors in its title, is ``ok`` whatever
    a model says."""
    return n_words > MOST_WORDS_NOT_OK and not error_cues


def is_message(ok: float, empty: float, n_words: float) -> bool:
    """Whether a page's text is no content but a message: of an error, a wall, a placeholder, a form.

    ``ok`` and ``empty`` are the probabilities (0..1) of these states; what little an empty page says is no
    message. Sure and short, because a page that wrongly loses its text is the worse mistake.
    """
    return 1 - ok - empty >= SURE and n_words <= LONGEST_MESSAGE


_STATES = {
    State.ERROR: "The page is an error message or a directory index.",
    State.BLOCKED: "A bot, consent or age wall stands before the page.",
    State.PARKED: "The domain is for sale or holds a place with advertising.",
    State.LOGIN: "The page is a form to sign in or to sign up.",
    State.EMPTY: "The page has no meaningful text.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A signal that moved the score, and by how much (``effect``; negative lowers it).

    The effect of what a page is (its state, spam, low quality) is what that alone takes from a score of 1.
    """

    code: str
    message: str
    value: float
    threshold: float
    source: str
    effect: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the models say: probability of each state and of spam, quality, and the effect of each signal."""

    states: dict[State, float]
    spam: float
    quality: float
    effects: tuple[tuple[Signal, float], ...]

    @property
    def state(self) -> State:
        """``ok`` unless another state is more likely than not; then the likeliest other one."""
        others = {state: value for state, value in self.states.items() if state is not State.OK}
        likeliest = max(others, key=lambda state: others[state])
        return State.OK if 1 - self.states[State.OK] < LIKELY else likeliest

    @property
    def score(self) -> float:
        """0..1: quality, discounted by the probability of spam; 0 where the page is not ``ok``."""
        return self.quality * (1 - self.spam) if self.state is State.OK else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a page is worth keeping.

    ``score`` (0..1) is ``quality`` (0..1) discounted by the probability of ``spam`` (0..1), and 0 for a page
    whose ``state`` is not ``ok``. ``reasons``, five at most, are what the page is, then what it was told by,
    in the order of how far each moved the score.
    """

    decision: Decision
    state: State
    score: float
    quality: float
    spam: float
    reasons: tuple[Reason, ...]


def decide(opinion: Opinion, keep_from: float, drop_below: float) -> Verdict:
    """The verdict at two thresholds on the score. They move the decision and nothing else but which way
    reasons point: a kept page is told what speaks for it, every other what speaks against it."""
    score = opinion.score
    if opinion.state is not State.OK or score < drop_below:
        decision = Decision.DROP
    else:
        decision = Decision.KEEP if score >= keep_from else Decision.REVIEW
    return Verdict(
        decision=decision,
        state=opinion.state,
        score=round(score, 4),
        quality=round(opinion.quality, 4),
        spam=round(opinion.spam, 4),
        reasons=tuple(_reasons(opinion, decision)[:MOST_REASONS]),
    )


def _reasons(opinion: Opinion, decision: Decision) -> list[Reason]:
    kept = decision is Decision.KEEP
    moved = [
        _reason(signal, effect)
        for signal, effect in opinion.effects
        if signal.passed is kept and (effect if kept else -effect) >= _LEAST_EFFECT
    ]
    moved.sort(key=lambda reason: (-abs(reason.effect), reason.code))
    return moved if kept else [*_headings(opinion), *moved]


def _reason(signal: Signal, effect: float) -> Reason:
    return Reason(
        signal.code, signal.message, signal.value, signal.threshold, signal.source, round(effect, 4)
    )


def _headings(opinion: Opinion) -> list[Reason]:
    """What a page that is not kept is, before what it was told by. At least one.

    Their effect is what that alone takes from a full score of 1.
    """
    state, spam, quality = opinion.state, opinion.spam, opinion.quality
    found = []
    if state is not State.OK:
        found.append(_heading(f"state_{state}", _STATES[state], 1 - opinion.states[State.OK], LIKELY, 1.0))
    if spam >= LIKELY:
        message = "The page is likely to be spam: made to deceive a reader or a search engine."
        found.append(_heading("spam", message, spam, LIKELY, spam))
    if not found:
        message = "The content is of little quality for a reader who came for it."
        found.append(_heading("low_quality", message, quality, KEEP_FROM, 1 - quality))
    return found


def _heading(code: str, message: str, value: float, threshold: float, lost: float) -> Reason:
    return Reason(code, message, round(value, 4), threshold, PAGESIEVE, -round(lost, 4))

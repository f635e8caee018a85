"""Boilerplate glued to the start or end of a good block: where it could be cut, and what speaks for a cut.

"… the minister said.Related Stories": the tag between the two is lost, or was an inline one. Every place near
an end of a block where one piece of text may stop and another start is a candidate; a classifier, learned from
pages whose blocks were glued on purpose, says how sure a cut is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pagesieve.words import tokens

Floats = NDArray[np.float32]
# Log-odds of content of a token of the word lexicon; 0 if unknown.
LogOdds = Callable[[str], float]

# Words and characters that a glued-on piece has at most, and the rest of the block at least.
MOST_WORDS, _MOST_CHARS = 14, 120
LEAST_REST = 8
# A place where one text may end and another begin: after a stop or a closing quote, with or without a space;
# a capital or a digit right after a small letter; a separator between spaces.
_BORDER = re.compile(
    r"[.!?…][\"”’»)\]]*(?:\s+|(?=[A-ZÀ-ÞА-Я]\w))"
    r"|[。！？][」』”）]*\s*(?=\w)"
    r"|(?<=[a-zß-ÿа-я)\]])(?=[A-ZÀ-ÞА-Я][a-zß-ÿа-я])"
    r"|\s+[|•·–—»]\s+"
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece at an end of a text: ``text[:at]`` if ``leads``, else ``text[at:]``."""

    at: int
    leads: bool
    glued: bool
    """No white space parts the piece from the rest."""

    def piece(self, text: str) -> str:
        return text[: self.at] if self.leads else text[self.at :]

    def rest(self, text: str) -> str:
        return text[self.at :] if self.leads else text[: self.at]


def candidates(text: str) -> list[Cut]:
    """Places where a short piece at either end may be something else than the rest."""
    if len(text) < LEAST_REST:
        return []
    tail_from = max(len(text) - _MOST_CHARS, 1)
    found = [_cut(border, leads=False) for border in _BORDER.finditer(text, tail_from)]
    found += [_cut(border, leads=True) for border in _BORDER.finditer(text, 0, min(_MOST_CHARS, len(text)))]
    return [
        cut
        for cut in found
        if 0 < cut.at < len(text)
        and 0 < len(tokens(cut.piece(text))) <= MOST_WORDS
        and len(tokens(cut.rest(text))) >= LEAST_REST
    ]


def _cut(border: re.Match[str], *, leads: bool) -> Cut:
    end = border.end()
    return Cut(end, leads, glued=not border[0][-1:].isspace())


def describe_cuts(text: str, cuts: Sequence[Cut], log_odds: LogOdds) -> list[list[float]]:
    """One row a cut: ``FEATURES``, from the piece, the rest, and the lexicon."""
    return [_row(cut, cut.piece(text).strip(), cut.rest(text).strip(), log_odds) for cut in cuts]


FEATURES = (
    "leads", "glued", "words", "mean", "low", "high", "sum", "phrase", "heading", "heading_low", "heading_phrase",
    "title_case", "lower_words", "stops", "starts_upper", "digits", "commas", "colon", "rest_stops", "rest_words",
    "rest_mean", "shared", "separated",
)  # fmt: skip


def _row(cut: Cut, piece: str, rest: str, log_odds: LogOdds) -> list[float]:
    words, around = tokens(piece), tokens(rest)
    odds = [log_odds(word) for word in _numberless(words)]
    heading = [log_odds("#" + word) for word in _numberless(words) if word != "0"] or [0.0]
    phrase = " ".join(_numberless(words))
    parts = piece.split()
    before = piece if cut.leads else rest
    known = set(around)
    long = [word for word in words if len(word) > 3]
    values = (
        cut.leads, cut.glued, np.log1p(len(words)), sum(odds) / len(odds), min(odds), max(odds), sum(odds),
        log_odds("=" + phrase), sum(heading) / len(heading), min(heading), log_odds("##" + phrase),
        sum(part[0].isupper() for part in parts) / len(parts), sum(part[0].islower() for part in parts),
        piece[-1] in ".!?…。！？", piece[0].isupper(), sum(character.isdigit() for character in piece) / len(piece),
        piece.count(","), piece.count(":"), before[-1] in ".!?…。！？\"”’»)]", np.log1p(len(around)),
        sum(map(log_odds, _numberless(around[:60]))) / min(len(around), 60),
        sum(word in known for word in long) / max(len(long), 1), before[-1] in "|•·–—»",
    )  # fmt: skip
    return [float(value) for value in values]


def _numberless(words: list[str]) -> list[str]:
    """To the lexicon every number is the same word."""
    return ["0" if word.isdigit() else word for word in words]


def choose_cuts(cuts: Sequence[Cut], sure: Floats, least: float) -> tuple[Cut | None, Cut | None]:
    """The longest piece at the start, and at the end, whose cut is sure enough."""
    good = [cut for cut, probability in zip(cuts, sure.tolist(), strict=True) if probability >= least]
    leads = [cut for cut in good if cut.leads]
    trails = [cut for cut in good if not cut.leads]
    return max(leads, key=lambda cut: cut.at, default=None), min(trails, key=lambda cut: cut.at, default=None)

"""Boilerplate glued to the start or end of a good block: where it could be cut, and what speaks for a cut.

"… the minister said.Related Stories": the tag between the two is lost, or was an inline one. Every place near
an end of a block where one piece of text may stop and another start is a candidate; a classifier, learned
from pages whose blocks were glued on purpose, says how sure a cut is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pagesieve.blocks import HEADINGS, VERBATIM, Document
from pagesieve.onnx import run
from pagesieve.words import tokens

Floats = NDArray[np.float32]
# Log-odds of content of a token of the word lexicon; 0 if unknown.
LogOdds = Callable[[str], float]
# How often a page has a word.
Count = Callable[[str], int]

# Words and characters that a glued-on piece has at most, and the rest of the block at least.
MOST_WORDS, _MOST_CHARS = 14, 120
LEAST_REST = 8
_STOPS, _CLOSING, _SEPARATORS = ".!?…。！？", '"”’»)]', "|•·–—»"
_BRACKETS = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
_LONG_WORD, _REST_LOOKED_AT = 4, 60
# Words at either end of a piece that may be a whole block elsewhere: "read more".
_MOST_BOUND = 4
# Blocks in which nothing is cut.
_LEFT_ALONE = VERBATIM | frozenset(HEADINGS)
# Of each block that lost something the pieces it lost.
Trimmed = dict[int, tuple[str, ...]]
# A word as it stands, "LinkedIn" and "ASP.NET" in one piece, and how far from a cut it is looked for.
_WHOLE_WORD = re.compile(r"\w(?:[\w.]*\w)?")
_LONGEST_WORD = 40
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


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often texts have each word, as it stands."""
    return Counter(word for text in texts for word in _WHOLE_WORD.findall(text))


def describe_cuts(text: str, cuts: Sequence[Cut], log_odds: LogOdds, count: Count) -> list[list[float]]:
    """One row a cut: what the piece and the rest look like, and what the lexicon says of their words.

    ``count`` tells how often the page has a word, for what a cut would part may be one ("LinkedIn").
    """
    rows = []
    for cut in cuts:
        word = _word_across(text, cut)
        # Once it stands here.
        elsewhere = float(np.log1p(max(count(word) - 1, 0))) if word else 0.0
        rows.append([*_row(cut, cut.piece(text).strip(), cut.rest(text).strip(), log_odds), elsewhere])
    return rows


def _word_across(text: str, cut: Cut) -> str:
    """The word that a cut goes through; empty if it goes through none."""
    if not cut.glued:
        return ""
    near = _WHOLE_WORD.finditer(text, max(cut.at - _LONGEST_WORD, 0), cut.at + _LONGEST_WORD)
    return next((word[0] for word in near if word.start() < cut.at < word.end()), "")


def _row(cut: Cut, piece: str, rest: str, log_odds: LogOdds) -> list[float]:
    words, around = _lexical(tokens(piece)), _lexical(tokens(rest))
    odds = [log_odds(word) for word in words]
    as_heading = [log_odds("#" + word) for word in words if word != "0"] or [0.0]
    phrase = " ".join(words)
    parts = piece.split()
    long = [word for word in words if len(word) >= _LONG_WORD]
    known = set(around)
    before = piece if cut.leads else rest
    row = (
        cut.leads,
        cut.glued,
        np.log1p(len(words)),
        sum(odds) / len(odds),
        min(odds),
        max(odds),
        sum(odds),
        log_odds("=" + phrase),
        sum(as_heading) / len(as_heading),
        min(as_heading),
        log_odds("##" + phrase),
        _best(words, log_odds, "=", ends=False),
        _best(words, log_odds, "=", ends=True),
        _best(words, log_odds, "##", ends=False),
        sum(part[0].isupper() for part in parts) / len(parts),
        sum(part[0].islower() for part in parts),
        piece[-1] in _STOPS,
        piece[0].isupper(),
        sum(character.isdigit() for character in piece) / len(piece),
        piece.count(","),
        piece.count(":"),
        before[-1] in _STOPS + _CLOSING,
        before[-1] in _SEPARATORS,
        len(before.split()[-1]),
        unbalanced(piece),
        sum(character.isupper() for character in piece) / len(piece),
        np.log1p(len(around)),
        sum(map(log_odds, around[:_REST_LOOKED_AT])) / min(len(around), _REST_LOOKED_AT),
        sum(word in known for word in long) / max(len(long), 1),
    )
    return [float(value) for value in row]


def unbalanced(piece: str) -> int:
    """How many brackets are closed and not opened there, or the other way round.

    >>> unbalanced("LG) and [5]")
    1
    """
    return sum(abs(piece.count(opening) - piece.count(closing)) for opening, closing in _BRACKETS)


def _best(words: list[str], log_odds: LogOdds, mark: str, *, ends: bool) -> float:
    """Lowest log-odds of the whole blocks that the first or last words of a piece are elsewhere."""
    sizes = range(1, min(len(words), _MOST_BOUND) + 1)
    return min(log_odds(mark + " ".join(words[-size:] if ends else words[:size])) for size in sizes)


def _lexical(words: list[str]) -> list[str]:
    """To the lexicon every number is the same word."""
    return ["0" if word.isdigit() else word for word in words]


@dataclass(frozen=True, slots=True)
class TrailerModel:
    """How sure a cut is, and from where on it is made."""

    session: onnxruntime.InferenceSession
    threshold: float
    log_odds: LogOdds

    def cuts(self, texts: Sequence[str], page: Sequence[str]) -> list[list[Cut]]:
        """Of each text the cuts to make: at most one at its start and one at its end.

        ``page`` are the texts of all blocks of the page.
        """
        words = cache(lambda: count_words(page))
        found = [candidates(text) for text in texts]
        rows = [
            row
            for text, cuts in zip(texts, found, strict=True)
            for row in describe_cuts(text, cuts, self.log_odds, lambda word: words()[word])
        ]
        if not rows:
            return [[] for _ in texts]
        sure = iter(run(self.session, np.array(rows, dtype=np.float32))[:, 0].tolist())
        good = [[cut for cut in cuts if next(sure) >= self.threshold] for cuts in found]
        return [_longest(cuts) for cuts in good]


def _longest(cuts: list[Cut]) -> list[Cut]:
    """The longest piece at the start, and at the end."""
    leads = max((cut for cut in cuts if cut.leads), key=lambda cut: cut.at, default=None)
    trails = min((cut for cut in cuts if not cut.leads), key=lambda cut: cut.at, default=None)
    if leads and trails and leads.at >= trails.at:
        return [trails]
    return [cut for cut in (leads, trails) if cut]


def trim(document: Document, among: Sequence[int], model: TrailerModel | None) -> tuple[Document, Trimmed]:
    """A document without what is glued to the ends of the blocks ``among``, and what was.

    In mark-up a trailer is an inline element of its own, so blocks of a single text node are left alone.
    """
    if model is None:
        return document, {}
    blocks = document.blocks
    looked_at = [
        number
        for number in among
        if (document.plain or len(blocks.runs[number]) > 1)
        and document.elements.tag[blocks.owner[number]] not in _LEFT_ALONE
    ]
    texts = [blocks.text[number] for number in looked_at]
    found = {
        number: cuts for number, cuts in zip(looked_at, model.cuts(texts, blocks.text), strict=True) if cuts
    }
    if not found:
        return document, {}
    text, runs = list(blocks.text), list(blocks.runs)
    for number, cuts in found.items():
        whole = text[number]
        for cut in cuts:
            runs[number] = _cut_runs(runs[number], _visible(cut.piece(whole)), leads=cut.leads)
        start = next((cut.at for cut in cuts if cut.leads), 0)
        end = next((cut.at for cut in cuts if not cut.leads), len(whole))
        text[number] = whole[start:end].strip()
    trimmed = {
        number: tuple(cut.piece(blocks.text[number]).strip() for cut in cuts)
        for number, cuts in found.items()
    }
    return replace(document, blocks=replace(blocks, text=text, runs=runs)), trimmed


def _visible(text: str) -> int:
    """Characters that are not white space; of those a block's text and its runs have the same."""
    return len("".join(text.split()))


def _cut_runs(runs: list[tuple[str, int]], n_visible: int, *, leads: bool) -> list[tuple[str, int]]:
    """Text nodes without so many visible characters at their start, or end."""
    kept = list(runs)
    place = 0 if leads else -1
    while n_visible > 0:
        text, element = kept.pop(place)
        if (size := _visible(text)) <= n_visible:
            n_visible -= size
            continue
        at = _offset(text if leads else text[::-1], n_visible)
        rest = text[at:] if leads else text[: len(text) - at]
        kept.insert(0 if leads else len(kept), (rest, element))
        break
    return kept


def _offset(text: str, n_visible: int) -> int:
    """Length of the shortest start of ``text`` with so many visible characters."""
    for place, character in enumerate(text):
        n_visible -= not character.isspace()
        if not n_visible:
            return place + 1
    return len(text)

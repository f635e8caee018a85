"""Blocks glued on purpose → a classifier of where boilerplate was glued to a good block."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.trailers import MOST_WORDS, Count, candidates, count_words, describe_cuts
from pagesieve.words import tokens
from training.dataset import FOLDS

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Lexicon = Mapping[str, float]

# Blocks of a page that are looked at, words they need, and the share of their words that the gold has.
_MOST_BLOCKS, _LEAST_WORDS, _CLEAN = 60, 12, 0.95
# Boilerplate this near to a block is what gets glued to it.
_NEAR = 8
# How often good text is glued on as well, nothing parts the two, and the piece stands at the start.
_GLUED_GOOD, _WITHOUT_SPACE, _AT_START = 0.3, 0.7, 0.25
_TREES, _LEAVES, _RATE = 100, 12, 0.08
# Of clean blocks one in so many may lose a word that it should keep.
MOST_DAMAGE = 1 / 5_000
# The threshold is set for half of that, because the blocks that set it are a sample.
_CAUTION = 0.5


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts of a page's blocks, which are content, and how much of each the gold has."""

    fold: int
    texts: Sequence[str]
    content: NDArray[np.bool_]
    coverage: Floats


@dataclass(frozen=True, slots=True)
class Glued:
    """A text and where boilerplate begins (if it ``leads``, ends) in it; -1 where all of the text is good."""

    text: str
    at: int = -1
    leads: bool = False


def glue(page: Labelled, rng: random.Random) -> Iterator[tuple[Glued, Glued | None, Glued | None]]:
    """Clean blocks as they are, with boilerplate glued on, and with good text glued on."""
    # Line breaks inside a block are code, where nothing is cut.
    clean = [
        number
        for number in np.flatnonzero(page.content & (page.coverage >= _CLEAN)).tolist()
        if len(tokens(page.texts[number])) >= _LEAST_WORDS and "\n" not in page.texts[number]
    ]
    if len(clean) > _MOST_BLOCKS:
        clean = sorted(rng.sample(clean, _MOST_BLOCKS))
    short = [
        number for number, text in enumerate(page.texts)
        if not page.content[number] and page.coverage[number] == 0 and len(text) < 100
        and 0 < len(tokens(text)) <= MOST_WORDS and text[0].isupper()
    ]  # fmt: skip
    good = [number for number in clean if len(tokens(page.texts[number])) <= 2 * MOST_WORDS]
    for number in clean:
        text = page.texts[number]
        near = [other for other in short if abs(other - number) <= _NEAR]
        pieces = near if near and rng.random() < 0.5 else short
        bad = _join(text, page.texts[rng.choice(pieces)], rng, good=False) if pieces else None
        more = good and rng.random() < _GLUED_GOOD
        yield Glued(text), bad, _join(text, page.texts[rng.choice(good)], rng, good=True) if more else None


def _join(text: str, piece: str, rng: random.Random, *, good: bool) -> Glued:
    gap = "" if rng.random() < _WITHOUT_SPACE else " "
    if rng.random() < _AT_START:
        return Glued(piece + gap + text, -1 if good else len(piece + gap), leads=True)
    return Glued(text + gap + piece, -1 if good else len(text + gap))


def rows_of(example: Glued, lexicon: Lexicon, count: Count) -> tuple[list[list[float]], list[bool]]:
    """Features and labels of a text's cuts; cuts inside the glued piece are left out.

    ``count`` tells how often the page has a word.
    """
    cuts = [cut for cut in candidates(example.text) if not _inside(cut.at, example)]
    labels = [cut.at == example.at and cut.leads == example.leads for cut in cuts]
    return describe_cuts(example.text, cuts, lambda token: lexicon.get(token, 0.0), count), labels


def _inside(at: int, example: Glued) -> bool:
    if example.at < 0:
        return False
    return at < example.at if example.leads else at > example.at


@dataclass(frozen=True, slots=True)
class CutTable:
    """Candidates for a cut: features, labels, fold, the block each belongs to, and what was done to that."""

    rows: Floats
    labels: NDArray[np.bool_]
    fold: Ints
    block: Ints
    untouched: NDArray[np.bool_]
    """Whether the block stands as the page has it."""
    n_blocks: int


def build_table(pages: Sequence[Labelled], lexicons: Sequence[Lexicon], seed: int) -> CutTable:
    """``lexicons[fold]`` is learned without the fold."""
    rng = random.Random(seed)
    rows: list[list[float]] = []
    about: list[tuple[bool, int, int, bool]] = []
    number = -1
    for page in pages:
        words = count_words(page.texts)
        for versions in glue(page, rng):
            number += 1
            for version, example in enumerate(versions):
                if example is not None:
                    found, labels = rows_of(example, lexicons[page.fold], words.__getitem__)
                    rows += found
                    about += [(label, page.fold, number, version == 0) for label in labels]
    columns = np.array(about, dtype=np.int64).T
    return CutTable(
        rows=np.array(rows, dtype=np.float32),
        labels=columns[0].astype(bool),
        fold=columns[1],
        block=columns[2],
        untouched=columns[3].astype(bool),
        n_blocks=number + 1,
    )


def train_trailers(table: CutTable, seed: int) -> tuple[HistGradientBoostingClassifier, dict[str, Any]]:
    """Fit on everything; the threshold and the figures are out of fold."""
    sure = np.zeros(len(table.labels), dtype=np.float32)
    for fold in range(FOLDS):
        seen, unseen = table.fold != fold, table.fold == fold
        sure[unseen] = _fit(table.rows[seen], table.labels[seen], seed).predict_proba(table.rows[unseen])[
            :, 1
        ]
    return _fit(table.rows, table.labels, seed), cut_figures(table, sure)


def cut_figures(table: CutTable, sure: Floats) -> dict[str, Any]:
    """The threshold that damages few enough clean blocks, and the share of glued pieces it cuts off."""
    surest = np.zeros(table.n_blocks, dtype=np.float32)
    np.maximum.at(surest, table.block[table.untouched], sure[table.untouched])
    allowed = int(MOST_DAMAGE * _CAUTION * table.n_blocks)
    threshold = float(np.nextafter(np.sort(surest)[-(allowed + 1)], np.float32(2)))
    return {
        "threshold": threshold,
        "clean_blocks": table.n_blocks,
        "damaged": int((surest >= threshold).sum()),
        "glued": int(table.labels.sum()),
        "cut": round(float((sure[table.labels] >= threshold).mean()), 4),
    }


def _fit(rows: Floats, labels: NDArray[np.bool_], seed: int) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        learning_rate=_RATE,
        min_samples_leaf=60,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(rows, labels)

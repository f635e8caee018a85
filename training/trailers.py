"""Blocks glued on purpose → a classifier of where boilerplate was glued to a good block."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.trailers import FEATURES, MOST_WORDS, candidates, choose_cuts, describe_cuts
from pagesieve.words import tokens
from training.dataset import FOLDS

Floats = NDArray[np.float32]
Lexicon = Mapping[str, float]

# Blocks of a page that are looked at, words they need, and the share of their words that the gold has.
_MOST_BLOCKS, _LEAST_WORDS, _CLEAN = 60, 12, 0.95
# Boilerplate this near to a block is what gets glued to it.
_NEAR = 8
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
    """A text and where boilerplate begins (``ends``: or ends) in it; ``at`` is -1 where all of it is good."""

    text: str
    at: int = -1
    leads: bool = False


def glue(page: Labelled, rng: random.Random) -> Iterator[tuple[Glued, Glued, Glued | None]]:
    """Clean blocks as they are, with boilerplate glued on, and with good text glued on."""
    clean = np.flatnonzero(page.content & (page.coverage >= _CLEAN)).tolist()
    clean = [number for number in clean if len(tokens(page.texts[number])) >= _LEAST_WORDS]
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
        if pieces:
            glued = _join(text, page.texts[rng.choice(pieces)], rng, good=False)
            follower = page.texts[rng.choice(good)] if good and rng.random() < 0.3 else None
            yield Glued(text), glued, _join(text, follower, rng, good=True) if follower else None
        else:
            yield Glued(text), Glued(text), None


def _join(text: str, piece: str, rng: random.Random, *, good: bool) -> Glued:
    gap = "" if rng.random() < 0.7 else " "
    if rng.random() < 0.25:
        return Glued(piece + gap + text, -1 if good else len(piece + gap), leads=True)
    return Glued(text + gap + piece, -1 if good else len(text + gap))


def rows_of(example: Glued, lexicon: Lexicon) -> tuple[list[list[float]], list[bool]]:
    """Features and labels of a text's cuts; cuts inside the glued piece are left out."""
    cuts = [cut for cut in candidates(example.text) if not _inside(cut.at, example)]
    labels = [cut.at == example.at and cut.leads == example.leads for cut in cuts]
    return describe_cuts(example.text, cuts, lambda token: lexicon.get(token, 0.0)), labels


def _inside(at: int, example: Glued) -> bool:
    if example.at < 0:
        return False
    return at < example.at if example.leads else at > example.at


def train_trailers(
    pages: Sequence[Labelled], lexicons: Sequence[Lexicon], seed: int
) -> tuple[HistGradientBoostingClassifier, dict[str, Any]]:
    """Fit on everything; the threshold and the figures are out of fold.

    ``lexicons[fold]`` is learned without the fold.
    """
    rng = random.Random(seed)
    glued = [(page.fold, triple) for page in pages for triple in glue(page, rng)]
    rows, labels, folds, kinds, owners = _table(glued, lexicons)
    sure = np.zeros(len(labels), dtype=np.float32)
    for fold in range(FOLDS):
        model = _fit(rows[folds != fold], labels[folds != fold], seed)
        sure[folds == fold] = model.predict_proba(rows[folds == fold])[:, 1]
    threshold, figures = _threshold(sure, labels, kinds, owners, glued)
    return _fit(rows, labels, seed), {"threshold": threshold, **figures}


def _table(glued, lexicons):  # type: ignore[no-untyped-def]
    rows, labels, folds, kinds, owners = [], [], [], [], []
    for owner, (fold, triple) in enumerate(glued):
        for kind, example in enumerate(triple):
            if example is None:
                continue
            found, good = rows_of(example, lexicons[fold])
            rows += found
            labels += good
            folds += [fold] * len(good)
            kinds += [kind] * len(good)
            owners += [owner] * len(good)
    return (np.array(rows, dtype=np.float32), np.array(labels), np.array(folds), np.array(kinds), np.array(owners))


def _fit(rows: Floats, labels: NDArray[np.bool_], seed: int) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=_TREES, max_leaf_nodes=_LEAVES, learning_rate=_RATE, min_samples_leaf=60,
        l2_regularization=1.0, early_stopping=False, random_state=seed,
    )  # fmt: skip
    return model.fit(rows, labels)


def _threshold(sure, labels, kinds, owners, glued):  # type: ignore[no-untyped-def]
    n_clean = len(glued)
    natural = np.zeros(n_clean)
    np.maximum.at(natural, owners[kinds == 0], sure[kinds == 0])
    allowed = int(MOST_DAMAGE * _CAUTION * n_clean)
    threshold = float(np.sort(natural)[-(allowed + 1)]) + 1e-4
    positive = labels & (kinds == 1)
    return threshold, {
        "clean_blocks": n_clean,
        "damaged": int((natural >= threshold).sum()),
        "glued": int(positive.sum()),
        "cut": float((sure[positive] >= threshold).mean()),
    }

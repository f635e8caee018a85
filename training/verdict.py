"""Fitting the verdict: state, spam, quality, and the confidence of an extraction.

Every figure is out of fold, and whatever a model learns from (the wording of spam, too) is learned inside the
fold. The corpora of articles, forums and shops never train a verdict: they are its clean controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from pagesieve.errors import BadInput
from pagesieve.quality.grams import BITS, gram_ids
from pagesieve.quality.model import Calibration
from pagesieve.quality.verdict import LIKELY, MOST_WORDS_NOT_OK, State
from training.annotated import Annotated, Control, Sample
from training.dataset import FOLDS
from training.fit import Forest

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]

STATES = tuple(State)
_NOT_SPAM, _SPAM = "ham", "spam"
# Spam is an eighth of the pages; counting it threefold costs nothing in order and steadies the trees.
_SPAM_WEIGHT = 3.0
BEST_QUALITY = 4
# Largest weight of a 4-gram in a release, where weights are whole numbers of 8 bits.
MOST_WEIGHT = 127


_SMALL = Forest(trees=80, leaves=8, rate=0.08)
_SLOW = Forest(trees=120, leaves=8, rate=0.06)
_WIDE = Forest(trees=150, leaves=12, rate=0.05)


@dataclass(frozen=True, slots=True)
class VerdictRecipe:
    """Sizes of the ensembles, small because the annotated pages are a thousand."""

    state: Forest = _SMALL
    spam: Forest = _SLOW
    quality: Forest = _SLOW
    confidence: Forest = _WIDE
    wording_penalty: float = 1 / 30
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Table:
    """Samples as arrays, row by row."""

    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    fold: NDArray[np.int64]
    grams: csr_matrix


def table_of(samples: Sequence[Sample]) -> Table:
    """The samples in their order, without their wording, which is learned."""
    names = tuple(samples[0].measures)
    return Table(
        names=names,
        matrix=np.array([[sample.measures[name] for name in names] for sample in samples], dtype=np.float32),
        fold=np.array([sample.fold for sample in samples]),
        grams=gram_matrix([sample.text for sample in samples]),
    )


def gram_matrix(texts: list[str]) -> csr_matrix:
    """One row a text, of length 1 (shape: n_texts, 2**BITS)."""
    ids = [gram_ids(text) for text in texts]
    lengths = np.array([len(row) for row in ids])
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return csr_matrix((values, np.concatenate(ids), starts), shape=(len(texts), 1 << BITS))


@dataclass(frozen=True, slots=True)
class Wording:
    """A linear model over hashed 4-grams: how spam is worded."""

    weights: NDArray[np.float32]

    def scores(self, grams: csr_matrix) -> NDArray[np.float64]:
        return np.asarray(grams @ self.weights, dtype=np.float64)


def fit_wording(grams: csr_matrix, labels: Flags, recipe: VerdictRecipe) -> Wording:
    """The intercept is left out: trees need the order only."""
    if not grams.nnz:
        return Wording(np.zeros(grams.shape[1], dtype=np.float32))
    # In the dual there is one variable a page, of which there are far fewer than 4-grams.
    model = LogisticRegression(
        C=1 / recipe.wording_penalty,
        class_weight="balanced",
        solver="liblinear",
        dual=True,
        max_iter=1_000,
        random_state=recipe.seed,
    )
    weights = model.fit(grams, labels).coef_[0]
    # As a release stores them, in 8 bits, so that training sees what serving will.
    scale = float(np.abs(weights).max()) / MOST_WEIGHT
    return Wording((np.round(weights / scale) * scale).astype(np.float32))


def cross_fitted(table: Table, labels: Flags, rows: Flags, recipe: VerdictRecipe) -> NDArray[np.float64]:
    """Wording of every sample: of ``rows`` by a model of the other folds of ``rows``, else of all of them."""
    if not table.grams.nnz:
        return np.zeros(len(rows))
    scores = fit_wording(table.grams[rows], labels[rows], recipe).scores(table.grams)
    for fold in np.unique(table.fold[rows]):
        inside, others = rows & (table.fold == fold), rows & (table.fold != fold)
        scores[inside] = fit_wording(table.grams[others], labels[others], recipe).scores(table.grams[inside])
    return scores


def grow_shares(
    matrix: NDArray[np.float32], target: Floats, forest: Forest, seed: int, weight: Floats | None = None
) -> HistGradientBoostingClassifier:
    """Trees that predict a number from 0 to 1: the log loss of a share, as of a class (Papke 1996).

    Each row is there twice, as much of it positive as its target says.
    """
    weight = np.ones(len(target)) if weight is None else weight
    model = _trees(forest, seed)
    return model.fit(
        np.concatenate((matrix, matrix)),
        np.repeat([True, False], len(target)),
        sample_weight=np.concatenate((weight * target, weight * (1 - target))),
    )


def grow_states(
    matrix: NDArray[np.float32], states: NDArray[np.str_], recipe: VerdictRecipe
) -> HistGradientBoostingClassifier:
    """Classes are numbered as in ``STATES``."""
    numbers = np.array([STATES.index(state) for state in states])
    return _trees(recipe.state, recipe.seed, class_weight="balanced").fit(matrix, numbers)


def _trees(forest: Forest, seed: int, **options: object) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=forest.trees,
        max_leaf_nodes=forest.leaves,
        learning_rate=forest.rate,
        min_samples_leaf=8,
        l2_regularization=3.0,
        early_stopping=False,
        random_state=seed,
        **options,
    )


@dataclass(frozen=True, slots=True)
class Labels:
    """What annotators said, row by row. Pages that they could not tell spam from ham are in neither set."""

    state: NDArray[np.str_]
    spam: Flags
    decided: Flags
    quality: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Annotated]) -> Labels:
        spam = np.array([row.spam for row in rows])
        return cls(
            state=np.array([row.state for row in rows]),
            spam=spam == _SPAM,
            decided=np.isin(spam, (_SPAM, _NOT_SPAM)),
            quality=np.array([row.quality for row in rows]) / BEST_QUALITY,
        )


@dataclass(frozen=True, slots=True)
class Models:
    """The three models of a verdict, and the wording that they read."""

    wording: Wording
    state: HistGradientBoostingClassifier
    spam: HistGradientBoostingClassifier
    quality: HistGradientBoostingClassifier


@dataclass(frozen=True, slots=True)
class Scores:
    """Of each page: probability of each state (n, n_states) and of spam, and quality (0..1)."""

    state: Floats
    spam: Floats
    quality: Floats

    def said(self) -> NDArray[np.str_]:
        """The state by the rule of ``Opinion.state``."""
        ok = STATES.index(State.OK)
        others = np.where(np.arange(len(STATES)) == ok, -1.0, self.state)
        return np.where(
            self.state[:, ok] > 1 - LIKELY, State.OK.value, np.array(STATES)[np.argmax(others, axis=1)]
        )


def fit_models(table: Table, labels: Labels, rows: Flags, recipe: VerdictRecipe) -> Models:
    """Fit everything on ``rows``."""
    known = rows & labels.decided
    wording = fit_wording(table.grams[known], labels.spam[known], recipe)
    matrix = with_wording(table.matrix, cross_fitted(table, labels.spam, known, recipe))
    return Models(
        wording=wording,
        state=grow_states(matrix[rows], labels.state[rows], recipe),
        spam=grow_shares(
            matrix[known],
            labels.spam[known].astype(float),
            recipe.spam,
            recipe.seed,
            np.where(labels.spam[known], _SPAM_WEIGHT, 1.0),
        ),
        quality=grow_shares(matrix[rows], labels.quality[rows], recipe.quality, recipe.seed),
    )


def with_wording(matrix: NDArray[np.float32], wording: Floats) -> NDArray[np.float32]:
    return np.column_stack((matrix, wording)).astype(np.float32)


def judge_all(models: Models, table: Table) -> Scores:
    """Scores as the trees give them. Pages too long to be anything but ``ok`` are that."""
    matrix = with_wording(table.matrix, models.wording.scores(table.grams))
    state = np.zeros((len(matrix), len(STATES)))
    state[:, models.state.classes_] = models.state.predict_proba(matrix)
    long = table.matrix[:, table.names.index("content_words")] > MOST_WORDS_NOT_OK
    state[long] = np.array(STATES) == State.OK
    return Scores(state, models.spam.predict_proba(matrix)[:, 1], models.quality.predict_proba(matrix)[:, 1])


def select(table: Table, rows: Flags) -> Table:
    return Table(table.names, table.matrix[rows], table.fold[rows], table.grams[rows])


def out_of_fold(
    table: Table, labels: Labels, recipe: VerdictRecipe, parts: NDArray[Any] | None = None
) -> Scores:
    """Scores of every page by models that saw no page of its part, by default its fold."""
    parts = table.fold if parts is None else parts
    scores = Scores(np.zeros((len(parts), len(STATES))), np.zeros(len(parts)), np.zeros(len(parts)))
    if len(np.unique(parts)) < 2:
        raise BadInput("all annotated pages are of one group; a verdict is judged on groups it never saw")
    for part in tqdm(np.unique(parts), "cross-validating the verdict", unit="part"):
        unseen = parts == part
        judged = judge_all(fit_models(table, labels, ~unseen, recipe), select(table, unseen))
        scores.state[unseen], scores.spam[unseen], scores.quality[unseen] = (
            judged.state,
            judged.spam,
            judged.quality,
        )
    return scores


def calibrate(predicted: Floats, target: Floats) -> Calibration:
    """Platt scaling of out-of-fold predictions of shares or classes."""
    odds = _odds(predicted)[:, None]
    model = LogisticRegression(C=1e6).fit(
        np.concatenate((odds, odds)),
        np.repeat([True, False], len(target)),
        sample_weight=np.concatenate((target, 1 - target)),
    )
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]))


def calibrated(predicted: Floats, target: Floats, fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """The predictions, those of each fold calibrated on the others."""
    found = np.zeros(len(predicted))
    for part in np.unique(fold):
        inside = fold == part
        found[inside] = calibrate(predicted[~inside], target[~inside])(predicted[inside])
    return found


def _odds(probability: Floats) -> Floats:
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(safe / (1 - safe))


def certainty_matrix(controls: Sequence[Control]) -> NDArray[np.float32]:
    return np.array([list(control.sample.certainty.values()) for control in controls], dtype=np.float32)


def fit_confidence(
    matrix: NDArray[np.float32], f1: Floats, recipe: VerdictRecipe
) -> HistGradientBoostingClassifier:
    return grow_shares(matrix, f1, recipe.confidence, recipe.seed)


def confidence_out_of_fold(
    matrix: NDArray[np.float32], f1: Floats, fold: NDArray[np.int64], recipe: VerdictRecipe
) -> NDArray[np.float64]:
    """Predicted word F1 by models that saw neither the page's site nor its true value, before calibration."""
    found = np.zeros(len(f1))
    for part in range(FOLDS):
        inside = fold == part
        if inside.any():
            model = fit_confidence(matrix[~inside], f1[~inside], recipe)
            found[inside] = model.predict_proba(matrix[inside])[:, 1]
    return found

"""Fitting the verdict: state, spam, quality, and the confidence of an extraction.

Every figure is out of fold, and whatever a model learns from (the wordings of spam, too) is learned inside
the fold. The corpora of articles, forums and shops never say what spam is or quality: they are the clean
controls of both, and examples of ``ok`` pages for the state alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from pagesieve.errors import BadInput
from pagesieve.quality.grams import BITS, gram_ids
from pagesieve.quality.measures import WORDINGS
from pagesieve.quality.model import Calibration, log_odds
from pagesieve.quality.verdict import LIKELY, State, surely_ok
from training.annotated import Annotated, Control, Sample
from training.dataset import FOLDS
from training.fit import Forest
from training.lessons import Kind, Lesson

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]

STATES = tuple(State)
_NOT_SPAM, _SPAM = "ham", "spam"
BEST_QUALITY = 4
# Largest weight of a 4-gram in a release, where weights are whole numbers of 8 bits.
MOST_WEIGHT = 127


@dataclass(frozen=True, slots=True)
class Grove:
    """Size of an ensemble of extremely randomised trees (Geurts et al. 2006).

    ``least`` is the smallest number of pages in a leaf, ``share`` that of the measures tried at each split.
    """

    trees: int
    leaves: int
    least: int
    share: float


_STATE = Grove(100, 400, 2, 0.3)
_SPAM_TREES = Grove(240, 96, 2, 0.3)
_QUALITY = Grove(150, 64, 3, 0.3)
_BOOSTED = Forest(trees=150, leaves=12, rate=0.05)


@dataclass(frozen=True, slots=True)
class VerdictRecipe:
    """Sizes of the ensembles, small because the annotated pages are two thousand.

    ``balance`` lifts rare states: 0 leaves each as common as it is, 1 makes all equally common. ``control``,
    ``short``, ``lines``, ``bare`` and ``written`` are how much a lesson counts beside an annotated page.
    """

    state: Grove = _STATE
    spam: Grove = _SPAM_TREES
    quality: Grove = _QUALITY
    confidence: Forest = _BOOSTED
    balance: float = 0.35
    control: float = 0.25
    short: float = 0.2
    lines: float = 0.25
    bare: float = 0.25
    written: float = 1.0
    wording_penalty: float = 1 / 30
    seed: int = 7

    def weight(self, kind: Kind) -> float:
        """How much a lesson counts beside an annotated page."""
        return {
            Kind.CONTROL: self.control,
            Kind.SHORT: self.short,
            Kind.LINES: self.lines,
            Kind.BARE: self.bare,
            Kind.WRITTEN: self.written,
        }[kind]


@dataclass(frozen=True, slots=True)
class Table:
    """Samples as arrays, row by row; ``grams`` are of the texts of ``WORDINGS``."""

    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    fold: NDArray[np.int64]
    grams: tuple[csr_matrix, ...]

    def column(self, name: str) -> NDArray[np.float32]:
        """A measure of every sample."""
        return self.matrix[:, self.names.index(name)]

    def only(self, rows: Flags) -> Table:
        return Table(self.names, self.matrix[rows], self.fold[rows], tuple(part[rows] for part in self.grams))


def table_of(samples: Sequence[Sample]) -> Table:
    """The samples in their order, without what the wordings say, which is learned."""
    names = tuple(samples[0].measures)
    return Table(
        names=names,
        matrix=matrix_of(samples, names),
        fold=np.array([sample.fold for sample in samples]),
        grams=tuple(
            gram_matrix([sample.texts[number] for sample in samples]) for number in range(len(WORDINGS))
        ),
    )


def matrix_of(samples: Sequence[Sample], names: Sequence[str]) -> NDArray[np.float32]:
    rows = [[sample.measures[name] for name in names] for sample in samples]
    return np.array(rows, dtype=np.float32).reshape(len(samples), len(names))


def gram_matrix(texts: list[str]) -> csr_matrix:
    """One row a text, of length 1 (shape: n_texts, 2**BITS)."""
    ids = [gram_ids(text) for text in texts]
    lengths = np.array([len(row) for row in ids])
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return csr_matrix((values, np.concatenate(ids), starts), shape=(len(texts), 1 << BITS))


@dataclass(frozen=True, slots=True)
class Wording:
    """A linear model over hashed 4-grams: how spam is worded, or marked up."""

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


def cross_fitted(
    grams: csr_matrix, fold: NDArray[np.int64], labels: Flags, rows: Flags, recipe: VerdictRecipe
) -> NDArray[np.float64]:
    """Wording of every sample: of ``rows`` by a model of the other folds of ``rows``, else of all of them."""
    if not grams.nnz:
        return np.zeros(len(rows))
    scores = fit_wording(grams[rows], labels[rows], recipe).scores(grams)
    for part in np.unique(fold[rows]):
        inside, others = rows & (fold == part), rows & (fold != part)
        scores[inside] = fit_wording(grams[others], labels[others], recipe).scores(grams[inside])
    return scores


def grow(
    matrix: NDArray[np.float32], target: Floats, grove: Grove, seed: int, weight: Floats | None = None
) -> ExtraTreesRegressor:
    """Trees that predict the mean of numbers from 0 to 1 (shape of ``target``: n, or n × n_outputs)."""
    model = ExtraTreesRegressor(
        grove.trees,
        max_leaf_nodes=grove.leaves,
        min_samples_leaf=grove.least,
        max_features=grove.share,
        random_state=seed,
    )
    return model.fit(matrix, target, sample_weight=weight)


def grow_states(
    matrix: NDArray[np.float32], states: NDArray[np.str_], weight: Floats, recipe: VerdictRecipe
) -> ExtraTreesRegressor:
    """Outputs are the probabilities of ``STATES``."""
    numbers = np.array([STATES.index(state) for state in states])
    totals = np.bincount(numbers, weights=weight, minlength=len(STATES))
    weight = weight * (totals.sum() / totals[numbers]) ** recipe.balance
    return grow(matrix, np.eye(len(STATES))[numbers], recipe.state, recipe.seed, weight)


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
class Lessons:
    """Lessons as arrays, row by row; ``of`` is the row of the annotated page it was made from, or -1."""

    matrix: NDArray[np.float32]
    state: NDArray[np.str_]
    kind: NDArray[np.str_]
    weight: NDArray[np.float64]
    fold: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def made(
        cls, lessons: Sequence[Lesson], rows: Sequence[Annotated], names: Sequence[str], recipe: VerdictRecipe
    ) -> Lessons:
        numbers = {row.sample.id: number for number, row in enumerate(rows)}
        return cls(
            matrix=matrix_of([lesson.sample for lesson in lessons], names),
            state=np.array([lesson.state for lesson in lessons], dtype=str),
            kind=np.array([lesson.kind for lesson in lessons], dtype=str),
            weight=np.array([recipe.weight(lesson.kind) for lesson in lessons], dtype=float),
            fold=np.array([lesson.fold for lesson in lessons], dtype=int),
            of=np.array([numbers[lesson.of] if lesson.of else -1 for lesson in lessons], dtype=int),
        )

    def only(self, rows: Flags) -> Lessons:
        return Lessons(*(getattr(self, name)[rows] for name in self.__slots__))

    def beside(self, rows: Flags) -> Flags:
        """Those that are not made from an annotated page outside of ``rows``."""
        return (self.of < 0) | rows[self.of]


@dataclass(frozen=True, slots=True)
class Models:
    """The three models of a verdict, and the wordings that the model of spam reads."""

    wordings: tuple[Wording, ...]
    state: ExtraTreesRegressor
    spam: ExtraTreesRegressor
    quality: ExtraTreesRegressor


@dataclass(frozen=True, slots=True)
class Scores:
    """Of each page: probability of each state (n, n_states) and of spam, and quality (0..1)."""

    state: Floats
    spam: Floats
    quality: Floats

    def said(self) -> NDArray[np.str_]:
        return said(self.state)


def said(state: Floats) -> NDArray[np.str_]:
    """The state by the rule of ``Opinion.state``."""
    ok = STATES.index(State.OK)
    others = np.where(np.arange(len(STATES)) == ok, -1.0, state)
    return np.where(state[:, ok] > 1 - LIKELY, State.OK.value, np.array(STATES)[np.argmax(others, axis=1)])


def fit_models(table: Table, labels: Labels, rows: Flags, lessons: Lessons, recipe: VerdictRecipe) -> Models:
    """Fit everything on ``rows``, the state on lessons too, and quality on annotated pages told again.

    Annotated pages as bare HTML teach quality alone: of the state they say less than the pages themselves.
    """
    known = rows & labels.decided
    taught = lessons.only(lessons.kind != Kind.BARE)
    again = lessons.only(lessons.of >= 0)
    wordings = tuple(fit_wording(grams[known], labels.spam[known], recipe) for grams in table.grams)
    worded = [cross_fitted(grams, table.fold, labels.spam, known, recipe) for grams in table.grams]
    return Models(
        wordings=wordings,
        state=grow_states(
            np.concatenate((table.matrix[rows], taught.matrix)),
            np.concatenate((labels.state[rows], taught.state)),
            np.concatenate((np.ones(rows.sum()), taught.weight)),
            recipe,
        ),
        spam=grow(
            with_wordings(table.matrix, worded)[known],
            labels.spam[known].astype(float),
            recipe.spam,
            recipe.seed,
        ),
        quality=grow(
            np.concatenate((table.matrix[rows], again.matrix)),
            np.concatenate((labels.quality[rows], labels.quality[again.of])),
            recipe.quality,
            recipe.seed,
            np.concatenate((np.ones(rows.sum()), again.weight)),
        ),
    )


def with_wordings(matrix: NDArray[np.float32], worded: Sequence[Floats]) -> NDArray[np.float32]:
    return np.column_stack((matrix, *worded)).astype(np.float32)


def judge_all(models: Models, table: Table) -> Scores:
    """Scores as the trees give them."""
    worded = [wording.scores(grams) for wording, grams in zip(models.wordings, table.grams, strict=True)]
    return Scores(
        judge_states(models, table.matrix, table.names),
        models.spam.predict(with_wordings(table.matrix, worded)),
        models.quality.predict(table.matrix),
    )


def judge_states(models: Models, matrix: NDArray[np.float32], names: Sequence[str]) -> Floats:
    """Probability of each state; a page that is surely ``ok`` is that."""
    state = np.asarray(models.state.predict(matrix))
    words, cues = (matrix[:, names.index(name)] for name in ("content_words", "error_in_title"))
    sure = np.array([surely_ok(*row) for row in zip(words, cues, strict=True)], dtype=bool)
    state[sure] = np.array(STATES) == State.OK
    return state


@dataclass(frozen=True, slots=True)
class Told:
    """Of each lesson: probability of each state (n, n_states), and quality (0..1)."""

    state: Floats
    quality: Floats


def out_of_fold(
    table: Table, labels: Labels, lessons: Lessons, recipe: VerdictRecipe, parts: NDArray[Any] | None = None
) -> tuple[Scores, Told]:
    """Scores of every page, and what every lesson is told, by models that saw no page of its part.

    The part of a page is its fold by default. Lessons that have no fold are all zeros.
    """
    whole = parts is None
    parts = table.fold if parts is None else parts
    scores = Scores(np.zeros((len(parts), len(STATES))), np.zeros(len(parts)), np.zeros(len(parts)))
    told = Told(np.zeros((len(lessons.fold), len(STATES))), np.zeros(len(lessons.fold)))
    if len(np.unique(parts)) < 2:
        raise BadInput("all annotated pages are of one group; a verdict is judged on groups it never saw")
    for part in tqdm(np.unique(parts), "cross-validating the verdict", unit="part"):
        unseen = parts == part
        left_out = ~lessons.beside(~unseen) | ((lessons.fold == part) if whole else False)
        models = fit_models(table, labels, ~unseen, lessons.only(~left_out), recipe)
        judged = judge_all(models, table.only(unseen))
        scores.state[unseen], scores.spam[unseen], scores.quality[unseen] = (
            judged.state,
            judged.spam,
            judged.quality,
        )
        if left_out.any():
            matrix = lessons.matrix[left_out]
            told.state[left_out] = judge_states(models, matrix, table.names)
            told.quality[left_out] = models.quality.predict(matrix)
    return scores, told


def calibrate(predicted: Floats, target: Floats) -> Calibration:
    """Platt scaling of out-of-fold predictions of shares or classes."""
    odds = log_odds(predicted)[:, None]
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


def certainty_matrix(controls: Sequence[Control]) -> NDArray[np.float32]:
    return np.array([list(control.sample.certainty.values()) for control in controls], dtype=np.float32)


def fit_confidence(
    matrix: NDArray[np.float32], f1: Floats, recipe: VerdictRecipe
) -> HistGradientBoostingClassifier:
    """Trees that predict a number from 0 to 1: the log loss of a share, as of a class (Papke 1996).

    Each row is there twice, as much of it positive as its target says.
    """
    forest = recipe.confidence
    model = HistGradientBoostingClassifier(
        max_iter=forest.trees,
        max_leaf_nodes=forest.leaves,
        learning_rate=forest.rate,
        min_samples_leaf=8,
        l2_regularization=3.0,
        early_stopping=False,
        random_state=recipe.seed,
    )
    return model.fit(
        np.concatenate((matrix, matrix)),
        np.repeat([True, False], len(f1)),
        sample_weight=np.concatenate((f1, 1 - f1)),
    )


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

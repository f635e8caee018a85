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
from scipy.sparse import csr_matrix, vstack
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from pagesieve.errors import BadInput
from pagesieve.quality.grams import BITS, gram_ids
from pagesieve.quality.measures import WORDINGS, state_text
from pagesieve.quality.model import Calibration, log_odds
from pagesieve.quality.verdict import LIKELY, State, surely_ok
from training.annotated import Annotated, Control, Sample
from training.dataset import FOLDS, part_of
from training.fit import Forest
from training.lessons import EVERYWHERE, Kind, Lesson

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]

STATES = tuple(State)
_WORDED = tuple(state for state in State if state is not State.OK)
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
    lines: float = 0.1
    bare: float = 0.25
    written: float = 0.5
    wording_penalty: float = 1 / 30
    state_penalty: float = 1 / 3
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
    """Samples as arrays, row by row: 4-grams of each text of ``WORDINGS``, and of what tells the state."""

    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    fold: NDArray[np.int64]
    grams: tuple[csr_matrix, ...]
    told: csr_matrix

    def column(self, name: str) -> NDArray[np.float32]:
        """A measure of every sample."""
        return self.matrix[:, self.names.index(name)]

    def only(self, rows: Flags) -> Table:
        grams = tuple(part[rows] for part in self.grams)
        return Table(self.names, self.matrix[rows], self.fold[rows], grams, self.told[rows])


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
        told=told_matrix(samples),
    )


def told_matrix(samples: Sequence[Sample]) -> csr_matrix:
    """4-grams of the texts that tell the state."""
    return gram_matrix([state_text(dict(zip(WORDINGS, sample.texts, strict=True))) for sample in samples])


def matrix_of(samples: Sequence[Sample], names: Sequence[str]) -> NDArray[np.float32]:
    rows = [[sample.measures[name] for name in names] for sample in samples]
    return np.array(rows, dtype=np.float32).reshape(len(samples), len(names))


def gram_matrix(texts: list[str]) -> csr_matrix:
    """One row a text, of length 1 (shape: n_texts, 2**BITS)."""
    ids = [gram_ids(text) for text in texts]
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    places = np.concatenate([np.zeros(0, dtype=np.int64), *ids])
    return csr_matrix((values, places, starts), shape=(len(texts), 1 << BITS))


@dataclass(frozen=True, slots=True)
class Wording:
    """A linear model over hashed 4-grams: how spam is worded, or marked up."""

    weights: NDArray[np.float32]

    def scores(self, grams: csr_matrix) -> NDArray[np.float64]:
        return np.asarray(grams @ self.weights, dtype=np.float64)


def fit_wording(grams: csr_matrix, labels: Flags, penalty: float, seed: int) -> Wording:
    """The intercept is left out: trees need the order only."""
    if not grams.nnz or labels.all() or not labels.any():
        return Wording(np.zeros(grams.shape[1], dtype=np.float32))
    # In the dual there is one variable a page, of which there are far fewer than 4-grams.
    model = LogisticRegression(
        C=1 / penalty,
        class_weight="balanced",
        solver="liblinear",
        dual=True,
        max_iter=1_000,
        random_state=seed,
    )
    weights = model.fit(grams, labels).coef_[0]
    # As a release stores them, in 8 bits, so that training sees what serving will.
    scale = float(np.abs(weights).max()) / MOST_WEIGHT
    return Wording((np.round(weights / scale) * scale).astype(np.float32))


def cross_fitted(
    grams: csr_matrix, part: NDArray[np.int64], labels: Flags, rows: Flags, penalty: float, seed: int
) -> NDArray[np.float64]:
    """Wording of every sample by a model of ``rows``, of which none is of its own part."""
    if not grams.nnz:
        return np.zeros(len(rows))
    scores = fit_wording(grams[rows], labels[rows], penalty, seed).scores(grams)
    for number in np.unique(part[rows]):
        inside, others = part == number, rows & (part != number)
        scores[inside] = fit_wording(grams[others], labels[others], penalty, seed).scores(grams[inside])
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
    """Lessons as arrays, row by row; ``of`` is the row of the annotated page it was made from, or -1.

    ``part`` is the fold of the site, also for lessons of none: they are spread over the folds, HTML and text
    of one page in the same.
    """

    matrix: NDArray[np.float32]
    told: csr_matrix
    state: NDArray[np.str_]
    kind: NDArray[np.str_]
    weight: NDArray[np.float64]
    fold: NDArray[np.int64]
    part: NDArray[np.int64]
    of: NDArray[np.int64]

    @classmethod
    def made(
        cls, lessons: Sequence[Lesson], rows: Sequence[Annotated], names: Sequence[str], recipe: VerdictRecipe
    ) -> Lessons:
        numbers = {row.sample.id: number for number, row in enumerate(rows)}
        samples = [lesson.sample for lesson in lessons]
        return cls(
            matrix=matrix_of(samples, names),
            told=told_matrix(samples),
            state=np.array([lesson.state for lesson in lessons], dtype=str),
            kind=np.array([lesson.kind for lesson in lessons], dtype=str),
            weight=np.array([recipe.weight(lesson.kind) for lesson in lessons], dtype=float),
            fold=np.array([lesson.fold for lesson in lessons], dtype=int),
            part=np.array([_part(lesson) for lesson in lessons], dtype=int),
            of=np.array([numbers[lesson.of] if lesson.of else -1 for lesson in lessons], dtype=int),
        )

    def only(self, rows: Flags) -> Lessons:
        return Lessons(*(getattr(self, name)[rows] for name in self.__slots__))

    def beside(self, rows: Flags) -> Flags:
        """Those that are not made from an annotated page outside of ``rows``."""
        return (self.of < 0) | rows[self.of]


def _part(lesson: Lesson) -> int:
    return part_of(lesson.sample.id) % FOLDS if lesson.fold == EVERYWHERE else lesson.fold


@dataclass(frozen=True, slots=True)
class Models:
    """The three models of a verdict, and the wordings that those of spam and of the state read."""

    wordings: tuple[Wording, ...]
    state_wordings: tuple[Wording, ...]
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
    wordings = tuple(
        fit_wording(grams[known], labels.spam[known], recipe.wording_penalty, recipe.seed)
        for grams in table.grams
    )
    worded = [
        cross_fitted(grams, table.fold, labels.spam, known, recipe.wording_penalty, recipe.seed)
        for grams in table.grams
    ]
    state_wordings, state = fit_states(table.only(rows), labels.state[rows], taught, recipe)
    return Models(
        wordings=wordings,
        state_wordings=state_wordings,
        state=state,
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


def fit_states(
    table: Table, states: NDArray[np.str_], lessons: Lessons, recipe: VerdictRecipe
) -> tuple[tuple[Wording, ...], ExtraTreesRegressor]:
    """The wording of each state but ``ok``, from annotated and written pages, and the trees that read it."""
    told, truth = vstack((table.told, lessons.told), format="csr"), np.concatenate((states, lessons.state))
    part = np.concatenate((table.fold, lessons.part))
    weight = np.concatenate((np.ones(len(states)), lessons.weight))
    taught = np.concatenate((np.ones(len(states), dtype=bool), lessons.kind == Kind.WRITTEN))
    settings = (recipe.state_penalty, recipe.seed)
    wordings = tuple(fit_wording(told[taught], truth[taught] == state, *settings) for state in _WORDED)
    worded = [cross_fitted(told, part, truth == state, taught, *settings) for state in _WORDED]
    matrix = np.concatenate((table.matrix, lessons.matrix))
    return wordings, grow_states(with_wordings(matrix, worded), truth, weight, recipe)


def with_wordings(matrix: NDArray[np.float32], worded: Sequence[Floats]) -> NDArray[np.float32]:
    return np.column_stack((matrix, *worded)).astype(np.float32)


def judge_all(models: Models, table: Table) -> Scores:
    """Scores as the trees give them."""
    worded = [wording.scores(grams) for wording, grams in zip(models.wordings, table.grams, strict=True)]
    return Scores(
        judge_states(models, table.matrix, table.told, table.names),
        models.spam.predict(with_wordings(table.matrix, worded)),
        models.quality.predict(table.matrix),
    )


def judge_states(
    models: Models, matrix: NDArray[np.float32], told: csr_matrix, names: Sequence[str]
) -> Floats:
    """Probability of each state; a page that is surely ``ok`` is that."""
    worded = [wording.scores(told) for wording in models.state_wordings]
    state = np.asarray(models.state.predict(with_wordings(matrix, worded)))
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
            told.state[left_out] = judge_states(models, matrix, lessons.told[left_out], table.names)
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

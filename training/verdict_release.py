"""The verdict as one step: annotated pages and out-of-fold extractions → models in the current release."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.quality.measures import CERTAINTY, WORDINGS
from pagesieve.quality.model import CONFIDENCE, QUALITY, SETTINGS, SPAM, STATE, STATE_WORDINGS, WORDING
from pagesieve.quality.verdict import State
from training.agreement import read_annotations, twice
from training.annotated import Annotated, Control, load_annotated, load_controls
from training.estimators import keep_estimators
from training.export import means_to_onnx, to_onnx
from training.lessons import Lesson, load_lessons
from training.pictures import reliability_picture, spam_picture
from training.release import add_to_release
from training.verdict import (
    MOST_WEIGHT,
    STATES,
    Labels,
    Lessons,
    Models,
    Scores,
    Table,
    VerdictRecipe,
    calibrate,
    calibrated,
    certainty_matrix,
    confidence_out_of_fold,
    fit_confidence,
    fit_models,
    judge_all,
    out_of_fold,
    table_of,
    with_wordings,
)
from training.verdict_figures import (
    Figures,
    confidence_figures,
    control_figures,
    lesson_figures,
    verdict_figures,
)

# Pages by which the typical values are set: sound ones.
_GOOD = 0.5


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the verdict adds to a release: its files, by name, and its figures; and the estimators."""

    files: dict[str, bytes]
    figures: Figures
    estimators: dict[str, Any]


def train_verdict(
    corpora: Path, pages: Path, base: Path, cache: Path, jobs: int, recipe: VerdictRecipe
) -> tuple[Path, dict[str, Any]]:
    """Fit the verdict to the release in ``base`` and write one beside it that holds both.

    Raises
    ------
    BadInput
        ``cache`` has no out-of-fold probabilities of these corpora.
    ModelError
        The release cannot be used, or the new one would be too large.
    """
    rows = load_annotated(pages, base, cache, jobs)
    controls = load_controls(corpora, cache)
    lessons = load_lessons(rows, controls, corpora, pages, base, cache, jobs)
    fitted = fit_verdict(rows, controls, lessons, recipe)
    fitted.figures["twice"] = sum(1 for _ in twice(read_annotations("verdicts"), "id"))
    kept = keep_estimators(cache, fitted.estimators)
    entry = {"recipe": asdict(recipe), "figures": fitted.figures, "estimators": kept}
    return add_to_release(base.parent, base, fitted.files, {"verdict": entry}), entry


def fit_verdict(
    rows: Sequence[Annotated], controls: Sequence[Control], lessons: Sequence[Lesson], recipe: VerdictRecipe
) -> Fitted:
    """Cross-validate, calibrate, and fit on everything."""
    table, labels = table_of([row.sample for row in rows]), Labels.of(rows)
    taught = Lessons.made(lessons, rows, table.names, recipe)
    raw, told = out_of_fold(table, labels, taught, recipe)
    spam_labels = labels.spam[labels.decided].astype(float)
    scores = Scores(
        raw.state,
        _spread(labels.decided, raw.spam, spam_labels, table.fold),
        calibrated(raw.quality, labels.quality, table.fold),
    )
    calibrations = {
        "spam": calibrate(raw.spam[labels.decided], spam_labels),
        "quality": calibrate(raw.quality, labels.quality),
    }
    figures = verdict_figures(rows, table, labels, raw, scores, taught, recipe)
    words = taught.matrix[:, table.names.index("content_words")]
    figures["lessons"] = lesson_figures(taught, told, words, labels.quality)
    models = fit_models(table, labels, np.ones(len(rows), dtype=bool), taught, recipe)
    unseen = judge_all(models, table_of([control.sample for control in controls]))
    figures["controls"] = control_figures(
        controls,
        Scores(
            _states_unseen(controls, lessons, unseen.state, told.state),
            calibrations["spam"](unseen.spam),
            calibrations["quality"](unseen.quality),
        ),
    )
    confidence, calibrations["confidence"], figures["confidence"] = _confidence(controls, recipe)
    estimators = {
        "state": models.state,
        "spam": models.spam,
        "quality": models.quality,
        "confidence": confidence,
    }
    files = _files(models, confidence, _settings(table, models, labels, calibrations)) | {
        "confidence.png": _confidence_picture(figures["confidence"]["reliability"]),
        "spam.png": spam_picture(labels.spam[labels.decided], scores.spam[labels.decided]),
    }
    return Fitted(files, figures, estimators)


def _confidence(controls: Sequence[Control], recipe: VerdictRecipe) -> tuple[Any, Any, dict[str, Any]]:
    """The model of how well a page was extracted, its calibration, and its figures out of fold."""
    certainty, f1 = certainty_matrix(controls), np.array([control.f1 for control in controls])
    fold = np.array([control.sample.fold for control in controls])
    guessed = confidence_out_of_fold(certainty, f1, fold, recipe)
    plain = certainty[:, CERTAINTY.index("expected_f1")]
    figures = confidence_figures(controls, calibrated(guessed, f1, fold), plain)
    return fit_confidence(certainty, f1, recipe), calibrate(guessed, f1), figures


def _settings(
    table: Table, models: Models, labels: Labels, calibrations: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "states": [str(state) for state in STATES],
        "certainty": list(CERTAINTY),
        "typical": _typical(table, models, labels),
        "calibrations": {name: [pair.slope, pair.shift] for name, pair in calibrations.items()},
    }


def _files(models: Models, confidence: Any, settings: Mapping[str, Any]) -> dict[str, bytes]:
    return {
        STATE: gzip.compress(means_to_onnx(models.state), mtime=0),
        SPAM: gzip.compress(means_to_onnx(models.spam), mtime=0),
        QUALITY: gzip.compress(means_to_onnx(models.quality), mtime=0),
        CONFIDENCE: to_onnx(confidence),
        WORDING: _wordings(models),
        SETTINGS: (json.dumps(settings, indent=1) + "\n").encode(),
    }


def _confidence_picture(bins: Sequence[Mapping[str, float]]) -> bytes:
    return reliability_picture(
        [row["predicted"] for row in bins],
        [row["true"] for row in bins],
        "predicted word F1",
        "true word F1",
    )


def _spread(
    known: NDArray[np.bool_], raw: NDArray[Any], target: NDArray[Any], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Calibrated probabilities of spam; of the pages nobody could decide, by all that were."""
    found = calibrate(raw[known], target)(raw)
    found[known] = calibrated(raw[known], target, fold[known])
    return found


def _states_unseen(
    controls: Sequence[Control], lessons: Sequence[Lesson], state: NDArray[Any], learned: NDArray[Any]
) -> NDArray[Any]:
    """States of the controls, those that taught it out of fold."""
    rows = {id(control.sample): number for number, control in enumerate(controls)}
    state = state.copy()
    for lesson, judged in zip(lessons, learned, strict=True):
        if id(lesson.sample) in rows:
            state[rows[id(lesson.sample)]] = judged
    return state


def _typical(table: Table, models: Models, labels: Labels) -> dict[str, float]:
    """Median of each measure over sound pages, in the models' order."""
    worded = [wording.scores(grams) for wording, grams in zip(models.wordings, table.grams, strict=True)]
    matrix = with_wordings(table.matrix, worded)
    sound = (labels.state == State.OK) & ~labels.spam & (labels.quality >= _GOOD)
    middle = np.median(matrix[sound], axis=0)
    names = (*table.names, *WORDINGS)
    return {name: round(float(value), 6) for name, value in zip(names, middle, strict=True)}


def _wordings(models: Models) -> bytes:
    """Whole numbers of 8 bits and their unit, by the name of the wording."""
    arrays: dict[str, Any] = {}
    named = zip((*WORDINGS, *STATE_WORDINGS), (*models.wordings, *models.state_wordings), strict=True)
    for name, wording in named:
        scale = float(np.abs(wording.weights).max()) / MOST_WEIGHT or 1.0
        arrays[name] = np.round(wording.weights / scale).astype(np.int8)
        arrays[f"{name}_scale"] = np.float32(scale)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()

"""The models behind the verdict and the confidence: tree ensembles as ONNX, the wordings as a table.

They see measures of the page, so they can be trained again whenever the block classifier is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pagesieve.blocks import segment
from pagesieve.errors import ModelError
from pagesieve.onnx import open_session, run
from pagesieve.quality.grams import gram_scores
from pagesieve.quality.measures import (
    CERTAINTY,
    WORDINGS,
    Cleaned,
    measure,
    measure_certainty,
    state_text,
)
from pagesieve.quality.prose import Measures
from pagesieve.quality.rules import RULES, Signal, apply_rules
from pagesieve.quality.verdict import Opinion, State, surely_ok

Floats = NDArray[np.float32]

STATE, SPAM, QUALITY, CONFIDENCE = "state.onnx", "spam.onnx", "quality.onnx", "confidence.onnx"
WORDING, SETTINGS = "wording.npz", "verdict.json"
# Measures of how much a page resembles those of each state, for the model of the state.
STATE_WORDINGS = tuple(f"like_{state}" for state in State if state is not State.OK)
VERDICT_FILES = (STATE, SPAM, QUALITY, CONFIDENCE, WORDING, SETTINGS)


# Votes of a forest may be of one mind; what is surer than this is not told apart.
_LEAST_ODDS = 1e-3


def log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    safe = np.clip(probability.astype(np.float64), _LEAST_ODDS, 1 - _LEAST_ODDS)
    return np.asarray(np.log(safe / (1 - safe)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling (1999): what a model's log-odds must be multiplied by and moved by to be believed."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, probability: Floats) -> NDArray[np.float64]:
        odds = self.slope * log_odds(probability) + self.shift
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class VerdictModel:
    """Loaded models.

    ``typical`` holds the measures of an ordinary sound page, which effects are told against, and
    ``known`` the states that the annotations had, in the order of the outputs. The last of the measures are
    those that ``wordings`` make, which only the model of spam sees. What ``state_wordings`` make, by the name
    of the measure, only the model of the state sees.
    """

    measures: tuple[str, ...]
    typical: Floats
    wordings: Mapping[str, Floats]
    state_wordings: Mapping[str, Floats]
    known: tuple[State, ...]
    state: onnxruntime.InferenceSession
    spam: onnxruntime.InferenceSession
    quality: onnxruntime.InferenceSession
    confidence_trees: onnxruntime.InferenceSession
    calibrations: Mapping[str, Calibration]

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> VerdictModel:
        """From the content of a release's ``VERDICT_FILES``.

        Raises
        ------
        ModelError
            The models were trained on other measures than this version makes.
        """
        settings = json.loads(files[SETTINGS])
        if tuple(settings["certainty"]) != CERTAINTY or not set(settings["states"]) <= set(State):
            raise _other_measures()
        with np.load(BytesIO(files[WORDING]), allow_pickle=False) as table:
            if not {*WORDINGS, *STATE_WORDINGS} <= set(table.files):
                raise _other_measures()
            weights = {
                name: table[name] * np.float32(table[f"{name}_scale"])
                for name in (*WORDINGS, *STATE_WORDINGS)
            }
        return cls(
            measures=tuple(settings["typical"]),
            typical=np.array(list(settings["typical"].values()), dtype=np.float32),
            wordings={name: weights[name] for name in WORDINGS},
            state_wordings={name: weights[name] for name in STATE_WORDINGS},
            known=tuple(map(State, settings["states"])),
            state=open_session(files[STATE]),
            spam=open_session(files[SPAM]),
            quality=open_session(files[QUALITY]),
            confidence_trees=open_session(files[CONFIDENCE]),
            calibrations={name: Calibration(*pair) for name, pair in settings["calibrations"].items()},
        )

    def try_out(self) -> None:
        """Judge a page, so that models made for other measures are found when loaded.

        Raises
        ------
        ModelError
            They are.
        """
        nothing = np.zeros(1, dtype=np.float32)
        page = Cleaned(segment("<p>A page.</p>"), nothing, nothing > 0, nothing)
        self.judge(self.measure(page))
        self.confidence(page)

    def measure(self, page: Cleaned) -> Measures:
        """Every measure of a page, those of its wording included."""
        texts = {name: text(page) for name, text in WORDINGS.items()}
        worded = {name: gram_scores(text, self.wordings[name])[0] for name, text in texts.items()}
        states = gram_scores(state_text(texts), *self.state_wordings.values())
        return measure(page) | worded | dict(zip(self.state_wordings, states, strict=True))

    def judge(self, measures: Measures) -> Opinion:
        """Opinion on a page with these measures."""
        row = self._row(measures)
        signals = apply_rules(measures)
        scores, effects = self._effects(row, signals)
        return Opinion(
            states=self._states(row, measures),
            spam=float(scores[0]),
            quality=float(scores[1]),
            effects=tuple(zip(signals, effects, strict=True)),
        )

    def _states(self, row: Floats, measures: Measures) -> dict[State, float]:
        if surely_ok(measures["content_words"], measures["error_in_title"]):
            return {state: float(state is State.OK) for state in State}
        worded = np.array([[measures[name] for name in self.state_wordings]], dtype=np.float32)
        seen = np.concatenate((self._plain(row[None]), worded), axis=1)
        found = dict.fromkeys(State, 0.0)
        return found | dict(zip(self.known, map(float, run(self.state, seen)[0]), strict=True))

    def _plain(self, rows: Floats) -> Floats:
        """Without what the wordings made."""
        return np.ascontiguousarray(rows[:, : len(self.measures) - len(self.wordings)])

    def confidence(self, page: Cleaned) -> float:
        """Predicted word F1 (0..1) of the extraction."""
        row = np.array([list(measure_certainty(page).values())], dtype=np.float32)
        return float(self.calibrations["confidence"](run(self.confidence_trees, row)[:, 0])[0])

    def _row(self, measures: Measures) -> Floats:
        try:
            return np.array([measures[name] for name in self.measures], dtype=np.float32)
        except KeyError:
            raise _other_measures() from None

    def _effects(self, row: Floats, signals: tuple[Signal, ...]) -> tuple[NDArray[Any], list[float]]:
        """Spam and quality of the page, and of each signal how far it moves the score.

        A signal's effect is the mean of two differences: between the page and the page with the typical value
        instead, and between the typical page with this value and the typical page. These are the first and
        the last step of a Shapley value, and together neither misses what two signals say at once.
        """
        places = {rule.measure: self.measures.index(rule.measure) for rule in RULES}
        columns = sorted(set(places.values()))
        rows = np.tile(row, (len(columns) + 1, 1))
        plain = np.tile(self.typical, (len(columns) + 1, 1))
        each = np.arange(len(columns))
        rows[each, columns], plain[each, columns] = self.typical[columns], row[columns]
        both = np.concatenate((rows, plain))
        spam = self.calibrations["spam"](run(self.spam, both)[:, 0])
        quality = self.calibrations["quality"](run(self.quality, self._plain(both))[:, 0])
        score = quality * (1 - spam)
        page, typical = len(columns), 2 * len(columns) + 1
        moved = (score[page] - score[:page] + score[page + 1 : typical] - score[typical]) / 2
        effect = dict(zip(columns, moved.tolist(), strict=True))
        found = [effect[places[rule.measure]] for rule in RULES]
        return np.array([spam[page], quality[page]]), found


def _other_measures() -> ModelError:
    return ModelError(
        "the verdict models were trained on other measures than this version of pagesieve makes; "
        "run `pagesieve train --only verdict`"
    )

"""Figures of the verdict and the confidence, beside their baselines, for the manifest and the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import spearmanr
from sklearn.metrics import f1_score, precision_recall_fscore_support, roc_auc_score

from pagesieve.options import DROP_BELOW, KEEP_FROM
from pagesieve.quality.measures import WORDINGS
from pagesieve.quality.rules import C4, FINEWEB, GOPHER, apply_rules
from pagesieve.quality.verdict import LIKELY, State, is_message
from training.annotated import Annotated, Control
from training.lessons import Kind
from training.verdict import (
    STATES,
    Labels,
    Lessons,
    Scores,
    Table,
    Told,
    VerdictRecipe,
    out_of_fold,
    said,
)

Floats = NDArray[np.floating]
Figures = dict[str, Any]

# Spam found while this share of the honest pages is taken for it.
FALSE_POSITIVES = 0.02
# Quality from which a page counts as sound when decisions are counted: "thin" and better.
_SOUND = 0.5
# What Ntoulas et al. 2006 measure on a page alone, as far as it is text: words, words of the title, word
# length, share of anchor text, share of visible text, compressibility, common words.
_NTOULAS = (
    "words", "title_words", "word_length", "link_share", "hidden_share", "compression", "stop_words",
    "distinct_words", "word_entropy",
)  # fmt: skip
_BINS = 10
# Scores that the effect of a threshold is told for.
_LIMITS = tuple(number / 20 for number in range(1, 15))
# Sources of fewer pages are left out together.
_SMALL_SOURCE = 80


def verdict_figures(
    rows: Sequence[Annotated],
    table: Table,
    labels: Labels,
    raw: Scores,
    scores: Scores,
    lessons: Lessons,
    recipe: VerdictRecipe,
) -> Figures:
    """Out-of-fold figures on the annotated pages; ``scores`` are ``raw`` ones, calibrated fold by fold.

    Ranks are those of ``raw``: a release has one calibration, which changes none.
    """
    sources, words = _sources(rows), table.column("content_words")

    def again(table: Table, lessons: Lessons, parts: NDArray[np.str_] | None = None) -> dict[str, float]:
        return _summary(labels, out_of_fold(table, labels, lessons, recipe, parts)[0])

    none = lessons.only(np.zeros(len(lessons.fold), dtype=bool))
    ablation = {
        "without wordings and lessons": again(_muted(table), none),
    }
    if len(np.unique(sources)) > 1:
        ablation["a source of pages left out at a time"] = again(table, lessons, sources)
    return {
        "pages": len(rows),
        "measures": len(table.names),
        "spam_pages": int(labels.spam.sum()),
        "undecided": int((~labels.decided).sum()),
        "ours": _summary(labels, raw),
        "baselines": {
            "corpus rules (Gopher, C4, FineWeb) as a verdict": _summary(labels, _rules(rows)),
            "content features of Ntoulas et al. 2006, same trees": again(_only(table, _NTOULAS), none),
            "majority": _summary(labels, _majority(labels)),
        },
        "ablation": ablation,
        "states": _by_state(labels, scores, emptied(scores.state, words)),
        "decisions": _decisions(labels, scores),
        "thresholds": _thresholds(labels, scores),
        "spam_reliability": reliability(
            scores.spam[labels.decided], labels.spam[labels.decided].astype(float)
        ),
        "spam_by_state": {
            state: _auc(labels.spam[rows_of], raw.spam[rows_of])
            for state in ("ok", "login")
            for rows_of in [labels.decided & (labels.state == state)]
        },
    }


def _sources(rows: Sequence[Annotated]) -> NDArray[np.str_]:
    """The source of each page; small sources are one."""
    sources = np.array([row.sample.source for row in rows])
    names, counts = np.unique(sources, return_counts=True)
    return np.where(np.isin(sources, names[counts >= _SMALL_SOURCE]), sources, "others")


def _summary(labels: Labels, scores: Scores) -> dict[str, float]:
    known = labels.decided
    sound = labels.state == State.OK
    return {
        "spam_auc": _auc(labels.spam[known], scores.spam[known]),
        "spam_recall": recall_at(labels.spam[known], scores.spam[known]),
        "state_f1": _state_f1(labels.state, scores.said()),
        "quality_rank": _rank(labels.quality, scores.quality),
        "quality_rank_ok": _rank(labels.quality[sound], scores.quality[sound]),
    }


def recall_at(spam: NDArray[np.bool_], scores: Floats, rate: float = FALSE_POSITIVES) -> float:
    """Share of spam above the score that ``rate`` of the honest pages exceed."""
    return round(float((scores[spam] > np.quantile(scores[~spam], 1 - rate)).mean()), 4)


def _auc(spam: NDArray[np.bool_], scores: Floats) -> float:
    return round(float(roc_auc_score(spam, scores)), 4) if len(np.unique(spam)) > 1 else 0.5


def _rank(truth: Floats, scores: Floats) -> float:
    """Spearman's rank correlation; 0 where one side is constant."""
    return 0.0 if min(np.ptp(scores), np.ptp(truth)) == 0 else round(float(spearmanr(truth, scores)[0]), 4)


def _rules(rows: Sequence[Annotated]) -> Scores:
    """Every corpus rule that fails counts against the page; a page that fails any is no page."""
    sources = (GOPHER, C4, FINEWEB)
    failed = np.array(
        [
            sum(
                not signal.passed
                for signal in apply_rules(row.sample.measures | dict.fromkeys(WORDINGS, 0.0))
                if signal.source in sources
            )
            for row in rows
        ]
    )
    state = np.zeros((len(rows), len(STATES)))
    state[np.arange(len(rows)), np.where(failed > 0, STATES.index(State.ERROR), STATES.index(State.OK))] = 1
    share = failed / max(failed.max(), 1)
    return Scores(state, share, 1 - share)


def _majority(labels: Labels) -> Scores:
    state = np.zeros((len(labels.state), len(STATES)))
    state[:, STATES.index(State.OK)] = 1
    return Scores(state, np.zeros(len(state)), np.zeros(len(state)))


def _only(table: Table, names: Sequence[str]) -> Table:
    """The table with every other measure, and the wordings, made constant."""
    keep = np.isin(table.names, [*names, "content_words"])
    matrix = np.where(keep, table.matrix, 0).astype(np.float32)
    return _muted(replace(table, matrix=matrix))


def _muted(table: Table) -> Table:
    grams = tuple(csr_matrix(part.shape, dtype=part.dtype) for part in table.grams)
    return replace(table, grams=grams, told=csr_matrix(table.told.shape, dtype=table.told.dtype))


def _by_state(labels: Labels, scores: Scores, lost: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """``lost`` are the pages that give no text."""
    names = [str(state) for state in STATES]
    columns = precision_recall_fscore_support(labels.state, scores.said(), labels=names, zero_division=0)
    emptied_of = [int(lost[labels.state == name].sum()) for name in names]
    return {
        name: dict(
            zip(
                ("precision", "recall", "f1", "pages", "emptied"),
                (round(float(value), 3) for value in values),
                strict=True,
            )
        )
        for name, *values in zip(names, *columns, emptied_of, strict=True)
    }


def worth(scores: Scores) -> Floats:
    """The score of each page (``Opinion.score``)."""
    return np.where(scores.said() == State.OK, scores.quality * (1 - scores.spam), 0.0)


def decisions(scores: Scores) -> NDArray[np.str_]:
    """keep, review or drop at the default thresholds."""
    score = worth(scores)
    return np.where(score < DROP_BELOW, "drop", np.where(score >= KEEP_FROM, "keep", "review"))


def _sound_pages(labels: Labels) -> NDArray[np.bool_]:
    return np.asarray((labels.state == State.OK) & ~labels.spam & (labels.quality >= _SOUND))


def _thresholds(labels: Labels, scores: Scores) -> dict[str, dict[str, float]]:
    """What keeping from, or dropping below, a score means: of decided pages, how many are sound."""
    known = labels.decided
    score, sound = worth(scores)[known], _sound_pages(labels)[known].astype(float)
    return {
        f"{limit:.2f}": {
            "kept": round(float((score >= limit).mean()), 4),
            "sound_of_kept": round(_mean(sound[score >= limit]), 4),
            "kept_of_sound": round(_mean((score >= limit)[sound > 0] * 1.0), 4),
            "sound_of_dropped": round(_mean(sound[score < limit]), 4),
            "dropped_of_rest": round(_mean((score < limit)[sound == 0] * 1.0), 4),
        }
        for limit in _LIMITS
    }


def _decisions(labels: Labels, scores: Scores) -> dict[str, dict[str, int]]:
    decided = decisions(scores)
    ok = labels.state == State.OK
    groups = {
        "sound (ok, not spam, quality 2 to 4)": _sound_pages(labels),
        "poor (ok, not spam, quality 0 or 1)": ok & ~labels.spam & (labels.quality < _SOUND),
        "spam": labels.spam,
        "not ok, not spam": ~ok & ~labels.spam,
    }
    return {
        name: {choice: int((decided[rows] == choice).sum()) for choice in ("keep", "review", "drop")}
        for name, rows in groups.items()
    }


def emptied(state: Floats, words: Floats) -> NDArray[np.bool_]:
    """Which pages give no text by default, by the probability of each state and the words of content."""
    ok, empty = (state[:, STATES.index(name)] for name in (State.OK, State.EMPTY))
    return np.array([is_message(*row) for row in zip(ok, empty, words, strict=True)], dtype=bool)


def control_figures(controls: Sequence[Control], scores: Scores) -> Figures:
    """What the verdict does to pages of content, by corpus.

    Spam and quality never saw one of them; the state of those that taught it is out of fold.
    """
    said, decided = scores.said(), decisions(scores)
    groups = np.array([control.sample.source for control in controls])
    words = np.array([control.sample.measures["content_words"] for control in controls])
    messages = emptied(scores.state, words)
    found: Figures = {}
    for name in (*sorted(set(groups)), "all"):
        rows = groups == name if name != "all" else np.ones(len(groups), dtype=bool)
        f1 = np.array([control.f1 for control in controls])[rows]
        lost = messages[rows]
        gold = np.array([control.gold_words == 0 for control in controls])[rows]
        found[name] = {
            "pages": int(rows.sum()),
            "spam": int((scores.spam[rows] >= LIKELY).sum()),
            "not_ok": int((said[rows] != State.OK).sum()),
            "emptied": int(lost.sum()),
            "drop": int((decided[rows] == "drop").sum()),
            "f1": round(float(f1.mean()), 4),
            # Of a page without gold text an empty extraction is the right one.
            "f1_emptied": round(float(np.where(lost, gold, f1).mean()), 4),
        }
    return found


def lesson_figures(lessons: Lessons, told: Told, words: Floats, quality: Floats) -> Figures:
    """How the lessons are told that have a fold, out of it.

    ``words`` are those of each lesson's content, ``quality`` what the annotated pages are labelled with.
    """
    found: Figures = {kind: {"pages": int((lessons.kind == kind).sum())} for kind in Kind}
    lost = emptied(told.state, words)
    for kind in (Kind.CONTROL, Kind.SHORT, Kind.LINES, Kind.BARE):
        rows = lessons.kind == kind
        truth, states = lessons.state[rows], said(told.state[rows])
        ok = truth == State.OK
        again = rows & (lessons.of >= 0)
        found[kind] |= {
            "ok": int(ok.sum()),
            "ok_told_otherwise": int((states[ok] != State.OK).sum()),
            "ok_emptied": int(lost[rows][ok].sum()),
            "not_ok_found": int((states[~ok] != State.OK).sum()),
            "state_f1": _state_f1(truth, states),
            "quality_rank": _rank(quality[lessons.of[again]], told.quality[again]) if again.any() else None,
        }
    return found


def _state_f1(truth: NDArray[np.str_], told: NDArray[np.str_]) -> float:
    return round(float(f1_score(truth, told, average="macro", zero_division=0)), 4) if len(truth) else 0.0


def confidence_figures(controls: Sequence[Control], predicted: Floats, plain: Floats) -> Figures:
    """How predicted and true word F1 agree; ``plain`` is the expected F1, which needs no model."""
    truth = np.array([control.f1 for control in controls])
    groups = np.array([control.sample.source for control in controls])
    found: Figures = {"corpora": {}}
    for name in (*sorted(set(groups)), "all"):
        rows = groups == name if name != "all" else np.ones(len(groups), dtype=bool)
        found["corpora"][name] = {
            "pages": int(rows.sum()),
            "rank": _rank(truth[rows], predicted[rows]),
            "rank_expected_f1": _rank(truth[rows], plain[rows]),
            "error": round(float(np.abs(truth[rows] - predicted[rows]).mean()), 4),
        }
    yardstick = groups == "wcxb_dev"
    yardstick |= not yardstick.any()
    found["reliability"] = reliability(predicted[yardstick], truth[yardstick])
    found["below"] = {
        str(limit): {
            "share": round(float((predicted[yardstick] < limit).mean()), 3),
            "f1_below": round(_mean(truth[yardstick & (predicted < limit)]), 3),
            "f1_above": round(_mean(truth[yardstick & (predicted >= limit)]), 3),
        }
        for limit in (0.5, 0.7, 0.8, 0.9)
    }
    return found


def _mean(values: Floats) -> float:
    return fmean(values) if len(values) else 0.0


def reliability(predicted: Floats, truth: Floats) -> list[dict[str, float]]:
    """Mean prediction and mean truth in bins of equal numbers of pages."""
    order = np.argsort(predicted, kind="stable")
    return [
        {
            "predicted": round(float(predicted[rows].mean()), 4),
            "true": round(float(truth[rows].mean()), 4),
            "pages": len(rows),
        }
        for rows in np.array_split(order, _BINS)
        if len(rows)
    ]

"""From annotated pages to a served verdict, on pages made up here."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from pagesieve.blocks import segment
from pagesieve.choose import choose
from pagesieve.errors import BadInput, ModelError
from pagesieve.model import current_release, load_release, releases_folder
from pagesieve.options import Options
from pagesieve.quality import Cleaned
from pagesieve.quality.grams import gram_scores
from pagesieve.quality.measures import WORDINGS
from tests.made_pages import judged_page, verdict_rows, write_pool
from training import annotated
from training.annotated import Annotated, Control, load_annotated, load_controls
from training.fit import Forest
from training.lessons import EVERYWHERE, Kind, Lesson
from training.release import add_to_release
from training.verdict import (
    Grove,
    Labels,
    Lessons,
    VerdictRecipe,
    calibrate,
    cross_fitted,
    fit_wording,
    out_of_fold,
    said,
    table_of,
)
from training.verdict_release import fit_verdict

_GROVE = Grove(20, 8, 2, 0.4)
_RECIPE = VerdictRecipe(state=_GROVE, spam=_GROVE, quality=_GROVE, confidence=Forest(6, 4, 0.3))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    write_pool(folder, 80)
    return folder


@pytest.fixture(scope="module")
def rows(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Annotated]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(annotated, "read_annotations", lambda name: verdict_rows(80))
        return load_annotated(
            pages, current_release(releases_folder()), tmp_path_factory.mktemp("cache"), jobs=1
        )


def test_pages_of_unseen_sites_are_judged(rows: list[Annotated]) -> None:
    table, labels = table_of([row.sample for row in rows]), Labels.of(rows)
    scores, _ = out_of_fold(table, labels, Lessons.made([], rows, table.names, _RECIPE), _RECIPE)
    assert (scores.said() == labels.state).mean() > 0.9
    assert scores.spam[labels.spam].min() > scores.spam[~labels.spam].max()


def test_the_wording_of_a_page_is_judged_without_it(rows: list[Annotated]) -> None:
    """Turning the labels of a fold round leaves what is said of that fold as it was."""
    table, labels = table_of([row.sample for row in rows]), Labels.of(rows)
    everything, fold = np.ones(len(rows), dtype=bool), table.fold == table.fold[0]
    turned = np.where(fold, ~labels.spam, labels.spam)
    scores = [
        cross_fitted(table.grams[0], table.fold, spam, everything, _RECIPE.wording_penalty, _RECIPE.seed)
        for spam in (labels.spam, turned)
    ]
    assert np.array_equal(scores[0][fold], scores[1][fold])
    assert not np.array_equal(scores[0][~fold], scores[1][~fold])


@pytest.mark.parametrize("number", range(len(WORDINGS)))
def test_serving_scores_wording_as_training_does(rows: list[Annotated], number: int) -> None:
    table, labels = table_of([row.sample for row in rows]), Labels.of(rows)
    wording = fit_wording(table.grams[number], labels.spam, _RECIPE.wording_penalty, _RECIPE.seed)
    served = [gram_scores(row.sample.texts[number], wording.weights)[0] for row in rows]
    np.testing.assert_allclose(served, wording.scores(table.grams[number]), rtol=1e-4, atol=1e-4)


def test_a_lesson_is_judged_without_its_fold_and_its_page(rows: list[Annotated]) -> None:
    """A lesson that says the opposite of its page moves only what is judged of other folds."""
    table, labels = table_of([row.sample for row in rows]), Labels.of(rows)
    page = next(row for row in rows if row.state == "error")
    fold = page.sample.fold
    wrong = [Lesson(Kind.LINES, page.sample, "login", fold, page.sample.id) for _ in range(30)]
    scores, told = out_of_fold(table, labels, Lessons.made(wrong, rows, table.names, _RECIPE), _RECIPE)
    without, _ = out_of_fold(table, labels, Lessons.made([], rows, table.names, _RECIPE), _RECIPE)
    inside = table.fold == fold
    assert np.array_equal(scores.state[inside], without.state[inside])
    assert not np.array_equal(scores.state[~inside], without.state[~inside])
    assert np.array_equal(scores.quality[inside], without.quality[inside])
    assert (said(told.state) == "error").all()


def test_a_lesson_made_from_an_unseen_page_is_left_out(rows: list[Annotated]) -> None:
    table = table_of([row.sample for row in rows])
    lessons = [
        Lesson(Kind.LINES, rows[3].sample, "ok", rows[3].sample.fold, rows[3].sample.id),
        Lesson(Kind.WRITTEN, rows[3].sample, "ok", EVERYWHERE),
    ]
    seen = np.arange(len(rows)) != 3
    assert Lessons.made(lessons, rows, table.names, _RECIPE).beside(seen).tolist() == [False, True]


def test_calibration_finds_the_odds() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.1, 0.9, 20_000)
    labels = (rng.random(len(truth)) < truth).astype(float)
    odds = np.log(truth / (1 - truth))
    squeezed = 1 / (1 + np.exp(-(odds - 1) / 2))
    found = calibrate(squeezed, labels)
    assert found.slope == pytest.approx(2, abs=0.1)
    assert found.shift == pytest.approx(1, abs=0.1)


def test_a_release_serves_the_verdict_that_was_fitted(rows: list[Annotated], tmp_path: Path) -> None:
    controls = [Control(row.sample, f1=(number % 10) / 10, gold_words=50) for number, row in enumerate(rows)]
    lessons = [
        Lesson(Kind.CONTROL, control.sample, row.state, control.sample.fold)
        for control, row in zip(controls, rows, strict=True)
    ]
    fitted = fit_verdict(rows, controls, lessons, _RECIPE)
    fitted.figures["twice"] = 0
    entry = {"verdict": {"recipe": {}, "figures": fitted.figures}}
    folder = add_to_release(tmp_path, current_release(releases_folder()), fitted.files, entry)
    release = load_release(folder)
    assert "## Verdict" in release.card
    for number in range(4):
        html, state, spam, _ = judged_page(number)
        document = segment(html)
        judgement = release.judge(document)
        keep = choose(judgement.probability, judgement.copies, Options()).keep
        page = Cleaned(document, judgement.probability, keep, judgement.copies.n_words)
        opinion = release.verdict.judge(release.verdict.measure(page))
        assert opinion.state == state
        assert (opinion.spam > 0.5) is (spam == "spam")
        assert sum(opinion.states.values()) == pytest.approx(1, abs=1e-5)
        assert 0 <= release.verdict.confidence(page) <= 1
        assert release.verdict.judge(release.verdict.measure(page)) == opinion


def test_a_verdict_for_other_measures_is_refused(rows: list[Annotated], tmp_path: Path) -> None:
    files = fit_verdict(rows, [Control(row.sample, 0.5, 50) for row in rows], [], _RECIPE).files
    settings = json.loads(files["verdict.json"])
    settings["typical"]["rainfall"] = settings["typical"].pop("words")
    files["verdict.json"] = json.dumps(settings).encode()
    folder = add_to_release(tmp_path, current_release(releases_folder()), files, {})
    with pytest.raises(ModelError, match="--only verdict"):
        _ = load_release(folder).verdict


@pytest.mark.parametrize(
    "probabilities", [None, {"final": np.zeros(3)}, {"final": np.zeros(0)}, {"both": np.zeros(1)}]
)
def test_probabilities_of_other_pages_are_refused(
    tmp_path: Path, probabilities: dict[str, np.ndarray] | None
) -> None:
    with lzma.open(tmp_path / "wcxb_dev.jsonl.xz", "wt") as file:
        file.write(json.dumps({"html": "<p>rain", "gold_text": "rain"}) + "\n")
    if probabilities:
        np.savez(tmp_path / "oof.npz", **probabilities)
    with pytest.raises(BadInput, match="without --only"):
        load_controls(tmp_path, tmp_path)

"""From corpora to a release, in the order it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pagesieve.network import blend
from pagesieve.options import Options
from training.calibration import reliability
from training.corpora import YARDSTICK
from training.crossval import cross_validate, cross_validate_network
from training.dataset import FOLDS, Example, load_examples
from training.estimators import keep_estimators
from training.evaluate import Result, ceilings, extract_all, save_predictions, summarise
from training.fit import (
    Recipe,
    first_matrix,
    fit_content_network,
    fit_first,
    fit_second,
    second_matrix,
)
from training.out_of_fold import save_probabilities
from training.own import CORPUS as OWN
from training.page_types import fit_page_types, judge_page_types
from training.pool import Counts, Pool, build_pool, count_tokens
from training.release import Fitted, lexicon, write_release

Floats = NDArray[np.float32]
EVERY_FOLD = set(range(FOLDS))


@dataclass(frozen=True, slots=True)
class Judged:
    """A pool with its out-of-fold probabilities, of the first stage and of everything, and their figures."""

    pool: Pool
    counts: Counts
    first: Floats
    final: Floats
    figures: dict[str, Any]


def judge(corpora: Path, cache: Path, recipe: Recipe, jobs: int, own: Sequence[Example] = ()) -> Judged:
    """Cross-validate the recipe on the corpora and the user's ``own`` pages.

    Probabilities of the corpora's pages, and texts, stay in ``cache``, for the steps to come and for study.
    """
    pool = build_pool([*load_examples(corpora, cache, jobs), *own])
    counts = count_tokens(pool)
    first, trees = cross_validate(pool, counts, recipe, jobs)
    network = cross_validate_network(pool, counts, recipe, jobs)
    final = blend(trees, network, recipe.network.share)
    shipped = np.array([example.page.corpus != OWN for example in pool.examples])[pool.page]
    save_probabilities(cache, first[shipped], final[shipped])
    results = extract_all(pool, final)
    save_predictions(results, cache / "oof.jsonl.xz")
    found = figures(pool, results, final)
    found["ablation"] = {
        "trees and network": found["groups"][YARDSTICK]["f1"],
        "network alone": _yardstick(pool, blend(trees, network, 1.0)),
        "both stages of trees": _yardstick(pool, trees),
        "first stage of trees": _yardstick(pool, first),
        "trees and network, blocks of a probability of at least 0.5": _yardstick(
            pool, final, Options(threshold=0.5)
        ),
        "every block": _yardstick(pool, np.ones_like(final), Options(threshold=0.0)),
    }
    return Judged(pool, counts, first, final, found)


def figures(pool: Pool, results: list[Result], final: Floats) -> dict[str, Any]:
    """Out-of-fold figures for the manifest: by corpus and page type, and their ceiling."""
    on_yardstick = np.array([example.page.corpus == YARDSTICK for example in pool.examples])[pool.page]
    return {
        "folds": FOLDS,
        "groups": summarise(results),
        "ceiling": summarise(ceilings(pool.examples)),
        "reliability": reliability(final[on_yardstick], pool.content[on_yardstick]),
        "page_types": judge_page_types(pool.examples).to_dict(),
    }


def _yardstick(pool: Pool, probability: Floats, options: Options | None = None) -> float:
    return summarise(extract_all(pool, probability, options))[YARDSTICK]["f1"]


def release(judged: Judged, models: Path, cache: Path, recipe: Recipe, name: str | None = None) -> Path:
    """Fit both stages and the network on everything and write the release; estimators stay in ``cache``.

    The second stage learns from the out-of-fold first stage: what it will see of new pages.
    """
    pool, counts = judged.pool, judged.counts
    matrix, first_names = first_matrix(pool, counts, EVERY_FOLD)
    first = fit_first(pool, matrix, EVERY_FOLD, recipe)
    context, second_names = second_matrix(pool, judged.first)
    second = fit_second(pool, context, EVERY_FOLD, recipe)
    every_part = sorted({example.part for example in pool.examples})
    fitted = Fitted(
        first=first,
        second=second,
        network=fit_content_network(pool, matrix, EVERY_FOLD, recipe, "fitting the network"),
        words=lexicon(pool.words, counts.word_weights(every_part)),
        names=lexicon(pool.names, counts.name_weights(every_part)),
        page_types=fit_page_types(pool.examples),
        first_features=first_names,
        second_features=second_names,
    )
    estimators = keep_estimators(cache, {"first": first, "second": second})
    return write_release(models, fitted, recipe, judged.figures, estimators, name=name)

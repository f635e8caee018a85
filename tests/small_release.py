"""A small release of every part, from made-up pages, and what it says of others.

``python -m tests.small_release make FOLDER`` fits and exports it, and prints how far each estimator is from
what it became; ``python -m tests.small_release say FOLDER`` needs nothing but what serving needs. Both print
JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Document, segment
from pagesieve.choose import choose
from pagesieve.lines import outline
from pagesieve.model import Release, load_release
from pagesieve.options import Options
from pagesieve.quality import Cleaned
from pagesieve.roles import ROLES
from tests.made_pages import judged_page, made_page, role_rows, verdict_rows, write_corpus, write_pool

Floats = NDArray[np.float32]

_PAGES, _JUDGED = 40, 24
# Of pages that no training saw.
_SAID = range(1_000, 1_004)


def make(folder: Path) -> Path:
    """The folder of the release; its estimators are in ``folder``."""
    from training import annotated, lines, role_pages, role_release, train
    from training.annotated import Control, load_annotated
    from training.estimators import keep_estimators
    from training.fit import Forest, Recipe
    from training.network import NetworkRecipe
    from training.release import add_to_release
    from training.roles import RoleRecipe
    from training.verdict import Grove, VerdictRecipe
    from training.verdict_release import fit_verdict

    forest, grove = Forest(8, 7, 0.3), Grove(20, 8, 2, 0.4)
    network = NetworkRecipe(width=8, layers=2, heard=2, passes=2, rate=0.02)
    recipe = Recipe(first=forest, second=forest, network=network)
    write_corpus(folder, _PAGES)
    write_pool(folder, _JUDGED)
    with patch.object(train, "cross_validate", _known):
        made = train.release(train.judge(folder, folder, recipe, 1), folder / "models", folder, recipe)
    with patch.object(lines, "cross_validate", _known):
        made, _ = lines.train_lines(folder, made, folder, 1, recipe)
    with (
        patch.object(role_pages, "read_annotations", lambda name: role_rows(_PAGES)),
        patch.object(role_release, "cross_validate_roles", _known_roles),
    ):
        role_recipe = RoleRecipe(forest=forest, network=network)
        made, _ = role_release.train_roles(folder, made, folder, 1, role_recipe)
    with patch.object(annotated, "read_annotations", lambda name: verdict_rows(_JUDGED)):
        rows = load_annotated(folder, made, folder, 1)
    controls = [Control(row.sample, f1=(number % 10) / 10, gold_words=50) for number, row in enumerate(rows)]
    fitted = fit_verdict(rows, controls, [], VerdictRecipe(state=grove, spam=grove, quality=grove))
    figures = fitted.figures | {"twice": 0}
    kept = keep_estimators(folder, fitted.estimators)
    entry = {"verdict": {"recipe": {}, "figures": figures, "estimators": kept}}
    return add_to_release(folder / "models", made, fitted.files, entry, name="small")


def _known(pool: Any, *_: Any) -> tuple[Floats, Floats]:
    """In the place of cross-validation, which takes most of the time: what is known, blurred."""
    chance = np.where(pool.content, 0.7, 0.3) + np.random.default_rng(0).normal(0, 0.1, len(pool.content))
    return chance.astype(np.float32), chance.astype(np.float32)


def _known_roles(table: Any, *_: Any) -> Floats:
    return np.eye(len(ROLES), dtype=np.float32)[np.maximum(table.role, 0)]


def say(release: Release) -> dict[str, list[Any]]:
    """Every probability that the models give, by page."""
    pages = {f"article {number}": segment(str(made_page(number)["html"])) for number in _SAID}
    pages |= {f"kind {number % 4}": segment(judged_page(number)[0]) for number in _SAID}
    pages |= {f"lines of {name}": outline("\n".join(page.blocks.text)) for name, page in pages.items()}
    return {name: _say(release, page) for name, page in pages.items()}


def _say(release: Release, document: Document) -> list[Any]:
    judgement = release.judge(document)
    keep = choose(judgement.probability, judgement.copies, Options()).keep
    page = Cleaned(document, judgement.probability, keep, judgement.copies.n_words)
    opinion = release.verdict.judge(release.verdict.measure(page))
    roles = release.roles.judge(release.roles.matrix(document, judgement.evidence), judgement.evidence)
    glued = [f"{text}Related pages" for text in document.blocks.text]
    cuts = (
        [cut.at for found in release.trailers.cuts(glued, glued) for cut in found] if release.trailers else []
    )
    return [
        *judgement.probability.tolist(), *roles.ravel().tolist(), *cuts,
        *opinion.states.values(), opinion.spam, opinion.quality, release.verdict.confidence(page),
    ]  # fmt: skip


def compare(folder: Path) -> dict[str, tuple[float, float]]:
    """How far each kept estimator is from its file in the release, and how far it may be."""
    from training.estimators import difference, kept_parts, load_estimators

    made = folder / "models" / "small"
    return {
        f"{part}, {name}": difference(made, part, name, estimator)
        for part in kept_parts(load_release(made).manifest)
        for name, estimator in load_estimators(made, folder, part).items()
    }


if __name__ == "__main__":
    command, where = sys.argv[1], Path(sys.argv[2])
    if command == "make":
        make(where)
        print(json.dumps(compare(where)))
    else:
        print(json.dumps(say(load_release(where / "models" / "small"))))

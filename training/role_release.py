"""The roles as one step: annotated pages → a role model in the current release."""

from __future__ import annotations

import gzip
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.model import load_release
from pagesieve.roles import ROLES, Role
from pagesieve.roles.model import NETWORK, SETTINGS, TREES
from training.agreement import read_annotations, twice
from training.dataset import FOLDS
from training.estimators import keep_estimators
from training.export import to_onnx
from training.release import add_to_release, packed
from training.role_card import confusion_picture, role_figures
from training.role_pages import UNLABELLED, first_stage, load_role_pages
from training.role_rules import rule_roles
from training.roles import (
    RolePool,
    RoleRecipe,
    build_role_pool,
    cross_validate_roles,
    final_lifts,
    fit_role_network,
    fit_roles,
    role_matrix,
)

PICTURE = "roles.png"


def train_roles(
    corpora: Path, base: Path, cache: Path, jobs: int, recipe: RoleRecipe
) -> tuple[Path, dict[str, Any]]:
    """Fit roles to the release in ``base`` and write one beside it that holds both.

    Raises
    ------
    BadInput
        No page has annotated roles, or ``cache`` has no out-of-fold probabilities of these corpora.
    ModelError
        The release cannot be used, or the new one would be too large.
    """
    release = load_release(base)
    pages = load_role_pages(corpora, cache, jobs)
    first = first_stage(pages, corpora, cache, jobs)
    table = build_role_pool(pages, first, set(release.words.numbers), set(release.names.numbers))
    files, figures, model = build_roles(table, recipe)
    kept = keep_estimators(cache, {"roles": model})
    entry = {"recipe": asdict(recipe), "figures": figures, "estimators": kept}
    return add_to_release(base.parent, base, files, {"roles": entry}), entry


def build_roles(
    table: RolePool, recipe: RoleRecipe
) -> tuple[dict[str, bytes], dict[str, Any], HistGradientBoostingClassifier]:
    """Cross-validate, fit on everything; the files for a release, the figures, and the estimator."""
    found = cross_validate_roles(table, recipe)
    rows = table.judged & (table.role != UNLABELLED)
    figures = role_figures(
        table.role[rows], found[rows].argmax(axis=1), rule_roles(table)[rows], table.pool.page[rows]
    )
    figures["twice"] = sum(1 for _ in twice(read_annotations("roles"), "corpus", "id"))
    figures["typed_pages"] = len(np.unique(table.pool.page[~table.judged]))
    every = set(range(FOLDS))
    matrix, names = role_matrix(table, every)
    model = fit_roles(table, matrix, every, recipe)
    content = rows & (table.role == ROLES.index(Role.CONTENT))
    words, elements = final_lifts(table)
    settings = {
        "roles": [ROLES[number] for number in model.classes_],
        "features": list(names),
        "typical": np.median(matrix[content], axis=0).round(4).tolist(),
        "words": _by_token(table.pool.words, words),
        "names": _by_token(table.pool.names, elements),
        "linear_names": _by_token(table.pool.names, table.linear.weights(every)),
    }
    files = {
        TREES: gzip.compress(to_onnx(model), mtime=0),
        NETWORK: fit_role_network(table, matrix, every, recipe, "fitting the network").packed(),
        SETTINGS: packed(settings),
        PICTURE: confusion_picture(figures),
    }
    return files, figures, model


def _by_token(tokens: tuple[str, ...], table: Any) -> dict[str, list[float]]:
    rows = np.flatnonzero(np.any(table, axis=1))
    return dict(sorted((tokens[row], [round(float(value), 2) for value in table[row]]) for row in rows))

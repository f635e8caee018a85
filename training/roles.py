"""Fitting the role classifier: boosted trees and a network over block features, cues and role lexicons.

Every page is judged by a model, and described by lexicons, that never saw its site. The block classifier's
first-stage probabilities are out of fold too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from tqdm import tqdm

from pagesieve.errors import BadInput
from pagesieve.features import context_features, stack
from pagesieve.network import Network, blend_classes
from pagesieve.roles import ROLES
from pagesieve.roles.lexicon import role_lexicon_features
from pagesieve.roles.repeats import repeat_features
from training.dataset import FOLDS, PARTS
from training.fit import Forest
from training.network import NetworkRecipe, fit_network, score_pages
from training.pool import Pool, build_pool, gather, name_occurrences
from training.role_names import NameModel, spread
from training.role_pages import UNLABELLED, RolePage

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# What says little of roles, or the same as another column, and costs time in fitting and serving.
_LEFT_OUT = re.compile(
    r"up[56]_|shape[1-3]_|page_(?!blocks|chars|link_density)|(?:og|ld)_|run\d_(?:prose|share|mass)"
    r"|up\d_(?:prose|prose_share|page_share)|pairs_|in_linked_data|in_(?:details|quote|noscript)"
    r"|(?:share|others)_up|(?:before|after)[34]_first|prose_|pieces_|listing_|in_listing"
)
# Headings over a block whose words are counted: the nearest, and the first inside a box around it.
_HEADINGS_COUNTED = (0, 4)
# Strength of the prior in a token's lift, in pages, and the pages without which it is not known.
_STRENGTH, _LEAST_PAGES = 2.0, 3
_LEAST_SHARE = 1e-3
_LEAST_ROLES = 3
_NETWORK = NetworkRecipe(passes=8, pages=6, window=500, share=0.35)
_FOREST = Forest(trees=120, leaves=16, rate=0.1)


@dataclass(frozen=True, slots=True)
class RoleRecipe:
    """What is fitted; of a page at most ``most_rows`` of one role, for a long menu teaches no more."""

    forest: Forest = _FOREST
    most_rows: int = 12
    network: NetworkRecipe = _NETWORK
    typed_weight: float = 0.5
    """Weight of pages that have people's block types instead of annotated roles."""
    seed: int = 7


@dataclass(frozen=True, slots=True)
class RolePool:
    """All pages with roles in one table; ``role`` is ``UNLABELLED`` where nobody said."""

    pool: Pool
    role: Ints
    judged: NDArray[np.bool_]
    """Blocks of pages annotated under the guideline."""
    fold: Ints
    plain: Floats
    """Columns for which nothing is learned from roles: fixed, context and cues."""
    plain_names: tuple[str, ...]
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    """Words and names of the pool that the release's content lexicons have numbers for."""
    words: Floats
    """Votes (shape: PARTS, n_words, n_roles): over pages, the share of blocks with the word by role."""
    names: Floats
    linear: NameModel


def build_role_pool(
    pages: Sequence[RolePage], first: Sequence[Floats], words: set[str], names: set[str]
) -> RolePool:
    """Pool the pages; ``first`` holds their first-stage probabilities."""
    order = sorted(range(len(pages)), key=lambda number: pages[number].example.part)
    pages, first = [pages[number] for number in order], [first[number] for number in order]
    pool = build_pool([page.example for page in pages])
    tables = []
    for page, probability in zip(pages, first, strict=True):
        context = context_features(probability, page.example.around)
        columns = dict(zip(page.example.fixed_names, page.example.fixed.T, strict=True)) | context
        columns |= dict(zip(page.cue_names, page.cues.T, strict=True))
        columns |= repeat_features(probability, page.example.texts)
        chosen = {name: values for name, values in columns.items() if not _LEFT_OUT.match(name)}
        tables.append(stack(chosen))
    role = np.concatenate([page.role for page in pages])
    judged = np.repeat([page.judged for page in pages], np.diff(pool.starts))
    fold = np.array([page.example.fold for page in pages])[pool.page]
    known = np.array([name in names for name in pool.names])
    votes = _votes(pool, role, name_occurrences(pool, np.ones_like(judged)), len(pool.names))
    return RolePool(
        pool=pool,
        role=role,
        judged=judged,
        fold=fold,
        plain=np.concatenate(tables),
        plain_names=tuple(chosen),
        known=(np.array([word in words for word in pool.words]), known),
        words=_votes(pool, role, _word_occurrences(pool), len(pool.words)),
        names=votes,
        linear=NameModel(pool, role, fold, known & (votes.sum(axis=(0, 2)) >= _LEAST_PAGES)),
    )


def _word_occurrences(pool: Pool) -> tuple[Ints, Ints]:
    """Tokens and the blocks they speak for: words, the whole text, words of headings above."""
    tokens = pool.tokens
    ids = [tokens.words.ids, tokens.phrases]
    rows = [np.repeat(np.arange(len(tokens.words)), np.diff(tokens.words.starts)), np.arange(len(pool.page))]
    for above in tokens.above[list(_HEADINGS_COUNTED)]:
        under = np.flatnonzero(above >= 0)
        found, which = gather(tokens.headings, above[under])
        ids.append(found)
        rows.append(under[which])
    return np.concatenate(ids), np.concatenate(rows)


def _votes(pool: Pool, role: Ints, occurrences: tuple[Ints, Ints], n_tokens: int) -> Floats:
    token, row = occurrences
    labelled = role[row] != UNLABELLED
    token, row = token[labelled], row[labelled]
    keys, inverse = np.unique(pool.page[row] * n_tokens + token, return_inverse=True)
    total = np.bincount(inverse)
    part = np.array([example.part for example in pool.examples])[keys // n_tokens]
    cell = part * n_tokens + keys % n_tokens
    votes = np.zeros((PARTS * n_tokens, len(ROLES)), dtype=np.float32)
    for number in range(len(ROLES)):
        share = np.bincount(inverse, weights=role[row] == number, minlength=len(keys)) / total
        votes[:, number] = np.bincount(cell, weights=share, minlength=len(votes))
    return votes.reshape(PARTS, n_tokens, len(ROLES))


def _shares(table: RolePool, folds: set[int]) -> NDArray[np.float64]:
    """How much of a page each role makes up, on average over the pages of these folds."""
    use = (table.role != UNLABELLED) & np.isin(table.fold, list(folds))
    pages, inverse = np.unique(table.pool.page[use], return_inverse=True)
    weight = (1 / np.bincount(inverse))[inverse] / len(pages)
    found = np.bincount(table.role[use], weights=weight, minlength=len(ROLES))
    return np.maximum(found, _LEAST_SHARE)


def lifts(votes: Floats, known: NDArray[np.bool_], parts: list[int], shares: NDArray[np.float64]) -> Floats:
    """How much more often blocks with a token have each role than blocks have it, as a logarithm.

    Shape: (n_tokens, n_roles). Smoothed towards 0, which also stands for tokens on too few pages.
    """
    counts = votes[parts].sum(axis=0)
    pages = counts.sum(axis=1, keepdims=True)
    found = np.log((counts + _STRENGTH * shares) / (pages + _STRENGTH)) - np.log(shares)
    return np.where((pages >= _LEAST_PAGES) & known[:, None], np.round(found, 2), 0).astype(np.float32)


def role_matrix(table: RolePool, folds: set[int]) -> tuple[Floats, tuple[str, ...]]:
    """Features of every block, with what was learned from ``folds``: lexicons without the block's own part,
    the linear model without its fold."""
    shares = _shares(table, folds)
    parts = [part for part in range(PARTS) if part % FOLDS in folds]
    tables = []
    for part, tokens in table.pool.by_part.items():
        others = [number for number in parts if number != part]
        columns = role_lexicon_features(
            tokens,
            lifts(table.words, table.known[0], others, shares),
            lifts(table.names, table.known[1], others, shares),
            table.linear.weights(folds - {part % FOLDS}),
        )
        tables.append(stack(columns))
    return np.concatenate((table.plain, np.concatenate(tables)), axis=1), (*table.plain_names, *columns)


def final_lifts(table: RolePool) -> tuple[Floats, Floats]:
    """Lifts of words and names learned from every page."""
    every = set(range(FOLDS))
    shares, parts = _shares(table, every), list(range(PARTS))
    return (
        lifts(table.words, table.known[0], parts, shares),
        lifts(table.names, table.known[1], parts, shares),
    )


def fit_roles(
    table: RolePool, matrix: Floats, folds: set[int], recipe: RoleRecipe
) -> HistGradientBoostingClassifier:
    use = (table.role != UNLABELLED) & np.isin(table.fold, list(folds))
    row = spread(table.pool.page, table.role, use, recipe.most_rows, recipe.seed)
    if len(np.unique(table.role[row])) < _LEAST_ROLES:
        raise BadInput(f"fewer than {_LEAST_ROLES} roles are annotated in some fold; annotate more pages")
    weight = np.where(table.judged[row], 1.0, recipe.typed_weight)
    forest = recipe.forest
    model = HistGradientBoostingClassifier(
        max_iter=forest.trees,
        max_leaf_nodes=forest.leaves,
        learning_rate=forest.rate,
        min_samples_leaf=15,
        l2_regularization=1.0,
        max_bins=63,  # a quarter of the time of 255, and no worse
        early_stopping=False,
        random_state=recipe.seed,
    )
    return model.fit(matrix[row], table.role[row], sample_weight=weight)


def fit_role_network(
    table: RolePool, matrix: Floats, folds: set[int], recipe: RoleRecipe, progress: str = ""
) -> Network:
    """All blocks of a role count on a page, but together no more than ``most_rows`` of them."""
    labelled = table.role != UNLABELLED
    of_role = table.pool.page * len(ROLES) + np.maximum(table.role, 0)
    count = np.bincount(of_role[labelled], minlength=len(table.pool.examples) * len(ROLES))[of_role]
    weight = labelled * np.minimum(recipe.most_rows / np.maximum(count, 1), 1)
    return fit_network(
        table.pool,
        matrix,
        np.maximum(table.role, 0),
        (weight * np.where(table.judged, 1.0, recipe.typed_weight)).astype(np.float32),
        np.unique(table.pool.page[labelled & np.isin(table.fold, list(folds))]),
        len(ROLES),
        replace(recipe.network, seed=recipe.seed),
        progress,
    )


def cross_validate_roles(table: RolePool, recipe: RoleRecipe) -> Floats:
    """Out-of-fold probabilities (shape: n_blocks, n_roles)."""
    found = np.zeros((len(table.role), len(ROLES)), dtype=np.float32)
    for left_out in tqdm(range(FOLDS), "cross-validating roles", unit="fold"):
        folds = set(range(FOLDS)) - {left_out}
        matrix, _ = role_matrix(table, folds)
        model = fit_roles(table, matrix, folds, recipe)
        rows = table.fold == left_out
        found[np.ix_(rows, model.classes_)] = model.predict_proba(matrix[rows])
        network = fit_role_network(table, matrix, folds, recipe)
        scores = score_pages(table.pool, matrix, network, np.unique(table.pool.page[rows]))
        found[rows] = blend_classes(found[rows], scores, network.share)
    return found

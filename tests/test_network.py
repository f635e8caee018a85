"""The network: its gradient, what it can learn, and that pages do not hear of one another."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pagesieve import network as serving
from pagesieve.blocks import segment
from pagesieve.features import Surroundings, describe
from pagesieve.network import (
    GROUPINGS,
    Groups,
    Network,
    blend,
    blend_classes,
    group_numbers,
)
from training.dataset import collector
from training.network import (
    Batch,
    NetworkRecipe,
    _beginning,
    _neighbouring,
    fit_network,
    loss_and_gradient,
    score_pages,
)

PAGES = (
    "<nav><a href=/>Home</a><a href=/b>News</a></nav><main><h1>Bridge closed</h1><p>The bridge "
    "is closed until spring.<p>Detours are marked.</main><ul><li>One</li><li>Two</li><li>Three</li></ul>",
    "<h1>Apples</h1><div><p>Some keep all winter.</p><p>Others do not.</p></div><footer>Terms</footer>",
)
EVERYTHING = NetworkRecipe(width=6, layers=2, heard=2, dropout=0.0, hidden=0.0)


def around(html: str) -> Surroundings:
    return describe(segment(html), (collector({}), collector({}))).around


def groups_of(pages: list[Surroundings]) -> tuple[np.ndarray, Groups]:
    numbers, known = [], 0
    for page in pages:
        numbers.append(group_numbers(page) + known)
        known += GROUPINGS * len(page.ladder.parent)
    page = np.repeat(np.arange(len(pages)), [len(one.chars) for one in pages])
    return page, Groups.build(np.concatenate(numbers, axis=1), np.concatenate([one.chars for one in pages]))


def batch_of(pages: list[Surroundings], n_features: int, n_classes: int) -> Batch:
    rng = np.random.default_rng(3)
    page, groups = groups_of(pages)
    return Batch(
        features=rng.normal(size=(len(page), n_features)).astype(np.float32),
        page=page,
        groups=groups,
        target=rng.integers(0, n_classes, len(page)),
        weight=rng.uniform(0, 2, len(page)).astype(np.float32),
    )


@pytest.mark.parametrize("n_outputs", [1, 4])
def test_gradient_agrees_with_finite_differences(n_outputs: int) -> None:
    batch = batch_of([around(html) for html in PAGES], 5, max(n_outputs, 2))
    rng = np.random.default_rng(1)
    weights = {
        name: (value + rng.normal(0, 0.1, value.shape)).astype(np.float64)
        for name, value in _beginning(5, n_outputs, EVERYTHING, rng).items()
    }
    _, gradient = loss_and_gradient(weights, batch, EVERYTHING, rng)
    assert set(gradient) == set(weights)
    for name, found in gradient.items():
        for place in rng.integers(0, found.size, 4):
            losses = []
            for step in (1e-6, -1e-6):
                moved = weights | {name: weights[name].copy()}
                moved[name].flat[place] += step
                losses.append(loss_and_gradient(moved, batch, EVERYTHING, rng)[0])
            expected = (losses[0] - losses[1]) / 2e-6
            assert found.flat[place] == pytest.approx(expected, abs=1e-7, rel=1e-3), name


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_serving_and_training_have_one_forward_pass(n_outputs: int) -> None:
    page, rng = around(PAGES[0]), np.random.default_rng(4)
    weights = _beginning(5, n_outputs, EVERYTHING, rng)
    fixed = {"centre": np.full(5, 0.2, np.float32), "spread": np.full(5, 0.7, np.float32)}
    matrix = rng.normal(size=(len(page.chars), 5)).astype(np.float32)
    scores = Network(weights | fixed, EVERYTHING.layers, 0.5).scores(matrix, page)
    batch = replace(
        batch_of([page], 5, max(n_outputs, 2)),
        features=serving.standardised(matrix, fixed["centre"], fixed["spread"]),
    )
    loss, _ = loss_and_gradient(weights, batch, EVERYTHING, rng)
    if n_outputs == 1:
        scores = np.concatenate((np.zeros_like(scores), scores), axis=1)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    chosen = logs[np.arange(len(logs)), batch.target]
    assert loss == pytest.approx(-np.average(chosen, weights=batch.weight), rel=1e-5)


def test_blocks_hear_of_nothing_on_other_pages() -> None:
    pages = [around(html) for html in PAGES]
    page, groups = groups_of(pages)
    values = np.random.default_rng(2).normal(size=(len(page), 2 * GROUPINGS)).astype(np.float32)
    for number in range(len(pages)):
        rows = page == number
        own, own_groups = groups_of([pages[number]])
        assert np.allclose(groups.means(values)[rows], own_groups.means(values[rows]), atol=1e-6)
        for layer in range(3):
            beside = _neighbouring(values, page, layer)[rows]
            assert np.array_equal(beside, _neighbouring(values[rows], own, layer))


def test_a_mean_over_a_group_counts_long_blocks_more() -> None:
    page = around("<p>Short.</p><p>This one is a good deal longer than the first of them.</p>")
    _, groups = groups_of([page])
    values = np.zeros((2, GROUPINGS), dtype=np.float32)
    values[1] = 1
    weight = np.sqrt(page.chars + 1)
    over_page = groups.means(values)[:, -1]
    assert over_page == pytest.approx(weight[1] / weight.sum(), rel=1e-5)


@pytest.fixture(scope="module")
def alternating() -> tuple[Any, np.ndarray, np.ndarray]:
    """Pages on which a block is wanted if the one before it has a positive feature: a row cannot tell."""
    rng = np.random.default_rng(5)
    examples = [
        SimpleNamespace(
            around=around("".join(f"<p>Line {i} of a page.</p>" for i in range(size))), texts=["a"]
        )
        for size in rng.integers(8, 20, 60)
    ]
    sizes = np.array([len(example.around.chars) for example in examples])
    pool = SimpleNamespace(
        examples=examples,
        starts=np.concatenate(([0], np.cumsum(sizes))),
        page=np.repeat(np.arange(len(sizes)), sizes),
    )
    matrix = rng.normal(size=(sizes.sum(), 3)).astype(np.float32)
    before = np.concatenate(([0.0], matrix[:-1, 0]))
    first = np.isin(np.arange(len(matrix)), pool.starts)
    return pool, matrix, ((before > 0) & ~first).astype(np.int64)


RECIPE = NetworkRecipe(width=16, layers=2, heard=2, passes=30, rate=0.01, dropout=0.0, hidden=0.0)


def test_it_learns_what_stands_beside_a_block(alternating: tuple[Any, np.ndarray, np.ndarray]) -> None:
    pool, matrix, target = alternating
    seen, unseen = np.arange(40), np.arange(40, 60)
    network = fit_network(pool, matrix, target, np.ones(len(matrix), np.float32), seen, 1, RECIPE)
    scores = score_pages(pool, matrix, network, unseen)
    rows = np.isin(pool.page, unseen)
    assert np.mean((scores[:, 0] > 0) == target[rows]) > 0.9
    again = fit_network(pool, matrix, target, np.ones(len(matrix), np.float32), seen, 1, RECIPE)
    assert again.packed() == network.packed()
    classes = fit_network(pool, matrix, target * 2, np.ones(len(matrix), np.float32), seen, 3, RECIPE)
    found = score_pages(pool, matrix, classes, unseen)
    assert np.mean(found.argmax(axis=1) == target[rows] * 2) > 0.9


def test_what_is_written_is_what_is_read(
    alternating: tuple[Any, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, matrix, target = alternating
    recipe = NetworkRecipe(width=16, passes=1)
    network = fit_network(pool, matrix, target, np.ones(len(matrix), np.float32), np.arange(9), 1, recipe)
    page, rows = pool.examples[0].around, matrix[: pool.starts[1]]
    read = Network.read(network.packed())
    assert np.array_equal(read.scores(rows, page), network.scores(rows, page))
    assert read.share == recipe.share
    monkeypatch.setattr(serving, "_MOST_BLOCKS", 3)
    parts = network.scores(rows, page)
    assert parts.shape == (len(rows), 1)
    assert np.isfinite(parts).all()


def test_blending_weighs_log_odds() -> None:
    trees, scores = np.array([0.0, 0.2, 0.9, 1.0], np.float32), np.array([1.0, 0.0, -2.0, 9.0], np.float32)
    assert blend(trees, scores, 0.0) == pytest.approx(trees, abs=1e-3)
    assert blend(trees, scores, 1.0) == pytest.approx(1 / (1 + np.exp(-scores)), abs=1e-6)
    middle = blend(trees, scores, 0.5)
    assert middle[1] == pytest.approx(1 / 3, abs=1e-3)
    assert 0 < middle[0] < 0.5 < middle[3] < 1
    classes = np.array([[0.7, 0.3, 0.0]], np.float32)
    assert blend_classes(classes, np.array([[5.0, 5.0, 5.0]], np.float32), 0.0)[0] == pytest.approx(
        [0.7, 0.3, 0.0], abs=1e-3
    )
    both = blend_classes(classes, np.array([[0.0, 9.0, 0.0]], np.float32), 0.5)
    assert both.sum() == pytest.approx(1.0)
    assert both.argmax() == 1

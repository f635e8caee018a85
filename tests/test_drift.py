"""Drift: histograms of pages against those of the training."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pagesieve import ModelError, clean
from pagesieve.drift import COLUMNS, Reference, features, shares_of, stability_index
from pagesieve.roles import ROLES

EDGES = {name: np.array([0.5]) for name in (*COLUMNS, "probability", "kept")} | {
    "blocks": np.array([1.0, 3.0])
}
BINS = 2 * (len(COLUMNS) + 2) + 3 + len(ROLES)


@pytest.fixture
def reference() -> Reference:
    return Reference(EDGES, np.full(BINS, 0.1))


@pytest.mark.parametrize(
    ("found", "expected", "index"),
    [
        ([30, 70], [0.3, 0.7], 0.0),
        ([50, 50], [0.3, 0.7], 0.2 * np.log(5 / 3) - 0.2 * np.log(5 / 7)),
        ([1, 0], [0.0, 1.0], 2 * (1 - 1e-4) * np.log(1e4)),
    ],
)
def test_the_index_is_the_formula(found, expected, index) -> None:
    assert stability_index(np.array(found, dtype=float), np.array(expected)) == pytest.approx(index)


def test_values_on_an_edge_belong_above_it() -> None:
    assert shares_of(np.array([0.0, 1.0, 1.0, 9.0]), np.array([1.0, 2.0])).tolist() == [0.25, 0.5, 0.25]


def test_every_page_counts_once_whatever_its_size(reference, any_page) -> None:
    row = reference.histogram(clean(any_page), roles=True)
    assert row.shape == (BINS,)
    assert [pages for _, pages in reference.indices(row).values()] == pytest.approx([1.0] * (len(EDGES) + 1))


def test_roles_are_left_out_unless_wanted_and_not_predicted_for_it(reference, news_page) -> None:
    page = clean(news_page)
    row = reference.histogram(page, roles=False)
    assert reference.indices(row)["role"][1] == 0.0
    assert "blocks" not in vars(page)


def test_a_page_without_blocks_counts_nothing(reference) -> None:
    page = clean("<html><body><img src=x></body></html>")
    assert features(page) == {}
    assert not reference.histogram(page, roles=True).any()


def test_features_are_those_of_the_page(news_page) -> None:
    page = clean(news_page)
    found = features(page)
    assert found["blocks"] == pytest.approx([np.log1p(len(page.blocks))])
    assert found["probability"].tolist() == list(page.probability)
    words = np.array(page.n_words)
    assert found["kept"] == pytest.approx([words[list(page.chosen)].sum() / words.sum()])


def test_a_reference_survives_its_file(reference) -> None:
    again = Reference.read(json.dumps(reference.to_dict()).encode())
    assert again.shares.tolist() == reference.shares.tolist()
    assert {name: edges.tolist() for name, edges in again.edges.items()} == {
        name: edges.tolist() for name, edges in EDGES.items()
    }


@pytest.mark.parametrize("change", [{"shares": [0.5]}, {"edges": {"chars": [1.0]}}, {"edges": {"other": []}}])
def test_a_reference_of_another_version_is_refused(reference, change) -> None:
    with pytest.raises(ModelError, match="train --only drift"):
        Reference.read(json.dumps(reference.to_dict() | change).encode())

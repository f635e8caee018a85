"""From labelled pages to a served release, on pages made up here."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pagesieve import ModelError, Options, clean
from pagesieve.blocks import segment
from pagesieve.model import FILES, load_release
from pagesieve.network import blend
from tests.made_pages import made_page, role_rows, write_corpus
from training import role_pages
from training.crossval import cross_validate, cross_validate_network
from training.estimators import BLOCKS, difference, load_estimators
from training.evaluate import extract_all
from training.fit import Forest, Recipe, fold_of_pages
from training.labels import read_labels
from training.network import NetworkRecipe
from training.own import own_examples
from training.pool import count_tokens
from training.releases import current_name, promote
from training.role_release import train_roles
from training.roles import RoleRecipe
from training.train import Judged, judge, release

_NETWORK = NetworkRecipe(width=8, layers=2, heard=2, passes=3, rate=0.02)
_RECIPE = Recipe(first=Forest(12, 7, 0.3), second=Forest(8, 7, 0.3), network=_NETWORK)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    write_corpus(folder, 120)
    return folder


@pytest.fixture(scope="module")
def judged(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judge(corpora, tmp_path_factory.mktemp("cache"), _RECIPE, jobs=1)


def test_pages_of_unseen_sites_are_told_apart(judged: Judged) -> None:
    means = judged.figures["groups"]["wcxb_dev"]
    assert means["pages"] == 120
    assert means["f1"] > 0.95
    assert judged.figures["ceiling"]["wcxb_dev"]["f1"] > 0.99
    assert judged.figures["ablation"]["every block"] < 0.9


def test_nothing_of_a_fold_reaches_its_own_probabilities(judged: Judged) -> None:
    """With the fold's labels turned round, what is said of that fold stays the same to the last bit."""
    left_out = 2
    pool = judged.pool
    rows = fold_of_pages(pool)[pool.page] == left_out
    turned = replace(pool, content=np.where(rows, ~pool.content, pool.content))
    counts = count_tokens(turned)
    first, trees = cross_validate(turned, counts, _RECIPE, jobs=1)
    final = blend(trees, cross_validate_network(turned, counts, _RECIPE, jobs=1), _RECIPE.network.share)
    assert np.array_equal(first[rows], judged.first[rows])
    assert np.array_equal(final[rows], judged.final[rows])
    assert not np.array_equal(final[~rows], judged.final[~rows])


def test_the_release_serves_what_training_saw(judged: Judged, tmp_path: Path) -> None:
    folder = release(judged, tmp_path, tmp_path / "cache", _RECIPE, "first")
    loaded = load_release(folder)
    pages = [made_page(number) for number in range(1_000, 1_005)]
    for page in pages:
        document = segment(str(page["html"]))
        judgement = loaded.judge(document)
        paragraphs = str(page["gold_text"]).split("\n\n")
        inside = [text in paragraphs for text in document.blocks.text]
        assert [bool(p > 0.5) for p in judgement.probability] == inside


def test_the_same_seed_gives_the_same_release(judged: Judged, corpora: Path, tmp_path: Path) -> None:
    again = judge(corpora, tmp_path / "cache", _RECIPE, jobs=2)
    folders = [
        release(found, tmp_path / str(run), tmp_path / "cache", _RECIPE)
        for run, found in enumerate((judged, again))
    ]
    names = {path.name for path in folders[0].iterdir()}
    assert names == {*FILES, "reliability.png", "manifest.json"}
    assert folders[0].name == folders[1].name
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_a_new_release_is_not_the_current_one(judged: Judged, tmp_path: Path) -> None:
    release(judged, tmp_path, tmp_path / "cache", _RECIPE, "new")
    assert current_name(tmp_path) is None


def test_estimators_are_loaded_only_if_the_manifest_knows_them(judged: Judged, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = release(judged, tmp_path, cache, _RECIPE, "new")
    for name, estimator in load_estimators(folder, cache).items():
        found, most = difference(folder, BLOCKS, name, estimator)
        assert found <= most
    (path,) = (cache / "estimators").iterdir()
    path.write_bytes(path.read_bytes() + pickle.dumps("anything"))
    with pytest.raises(ModelError, match="not the file that the manifest"):
        load_estimators(folder, cache)
    path.unlink()
    with pytest.raises(ModelError, match="no estimators of new"):
        load_estimators(folder, cache)


def test_a_choice_of_every_block_is_the_whole_page(judged: Judged) -> None:
    (result, *_) = extract_all(judged.pool, judged.first * 0 + 1, Options(threshold=0.5))
    assert result.score.recall == 1.0
    assert result.score.precision < 1.0


@pytest.fixture(scope="module")
def with_roles(judged: Judged, corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with roles, learned from annotations of the made pages' own elements."""
    cache = tmp_path_factory.mktemp("role_cache")
    base = release(judged, cache / "models", cache, _RECIPE, "blocks")
    np.savez(cache / "oof.npz", first=judged.first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(role_pages, "read_annotations", lambda name: role_rows(120))
        recipe = RoleRecipe(forest=Forest(8, 7, 0.3), network=_NETWORK)
        folder, entry = train_roles(corpora, base, cache, 1, recipe)
    assert entry["figures"]["f1"][:2] == [1.0, 1.0]
    return folder


def test_a_release_with_roles_says_what_stripped_blocks_are(
    with_roles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_release(with_roles).has_roles
    promote(with_roles.parent, with_roles.name)
    monkeypatch.setenv("PAGESIEVE_MODELS", str(with_roles.parent))
    html = str(made_page(2_000)["html"])
    plain, wished = clean(html), clean(html, options=Options(keep=("title", "related"), reasons=True))
    by_tag = {block.tag: block for block in plain.blocks}
    assert {tag: by_tag[tag].role for tag in ("li", "h1", "p", "h3", "footer")} == {
        "li": "nav", "h1": "title", "p": "content", "h3": "related", "footer": "legal"
    }  # fmt: skip
    assert all(block.reason is None for block in plain.blocks)
    assert "You may also like" not in plain.text
    assert wished.text.startswith(by_tag["h1"].text)
    assert "You may also like" in wished.text
    for block in wished.blocks:
        assert block.keep == (block.role in {"content", "title", "related"})
        assert bool(block.reason) != block.keep
    without = clean(html, options=Options(drop=("content",)))
    assert without.text == ""


def test_a_release_without_roles_says_so_when_asked(
    judged: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(judged, tmp_path, tmp_path / "cache", _RECIPE, "plain")
    promote(tmp_path, "plain")
    monkeypatch.setenv("PAGESIEVE_MODELS", str(tmp_path))
    html = str(made_page(2_001)["html"])
    assert {block.role for block in clean(html).blocks} == {"content", "other"}
    with pytest.raises(ModelError, match="--only roles"):
        _ = clean(html, options=Options(keep=("nav",))).text


def test_own_pages_are_trained_on_beside_the_corpora(tmp_path: Path) -> None:
    """And leave what later steps read of the corpora as it is shaped."""
    write_corpus(tmp_path, 40)
    path = tmp_path / "mine.jsonl"
    partly = {"html": "<p>One.</p><p>Two.</p>", "blocks": [{"text": "One.", "role": "content"}]}
    rows = [*map(made_page, range(3_000, 3_010)), partly]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own, problems = own_examples(read_labels([path]).pages, tmp_path, jobs=1)
    assert len(own) == 10
    assert "label all of a page" in str(problems[0])
    found = judge(tmp_path, tmp_path, _RECIPE, 1, own)
    assert {name: group["pages"] for name, group in found.figures["groups"].items()} == {
        "labels": 10, "wcxb_dev": 40, "wcxb_dev/article": 40
    }  # fmt: skip
    corpus = [example.page.corpus == "wcxb_dev" for example in found.pool.examples]
    with np.load(tmp_path / "oof.npz") as table:
        assert len(table["final"]) == np.array(corpus)[found.pool.page].sum() < len(found.pool.page)

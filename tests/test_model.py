"""Loading a release: verified first, or refused with advice."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pagesieve import ModelError, model
from pagesieve.model import current_release, load_release, releases_folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(current_release(releases_folder()), tmp_path / "release"))


def test_the_shipped_release_is_small_and_whole() -> None:
    folder = current_release(releases_folder())
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 5 * 2**20
    release = load_release(folder)
    assert release.name == folder.name
    assert release.name in release.card


def test_a_release_loads_from_any_folder(copy: Path) -> None:
    assert load_release(copy).manifest == load_release().manifest


@pytest.mark.parametrize("name", ["first.onnx", "second.onnx", "lexicons.json.gz", "card.md"])
def test_a_changed_file_is_refused(copy: Path, name: str) -> None:
    path = copy / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError, match="not the file that the manifest describes"):
        load_release(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "first.onnx").unlink()
    with pytest.raises(ModelError, match=r"lacks first\.onnx"):
        load_release(copy)


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", '{"format": 99}', '{"format": 1}', '{"format": 1, "name": "", "features": {}, "files": {}}'],
)
def test_another_manifest_is_refused(copy: Path, manifest: str) -> None:
    (copy / "manifest.json").write_text(manifest)
    with pytest.raises(ModelError, match="pagesieve"):
        load_release(copy)


def test_a_file_that_the_manifest_does_not_vouch_for_is_refused(copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["files"]["lexicons.json.gz"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="incomplete"):
        load_release(copy)


def test_threads_that_come_first_together_load_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read = model._read_manifest
    monkeypatch.setattr(model, "_read_manifest", lambda folder: reads.append(folder) or read(folder))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load_release, [copy] * 4))
    assert len(reads) == 1
    assert all(release is found[0] for release in found)


def test_other_features_are_refused(copy: Path) -> None:
    path = copy / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["features"]["first"][0] = "something else"
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="other features"):
        load_release(copy)


def test_no_release_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGESIEVE_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="pagesieve train"):
        load_release()


def test_a_release_is_loaded_also_where_others_are_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More folders have a current release than are kept in memory, and still another release is asked for."""
    source = current_release(releases_folder())
    for number in range(model._MOST_LOADED + 1):
        home = tmp_path / str(number)
        shutil.copytree(source, home / source.name)
        (home / "current").write_text(source.name)
        monkeypatch.setenv("PAGESIEVE_MODELS", str(home))
        assert load_release().folder == home / source.name
    other = Path(shutil.copytree(source, tmp_path / "other"))
    assert load_release(other).folder == other

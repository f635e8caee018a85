"""No release becomes the current one without passing the gates, or saying so."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pagesieve.cli import main
from pagesieve.model import CARD, LEXICONS, current_release, load_release, releases_folder
from training import gates
from training.gates import check_gates
from training.golden import golden_pages, try_golden
from training.release import packed
from training.releases import MANIFEST, MOST_BYTES, current_name

Change = Callable[[dict[str, Any], Path], None]


def make(models: Path, name: str, change: Change) -> Path:
    """A copy of the shipped release, changed, with a manifest that is right about it."""
    folder = models / name
    shutil.copytree(current_release(releases_folder()), folder)
    manifest = json.loads((folder / MANIFEST).read_bytes()) | {"name": name}
    change(manifest, folder)
    for key in manifest["files"]:
        manifest["files"][key]["sha256"] = hashlib.sha256((folder / key).read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def nothing(manifest: dict[str, Any], folder: Path) -> None:
    pass


def wrong_words(manifest: dict[str, Any], folder: Path) -> None:
    lexicons = json.loads(gzip.decompress((folder / LEXICONS).read_bytes()))
    turned = {
        kind: {token: [-3 * weight for weight in weights] for token, weights in table.items()}
        for kind, table in lexicons.items()
    }
    (folder / LEXICONS).write_bytes(packed(turned))


def worse_forums(manifest: dict[str, Any], folder: Path) -> None:
    manifest["figures"]["groups"]["wcxb_dev/forum"]["f1"] -= 0.02


def uncalibrated(manifest: dict[str, Any], folder: Path) -> None:
    manifest["figures"]["reliability"]["expected_calibration_error"] = 0.08


def too_large(manifest: dict[str, Any], folder: Path) -> None:
    (folder / CARD).write_bytes(b" " * MOST_BYTES)


def worse_on_labels(manifest: dict[str, Any], folder: Path) -> None:
    manifest["sites"] = {
        "sites": {},
        "figures": {
            "pages": 9,
            "base": {"f1": 0.9, "calibration_error": 0.02},
            "adapted": {"f1": 0.8, "calibration_error": 0.2},
        },
    }


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gates, "_seconds", lambda release: 0.02)  # time says nothing on a busy machine
    make(tmp_path, "old", nothing)
    (tmp_path / "current").write_text("old\n")
    return tmp_path


def call(models: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["models", *arguments, "--models", str(models)])


def test_an_equal_release_is_promoted(models: Path) -> None:
    make(models, "new", nothing)
    result = call(models, "promote", "new")
    assert result.exit_code == 0, result.output
    assert "FAIL" not in result.output
    assert "new is the current release" in result.stdout
    assert current_name(models) == "new"
    assert "forced" not in load_release(models / "new").manifest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (wrong_words, "FAIL  golden pages, beside the current release: word F1"),
        (worse_forums, "FAIL  page type on wcxb_dev, out of fold: forum: "),
        (uncalibrated, "FAIL  calibration: expected error 0.080, at most 0.040"),
        (too_large, "FAIL  size: "),
        (worse_on_labels, "FAIL  labelled pages: word F1 0.800 against 0.900 on 9 labelled pages"),
        (worse_on_labels, "FAIL  calibration on labelled pages: "),
    ],
)
def test_a_release_that_fails_is_refused_with_the_reason(models: Path, change: Change, reason: str) -> None:
    make(models, "new", change)
    result = call(models, "promote", "new")
    assert result.exit_code == 1
    assert reason in result.stdout
    assert "new is not promoted, old stays current; train again, or overrule with --force" in result.stderr
    assert current_name(models) == "old"


def test_a_slow_release_is_refused(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(models, "new", nothing)
    monkeypatch.setattr(gates, "_seconds", lambda release: 0.04 if release.name == "new" else 0.02)
    result = call(models, "promote", "new")
    assert "FAIL  latency: 40.0 ms a page against 20.0, at most 1.5 times as long" in result.stdout
    assert current_name(models) == "old"


def test_force_overrules_and_is_written_down(models: Path) -> None:
    make(models, "new", worse_forums)
    result = call(models, "promote", "new", "--force")
    assert result.exit_code == 0
    assert current_name(models) == "new"
    (reason,) = json.loads((models / "new" / MANIFEST).read_bytes())["forced"]["although"]
    assert "forum" in reason
    assert "* new" in call(models, "list").stdout
    assert "forced, although 1 gates failed" in call(models, "list").stdout
    assert call(models, "rollback").stdout == "old is the current release again\n"


def test_a_damaged_release_cannot_be_forced(models: Path) -> None:
    folder = make(models, "new", nothing)
    (folder / LEXICONS).write_bytes(b"{}")
    result = call(models, "promote", "new", "--force")
    assert result.exit_code == 1
    assert "FAIL  whole: lexicons.json.gz is not the file that the manifest describes" in result.stdout
    assert "repair or remove it" in result.stderr
    assert current_name(models) == "old"


def test_verify_changes_nothing_and_says_what_it_found(models: Path) -> None:
    make(models, "new", uncalibrated)
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    assert call(models, "verify").exit_code == 0
    assert call(models, "verify", "new").exit_code == 1
    assert {path: path.read_bytes() for path in models.rglob("*") if path.is_file()} == before


def test_a_damaged_current_release_does_not_stop_a_good_one(models: Path) -> None:
    make(models, "new", nothing)
    (models / "old" / LEXICONS).write_bytes(b"{}")
    assert call(models, "promote", "new").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["promote", "missing"], "no release 'missing'"),
        (["rollback"], "knows of no release before the current one"),
        (["verify", "missing"], "no release 'missing'"),
    ],
)
def test_what_cannot_be_done_is_said(models: Path, arguments: list[str], message: str) -> None:
    result = call(models, *arguments)
    assert result.exit_code == 1
    assert message in result.stderr


def test_an_empty_folder_has_no_releases(tmp_path: Path) -> None:
    assert "pagesieve train" in call(tmp_path, "list").stderr


def test_golden_pages_are_of_every_type_and_several_languages() -> None:
    names = [name.split("-") for name in golden_pages()]
    assert len(names) >= 14
    types = [kind for kind, _ in names]
    assert set(types) == set(gates.PAGE_TYPES)
    assert all(types.count(kind) >= 2 for kind in types)
    assert len({language for _, language in names}) >= 7
    for page in golden_pages().values():
        assert all(page.roles)  # every block is marked


def test_the_shipped_release_passes() -> None:
    folder = current_release(releases_folder())
    assert [str(found) for found in check_gates(folder, None) if not found.passed] == []
    assert {one.name for one in try_golden(load_release(folder))} == set(golden_pages())

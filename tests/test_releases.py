"""The folder of releases: changed whole or not at all, and back again."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pagesieve.errors import BadInput
from training.releases import (
    MANIFEST,
    before,
    current_name,
    damages,
    discard,
    json_bytes,
    list_releases,
    place,
    promote,
    read_history,
    rollback,
)

INTERRUPT = Path(__file__).parent / "interrupt.py"


def files_of(name: str) -> dict[str, bytes]:
    files = {"a.bin": name.encode(), "b.bin": b"the same in all"}
    listed = {key: {"sha256": hashlib.sha256(body).hexdigest()} for key, body in files.items()}
    return {**files, MANIFEST: json_bytes({"name": name, "files": listed})}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Three releases; "old" is current, "first" was before it, and "next" never."""
    folder = tmp_path / "models"
    for name in ("first", "old", "next"):
        place(folder, name, files_of(name))
    promote(folder, "first")
    promote(folder, "old")
    return folder


@pytest.mark.parametrize(("how", "status"), [("kill", "9"), ("full", "28")])
def test_an_interruption_at_any_step_leaves_a_whole_release_current(
    models: Path, how: str, status: str
) -> None:
    command = [sys.executable, str(INTERRUPT), how, str(models)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for change, after in {"write": "new", "promote": "next", "force": "next", "rollback": "first"}.items():
        *interrupted, last = [line.split()[1:] for line in lines if line.startswith(f"{change} ")]
        assert last == ["0", after, "True"]
        assert len(interrupted) >= 5
        assert interrupted[0] == [status, "old", "True"]
        assert all(line in ([status, "old", "True"], [status, after, "True"]) for line in interrupted)


def test_what_a_kill_left_does_not_stand_in_the_way(models: Path) -> None:
    (models / ".new-left").mkdir()
    (models / ".new-left" / "a.bin").write_bytes(b"half")
    (models / ".current").write_bytes(b"ha")
    promote(models, "next")
    assert current_name(models) == "next"
    assert not (models / ".new-left").exists()
    assert {found.name for found in list_releases(models)} == {"first", "old", "next"}


def test_rollback_goes_back_step_by_step(models: Path) -> None:
    promote(models, "next")
    assert [rollback(models), rollback(models)] == ["old", "first"]
    with pytest.raises(BadInput, match="no release before"):
        rollback(models)
    assert current_name(models) == "first"
    promote(models, "next")
    assert before(models) == "first"
    assert [entry["action"] for entry in read_history(models)] == ["promote"] * 3 + ["rollback"] * 2 + [
        "promote"
    ]


def test_a_switch_that_never_came_to_pass_is_not_gone_back_to(models: Path) -> None:
    pointer = models / "current"
    promote(models, "next")
    pointer.write_text("old\n")  # as if killed between the history and the switch
    assert before(models) == "first"
    place(models, "fourth", files_of("fourth"))
    promote(models, "fourth")
    assert rollback(models) == "old"
    assert rollback(models) == "first"


def test_a_rollback_that_never_came_to_pass_is_done_again(models: Path) -> None:
    assert rollback(models) == "first"
    (models / "current").write_text("old\n")
    assert rollback(models) == "first"


def test_a_release_that_was_current_before_any_history_is_gone_back_to(models: Path) -> None:
    (models / "history.jsonl").unlink()
    promote(models, "next")
    assert rollback(models) == "old"


def test_a_damaged_release_is_not_gone_back_to(models: Path) -> None:
    (models / "first" / "a.bin").write_bytes(b"changed")
    with pytest.raises(BadInput, match=r"first is damaged \(a\.bin is not the file"):
        rollback(models)
    assert current_name(models) == "old"


@pytest.mark.parametrize("name", ["missing", "../models/old", ".new-x", ""])
def test_only_releases_of_the_folder_are_promoted(models: Path, name: str) -> None:
    with pytest.raises(BadInput, match="models list"):
        promote(models, name)


def test_a_name_stands_for_one_release(models: Path) -> None:
    assert place(models, "old", files_of("old")) == models / "old"
    other = {**files_of("old"), **files_of("another")}
    with pytest.raises(BadInput, match="another release is called old"):
        place(models, "old", other)
    assert damages(models / "old") == []


def test_forcing_is_written_down(models: Path) -> None:
    promote(models, "next", forced=["FAIL  size: too large"])
    manifest = json.loads((models / "next" / MANIFEST).read_bytes())
    assert manifest["forced"]["although"] == ["FAIL  size: too large"]
    assert damages(models / "next") == []
    assert read_history(models)[-1]["forced"] is True


def test_the_current_release_is_not_discarded(models: Path) -> None:
    discard(models, "old")
    discard(models, "next")
    assert {found.name for found in list_releases(models)} == {"first", "old"}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "a.bin").unlink(), "a.bin: No such file"),
        (lambda folder: (folder / "a.bin").write_bytes(b"x"), "a.bin is not the file"),
        (lambda folder: (folder / "c.pkl").write_bytes(b"x"), "c.pkl is not in the manifest"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"{"), "no manifest"),
    ],
)
def test_every_damage_is_named(models: Path, damage, message: str) -> None:
    damage(models / "next")
    (found,) = damages(models / "next")
    assert message in found

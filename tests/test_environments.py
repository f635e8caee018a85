"""A release made with the oldest scikit-learn says the same with the newest, and with none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pagesieve.errors import ModelError
from pagesieve.model import load_release
from tests.bare import ROOT, bare_environment, site_packages
from tests.small_release import say
from training.estimators import ESTIMATORS, load_estimators

_KEPT = ROOT / ".cache" / "environments"
# What pip says before it gives up on an index that does not answer.
_OTHER_VERSIONS = re.compile(r"from versions: (?!none)")
_NO_INDEX = re.compile(r"connection broken|Failed to establish|Could not fetch URL|timed out", re.IGNORECASE)


def oldest(name: str) -> str:
    """The oldest version of a requirement of training that ``pyproject.toml`` admits."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (found,) = (
        requirement.partition(">=")[2]
        for requirement in project["optional-dependencies"]["train"]
        if requirement.startswith(f"{name}>=")
    )
    return str(found)


def installed(name: str, version: str) -> Path:
    """A folder with that version of a package alone, from the package index; kept for the next run."""
    kept = _KEPT / f"{name}-{version}-{sysconfig.get_config_var('SOABI')}"
    if kept.is_dir():
        return kept
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_KEPT) as beside:
        command = ("install", "--no-deps", "--only-binary", ":all:", "--retries", "1", "--target", beside)
        done = subprocess.run(
            [sys.executable, "-m", "pip", *command, f"{name}=={version}"], capture_output=True, text=True
        )
        if done.returncode and _NO_INDEX.search(done.stderr):
            pytest.skip(f"no package index can be reached to install {name} {version} from")
        if done.returncode and _OTHER_VERSIONS.search(done.stderr):
            pytest.skip(f"{name} {version} has no wheel for this Python")
        assert done.returncode == 0, done.stderr
        if not kept.exists():
            Path(beside).rename(kept)
            Path(beside).mkdir()  # for the context to remove
    return kept


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a release made with the oldest scikit-learn, and what that says of its estimators."""
    version = oldest("scikit-learn")
    folder = tmp_path_factory.mktemp("oldest")
    python = bare_environment(folder / "venv", extras=("train",), without="scikit-learn")
    (site_packages(folder / "venv") / "oldest.pth").write_text(f"{installed('scikit-learn', version)}\n")
    assert run(python, "-c", "import sklearn; print(sklearn.__version__)").startswith(version)
    return folder, json.loads(run(python, "-m", "tests.small_release", "make", str(folder)))


def run(python: Path, *command: str) -> str:
    environment = {"PATH": "", "OMP_NUM_THREADS": "1", "HOME": os.environ.get("HOME", "")}
    done = subprocess.run([str(python), *command], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_oldest_scikit_learn_makes_a_release_of_every_part(made: tuple[Path, dict[str, Any]]) -> None:
    """And its files say what its estimators say."""
    assert set(made[1]) == {
        "blocks, first", "blocks, second", "lines, first", "lines, second", "lines, trailers",
        "roles, roles", "verdict, state", "verdict, spam", "verdict, quality", "verdict, confidence",
    }  # fmt: skip
    for name, (found, most) in made[1].items():
        assert found <= most, name


def test_it_says_the_same_here_and_without_scikit_learn(
    made: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = made
    python = bare_environment(tmp_path / "bare")
    missing = "import importlib.util as u; print(u.find_spec('sklearn'), u.find_spec('joblib'))"
    assert run(python, "-c", missing) == "None None\n"
    there = json.loads(run(python, "-m", "tests.small_release", "say", str(folder)))
    oldest_says = json.loads(run(folder / "venv/bin/python", "-m", "tests.small_release", "say", str(folder)))
    here = say(load_release(folder / "models" / "small"))
    for name, values in here.items():
        assert len(values) > 10
        np.testing.assert_allclose(there[name], values, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(oldest_says[name], values, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("part", ESTIMATORS)
def test_estimators_that_were_changed_are_not_loaded(
    made: tuple[Path, dict[str, Any]], tmp_path: Path, part: str
) -> None:
    release = made[0] / "models" / "small"
    kept = shutil.copytree(made[0] / "estimators", tmp_path / "estimators")
    for path in kept.iterdir():
        path.write_bytes(path.read_bytes() + b".")
    with pytest.raises(ModelError, match="is not the file that the manifest of small describes"):
        load_estimators(release, tmp_path, part)

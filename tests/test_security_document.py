"""SECURITY.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = [
    line
    for line in (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "`" in line
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_threat_names_a_test_that_exists(row):
    file = None
    named = re.findall(r"`(?:(test_\w+\.py)::)?(test_\w+)`", row.rsplit("|", 2)[1])
    assert named
    for given, test in named:
        file = given or file
        [path] = TESTS.rglob(file)
        assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{file} has no {test}"

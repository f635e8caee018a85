"""The committed annotations are what their README says."""

from __future__ import annotations

import re

import pytest

from training.agreement import kappas, read_annotations, twice

ROLES = set("content title meta nav related ad social comment legal duplicate other".split())
STATES = {"ok", "error", "blocked", "parked", "login", "empty"}


def test_verdicts_use_the_codes_of_the_guideline() -> None:
    for row in read_annotations("verdicts"):
        assert row["state"] in STATES
        assert row["spam"] in {"ham", "spam", "unsure"}
        assert row["quality"] in range(5)
        assert bool(row["reasons"]) <= (row["spam"] == "spam")
        assert row["state"] == "ok" or row["quality"] == 0


def test_roles_hold_hashes_and_no_text() -> None:
    for row in read_annotations("roles"):
        assert all(re.fullmatch(r"[0-9a-f]{10}:[a-z]+", block) for block in row["blocks"])
        assert {block.partition(":")[2] for block in row["blocks"]} <= ROLES


def test_no_item_is_labelled_twice_in_one_pass() -> None:
    for name, key in (("verdicts", ("id",)), ("roles", ("corpus", "id"))):
        rows = read_annotations(name)
        assert len({(row["pass"], *(row[part] for part in key)) for row in rows}) == len(rows)


def test_kappa_of_a_hand_made_case() -> None:
    def verdicts(number: int, states: list[str]) -> list[dict[str, object]]:
        return [
            {
                "id": str(i),
                "pass": number,
                "state": state,
                "spam": "ham" if i % 2 else "spam",
                "quality": i % 3,
            }
            for i, state in enumerate(states)
        ]

    rows = verdicts(1, ["ok"] * 3 + ["error"] * 3) + verdicts(2, ["ok"] * 2 + ["error"] * 4)
    blocks = [{"corpus": "c", "id": "1", "pass": number, "blocks": ["0:nav", "1:ad"]} for number in (1, 2)]
    found = kappas(rows, blocks)
    assert found["state"] == (6, pytest.approx(2 / 3))
    assert found["role"] == (2, pytest.approx(1.0))
    assert len(list(twice(rows, "id"))) == 6

"""How far two independent passes of annotation agree: ``python -m training.agreement``."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score

ANNOTATIONS = Path(__file__).parent / "annotations"
Row = dict[str, Any]


def read_annotations(name: str, folder: Path = ANNOTATIONS) -> list[Row]:
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def twice(rows: list[Row], *key: str) -> Iterator[tuple[Row, Row]]:
    """First and second pass of every item that was annotated twice."""
    first = {_key(row, key): row for row in rows if row["pass"] == 1}
    for row in rows:
        if row["pass"] == 2 and _key(row, key) in first:
            yield first[_key(row, key)], row


def _key(row: Row, key: tuple[str, ...]) -> tuple[Hashable, ...]:
    return tuple(row[name] for name in key)


def kappas(verdicts: list[Row], roles: list[Row]) -> dict[str, tuple[int, float]]:
    """Number of items and Cohen's kappa (1960) by label; for quality with quadratic weights (1968)."""
    pages = list(twice(verdicts, "id"))
    sound = [(one, two) for one, two in pages if one["state"] == two["state"] == "ok"]
    blocks = [
        (left.partition(":")[2], right.partition(":")[2])
        for one, two in twice(roles, "corpus", "id")
        for left, right in zip(one["blocks"], two["blocks"], strict=True)
    ]
    return {
        "state": _kappa([(one["state"], two["state"]) for one, two in pages]),
        "spam": _kappa([(one["spam"], two["spam"]) for one, two in pages]),
        "quality": _kappa([(one["quality"], two["quality"]) for one, two in pages], "quadratic"),
        "quality where ok": _kappa([(one["quality"], two["quality"]) for one, two in sound], "quadratic"),
        "role": _kappa(blocks),
    }


def _kappa(pairs: list[tuple[Any, Any]], weights: str | None = None) -> tuple[int, float]:
    one, two = zip(*pairs, strict=True)
    return len(pairs), float(cohen_kappa_score(one, two, weights=weights))


if __name__ == "__main__":
    for label, (items, kappa) in kappas(read_annotations("verdicts"), read_annotations("roles")).items():
        print(f"{label:18s} {items:6,d} items   kappa {kappa:.3f}")

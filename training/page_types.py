"""The page-type model: fitted on the yardstick's page types, judged out of fold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from pagesieve.page_type import PAGE_TYPES, PageTypeModel
from training.dataset import FOLDS, Example

# Tokens on fewer pages carry nothing to other sites; of the rest the most telling are enough.
_LEAST_PAGES = 5
_MOST_TOKENS = 3_000
# Weak regularisation: rows have unit length, so weights must be large to reach far.
_STRENGTH = 30.0
_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class TypeFigures:
    """Out-of-fold accuracy, recall of each type, and the confusion (row: true, column: predicted)."""

    accuracy: float
    recall: dict[str, float]
    confusion: list[list[int]]
    without_address: float
    """Accuracy where the model is not told the address."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": round(self.accuracy, 4),
            "without_address": round(self.without_address, 4),
            "recall": {name: round(value, 3) for name, value in self.recall.items()},
            "confusion": self.confusion,
        }


def fit_page_types(examples: list[Example]) -> PageTypeModel:
    """Fit on every example whose type is known, on the tokens that tell most (chi-squared).

    Of fewer than two types nothing can be learned but how frequent they are.
    """
    known = [example for example in examples if example.page.page_type in PAGE_TYPES]
    found = [example.type_tokens for example in known]
    types = [str(example.page.page_type) for example in known]
    if len(set(types)) < 2:
        return _by_frequency(types)
    # One thread: on matrices this small the others only wait for each other.
    with threadpool_limits(1):
        reader = _reader(min_df=min(_LEAST_PAGES, len(known)))
        evidence = np.nan_to_num(chi2(reader.fit_transform(found), types)[0])
        chosen = np.sort(np.argsort(-evidence, kind="stable")[:_MOST_TOKENS])
        names = reader.get_feature_names_out()[chosen].tolist()
        reader = _reader(vocabulary=names)
        model = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS).fit(reader.fit_transform(found), types)
    return PageTypeModel(
        types=tuple(model.classes_.tolist()),
        numbers={name: number for number, name in enumerate(names)},
        idf=reader.idf_.astype(np.float32),
        weights=model.coef_.T.astype(np.float32),
        intercept=model.intercept_.astype(np.float32),
    )


def _by_frequency(types: list[str]) -> PageTypeModel:
    counts = np.array([types.count(name) + 1 for name in PAGE_TYPES])
    return PageTypeModel(
        types=PAGE_TYPES,
        numbers={},
        idf=np.zeros(0, dtype=np.float32),
        weights=np.zeros((0, len(PAGE_TYPES)), dtype=np.float32),
        intercept=np.log(counts / counts.sum()).astype(np.float32),
    )


def _reader(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=_as_given, binary=True, lowercase=False, **options)


def _as_given(found: list[str]) -> list[str]:
    return found


def judge_page_types(examples: list[Example]) -> TypeFigures:
    """Cross-validate by site, in the folds of the block model."""
    known = [example for example in examples if example.page.page_type in PAGE_TYPES]
    pairs: list[tuple[str, str]] = []
    hits = 0
    for fold in range(FOLDS):
        model = fit_page_types([example for example in known if example.fold != fold])
        for example in known:
            if example.fold == fold:
                found = set(example.type_tokens)
                pairs.append((str(example.page.page_type), next(iter(model.probabilities(found)))))
                hidden = {token for token in found if not token.startswith(_ADDRESS)}
                hits += next(iter(model.probabilities(hidden))) == example.page.page_type
    counts = Counter(pairs)
    confusion = [[counts[true, predicted] for predicted in PAGE_TYPES] for true in PAGE_TYPES]
    table: NDArray[np.int64] = np.array(confusion)
    return TypeFigures(
        accuracy=float(np.trace(table) / max(table.sum(), 1)),
        recall={
            name: float(table[number, number] / max(table[number].sum(), 1))
            for number, name in enumerate(PAGE_TYPES)
        },
        confusion=confusion,
        without_address=hits / max(len(known), 1),
    )


_ADDRESS = ("url:", "folder:", "host:", "depth>=", "slug>=")

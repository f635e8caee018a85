"""The fitted scikit-learn estimators of a release, kept beside it for study. Serving never reads them.

They are pickles, so they are loaded only if their hash is the one in the release's manifest, and they stay
out of ``models/``, the wheel and the image. A release outlives them: it is ONNX and JSON.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from pagesieve.blocks import segment
from pagesieve.errors import ModelError
from pagesieve.features import context_features, describe, learned_features, stack
from pagesieve.model import Release
from pagesieve.onnx import run
from training.golden import golden_pages
from training.releases import MANIFEST

_FOLDER = "estimators"
# ONNX computes in single precision.
LARGEST_DIFFERENCE = 1e-6


def keep_estimators(cache: Path, estimators: Mapping[str, Any]) -> dict[str, Any]:
    """Write them to ``cache``, under their hash; what the manifest is to say of them."""
    buffer = io.BytesIO()
    joblib.dump(dict(estimators), buffer)
    body = buffer.getvalue()
    sha256 = hashlib.sha256(body).hexdigest()
    path = _path(cache, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return {"sha256": sha256, "bytes": len(body)}


def load_estimators(release: Path, cache: Path) -> dict[str, Any]:
    """The estimators of the block classifier, ``first`` and ``second``.

    Raises
    ------
    ModelError
        They are not in ``cache``, or are not those of the manifest; then nothing of the file is executed.
    """
    entry = json.loads((release / MANIFEST).read_bytes()).get("estimators")
    if not entry:
        raise ModelError(f"the manifest of {release.name} names no estimators")
    path = _path(cache, entry["sha256"])
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"no estimators of {release.name} at {path} ({error.strerror}); train it again"
        ) from None
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise ModelError(f"{path} is not the file that the manifest of {release.name} describes; remove it")
    found: dict[str, Any] = joblib.load(io.BytesIO(body))
    return found


def largest_difference(release: Release, estimators: Mapping[str, Any]) -> float:
    """How far the release's probabilities are from its estimators', over the blocks of the golden pages."""
    found = [0.0]
    for page in golden_pages().values():
        document = segment(page.html)
        described = describe(document, (release.words.number, release.names.number))
        same_page = np.zeros(len(described.n_words), dtype=np.int64)
        learned = learned_features(described.tokens, release.words.weights, release.names.weights, same_page)
        matrix = np.concatenate((stack(described.fixed), stack(learned)), axis=1)
        first = run(release.stages.first, matrix)[:, 0]
        context = stack(context_features(first, described.around))
        for name, session, table in (
            ("first", release.stages.first, matrix),
            ("second", release.stages.second, context),
        ):
            expected = estimators[name].predict_proba(table)[:, 1]
            found.append(float(np.abs(run(session, table)[:, 0] - expected).max()))
    return max(found)


def _path(cache: Path, sha256: str) -> Path:
    return cache / _FOLDER / f"{sha256}.joblib"

"""The fitted scikit-learn estimators of a release, kept beside it for study. Serving never reads them.

They are pickles, so they are loaded only if their hash is the one in the release's manifest, and they stay
out of ``models/``, the wheel and the image. A release outlives them: it is ONNX and JSON.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
from numpy.typing import NDArray
from sklearn.base import is_classifier

from pagesieve.errors import ModelError
from pagesieve.model import FIRST, LINES_FIRST, LINES_SECOND, SECOND, TRAILERS
from pagesieve.onnx import open_session, run
from pagesieve.quality.model import CONFIDENCE, QUALITY, SPAM, STATE
from pagesieve.roles.model import TREES
from training.releases import MANIFEST

BLOCKS = "blocks"
# By part of a release, which is also the name of its entry in the manifest: the file made of each estimator.
ESTIMATORS = {
    BLOCKS: {"first": FIRST, "second": SECOND},
    "lines": {"first": LINES_FIRST, "second": LINES_SECOND, "trailers": TRAILERS},
    "roles": {"roles": TREES},
    "verdict": {"state": STATE, "spam": SPAM, "quality": QUALITY, "confidence": CONFIDENCE},
}
_FOLDER = "estimators"
# ONNX computes in single precision; means are stored with four digits.
LARGEST_DIFFERENCE, LARGEST_DIFFERENCE_OF_MEANS = 1e-6, 1e-4
_ROWS = 2_000


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


def kept_parts(manifest: Mapping[str, Any]) -> list[str]:
    """Parts of a release whose manifest names estimators."""
    return [part for part in ESTIMATORS if _entry(manifest, part)]


def load_estimators(release: Path, cache: Path, part: str = BLOCKS) -> dict[str, Any]:
    """The estimators of one of ``ESTIMATORS``, by name.

    Raises
    ------
    ModelError
        They are not in ``cache``, or are not those of the manifest; then nothing of the file is executed.
    """
    entry = _entry(json.loads((release / MANIFEST).read_bytes()), part)
    if not entry:
        raise ModelError(f"the manifest of {release.name} names no estimators of its {part}; train it again")
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


def difference(release: Path, part: str, name: str, estimator: Any) -> tuple[float, float]:
    """How far a file of the release is from the estimator it was made of, and how far it may be.

    Over rows of features at the borders of its trees, where they could differ first.
    """
    body = (release / ESTIMATORS[part][name]).read_bytes()
    matrix = border_rows(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
    found = run(open_session(body), matrix)
    if not is_classifier(estimator):
        expected = estimator.predict(matrix).reshape(found.shape)
        return float(np.abs(found - expected).max()), LARGEST_DIFFERENCE_OF_MEANS
    expected = estimator.predict_proba(matrix)[:, -found.shape[1] :]
    return float(np.abs(found - expected).max()), LARGEST_DIFFERENCE


def border_rows(model: bytes) -> NDArray[np.float32]:
    """Rows of features each drawn from the thresholds of an ONNX file's trees, half of them a step above."""
    made = onnx.load_from_string(model)
    (trees,) = (node for node in made.graph.node if node.op_type.startswith("TreeEnsemble"))
    table = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in trees.attribute}
    borders: dict[int, set[float]] = defaultdict(set)
    for feature, value in zip(table["nodes_featureids"], table["nodes_values"], strict=True):
        borders[feature].add(value)
    rng = np.random.default_rng(0)
    n_features = made.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    rows = np.zeros((_ROWS, n_features), dtype=np.float32)
    for feature, values in borders.items():
        rows[:, feature] = rng.choice(np.array(sorted(values), dtype=np.float32), _ROWS)
    above = np.nextafter(rows, np.float32(np.inf))
    return np.where(rng.random(rows.shape) < 0.5, rows, above).astype(np.float32)


def _entry(manifest: Mapping[str, Any], part: str) -> dict[str, Any] | None:
    # The block classifier is what a manifest as a whole describes.
    entry = manifest if part == BLOCKS else manifest.get(part, {})
    found: dict[str, Any] | None = entry.get("estimators")
    return found


def _path(cache: Path, sha256: str) -> Path:
    return cache / _FOLDER / f"{sha256}.joblib"

"""The exported trees say what scikit-learn's say."""

from __future__ import annotations

import numpy as np
import pytest

ensemble = pytest.importorskip("sklearn.ensemble")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("n_trees", [1, 40])
def test_probabilities_agree(n_trees: int) -> None:
    from training.export import to_onnx

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(2_000, 12)).astype(np.float32)
    matrix[:, 3] = np.round(matrix[:, 3])  # values that equal thresholds exactly
    labels = matrix[:, 0] * matrix[:, 1] + matrix[:, 3] > 0
    model = ensemble.HistGradientBoostingClassifier(max_iter=n_trees, random_state=0).fit(matrix, labels)
    unseen = rng.normal(size=(2_000, 12)).astype(np.float32)
    unseen[:, 3] = np.round(unseen[:, 3])
    session = onnxruntime.InferenceSession(to_onnx(model))
    found = session.run(None, {"features": unseen})[0].ravel()
    np.testing.assert_allclose(found, model.predict_proba(unseen)[:, 1], atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_means_of_trees_agree(n_outputs: int) -> None:
    from training.export import means_to_onnx

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(600, 8)).astype(np.float32)
    matrix[:, 3] = np.round(matrix[:, 3])
    target = np.column_stack([matrix[:, number] + matrix[:, 3] > 0 for number in range(n_outputs)]) * 1.0
    target = target if n_outputs > 1 else target[:, 0]
    model = ensemble.ExtraTreesRegressor(30, max_leaf_nodes=20, random_state=0).fit(matrix, target)
    unseen = rng.normal(size=(600, 8)).astype(np.float32)
    unseen[:, 3] = np.round(unseen[:, 3])
    session = onnxruntime.InferenceSession(means_to_onnx(model))
    found = session.run(None, {"features": unseen})[0]
    np.testing.assert_allclose(found, model.predict(unseen).reshape(600, n_outputs), atol=1e-4)

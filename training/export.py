"""Fitted trees → ONNX, so that serving needs neither scikit-learn nor pickle.

Written by hand for ``HistGradientBoostingClassifier``: the converter skl2onnx 1.20 fails on it
under scikit-learn 1.9.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.ensemble import HistGradientBoostingClassifier

# Oldest operator sets that hold everything needed, for the widest range of runtimes.
_OPSETS = [helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 1)]
_IR_VERSION = 8


def to_onnx(model: HistGradientBoostingClassifier) -> bytes:
    """ONNX file that maps ``features`` (n, n_features) float32 to ``probability``: (n, 1) of the
    second class, or (n, n_classes) when there are more than two.

    The features must be finite; a missing value has no branch.
    """
    trees = [grown.nodes for stage in model._predictors for grown in stage]
    n_outputs = len(model._predictors[0])
    attributes: dict[str, Any] = {
        "nodes_treeids": [tree for tree, nodes in enumerate(trees) for _ in nodes],
        "nodes_nodeids": [node for nodes in trees for node in range(len(nodes))],
        "nodes_featureids": _column(trees, "feature_idx").tolist(),
        "nodes_values": _thresholds(trees).tolist(),
        "nodes_modes": ["LEAF" if leaf else "BRANCH_LEQ" for nodes in trees for leaf in nodes["is_leaf"]],
        "nodes_truenodeids": _column(trees, "left").tolist(),
        "nodes_falsenodeids": _column(trees, "right").tolist(),
    }
    leaves = [
        (tree, int(node), float(nodes[node]["value"]))
        for tree, nodes in enumerate(trees)
        for node in np.flatnonzero(nodes["is_leaf"])
    ]
    attributes |= {
        "target_treeids": [tree for tree, _, _ in leaves],
        "target_nodeids": [node for _, node, _ in leaves],
        "target_ids": [tree % n_outputs for tree, _, _ in leaves],
        "target_weights": [value for _, _, value in leaves],
    }
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["raw"],
        domain="ai.onnx.ml",
        n_targets=n_outputs,
        base_values=model._baseline_prediction.ravel().astype(float).tolist(),
        **attributes,
    )
    graph = helper.make_graph(
        [ensemble, helper.make_node("Softmax" if n_outputs > 1 else "Sigmoid", ["raw"], ["probability"])],
        "trees",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, model.n_features_in_])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, n_outputs])],
    )
    made = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR_VERSION, producer_name="pagesieve")
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def _column(trees: list[NDArray[np.void]], name: str) -> NDArray[np.int64]:
    """A field of every node, tree after tree; 0 for the leaves, whose fields are not set."""
    return np.concatenate([np.where(nodes["is_leaf"], 0, nodes[name]) for nodes in trees]).astype(np.int64)


def _thresholds(trees: list[NDArray[np.void]]) -> NDArray[np.float32]:
    """Thresholds as the largest float32 not above them, so that ``x <= t`` holds for the same float32 x."""
    exact = np.concatenate([np.where(nodes["is_leaf"], 0.0, nodes["num_threshold"]) for nodes in trees])
    rounded = exact.astype(np.float32)
    return np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)

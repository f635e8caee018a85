"""Fitted trees → ONNX, so that serving needs neither scikit-learn nor pickle.

Written by hand: the converter skl2onnx 1.20 fails on ``HistGradientBoostingClassifier`` under
scikit-learn 1.9.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier

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
        (tree, int(node), tree % n_outputs, float(nodes[node]["value"]))
        for tree, nodes in enumerate(trees)
        for node in np.flatnonzero(nodes["is_leaf"])
    ]
    base = model._baseline_prediction.ravel().astype(float).tolist()
    squash = "Softmax" if n_outputs > 1 else "Sigmoid"
    return _model(attributes, leaves, base, squash, model.n_features_in_)


def means_to_onnx(model: ExtraTreesRegressor) -> bytes:
    """The same of trees whose mean is the answer: ``probability`` is (n, n_outputs).

    Values of leaves are rounded to a ten-thousandth, which makes the file smaller when it is compressed.
    """
    trees = [grown.tree_ for grown in model.estimators_]
    leaf = np.concatenate([tree.children_left < 0 for tree in trees])
    attributes: dict[str, Any] = {
        "nodes_treeids": np.repeat(np.arange(len(trees)), [tree.node_count for tree in trees]).tolist(),
        "nodes_nodeids": np.concatenate([np.arange(tree.node_count) for tree in trees]).tolist(),
        "nodes_featureids": np.where(leaf, 0, np.concatenate([tree.feature for tree in trees])).tolist(),
        "nodes_values": _below(
            np.where(leaf, 0.0, np.concatenate([tree.threshold for tree in trees]))
        ).tolist(),
        "nodes_modes": ["LEAF" if ends else "BRANCH_LEQ" for ends in leaf],
        "nodes_truenodeids": np.where(
            leaf, 0, np.concatenate([tree.children_left for tree in trees])
        ).tolist(),
        "nodes_falsenodeids": np.where(
            leaf, 0, np.concatenate([tree.children_right for tree in trees])
        ).tolist(),
    }
    leaves = [
        (number, int(node), output, float(value) / len(trees))
        for number, tree in enumerate(trees)
        for node in np.flatnonzero(tree.children_left < 0)
        for output, value in enumerate(np.round(tree.value[node, :, 0], 4))
        if value or not output
    ]
    return _model(attributes, leaves, [0.0] * model.n_outputs_, "Identity", model.n_features_in_)


def _model(
    attributes: dict[str, Any],
    leaves: list[tuple[int, int, int, float]],
    base: list[float],
    squash: str,
    n_features: int,
) -> bytes:
    """``leaves`` are tree, node, output and what the leaf adds to it."""
    trees, nodes, outputs, weights = (list(column) for column in zip(*leaves, strict=True))
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["raw"],
        domain="ai.onnx.ml",
        n_targets=len(base),
        base_values=base,
        target_treeids=trees,
        target_nodeids=nodes,
        target_ids=outputs,
        target_weights=weights,
        **attributes,
    )
    graph = helper.make_graph(
        [ensemble, helper.make_node(squash, ["raw"], ["probability"])],
        "trees",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, n_features])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, len(base)])],
    )
    made = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR_VERSION, producer_name="pagesieve")
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def _column(trees: list[NDArray[np.void]], name: str) -> NDArray[np.int64]:
    """A field of every node, tree after tree; 0 for the leaves, whose fields are not set."""
    return np.concatenate([np.where(nodes["is_leaf"], 0, nodes[name]) for nodes in trees]).astype(np.int64)


def _thresholds(trees: list[NDArray[np.void]]) -> NDArray[np.float32]:
    return _below(
        np.concatenate([np.where(nodes["is_leaf"], 0.0, nodes["num_threshold"]) for nodes in trees])
    )


def _below(exact: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 not above each, so that ``x <= t`` holds for the same float32 x."""
    rounded = exact.astype(np.float32)
    return np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)

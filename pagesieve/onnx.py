"""Running tree ensembles with ONNX Runtime."""

from __future__ import annotations

import gzip

import numpy as np
import onnxruntime
from numpy.typing import NDArray

Floats = NDArray[np.float32]


# First bytes of a gzip file. Many trees are stored so: their table is a fifth as large.
_GZIP = b"\x1f\x8b"


def open_session(model: bytes) -> onnxruntime.InferenceSession:
    """A session of an ONNX file, which may be gzipped."""
    if model.startswith(_GZIP):
        model = gzip.decompress(model)
    options = onnxruntime.SessionOptions()
    # Processes scale better than threads here: one page is a few milliseconds of work.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(session: onnxruntime.InferenceSession, matrix: Floats) -> Floats:
    """Probabilities (shape: n_rows, n_outputs) of the rows of ``matrix``."""
    return np.asarray(session.run(None, {"features": matrix})[0], dtype=np.float32)

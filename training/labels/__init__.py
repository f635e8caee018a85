"""Pages that people labelled, in any of the formats of ``docs/retraining.md``."""

from training.labels.marked import CONTENT, REST, UNKNOWN, Labels, Marked, Problem
from training.labels.read import read_labels

__all__ = ["CONTENT", "REST", "UNKNOWN", "Labels", "Marked", "Problem", "read_labels"]

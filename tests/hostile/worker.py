"""What a worker of a running service uses: memory at its highest, and processor time."""

from __future__ import annotations

import os
import re
from pathlib import Path


def forget_peak(worker: int) -> None:
    """Start the measurement of memory again."""
    Path(f"/proc/{worker}/clear_refs").write_text("5")


def peak_megabytes(worker: int) -> float:
    status = Path(f"/proc/{worker}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1_000


def processor_seconds(worker: int) -> float:
    fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

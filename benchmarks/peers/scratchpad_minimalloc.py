"""Peer: the published allocator; ``ZEROGAP_MINIMALLOC`` names its executable."""

from __future__ import annotations

import csv
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from zerogap.models.scratchpad import Buffers, Placement
from zerogap.models.scratchpad.csv import write


def solve(buffers: Buffers, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Write the buffers, run the executable, read its offsets; one thread, no seed."""
    program = os.environ.get("ZEROGAP_MINIMALLOC")
    if not program:
        raise ValueError("ZEROGAP_MINIMALLOC does not name the executable")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        source.write_text(write(buffers))
        command = [program, f"--capacity={buffers.capacity}", f"--input={source}"]
        try:
            subprocess.run(
                [*command, f"--output={target}"],
                timeout=time_limit,
                capture_output=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"status": "unknown"}
        if not target.exists():
            return {"status": "unknown"}
        with target.open() as stream:
            at = {row["id"]: int(row["offset"]) for row in csv.DictReader(stream)}
    placement = Placement([at[i] for i in buffers.ids])
    return {"objective": buffers.capacity, "status": "feasible", "solution": placement}

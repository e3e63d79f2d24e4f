"""Peer: the authors' CCBS; ``ZEROGAP_CCBS`` names its executable.

Its reader of grids wants blanks between the cells, and it knows one radius, unit speed and the
flowtime only. Its claim of optimality is not repeated: its branching rule loses solutions.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from zerogap.models.mapf import Mapf, read_log
from zerogap.models.mapf.formats.tasks import write_xml

_CONFIG = """<?xml version="1.0" ?>
<root><algorithm><use_cardinal>true</use_cardinal>
<use_disjoint_splitting>true</use_disjoint_splitting><hlh_type>2</hlh_type>
<connectedness>{k}</connectedness><focal_weight>1.0</focal_weight>
<agent_size>{radius!r}</agent_size><timelimit>{limit}</timelimit>
<precision>0.0000001</precision></algorithm></root>
"""


def solve(instance: Mapf, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Write map, task and configuration, run the executable, read its log."""
    program = os.environ.get("ZEROGAP_CCBS")
    if not program:
        raise ValueError("ZEROGAP_CCBS does not name the executable")
    radius = float(instance.radius[0])
    same = (instance.radius == radius).all() and (instance.speed == 1).all()
    if not same or instance.objective != "flowtime" or instance.sweep != "disc":
        return {"status": "unknown"}
    whole = write_xml(instance).splitlines()
    agents = [line for line in whole if "<agent " in line]
    with tempfile.TemporaryDirectory() as folder:
        ground, task, config = (Path(folder) / name for name in ("m.xml", "t.xml", "c.xml"))
        begin = next(i for i, line in enumerate(whole) if "<map>" in line or "<graphml>" in line)
        end = next(i for i, line in enumerate(whole) if "</map>" in line or "</graphml>" in line)
        body = "\n".join(whole[begin : end + 1])
        ground.write_text(f"<root>{body}</root>" if instance.blocked is not None else body)
        task.write_text("<root>" + "\n".join(agents) + "</root>")
        limit = max(1, round(time_limit))
        k = instance.connectedness or 3
        config.write_text(_CONFIG.format(k=k, radius=radius, limit=limit))
        command = [program, str(ground), str(task), str(config)]
        try:
            done = subprocess.run(
                command, timeout=2 * time_limit + 5, capture_output=True, text=True, check=False
            )
        except subprocess.TimeoutExpired:
            return {"status": "unknown"}
        if "found: true" not in done.stdout:
            return {"status": "unknown"}
        log = Path(folder) / "t_log.xml"
        solution = read_log(log.read_text(), instance, file=str(log))
    flowtime = next(line for line in done.stdout.splitlines() if line.startswith("Flowtime"))
    objective = float(flowtime.split(":")[1])
    return {"objective": objective, "status": "feasible", "solution": solution}

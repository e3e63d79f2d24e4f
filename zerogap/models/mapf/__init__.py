"""Multi-agent path finding in continuous time: discs that move through a graph (CCBS's problem)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.mapf.check import check
from zerogap.models.mapf.formats import FORMATS, read_log
from zerogap.models.mapf.generate import grid, roadmap, rooms
from zerogap.models.mapf.instance import OBJECTIVES, TOLERANCE, Mapf
from zerogap.models.mapf.solution import Paths, decode, encode, segments

__all__ = [
    "FAMILY",
    "TOLERANCE",
    "Mapf",
    "Paths",
    "check",
    "grid",
    "read_log",
    "roadmap",
    "rooms",
    "segments",
]


def info(instance: Mapf) -> dict[str, Any]:
    """Facts of an instance for people."""
    facts: dict[str, Any] = {}
    if instance.blocked is not None:
        rows, columns = instance.blocked.shape
        facts["grid"] = f"{rows} × {columns}, {int(instance.blocked.sum())} blocked"
        facts["neighbours"] = 2**instance.connectedness
        facts["sweep"] = instance.sweep
    facts |= {
        "vertices": instance.vertices,
        "edges": len(instance.edges),
        "agents": instance.agents,
        "objective": instance.objective,
    }
    for key in ("radius", "speed"):
        low, high = float(getattr(instance, key).min()), float(getattr(instance, key).max())
        facts[key] = low if low == high else f"{low:g} … {high:g}"
    gap = np.hypot(*(instance.xy[instance.goal] - instance.xy[instance.start]).T)
    facts["straight lines"] = float(gap.sum())
    return facts


FAMILY = Family(
    name="mapf",
    title="multi-agent path finding in continuous time",
    sense="min",
    integral=False,
    unit="time",
    instances=(Mapf,),
    solution=Paths,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={"grid": grid, "rooms": rooms, "roadmap": roadmap},
    options=(
        Option("map", str, None, "file of the map, where the task does not hold it"),
        Option("agents", int, None, "take only so many agents, the first ones"),
        Option("connectedness", int, None, "of a grid: 2^k neighbours", (2, 3, 4, 5)),
        Option("radius", float, None, "radius of all discs (0.353553)"),
        Option("speed", float, None, "speed of all agents (1)"),
        Option("sweep", str, None, "what blocked cells stop", ("disc", "centre")),
        Option("zero_edges", bool, None, "allow edges of length 0, which take no time"),
        Option("objective", str, None, "sum or last of the arrivals", OBJECTIVES),
        Setting("backend", str, "cbs", "who proves in exact", ("cbs", "cp-sat")),
    ),
    tolerance=1e-7,
    read_solution=read_log,
)

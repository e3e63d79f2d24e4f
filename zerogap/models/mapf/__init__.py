"""Multi-agent path finding in continuous time: discs that move through a graph (CCBS's problem)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import Family, InstanceError, Option, Setting
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
    "from_networkx",
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


def from_networkx(
    graph: Any,
    agents: Any,
    *,
    position: str = "pos",
    radius: Any = 0.25,
    speed: Any = 1.0,
    objective: str = "flowtime",
    name: str = "",
) -> Mapf:
    """Agents on a graph whose nodes have places in the plane.

    Parameters
    ----------
    graph : networkx.Graph or DiGraph
        An undirected edge is one in both directions; loops are left out.
    agents : sequence of (start, goal)
        Nodes of the graph.
    position : str
        Node attribute with (x, y); attributes ``x`` and ``y`` are taken as well.
    radius, speed, objective, name
        As in `Mapf`.

    Raises
    ------
    InstanceError
        Naming a node without a place, or one that is not in the graph.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.path_graph(3)
    >>> nx.set_node_attributes(graph, {v: (float(v), 0.0) for v in graph}, "pos")
    >>> from_networkx(graph, [(0, 2)]).agents
    1
    """
    number = {node: k for k, node in enumerate(graph.nodes)}
    places = []
    for node, told in graph.nodes(data=True):
        place = told.get(position, (told.get("x"), told.get("y")))
        if len(place) != 2 or None in place:
            raise InstanceError(f"node {node!r} has no {position!r}", field=position)
        places.append([float(v) for v in place])
    edges = {(number[u], number[v]) for u, v, *_ in graph.edges if u != v}
    if not graph.is_directed():
        edges |= {(v, u) for u, v in edges}
    for pair in agents:
        for node in pair:
            if node not in number:
                raise InstanceError(f"node {node!r} is not in the graph", field="agents")
    return Mapf(
        np.array(places).reshape(-1, 2), np.array(sorted(edges)).reshape(-1, 2),
        np.array([number[start] for start, _ in agents], np.int32),
        np.array([number[goal] for _, goal in agents], np.int32),
        radius=radius, speed=speed, objective=objective, name=name or str(graph.name or ""),
    )  # fmt: skip

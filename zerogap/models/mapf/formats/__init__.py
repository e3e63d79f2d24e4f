"""Files: JSON, the authors' XML tasks, MovingAI scenarios."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import Format, InstanceError, json_format
from zerogap.models.mapf.formats.tasks import read_log, read_scenario, read_xml, write_xml
from zerogap.models.mapf.instance import Mapf

__all__ = ["FORMATS", "decode", "encode", "read_log", "read_scenario", "read_xml", "write_xml"]


def encode(instance: Mapf) -> dict[str, Any]:
    """An instance as a JSON-able dict; a number that is the same for all agents is written once."""
    data: dict[str, Any] = {"name": instance.name} if instance.name else {}
    data["objective"] = instance.objective
    if instance.blocked is not None:
        data["connectedness"] = instance.connectedness
        if instance.sweep != "disc":
            data["sweep"] = instance.sweep
        data["grid"] = ["".join("@" if c else "." for c in row) for row in instance.blocked]
    else:
        if instance.zero_edges:
            data["zero_edges"] = True
        data["xy"] = instance.xy.tolist()
        data["edges"] = instance.edges.tolist()
        if np.isfinite(instance.room).any():
            data["room"] = [None if np.isinf(r) else float(r) for r in instance.room]
    data["start"] = instance.start.tolist()
    data["goal"] = instance.goal.tolist()
    for key in ("radius", "speed"):
        values = getattr(instance, key)
        data[key] = float(values[0]) if (values == values[0]).all() else values.tolist()
    return data


def decode(
    data: dict,
    *,
    file: str,
    agents: int | None = None,
    connectedness: int | None = None,
    radius: float | None = None,
    speed: float | None = None,
    sweep: str | None = None,
    objective: str | None = None,
    zero_edges: bool | None = None,
) -> Mapf:
    """An instance from its dict: a ``grid`` (rows of ``.`` and ``@``), or ``xy`` and ``edges``."""
    start, goal = data["start"], data["goal"]
    fields: dict[str, Any] = {
        "radius": data.get("radius", 0.353553) if radius is None else radius,
        "speed": data.get("speed", 1.0) if speed is None else speed,
        "objective": data.get("objective", "flowtime") if objective is None else objective,
        "name": data.get("name", ""),
    }
    if agents is not None:
        if not 1 <= agents <= len(start):
            raise InstanceError(
                f"is {agents}, the file holds {len(start)} agents", field="option agents"
            )
        start, goal = start[:agents], goal[:agents]
        for key in ("radius", "speed"):
            if np.ndim(fields[key]):
                fields[key] = fields[key][:agents]
    if "grid" in data:
        return Mapf.on_grid(
            _cells(data["grid"]),
            start,
            goal,
            connectedness=connectedness or data.get("connectedness", 3),
            sweep=sweep or data.get("sweep", "disc"),
            **fields,
        )
    for key, value in (("connectedness", connectedness), ("sweep", sweep)):
        if value is not None:
            raise InstanceError("says nothing to a roadmap", field=f"option {key}")
    fields["zero_edges"] = data.get("zero_edges", False) if zero_edges is None else zero_edges
    room = data.get("room")
    if room is not None:
        room = [np.inf if r is None else r for r in room]
    return Mapf(data["xy"], data["edges"], start, goal, room=room, **fields)  # type: ignore[arg-type]


def _cells(rows: Any) -> np.ndarray:
    if not isinstance(rows, list) or not rows or not all(isinstance(r, str) for r in rows):
        raise InstanceError("expected a list of texts, one a row", field="grid")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise InstanceError(
                f"row {i} has {len(row)} cells, row 0 has {len(rows[0])}", field="grid"
            )
        strange = set(row) - {".", "@"}
        if strange:
            raise InstanceError(
                f"row {i} holds {min(strange)!r}, expected . (free) or @ (blocked)", field="grid"
            )
    return np.array([[cell == "@" for cell in row] for row in rows], dtype=bool)


def _is_task(head: str, name: str) -> bool:
    return head.lstrip()[:1] == "<" and "<agent " in head


def _is_scenario(head: str, name: str) -> bool:
    lines = head.splitlines()[:2]
    return (
        len(lines) == 2
        and lines[0].split()[:1] == ["version"]
        and len(lines[1].split()) == 9
        and ".map" in lines[1]
    )


def _schema() -> dict[str, Any]:
    """One value for all agents, or one each."""
    each = {"type": ["number", "array"], "items": {"type": "number"}}
    return {"radius": each, "speed": each}


FORMATS = (
    json_format("mapf", encode, decode, schema=_schema),
    Format("xml", (".xml",), _is_task, read_xml, write_xml),
    Format("movingai", (".scen",), _is_scenario, read_scenario),
)

"""``.sol`` solution files of CVRPLIB."""

from __future__ import annotations

import re

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.formats import vroom
from zerogap.models.routing.instance import Routing
from zerogap.models.routing.solution import Route, Routes


def read_solution(text: str, instance: Routing, *, file: str = "<text>") -> Routes:
    """Routes from a ``.sol`` text: client numbers are node numbers minus one.

    With several vehicle types the routes stand in the order of the vehicles, empty ones included;
    a depot's number within a route is a reload. A JSON object is an answer of VROOM.
    """
    if text.lstrip().startswith("{"):
        return vroom.plan(text, instance, file=file)
    depots = instance.depots
    owner = np.repeat(np.arange(instance.types), np.minimum(instance.vehicles, 1 << 20))
    routes = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*Route\s*#?\s*(\d+)\s*:(.*)$", line, re.IGNORECASE)
        if not match:
            continue
        index = int(match.group(1)) - 1
        vehicle = int(owner[index]) if instance.types > 1 and index < len(owner) else 0
        trips: list[list[int]] = [[]]
        reloads: list[int] = []
        for token in match.group(2).split():
            if not token.isdigit():
                raise InstanceError(f"expected a client, got {token!r}", file=file, line=number)
            node = int(token)
            if node < depots:
                reloads.append(node)
                trips.append([])
            else:
                trips[-1].append(node - depots)
        keep = [i for i, trip in enumerate(trips) if trip]
        if keep:
            between = tuple(reloads[i - 1] for i in keep[1:])
            routes.append(Route(vehicle, tuple(tuple(trips[i]) for i in keep), between))
    if not routes:
        raise InstanceError("no line 'Route #1: …'", file=file)
    return Routes(tuple(routes))


def write_solution(instance: Routing, solution: Routes, objective: int | None = None) -> str:
    """The ``.sol`` text of a solution; the inverse of `read_solution`."""
    if any(route.end is not None or any(route.via) for route in solution):
        raise InstanceError("a .sol file has no depots to end or to call at; write JSON")
    lines = []
    first = np.concatenate([[0], np.cumsum(np.minimum(instance.vehicles, 1 << 20))])
    used = [0] * instance.types
    rows: dict[int, Route] = {}
    for i, route in enumerate(solution.routes):
        place = int(first[route.vehicle]) + used[route.vehicle] if instance.types > 1 else i
        used[route.vehicle] += 1
        rows[place] = route
    for place in range(max(rows, default=-1) + 1):
        words: list[str] = []
        if place in rows:
            for j, trip in enumerate(rows[place].trips):
                words += [str(rows[place].reloads[j - 1])] if j else []
                words += [str(c + instance.depots) for c in trip]
        lines.append(f"Route #{place + 1}: {' '.join(words)}".rstrip())
    if objective is not None:
        lines.append(f"Cost {objective}")
    return "\n".join(lines) + "\n"

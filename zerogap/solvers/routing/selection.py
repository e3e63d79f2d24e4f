"""The choice among enumerated routes as a program: every client by one route, or left out."""

from __future__ import annotations

import math

import numpy as np

from zerogap.solvers.backends import cpsat, highs
from zerogap.solvers.routing.master import Column, Master
from zerogap.solvers.search import Search


def program(
    master: Master, columns: list[Column]
) -> tuple[list[float], list[tuple[dict[int, float], float, float]]]:
    """Costs and rows: every client by one route, or left out at its price; types as available.

    Variables are the `columns`, then the optional clients that are left out; rows are the clients,
    then the types of vehicles.
    """
    n, types = master.n, master.types
    optional = np.flatnonzero(~master.instance.required)
    cost = [float(c.cost) for c in columns] + master.leave[optional].tolist()
    rows: list[tuple[dict[int, float], float, float]] = [({}, 1.0, 1.0) for _ in range(n)]
    rows += [({}, -math.inf, float(t.available)) for t in types]
    for k, column in enumerate(columns):
        for c in column.clients:
            rows[c][0][k] = 1.0
        rows[n + column.vehicle][0][k] = 1.0
    for k, i in enumerate(optional):
        rows[i][0][len(columns) + k] = 1.0
    return cost, rows


def second_look(
    search: Search, cost: list[float], rows: highs.Rows, chosen: np.ndarray | None, limit: float,
    seconds: float,
) -> np.ndarray | None:  # fmt: skip
    """What CP-SAT chooses from the program without its cuts, if that is better than `chosen`."""
    again = cpsat.select(cost, rows, limit=limit, seconds=seconds)
    if again.status not in ("optimal", "infeasible"):
        return chosen
    held = math.inf if chosen is None else float(np.take(cost, chosen).sum())
    if again.values is not None and float(np.dot(again.values, cost)) < held - 0.5:
        search.messages.append("HiGHS missed a selection of routes that CP-SAT found")
        chosen = np.flatnonzero(again.values)
    search.messages.append("columns: CP-SAT solved the last program, too")
    return chosen

"""Coefficients of cuts in routes, counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from zerogap.solvers.routing.master import Master, Row


def counted(row, route):
    """From the definitions in `Row`."""
    inside = [bool(row.inside[j]) for j in route]
    if row.kind == "touch":
        return float(any(inside))
    if row.kind == "set":
        path = [False, *inside, False]
        return float(sum(a != b for a, b in zip(path, path[1:])))
    odd, times = 0, 0
    for j, member in zip(route, inside):
        odd = odd * row.memory[j] + member
        times, odd = times + odd // 2, odd % 2
    return float(times)


@pytest.mark.parametrize("seed", range(8))
def test_coefficients(seed):
    rng = np.random.default_rng(seed)
    n, rows = 9, []
    for kind in ("set", "touch", "rank", "rank", "set", "rank"):
        inside = np.append([False], rng.random(n) < 0.4)
        memory = inside | np.append([False], rng.random(n) < rng.choice([0.4, 1.1]))
        rows.append(Row(kind, inside, 0.0, 1.0, memory if kind == "rank" else None))
    routes = [rng.integers(1, n + 1, rng.integers(1, 7)).tolist() for _ in range(20)]
    nodes = np.zeros((20, 9), np.int16)
    for line, route in zip(nodes, routes):
        line[1 : len(route) + 1] = route
    made = Master.coefficients(rows, nodes)
    assert made.tolist() == [[counted(row, route) for route in routes] for row in rows]
    assert Master.coefficients([], nodes).shape == (0, 20)

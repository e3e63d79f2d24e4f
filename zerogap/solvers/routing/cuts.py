"""Violated cuts of a relaxation over routes, as rows of the master."""

from __future__ import annotations

import math

import numpy as np

from zerogap._ext.routing.separation import capacity_sets, rank_one
from zerogap.solvers.routing.master import Column, Master, Row

#: Cuts of one round: crossings, rank-1 cuts of three and of five clients, and those of a client.
CROSSINGS, THREES, FIVES, EACH = 40, 45, 15, 7
#: Violation from which a cut that counts visits is one, and that of crossings from which it is
#: tried.
LEAST, NEARLY = 0.02, -1.0


def edges(columns: list[Column], values: np.ndarray, n: int) -> np.ndarray:
    """Symmetric flow between nodes, shape (n + 1, n + 1), summed over the LP's routes."""
    flow = np.zeros((n + 1, n + 1))
    for k in np.flatnonzero(values > 1e-9):
        nodes = np.array([0, *(c + 1 for c in columns[k].clients), 0])
        np.add.at(flow, (nodes[:-1], nodes[1:]), values[k])
    return flow + flow.T


def crossings(master: Master, values: np.ndarray, capacity: int) -> list[Row]:
    """Rounded capacity cuts: x(δ(S)) ≥ 2⌈d(S)/Q⌉, where all clients must be served."""
    flow = edges(master.columns, values, master.n)
    demand = np.concatenate([[0], master.instance.delivery[:, 0]]).astype(np.int64)
    found = capacity_sets(flow, demand, capacity, CROSSINGS)
    return [Row("set", inside, need, math.inf) for inside, need in found]


def touches(master: Master, values: np.ndarray, capacity: int) -> list[Row]:
    """Strong capacity cuts: ⌈d(S)/Q⌉ routes visit S, each counted once (Baldacci et al. 2008).

    They are looked for among sets with few crossings, violated there or nearly so.
    """
    flow = edges(master.columns, values, master.n)
    demand = np.concatenate([[0], master.instance.delivery[:, 0]]).astype(np.int64)
    found = capacity_sets(flow, demand, capacity, 8 * CROSSINGS, NEARLY)
    used = np.flatnonzero(values > 1e-9)
    visits = np.zeros((len(used), master.n + 1), bool)
    for line, k in zip(visits, used):
        line[[c + 1 for c in master.columns[k].clients]] = True
    present = {row.inside.tobytes() for row in master.rows if row.kind == "touch"}
    ranked: list[tuple[float, int, Row]] = []
    for inside, need in found:
        violation = need / 2 - float((visits & inside).any(axis=1) @ values[used])
        if violation > LEAST and inside.tobytes() not in present:
            ranked.append((violation, len(ranked), Row("touch", inside, need / 2, math.inf)))
    return [row for _, _, row in sorted(ranked, reverse=True)[:CROSSINGS]]


def ranks(master: Master, values: np.ndarray) -> tuple[list[Row], list[Row]]:
    """Rank-1 cuts with multiplier ½ of three and five clients.

    Summed over the clients of S, half the rows that cover them once: Σ ½ visits λ ≤ ½ |S|, both
    sides rounded down. With a memory the coefficients are smaller still.

    Returns
    -------
    fresh, outgrown : list of Row
        Rows to add, and present ones of the same clients with a smaller memory to be dropped.
    """
    used = np.flatnonzero(values > 1e-6)
    routes = [[c + 1 for c in master.columns[k].clients] for k in used]
    start = np.cumsum([0, *map(len, routes)]).astype(np.int64)
    node = np.array([j for route in routes for j in route], np.int16)
    found = rank_one(
        master.n, start, node, np.ascontiguousarray(values[used]), 6 * THREES, 3 * FIVES
    )
    present = {row.inside.tobytes(): row for row in master.rows if row.kind == "rank"}
    fresh: list[Row] = []
    outgrown: list[Row] = []
    times = np.zeros(master.n + 1, int)
    left = {3: THREES, 5: FIVES}
    room = master.rank_room
    for _, clients, kept in sorted(found, key=lambda f: -f[0]):
        size = len(clients)
        if not left[size] or times[clients].max() >= EACH or len(fresh) >= room + len(outgrown):
            continue
        inside = np.zeros(master.n + 1, bool)
        inside[clients] = True
        old = present.get(inside.tobytes())
        if old is not None:
            assert old.memory is not None
            if not (kept & ~old.memory).any():
                continue  # violated within the tolerance of the LP only
            kept = kept | old.memory
            outgrown.append(old)
        left[size] -= 1
        times[clients] += 1
        fresh.append(Row("rank", inside, -math.inf, float(size // 2), master.memory(kept)))
    return fresh, outgrown

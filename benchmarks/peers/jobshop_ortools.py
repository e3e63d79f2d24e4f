"""Peer: OR-Tools CP-SAT on the job-shop model of its own tutorial (intervals, no overlap)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.jobshop import JobShop, Schedule


def solve(shop: JobShop, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """The tutorial's model: an interval an operation, precedences, a NoOverlap a machine."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    machine, duration = shop.machine.tolist(), shop.duration.tolist()
    horizon = sum(duration)
    starts, ends = [], []
    rows: dict[int, list[Any]] = {}
    for x, (m, d) in enumerate(zip(machine, duration)):
        start = model.new_int_var(0, horizon, f"start{x}")
        end = model.new_int_var(0, horizon, f"end{x}")
        rows.setdefault(m, []).append(model.new_interval_var(start, d, end, f"interval{x}"))
        starts.append(start)
        ends.append(end)
    for intervals in rows.values():
        model.add_no_overlap(intervals)
    makespan = model.new_int_var(0, horizon, "makespan")
    for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist()):
        for x in range(a + 1, b):
            model.add(starts[x] >= ends[x - 1])
        if b > a:
            model.add(makespan >= ends[b - 1])
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = time_limit
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {"status": "unknown", "bound": solver.best_objective_bound}
    start = np.array([solver.value(s) for s in starts], dtype=np.int64)
    return {
        "status": "optimal" if status == cp_model.OPTIMAL else "feasible",
        "objective": int(solver.objective_value),
        "bound": int(np.ceil(solver.best_objective_bound - 1e-6)),
        "solution": Schedule(start, None, shop.first),
    }

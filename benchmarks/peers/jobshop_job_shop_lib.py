"""Peer: the dispatching rules of job_shop_lib, the best of its rules' schedules."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.jobshop import JobShop, Schedule

#: What the result line names the versions of.
PACKAGES = ("job-shop-lib",)

RULES = (
    "shortest_processing_time",
    "most_work_remaining",
    "most_operations_remaining",
    "first_come_first_served",
)


def solve(shop: JobShop, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """One schedule a rule; the shortest is returned."""
    from job_shop_lib import JobShopInstance, Operation
    from job_shop_lib.dispatching.rules import DispatchingRuleSolver

    machine, duration = shop.machine.tolist(), shop.duration.tolist()
    jobs = [
        [Operation(machine[x], duration[x]) for x in range(a, b)]
        for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist())
    ]
    instance = JobShopInstance(jobs, name=shop.name or "shop")
    best: Schedule | None = None
    least = None
    for rule in RULES:
        schedule = DispatchingRuleSolver(dispatching_rule=rule).solve(instance)
        makespan = schedule.makespan()
        if least is None or makespan < least:
            least = makespan
            start = np.zeros(shop.operations, dtype=np.int64)
            for row in schedule.schedule:
                for entry in row:
                    at = shop.first[entry.operation.job_id] + entry.operation.position_in_job
                    start[at] = entry.start_time
            best = Schedule(start, None, shop.first)
    return {"objective": least, "bound": None, "status": "feasible", "solution": best}

"""The checker, from the definition alone."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.jobshop.instance import Shop
from zerogap.models.jobshop.solution import Schedule, assigned


def check(shop: Shop, schedule: Schedule) -> int:
    """Recompute the objective of a schedule from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint: length, machine, release, job order or machine capacity.
    """
    machine, duration = assigned(shop, schedule)
    start = schedule.start
    if start.size and (start.min() < 0 or start.max() > 2**61):
        x = int(np.argmax((start < 0) | (start > 2**61)))
        raise InfeasibleSolution(f"operation {x} starts at {start[x]}", constraint="range", where=x)
    end = start + duration
    job = shop.job
    if shop.release is not None:
        late = shop.release[job] - start
        if late.max() > 0:
            x = int(np.argmax(late))
            raise InfeasibleSolution(
                f"operation {x} of job {job[x]} starts at {start[x]}, released at "
                f"{shop.release[job[x]]}",
                constraint="release",
                where=x,
                by=int(late[x]),
            )
    overlap = np.where(np.diff(job) == 0, end[:-1] - start[1:], 0)
    if overlap.size and overlap.max() > 0:
        x = int(np.argmax(overlap))
        raise InfeasibleSolution(
            f"job {job[x]}: operation {x + 1 - shop.first[job[x]]} starts at {start[x + 1]}, "
            f"before its predecessor ends at {end[x]}",
            constraint="job order",
            where=(int(job[x]), int(x + 1 - shop.first[job[x]])),
            by=int(overlap[x]),
        )
    _check_machines(shop, machine, start, end, job)
    last = end[shop.first[1:] - 1]
    if shop.objective == "makespan":
        return int(end.max())
    assert shop.due is not None
    late = np.maximum(0, last - shop.due)
    return int(late.sum() if shop.weight is None else (shop.weight * late).sum())


def _check_machines(shop: Shop, machine, start, end, job) -> None:
    """No two operations of a machine overlap; also one without duration needs a free moment."""
    order = np.lexsort((end, start, machine))
    a, b = order[:-1], order[1:]
    overlap = np.where(machine[a] == machine[b], end[a] - start[b], 0)
    if overlap.size and overlap.max() > 0:
        i = int(np.argmax(overlap))
        x, y = int(a[i]), int(b[i])
        raise InfeasibleSolution(
            f"machine {machine[x]}: job {job[y]} starts at {start[y]} while job {job[x]} holds it "
            f"from {start[x]} to {end[x]}",
            constraint="machine capacity",
            where=(x, y),
            by=int(overlap[i]),
        )

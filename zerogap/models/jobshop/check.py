"""The checker, from the definition alone."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.jobshop.instance import Shop, latest
from zerogap.models.jobshop.solution import Schedule, assigned, label


def check(shop: Shop, schedule: Schedule) -> int:
    """Recompute the objective of a schedule from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint: length, range, machine, release, job order or machine
        capacity.
    """
    machine, duration = assigned(shop, schedule)
    start = schedule.start
    last = latest(shop)
    if start.size and (start.min() < 0 or (start > last - duration).any()):
        x = int(np.argmax((start < 0) | (start > last - duration)))
        raise InfeasibleSolution(f"operation {x} starts at {start[x]}", constraint="range", where=x)
    end = start + duration
    job = shop.job
    if shop.release is not None:
        late = shop.release[job] - start
        if late.max() > 0:
            x = int(np.argmax(late))
            raise InfeasibleSolution(
                f"operation {x} of job {label(shop, 'job', job[x])} starts at {start[x]}, released "
                f"at {shop.release[job[x]]}",
                constraint="release",
                where=x,
                by=int(late[x]),
            )
    overlap = np.where(np.diff(job) == 0, end[:-1] - start[1:], 0)
    if overlap.size and overlap.max() > 0:
        x = int(np.argmax(overlap))
        raise InfeasibleSolution(
            f"job {label(shop, 'job', job[x])}: operation {x + 1 - shop.first[job[x]]} starts at "
            f"{start[x + 1]}, "
            f"before its predecessor ends at {end[x]}",
            constraint="job order",
            where=(int(job[x]), int(x + 1 - shop.first[job[x]])),
            by=int(overlap[x]),
        )
    _check_machines(shop, machine, start, end, job)
    return objective(shop, end[shop.first[1:] - 1])


def objective(shop: Shop, end: np.ndarray) -> int:
    """The objective from the ends of the jobs, by its definition."""
    weight = np.ones(shop.jobs, dtype=np.int64) if shop.weight is None else shop.weight
    if shop.objective == "makespan":
        return int(end.max())
    if shop.objective == "flow":
        release = 0 if shop.release is None else shop.release
        return int((weight * (end - release)).sum())
    assert shop.due is not None
    late = end - shop.due
    if shop.objective == "lateness":
        return int(late.max())
    if shop.objective == "tardy":
        return int(weight[late > 0].sum())
    return int((weight * np.maximum(0, late)).sum())


def _check_machines(shop: Shop, machine, start, end, job) -> None:
    """No two operations of a machine overlap; also one without duration needs a free moment."""
    order = np.lexsort((end, start, machine))
    a, b = order[:-1], order[1:]
    overlap = np.where(machine[a] == machine[b], end[a] - start[b], 0)
    if overlap.size and overlap.max() > 0:
        i = int(np.argmax(overlap))
        x, y = int(a[i]), int(b[i])
        raise InfeasibleSolution(
            f"machine {label(shop, 'machine', machine[x])}: job {label(shop, 'job', job[y])} "
            f"starts at {start[y]} while job {label(shop, 'job', job[x])} holds it "
            f"from {start[x]} to {end[x]}",
            constraint="machine capacity",
            where=(x, y),
            by=int(overlap[i]),
        )

"""Lower bounds that take milliseconds."""

from __future__ import annotations

import numpy as np

from zerogap.models.scheduling import Workshop
from zerogap.models.scheduling.fields import END, MACHINE, NONE, RENEWABLE, START
from zerogap.models.scheduling.validate import arcs, heads, longest
from zerogap.solvers.scheduling import pipelines


def opening(shop: Workshop) -> int:
    """The objective's parts from below, summed: a sum is at least the sum of its parts' bounds.

    Parts other than those of time are at least 0, except the lateness, which is at least what the
    heads say.
    """
    early = heads(shop)
    total = 0
    for name, weight in shop.objective.items():
        if name == "makespan":
            total += weight * makespan(shop, early)
        elif name in ("completion", "flow", "tardiness", "tardy", "lateness"):
            total += weight * _of_jobs(shop, early, name)
        elif name == "span":
            total += weight * span(shop)
        elif name == "cost":
            total += weight * cost(shop)
    return total


def span(shop: Workshop) -> int:
    """Largest work of a machine: between its first start and its last end it does all of it.

    In a pipeline it also waits there, see `pipelines.least_span`.
    """
    line = pipelines.pipeline(shop)
    if line is not None:
        return pipelines.least_span(shop, line)
    loads = [
        sum(energy for energy, _ in tasks)
        for group, tasks in _uses(shop).items()
        if len(group) == 1 and shop.resource_kind[group[0]] == MACHINE
    ]
    return max(loads, default=0)


def cost(shop: Workshop) -> int:
    """Every required task in its cheapest mode."""
    cheapest = np.minimum.reduceat(shop.mode_cost, shop.first_mode[:-1])
    return sum(cheapest[shop.task_optional == 0].tolist())


def makespan(shop: Workshop, early: np.ndarray) -> int:
    """Longest path, and the energy of every machine and renewable resource.

    Required tasks alone count. A resource does at most its capacity in a unit of time, so that it
    is busy for the energy of those that must use it over its capacity, after the least of their
    heads and before the least of their tails; with machines that a set of tasks chooses from, the
    same holds for all machines of the set together.
    """
    needed = shop.task_optional == 0
    best = int(early[needed, END].max(initial=0))
    late = tails(shop)
    for group, tasks in _uses(shop).items():
        capacity = int(shop.resource_capacity[list(group)].sum())
        if capacity:
            energy = sum(e for e, _ in tasks)
            of = [t for _, t in tasks]
            ends = int(early[of, START].min()) + int(late[of].min())
            best = max(best, ends + -(-energy // capacity))
    return best


def tails(shop: Workshop) -> np.ndarray:
    """Least time between the end of every task and the end of all, by precedences alone."""
    shortest = np.minimum.reduceat(shop.mode_duration, shop.first_mode[:-1])
    value = [0] * (2 * shop.tasks)
    into: list[list[tuple[int, int]]] = [[] for _ in value]
    for a, b, length in arcs(shop, shortest):
        into[b].append((a, length))
    longest(shop, value, into)
    return np.array(value[1::2], dtype=np.int64)


def _uses(shop: Workshop) -> dict[tuple[int, ...], list[tuple[int, int]]]:
    """(energy, task) of what must use a resource, or one of a set of machines."""
    needed = shop.task_optional == 0
    use: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for t in np.flatnonzero(needed).tolist():
        rows = []
        for m in range(shop.first_mode[t], shop.first_mode[t + 1]):
            duration = int(shop.mode_duration[m])
            demands = range(shop.first_demand[m], shop.first_demand[m + 1])
            row = {
                int(shop.demand_resource[i]): int(shop.demand_amount[i]) * duration
                for i in demands
                if shop.resource_kind[shop.demand_resource[i]] in (MACHINE, RENEWABLE)
            }
            rows.append(row)
        for r in set(rows[0]).intersection(*rows[1:]):
            use.setdefault((r,), []).append((min(row[r] for row in rows), t))
        if len(rows) > 1 and all(len(row) == 1 for row in rows):
            group = tuple(sorted({r for row in rows for r in row}))
            if len(group) > 1 and (shop.resource_kind[list(group)] == MACHINE).all():
                shortest = min(v for row in rows for v in row.values())
                use.setdefault(group, []).append((shortest, t))
    return use


def _of_jobs(shop: Workshop, early: np.ndarray, name: str) -> int:
    """What the part is if every job ends at the latest head of its required tasks."""
    done = np.full(shop.jobs, NONE, dtype=np.int64)
    rows = np.flatnonzero((shop.task_optional == 0) & (shop.task_job != NONE))
    np.maximum.at(done, shop.task_job[rows], early[rows, END])
    known = done != NONE
    if name == "completion":
        return sum((shop.job_weight * done)[known].tolist())
    if name == "flow":
        return sum((shop.job_weight * (done - shop.job_release))[known].tolist())
    due = known & (shop.job_due != NONE)
    late = (done - shop.job_due)[due]
    if name == "lateness":
        # Without a job that surely counts it may be the 0 of none at all, or negative.
        return int(late.max()) if late.size else -int(shop.job_due.max(initial=0))
    weight = shop.job_weight[due]
    return sum((weight * (late > 0 if name == "tardy" else np.maximum(0, late))).tolist())

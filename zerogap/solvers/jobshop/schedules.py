"""Between schedules and what kernels work on: sequences, assignments and orders of operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop
from zerogap.models.jobshop.solution import assigned


def arrays(shop: JobShop) -> tuple[Any, Any, Any, Any, int]:
    """What every kernel takes first: first, machine, duration, release, machines."""
    return shop.first, shop.machine, shop.duration, shop.release, shop.machines


def alternatives(shop: Shop) -> tuple[Any, Any, Any, Any, Any, int]:
    """What kernels of flexible shops take first; an ordinary shop has one alternative each."""
    choice = shop.choice if isinstance(shop, FlexibleJobShop) else np.arange(shop.operations + 1)
    return shop.first, choice, shop.machine, shop.duration, shop.release, shop.machines


def sequence_of(shop: JobShop, start: np.ndarray) -> np.ndarray:
    """Machine sequences of a schedule, machine after machine.

    Start, end, index is an order of all operations that agrees with the jobs, so no cycle can
    arise even among operations without duration.
    """
    return np.lexsort((start + shop.duration, start, shop.machine)).astype(np.int32)


def schedule_of(shop: JobShop, sequence: np.ndarray) -> Schedule:
    """The earliest schedule of machine sequences."""
    from zerogap._ext.jobshop.tabu import starts

    return Schedule(starts(*arrays(shop), sequence), shop.machine, shop.first)


def order_of(shop: Shop, schedule: Schedule) -> np.ndarray:
    """All operations by start, end, index: an order that agrees with jobs and machines."""
    _, duration = assigned(shop, schedule)
    return np.lexsort((schedule.start + duration, schedule.start)).astype(np.int32)


def weights(shop: Shop) -> np.ndarray:
    """Weights of the jobs, 1 where none are given."""
    return np.ones(shop.jobs, dtype=np.int64) if shop.weight is None else shop.weight


def releases(shop: Shop) -> np.ndarray:
    """Release dates of the jobs, 0 where none are given."""
    return np.zeros(shop.jobs, dtype=np.int64) if shop.release is None else shop.release


def by_tails(shop: Shop) -> tuple[Shop, int]:
    """A shop whose makespan is the largest lateness plus the number returned.

    Every job ends with an operation on a machine of its own that takes from its due date to the
    last due date of all. Both have the same schedules, so that bounds and optima carry over.

    Raises
    ------
    InstanceError
        If the due dates are so far apart that the times would overflow.
    """
    assert shop.due is not None
    last = int(shop.due.max())
    lengths = np.diff(shop.first)
    at = shop.first[1:]  # before which of the operations the new ones stand
    choice = alternatives(shop)[1]
    places = choice[at]
    machine = np.insert(shop.machine, places, shop.machines + np.arange(shop.jobs))
    duration = np.insert(shop.duration, places, last - shop.due)
    first = np.concatenate(([0], np.cumsum(lengths + 1)))
    machines = shop.machines + shop.jobs
    if not isinstance(shop, FlexibleJobShop):
        return JobShop(machine, duration, first, machines, shop.release), last
    counts = np.insert(np.diff(choice), at, 1)
    choices = np.concatenate(([0], np.cumsum(counts)))
    return FlexibleJobShop(machine, duration, choices, first, machines, shop.release), last


def searchable(shop: Shop) -> bool:
    """Whether a kernel can hold the shop: largest latenesses may be too far apart."""
    if shop.objective != "lateness":
        return True
    try:
        by_tails(shop)
    except InstanceError:
        return False
    return True


def without_tails(shop: Shop, start: np.ndarray, machine: np.ndarray | None) -> Schedule:
    """The schedule of `shop` from one of its `by_tails`."""
    kept = np.delete(np.arange(shop.operations + shop.jobs), shop.first[1:] + np.arange(shop.jobs))
    if not isinstance(shop, FlexibleJobShop):
        return Schedule(start[kept], shop.machine, shop.first)
    assert machine is not None
    return Schedule(start[kept], machine[kept], shop.first)


def with_tails(shop: Shop, longer: Shop, schedule: Schedule) -> Schedule:
    """The schedule of `by_tails` that belongs to one of `shop`."""
    used, duration = assigned(shop, schedule)
    last = shop.first[1:] - 1
    ends = (schedule.start + duration)[last]
    start = np.insert(schedule.start, last + 1, ends)
    machine = np.insert(used, last + 1, shop.machines + np.arange(shop.jobs))
    return Schedule(start, machine, longer.first)


def value_of(shop: Shop, schedule: Schedule) -> int:
    """Objective of a schedule that a kernel made feasible."""
    _, duration = assigned(shop, schedule)
    last = shop.first[1:] - 1
    end = schedule.start[last] + duration[last]
    if shop.objective == "makespan":
        return int(end.max())
    weight = 1 if shop.weight is None else shop.weight
    if shop.objective == "flow":
        return int((weight * (end - (0 if shop.release is None else shop.release))).sum())
    assert shop.due is not None
    late = end - shop.due
    if shop.objective == "lateness":
        return int(late.max())
    return int((weight * (late > 0 if shop.objective == "tardy" else np.maximum(late, 0))).sum())

"""The solution: start times, and machines where they are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.jobshop.instance import FlexibleJobShop, Shop


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Start times, and machines where they are chosen.

    Parameters
    ----------
    start : ndarray of int64, shape (operations,)
        Start of every operation, in the order of the instance (`by_job` splits it).
    machine : ndarray of int32, shape (operations,), optional
        Machine of every operation; needed where there is a choice, else filled in by solvers.
    first : ndarray of int32, shape (jobs + 1,), optional
        Operation range of every job, so that files can hold one list a job.
    """

    start: np.ndarray
    machine: np.ndarray | None = None
    first: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "start", frozen(self.start, np.int64, field="start", shape=(None,))
        )
        if self.machine is not None:
            object.__setattr__(
                self,
                "machine",
                frozen(self.machine, np.int32, field="machine", shape=self.start.shape),
            )

    def by_job(self, shop: Shop) -> list[np.ndarray]:
        """Start times job by job."""
        return np.split(self.start, shop.first[1:-1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        same = np.array_equal(self.start, other.start)
        if self.machine is None or other.machine is None:
            return same and self.machine is other.machine
        return same and np.array_equal(self.machine, other.machine)

    __hash__ = None  # type: ignore[assignment]


def label(shop: Shop, what: str, index: int) -> str:
    """Name of a ``job``, ``machine`` or ``operation``, else its number, counted from 0."""
    names = getattr(shop, f"{what}_names")
    return str(index) if names is None else names[index]


def assigned(shop: Shop, schedule: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """Machine and duration of every operation under a schedule.

    Raises
    ------
    InfeasibleSolution
        If a machine is missing, superfluous or none of the alternatives.
    """
    if len(schedule.start) != shop.operations:
        raise InfeasibleSolution(
            f"{len(schedule.start)} start times for {shop.operations} operations",
            constraint="length",
        )
    if not isinstance(shop, FlexibleJobShop):
        if schedule.machine is not None and not np.array_equal(schedule.machine, shop.machine):
            raise InfeasibleSolution("machines differ from the instance's", constraint="machine")
        return shop.machine, shop.duration
    if schedule.machine is None:
        if shop.choice[-1] == shop.operations:  # no choice at all
            return shop.machine, shop.duration
        raise InfeasibleSolution("machines are not chosen", constraint="machine")
    operation = np.repeat(np.arange(shop.operations), np.diff(shop.choice))
    taken = np.flatnonzero(shop.machine == schedule.machine[operation])
    if len(taken) != shop.operations:
        bad = np.setdiff1d(np.arange(shop.operations), operation[taken])
        raise InfeasibleSolution(
            f"operation {bad[0]} of job {label(shop, 'job', shop.job[bad[0]])} cannot be done on "
            f"machine {schedule.machine[bad[0]]}",
            constraint="machine",
            where=int(bad[0]),
        )
    return schedule.machine, shop.duration[taken]


def encode(schedule: Schedule) -> dict:
    """Lists of start times (and machines), one list a job."""
    arrays = {"start": schedule.start}
    if schedule.machine is not None:
        arrays["machine"] = schedule.machine
    if schedule.first is None:
        return {key: values.tolist() for key, values in arrays.items()}
    jobs = list(zip(schedule.first[:-1].tolist(), schedule.first[1:].tolist()))
    lists = {key: values.tolist() for key, values in arrays.items()}
    return {key: [values[a:b] for a, b in jobs] for key, values in lists.items()}


def decode(shop: Shop, data: dict) -> Schedule:
    """A schedule from lists, flat or nested by jobs.

    Raises
    ------
    InstanceError
        If lists have other lengths than the instance's.
    """

    def flat(key: str):
        values = data[key]
        if not isinstance(values, list):
            raise InstanceError("expected a list", field=key)
        if values and isinstance(values[0], list):
            lengths = [len(v) if isinstance(v, list) else -1 for v in values]
            if lengths != np.diff(shop.first).tolist():
                raise InstanceError("jobs or operations differ from the instance's", field=key)
            values = [t for v in values for t in v]
        if len(values) != shop.operations:
            raise InstanceError(
                f"{len(values)} entries for {shop.operations} operations", field=key
            )
        return values

    if "start" not in data:
        raise InstanceError("is missing", field="start")
    machine = flat("machine") if data.get("machine") is not None else None
    if machine is None and not isinstance(shop, FlexibleJobShop):
        machine = shop.machine
    return Schedule(flat("start"), machine, shop.first)

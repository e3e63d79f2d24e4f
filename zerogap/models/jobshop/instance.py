"""Job-shops: chains of operations on machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.base import InstanceError, frozen

#: What may be minimised.
OBJECTIVES = ("makespan", "tardiness")
#: Times beyond this could overflow in a sum; far above any use.
LARGEST = 2**60


@dataclass(frozen=True, slots=True)
class JobShop:
    """A job-shop: every operation has its machine.

    Parameters
    ----------
    machine : ndarray of int32, shape (operations,)
        Machine of every operation, from 0; the operations of one job are consecutive and in the
        order in which they must be done. A job may visit a machine several times.
    duration : ndarray of int64, shape (operations,)
        Processing time in time units, >= 0.
    first : ndarray of int32, shape (jobs + 1,)
        Operation range of every job; every job has at least one operation.
    machines : int
        Number of machines.
    release, due, weight : ndarray of int64, shape (jobs,), optional
        Earliest start (>= 0), due date (>= release) and weight (>= 0) of every job.
    objective : {"makespan", "tardiness"}
        Makespan, or total weighted tardiness (needs `due`; weights are 1 if none are given).
    name : str

    Raises
    ------
    InstanceError
        If an array has the wrong length or a value is out of range.

    Examples
    --------
    >>> shop = JobShop([0, 1, 1, 0], [3, 2, 2, 4], [0, 2, 4], machines=2)
    >>> shop.jobs, shop.operations
    (2, 4)
    """

    machine: np.ndarray
    duration: np.ndarray
    first: np.ndarray
    machines: int
    release: np.ndarray | None = None
    due: np.ndarray | None = None
    weight: np.ndarray | None = None
    objective: str = "makespan"
    name: str = ""

    def __post_init__(self) -> None:
        _set(self, "first", _ranges(self.first, "first"))
        n = int(self.first[-1])
        _set(self, "machines", _count(self.machines))
        _set(
            self,
            "machine",
            frozen(
                self.machine,
                np.int32,
                field="machine",
                shape=(n,),
                low=0,
                high=self.machines - 1,
            ),
        )
        _set(self, "duration", frozen(self.duration, np.int64, field="duration", shape=(n,), low=0))
        _dates(self, self.duration)

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.first) - 1

    @property
    def operations(self) -> int:
        """Number of operations."""
        return len(self.machine)

    @property
    def job(self) -> np.ndarray:
        """Job of every operation."""
        return np.repeat(np.arange(self.jobs, dtype=np.int32), np.diff(self.first))


@dataclass(frozen=True, slots=True)
class FlexibleJobShop:
    """A flexible job-shop: every operation chooses one of its alternative machines.

    Parameters
    ----------
    machine : ndarray of int32, shape (alternatives,)
        Machine of every alternative, from 0; the alternatives of one operation are consecutive.
    duration : ndarray of int64, shape (alternatives,)
        Processing time on that machine, >= 0.
    choice : ndarray of int32, shape (operations + 1,)
        Range of alternatives of every operation, none of them empty.
    first : ndarray of int32, shape (jobs + 1,)
        Operation range of every job.
    machines : int
        Number of machines.
    release, due, weight, objective, name
        As in `JobShop`.

    Raises
    ------
    InstanceError
        If an array has the wrong length, a value is out of range, or an operation names a machine
        twice.
    """

    machine: np.ndarray
    duration: np.ndarray
    choice: np.ndarray
    first: np.ndarray
    machines: int
    release: np.ndarray | None = None
    due: np.ndarray | None = None
    weight: np.ndarray | None = None
    objective: str = "makespan"
    name: str = ""

    def __post_init__(self) -> None:
        _set(self, "first", _ranges(self.first, "first"))
        _set(self, "choice", _ranges(self.choice, "choice", length=int(self.first[-1]) + 1))
        n = int(self.choice[-1])
        _set(self, "machines", _count(self.machines))
        _set(
            self,
            "machine",
            frozen(
                self.machine,
                np.int32,
                field="machine",
                shape=(n,),
                low=0,
                high=self.machines - 1,
            ),
        )
        _set(self, "duration", frozen(self.duration, np.int64, field="duration", shape=(n,), low=0))
        operation = np.repeat(np.arange(self.operations), np.diff(self.choice))
        order = np.lexsort((self.machine, operation))
        twice = (np.diff(operation[order]) == 0) & (np.diff(self.machine[order]) == 0)
        if twice.any():
            i = order[int(np.flatnonzero(twice)[0])]
            raise InstanceError(
                f"operation {operation[i]} names machine {self.machine[i]} twice", field="machine"
            )
        _dates(self, np.maximum.reduceat(self.duration, self.choice[:-1]))

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.first) - 1

    @property
    def operations(self) -> int:
        """Number of operations."""
        return len(self.choice) - 1

    @property
    def job(self) -> np.ndarray:
        """Job of every operation."""
        return np.repeat(np.arange(self.jobs, dtype=np.int32), np.diff(self.first))


Shop = JobShop | FlexibleJobShop


def _set(shop: Shop, field: str, value: object) -> None:
    object.__setattr__(shop, field, value)


def _count(machines: object) -> int:
    if isinstance(machines, bool) or not isinstance(machines, int | np.integer):
        raise InstanceError(f"is {machines!r}, expected an integer", field="machines")
    if not 1 <= machines < 2**31:
        raise InstanceError(f"is {machines}, expected 1 or more", field="machines")
    return int(machines)


def _ranges(values: object, field: str, length: int | None = None) -> np.ndarray:
    """Ascending offsets from 0 with no empty range."""
    ranges = frozen(values, np.int32, field=field, shape=(length,), low=0)
    if len(ranges) < 2:
        raise InstanceError("is too short, expected at least one range", field=field)
    if ranges[0] != 0:
        raise InstanceError(f"begins with {ranges[0]}, expected 0", field=field)
    empty = np.flatnonzero(np.diff(ranges) <= 0)
    if empty.size:
        what = "job" if field == "first" else "operation"
        raise InstanceError(
            f"{what} {empty[0]} has {np.diff(ranges)[empty[0]]} entries, expected at least 1",
            field=field,
        )
    return ranges


def _dates(shop: Shop, longest: np.ndarray) -> None:
    """Validate what jobs carry beside their operations, and that no time can overflow."""
    n = shop.jobs
    for field in ("release", "due", "weight"):
        values = getattr(shop, field)
        if values is not None:
            _set(shop, field, frozen(values, np.int64, field=field, shape=(n,), low=0))
    if shop.objective not in OBJECTIVES:
        raise InstanceError(
            f"is {shop.objective!r}, expected one of {', '.join(OBJECTIVES)}", field="objective"
        )
    if shop.objective == "tardiness" and shop.due is None:
        raise InstanceError("total tardiness needs due dates", field="due")
    release = np.zeros(n, dtype=np.int64) if shop.release is None else shop.release
    if shop.due is not None:
        early = np.flatnonzero(shop.due < release)
        if early.size:
            j = int(early[0])
            raise InstanceError(
                f"job {j} is due at {shop.due[j]}, before its release at {release[j]}", field="due"
            )
    horizon = float(longest.sum(dtype=np.float64)) + float(release.max(initial=0))
    worst = horizon
    if shop.objective == "tardiness":
        weights = float(n) if shop.weight is None else float(shop.weight.sum(dtype=np.float64))
        worst = horizon * max(1.0, weights)
    if worst > LARGEST:
        raise InstanceError("the times add up beyond 2**60", field="duration")

"""Job-shops: chains of operations on machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described

#: What may be minimised, see `JobShop`.
OBJECTIVES = ("makespan", "tardiness", "flow", "tardy", "lateness")
#: Those that ask for due dates.
DUE = ("tardiness", "tardy", "lateness")
#: Those that are sums over the jobs, with weights.
SUMS = ("tardiness", "flow", "tardy")
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
        Earliest start (>= 0), due date (any integer: a job may be late before it begins) and
        weight (>= 0) of every job.
    objective : {"makespan", "tardiness", "flow", "tardy", "lateness"}
        With ends C, releases r, due dates d and weights w (1 if none are given): the largest C;
        the sum of w max(0, C - d); of w (C - r); of w over the jobs with C > d; the largest C - d
        (may be negative). The first and the last know no weights.
    name : str
    job_names, machine_names, operation_names : sequence of str, optional
        For people; they are no part of the instance's identity.
    time_scale, weight_scale : int
        By what the times and the weights of the file were multiplied to become integers.

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
    job_names: Sequence[str] | None = field(default=None, compare=False)
    machine_names: Sequence[str] | None = field(default=None, compare=False)
    operation_names: Sequence[str] | None = field(default=None, compare=False)
    time_scale: int = field(default=1, compare=False)
    weight_scale: int = field(default=1, compare=False)

    __repr__ = described

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
        _labels(self)

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
    release, due, weight, objective, name, job_names, machine_names, operation_names, time_scale, \
weight_scale
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
    job_names: Sequence[str] | None = field(default=None, compare=False)
    machine_names: Sequence[str] | None = field(default=None, compare=False)
    operation_names: Sequence[str] | None = field(default=None, compare=False)
    time_scale: int = field(default=1, compare=False)
    weight_scale: int = field(default=1, compare=False)

    __repr__ = described

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
        _labels(self)

    def canonical(self) -> Shop:
        """What the instance's identity is taken from: alternatives by machine, none if no choice.

        So a shop keeps its identity whatever format it went through.
        """
        if self.choice[-1] == self.operations:
            arrays = (self.machine, self.duration, self.first, self.machines)
            return JobShop(*arrays, self.release, self.due, self.weight, self.objective)
        operation = np.repeat(np.arange(self.operations), np.diff(self.choice))
        order = np.lexsort((self.machine, operation))
        return FlexibleJobShop(
            self.machine[order],
            self.duration[order],
            self.choice,
            self.first,
            self.machines,
            self.release,
            self.due,
            self.weight,
            self.objective,
        )

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
    for name, low in (("release", 0), ("due", -LARGEST), ("weight", 0)):
        values = getattr(shop, name)
        if values is not None:
            array = frozen(values, np.int64, field=name, shape=(n,), low=low, high=LARGEST)
            _set(shop, name, array)
    if shop.objective not in OBJECTIVES:
        raise InstanceError(
            f"is {shop.objective!r}, expected one of {', '.join(OBJECTIVES)}", field="objective"
        )
    if shop.objective in DUE and shop.due is None:
        raise InstanceError(f"objective {shop.objective} needs due dates", field="due")
    if shop.weight is not None and sum(shop.weight.tolist()) > LARGEST:
        raise InstanceError("the weights add up beyond 2**60", field="weight")
    release = 0.0 if shop.release is None else float(shop.release.max())
    horizon = float(longest.sum(dtype=np.float64)) + release
    if horizon > latest(shop):
        raise InstanceError(
            f"the times add up beyond {latest(shop)} (no sum of them may pass 2**60)",
            field="duration",
        )


def latest(shop: Shop) -> int:
    """The last moment at which an operation may end: part of the definition.

    Such that neither the times of all operations nor the terms of the objective can add up beyond
    2**60. A shop whose operations do not all fit before it one after the other is refused.
    """
    limit = LARGEST // (4 * (shop.operations + shop.jobs))
    if shop.objective in SUMS:
        weights = shop.jobs if shop.weight is None else sum(shop.weight.tolist())
        limit = min(limit, LARGEST // max(1, weights))
    early = 0 if shop.due is None else min(0, int(shop.due.min()))
    return limit + early


def _labels(shop: Shop) -> None:
    """Validate names and scales."""
    for what, count in (
        ("job", shop.jobs),
        ("machine", shop.machines),
        ("operation", shop.operations),
    ):
        names = getattr(shop, f"{what}_names")
        if names is None:
            continue
        if isinstance(names, str) or len(names) != count:
            raise InstanceError(f"expected {count} names", field=f"{what}_names")
        for i, name in enumerate(names):
            if not isinstance(name, str) or not name.isprintable():
                raise InstanceError(
                    f"element {i} is {name!r}, expected printable text", field=f"{what}_names"
                )
        _set(shop, f"{what}_names", tuple(names))
    for name in ("time_scale", "weight_scale"):
        scale = getattr(shop, name)
        if isinstance(scale, bool) or not isinstance(scale, int | np.integer) or scale < 1:
            raise InstanceError(f"is {scale!r}, expected 1 or more", field=name)
        _set(shop, name, int(scale))

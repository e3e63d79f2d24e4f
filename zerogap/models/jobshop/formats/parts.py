"""From lists of jobs with names to a shop: what tables and JSON share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.formats.numbers import Number, scaled
from zerogap.models.jobshop.instance import DUE, FlexibleJobShop, JobShop, Shop


@dataclass
class Job:
    """A job as a file has it; an operation is a list of alternatives (machine, duration)."""

    operations: list[list[tuple[int, Number]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    name: str | None = None
    release: Number | None = None
    due: Number | None = None
    weight: Number | None = None


class Names:
    """Numbers for names, in the order in which they come; two that differ by case only are refused.

    Parameters
    ----------
    what : str
        What the names are of, for messages.
    names : iterable of str, optional
        Those known from the start; then no others are allowed.
    """

    def __init__(self, what: str, names: Iterable[str] | None = None):
        self.what = what
        self.index: dict[str, int] = {}
        self._folded: dict[str, str] = {}
        for name in names or ():
            if name in self.index:
                raise InstanceError(f"{what} {name!r} stands twice")
            self.number(name)
        self.closed = names is not None

    def number(self, name: str) -> int:
        """The number of a name; a new one gets the next."""
        known = self.index.get(name)
        if known is not None:
            return known
        twin = self._folded.get(name.casefold())
        if twin is not None:
            raise InstanceError(f"{self.what} {name!r} and {twin!r} differ by case only")
        if getattr(self, "closed", False):
            raise InstanceError(f"{name!r} is no {self.what} (known: {self._some()})")
        self._folded[name.casefold()] = name
        return self.index.setdefault(name, len(self.index))

    def _some(self) -> str:
        names = list(self.index)
        return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")

    def list(self) -> tuple[str, ...] | None:
        """All names by number; None if they are the numbers from 0 themselves."""
        names = tuple(self.index)
        return None if names == tuple(map(str, range(len(names)))) else names


def shop_of(
    jobs: list[Job],
    machines: int,
    *,
    objective: str,
    name: str = "",
    machine_names: Any = None,
    job_names: Any = None,
    operation_names: Any = None,
    time_scale: int = 1,
    weight_scale: int = 1,
) -> Shop:
    """The shop of these jobs: flexible where an operation has several alternatives.

    Decimals are scaled. What only some jobs have is completed: released at 0, weight 1; a job
    without a due date among others that have one can be late at no cost, its weight is 0.
    """
    first: Any = [0]
    choice: Any = [0]
    machine: Any = []
    duration: Any = []
    for job in jobs:
        for options in job.operations:
            for m, d in options:
                machine.append(m)
                duration.append(d)
            choice.append(len(machine))
        first.append(len(choice) - 1)
    release = _column(jobs, "release", 0)
    due = _column(jobs, "due", None)
    (duration, release, due), times = scaled((duration, release, due), "duration")
    (weight,), weights = scaled((_column(jobs, "weight", 1),), "weight")
    if due is not None and None in due:
        due, weight = _undated(due, weight, objective)
    if objective in DUE and due is None:
        raise InstanceError(f"objective {objective} needs due dates", field="due")
    common: dict[str, Any] = {
        "release": release,
        "due": due,
        "weight": weight,
        "objective": objective,
        "name": name,
        "job_names": job_names,
        "machine_names": machine_names,
        "operation_names": operation_names,
        "time_scale": times * time_scale,
        "weight_scale": weights * weight_scale,
    }
    if len(machine) > len(choice) - 1:
        return FlexibleJobShop(machine, duration, choice, first, machines, **common)
    return JobShop(machine, duration, first, machines, **common)


def _column(jobs: list[Job], key: str, default: Any) -> list[Any] | None:
    values = [getattr(job, key) for job in jobs]
    if all(v is None for v in values):
        return None
    return [default if v is None else v for v in values]


def _undated(due: list[Any], weight: Any, objective: str) -> tuple[Any, Any]:
    """Due dates and weights where some jobs have no due date."""
    if objective == "lateness":
        raise InstanceError(
            f"job {due.index(None)} has none, objective lateness needs one of every job",
            field="due",
        )
    if objective not in DUE:
        return None, weight
    weight = [1] * len(due) if weight is None else weight
    weight = [0 if d is None else w for w, d in zip(weight, due)]
    return [0 if d is None else d for d in due], weight

"""Instances of PyJobShop."""

from __future__ import annotations

from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.builder import Builder
from zerogap.models.scheduling.instance import Workshop

#: Beyond this PyJobShop means "no limit".
_LIMIT = 2**40
#: Parts of its objective by the names here.
_PARTS = {
    "weight_makespan": "makespan",
    "weight_tardy_jobs": "tardy",
    "weight_total_flow_time": "flow",
    "weight_total_tardiness": "tardiness",
    "weight_total_earliness": "earliness",
    "weight_total_setup_time": "setup_time",
}
_ENDS = ("start", "end")


def from_pyjobshop(data: Any) -> Workshop:
    """A workshop from PyJobShop's ``ProblemData`` (``model.data()``).

    Raises
    ------
    InstanceError
        Naming what the encoding does not say: idle time within tasks, ``no_idle``, ``consecutive``,
        ``select_at_least_one``, conditions of selections, the largest tardiness, breaks of
        consumables, the same sequence for a part of the tasks.
    """
    b = Builder()
    for r, resource in enumerate(data.resources):
        kind = type(resource).__name__.lower()
        if getattr(resource, "no_idle", False):
            raise InstanceError("no_idle is not supported", field=f"resources[{r}]")
        breaks = [tuple(pair) for pair in resource.breaks]
        b.add_resource(kind, resource.name, int(getattr(resource, "capacity", 1)), closed=breaks)
    for job in data.jobs:
        due = None if job.due_date is None else int(job.due_date)
        b.add_job(
            job.name, release=int(job.release_date), deadline=_most(job.deadline), due=due,
            weight=int(job.weight),
        )  # fmt: skip
    setups = data.constraints.setup_times
    for t, task in enumerate(data.tasks):
        if task.allow_idle:
            raise InstanceError("allow_idle is not supported", field=f"tasks[{t}]")
        b.add_task(
            task.name, job=task.job, release=int(task.earliest_start),
            latest_start=_most(task.latest_start), earliest_end=int(task.earliest_end),
            deadline=_most(task.latest_end), pause=bool(task.allow_breaks),
            optional=bool(task.optional), family=t if setups else None,
        )  # fmt: skip
    for mode in data.modes:
        m = b.add_mode(mode.task, int(mode.duration))
        for r, amount in zip(mode.resources, mode.demands):
            one = type(data.resources[r]).__name__ == "Machine"
            b.add("demand", mode=m, resource=r, amount=1 if one else int(amount))
    _constraints(b, data)
    for name in vars(data.objective):
        weight = int(getattr(data.objective, name))
        if weight and name not in _PARTS:
            raise InstanceError(f"{name} is not supported", field="objective")
        if weight:
            b.objective(_PARTS[name], weight)
    return b.build()


def _most(value: Any) -> int | None:
    return None if value >= _LIMIT else int(value)


def _whole(data: Any, row: Any, field: str) -> None:
    """A sequence is one of jobs here: it must be about all tasks, paired by their jobs."""
    sides = []
    for machine, named in ((row.machine1, row.tasks1), (row.machine2, row.tasks2)):
        on = sorted({mode.task for mode in data.modes if machine in mode.resources})
        tasks = on if named is None else list(named)
        if sorted(tasks) != on:
            raise InstanceError("is about a part of the tasks only", field=field)
        sides.append([data.tasks[t].job for t in tasks])
    if sides[0] != sides[1] or None in sides[0]:
        raise InstanceError("pairs tasks of different jobs", field=field)


def _constraints(b: Builder, data: Any) -> None:
    given = data.constraints
    for name in ("consecutive", "select_at_least_one"):
        if getattr(given, name):
            raise InstanceError("is not supported", field=name)
    for of in _ENDS:
        for to in _ENDS:
            for how in ("before", "at"):
                for row in getattr(given, f"{of}_{how}_{to}"):
                    most = int(row.delay) if how == "at" else None
                    b.add_precedence(row.task1, row.task2, int(row.delay), most, of=of, to=to)
    for row in given.identical_resources:
        b.add_relation("same resource", row.task1, row.task2)
    for row in given.different_resources:
        b.add_relation("different resource", row.task1, row.task2)
    for i, row in enumerate(given.same_sequence):
        _whole(data, row, f"same_sequence[{i}]")
        b.add_same_sequence(row.machine1, row.machine2)
    for row in given.setup_times:
        b.add_setup(row.machine, row.task1, row.task2, int(row.duration))
    for row in given.mode_dependencies:
        b.add_rule(row.mode1, row.modes2)
    for kind in ("select_all_or_none", "select_exactly_one"):
        for row in getattr(given, kind):
            if row.condition_task is not None:
                raise InstanceError("a condition is not supported", field=kind)
            if kind == "select_exactly_one":
                b.add_alternatives(row.tasks)
            else:
                for first, second in zip(row.tasks, row.tasks[1:]):
                    b.add_relation("together", first, second)

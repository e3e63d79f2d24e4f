"""The list kernel, which knows the whole encoding."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import (
    BLOCKING,
    END,
    NONE,
    OBJECTIVES,
    RENEWABLE,
    RESERVOIR,
    START,
    UNLIMITED,
)
from zerogap.models.scheduling.solution import calendar
from zerogap.models.scheduling.validate import deadlines, enough
from zerogap.solvers.scheduling.islands import Island, target
from zerogap.solvers.search import Search

#: "Never" of the kernel.
_FAR = 2**60
#: Machines in sequence are compared pair by pair.
_SEQUENCED = 60
#: Columns that the kernel takes as they are.
_SAME = (
    "mode_task", "mode_cost", "first_mode", "first_demand", "demand_resource", "demand_amount",
    "demand_at", "job_release", "job_due", "job_weight", "relation_kind", "relation_first",
    "relation_second", "rule_mode", "rule_then", "choice_group", "choice_task", "sequence_first",
    "sequence_second", "setup_time", "setup_cost", "setup_initial",
)  # fmt: skip
_TASKS = (
    "latest_start", "earliest_end", "optional", "pause", "family", "fixed_start", "fixed_mode",
    "planned", "job",
)  # fmt: skip


def listable(shop: Workshop) -> bool:
    """Whether the kernel can hold the instance."""
    blocking = shop.relation_first[shop.relation_kind == BLOCKING]
    owner = shop.mode_task[shop.demand_mode]
    pooled = owner[shop.resource_kind[shop.demand_resource] == RENEWABLE]
    tied = np.union1d(shop.sequence_first, shop.sequence_second).astype(np.int64)
    counts = np.bincount(shop.demand_resource, minlength=shop.resources)
    return (
        enough(shop) < _FAR // 4
        and not np.isin(blocking, pooled).any()
        and int(counts[tied].max(initial=0)) <= _SEQUENCED
    )


def reversible(shop: Workshop) -> bool:
    """Whether time may run backwards: what ends first could as well start last."""
    return (
        shop.objective == {"makespan": 1}
        and not len(shop.closing_begin)
        and not len(shop.relation_kind)
        and not len(shop.rule_mode)
        and not len(shop.choice_task)
        and not len(shop.sequence_first)
        and not shop.task_optional.any()
        and not shop.task_earliest_end.any()
        and bool((shop.precedence_of == END).all() and (shop.precedence_to == START).all())
        and bool((shop.precedence_most == UNLIMITED).all() and (shop.precedence_lag >= 0).all())
        and not (shop.resource_kind == RESERVOIR).any()
        and bool((shop.resource_setup == NONE).all())
        and all(
            (getattr(shop, f"task_{name}") == NONE).all()
            for name in ("latest_start", "deadline", "fixed_start", "fixed_mode")
        )
        and bool((shop.job_deadline == NONE).all())
        and shop.horizon >= enough(shop)
    )


def arrays(shop: Workshop) -> dict[str, Any]:
    """The instance as the kernel takes it."""
    made: dict[str, Any] = {name: getattr(shop, name) for name in _SAME}
    made |= {name: getattr(shop, f"task_{name}") for name in _TASKS}
    made["duration"] = shop.mode_duration
    made["kind"], made["capacity"] = shop.resource_kind, shop.resource_capacity
    made["low"], made["level"] = shop.resource_low, shop.resource_level
    made["setup_of"] = shop.resource_setup
    job = np.maximum(shop.task_job, 0)
    of_job = np.where(shop.task_job != NONE, shop.job_release[job], 0) if shop.jobs else 0
    made["release"] = np.maximum(shop.task_release, of_job)
    made["deadline"] = deadlines(shop)
    made |= _calendars(shop)
    for name in ("before", "after", "of", "to", "lag"):
        made[name] = getattr(shop, f"precedence_{name}")
    made["most"] = np.minimum(shop.precedence_most, _FAR)
    made["objective"] = [shop.objective.get(name, 0) for name in OBJECTIVES]
    return made


def _calendars(shop: Workshop) -> dict[str, Any]:
    """The different calendars of the modes, and which each has."""
    if not len(shop.closing_begin):
        return {
            "calendar_of": np.zeros(shop.modes, dtype=np.int64),
            "first_break": [0, 0], "break_begin": [], "break_end": [],
        }  # fmt: skip
    known: dict[tuple, int] = {}
    # Modes with the same resources have the same calendar, which is looked up once a set of them.
    by_use: dict[tuple, int] = {}
    of = []
    resource, first = shop.demand_resource.tolist(), shop.first_demand.tolist()
    for m, (a, b) in enumerate(zip(first, first[1:])):
        use = tuple(resource[a:b])
        if use not in by_use:
            by_use[use] = known.setdefault(calendar(shop, m), len(known))
        of.append(by_use[use])
    lengths = [len(row) for row in known]
    return {
        "calendar_of": of,
        "first_break": np.concatenate(([0], np.cumsum(lengths))),
        "break_begin": [a for row in known for a, _ in row],
        "break_end": [b for row in known for _, b in row],
    }


def repaired(shop: Workshop, plan: Plan) -> Plan | None:
    """A plan made to fit a changed instance: its order and modes, every task at its earliest.

    A `start` for `zerogap.solve` after `reschedule`, which is then never worse than the old order.

    Parameters
    ----------
    shop : Workshop
        With the same tasks and modes as the plan.
    plan : Plan
        May break anything but the number of tasks.

    Returns
    -------
    Plan or None
        None if the order leads to no plan, or the instance is none that the list kernel knows.
    """
    from zerogap._ext.scheduling.list import ListSearch

    if not listable(shop):
        return None
    kernel = ListSearch(arrays(shop), horizon=min(shop.horizon, _FAR // 4), target=-_FAR)
    kernel.inject(plan.start, plan.mode)
    found = kernel.best()
    return None if found is None else Plan(*found)


def of_list(shop: Workshop, search: Search, count: int) -> list[Island]:
    """List kernels with different seeds."""
    from zerogap._ext.scheduling.list import ListSearch

    data, simple = arrays(shop), reversible(shop)
    made = []
    for i in range(count):
        kernel = ListSearch(
            data,
            horizon=min(shop.horizon, _FAR // 4),
            simple=simple,
            seed=search.seed * 1009 + i,
            target=target(search),
        )
        if search.hint is not None:
            kernel.inject(search.hint.start, search.hint.mode)
        made.append(
            Island(
                kernel,
                lambda k: Plan(*k.best()),
                lambda k, plan: k.inject(plan.start, plan.mode),
                "list scheduling",
            )
        )
    return made

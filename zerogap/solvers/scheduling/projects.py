"""Projects: the shape that has a kernel of its own beside the list kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import CONSUMABLE, MACHINE, NONE
from zerogap.models.scheduling.validate import enough
from zerogap.solvers.scheduling.islands import Island, target
from zerogap.solvers.scheduling.lists import reversible
from zerogap.solvers.search import Search

#: Larger ones are the list kernel's, which keeps one plan only.
_TASKS = 50_000
#: Cells (moments times resources) that the kernel keeps at most.
_CELLS = 1 << 23


def projective(shop: Workshop) -> bool:
    """Whether the instance is a project: makespan, lags that wait, resources without calendars.

    A task that takes no time but a machine may stand between two others only, which the kernel's
    profiles do not see.
    """
    if shop.tasks > _TASKS or not reversible(shop):
        return False
    if shop.modes * max(1, shop.resources) > _CELLS:
        return False
    on_machine = shop.resource_kind[shop.demand_resource] == MACHINE
    if (shop.mode_duration[shop.demand_mode[on_machine]] == 0).any():
        return False
    numbers = (shop.resource_capacity, shop.demand_amount)
    return (
        enough(shop) * max(4, shop.resources) <= _CELLS
        and all(int(x.max(initial=0)) < 2**30 for x in numbers)
        and _acyclic(shop)
    )


def unordered(shop: Workshop) -> bool:
    """Whether a project's tasks wait for none other and share machines alone (an open shop)."""
    return not len(shop.precedence_lag) and bool((shop.resource_kind == MACHINE).all())


def _acyclic(shop: Workshop) -> bool:
    """Whether no circle of precedences exists, not even one that takes no time."""
    after: list[list[int]] = [[] for _ in range(shop.tasks)]
    left = np.zeros(shop.tasks, dtype=np.int64)
    for a, b in zip(shop.precedence_before.tolist(), shop.precedence_after.tolist()):
        after[a].append(b)
        left[b] += 1
    ready = np.flatnonzero(left == 0).tolist()
    for a in ready:
        for b in after[a]:
            left[b] -= 1
            if left[b] == 0:
                ready.append(b)
    return len(ready) == shop.tasks


def _tables(shop: Workshop) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demands on pools and on budgets by mode, and which modes any plan can use."""
    kind = shop.resource_kind
    table = np.zeros((shop.modes, shop.resources), dtype=np.int64)
    np.add.at(table, (shop.demand_mode, shop.demand_resource), shop.demand_amount)
    # What takes no time needs nothing of a renewable resource.
    table[np.ix_(shop.mode_duration == 0, kind != CONSUMABLE)] = 0
    usable = (table <= shop.resource_capacity).all(axis=1)
    return table[:, kind != CONSUMABLE], table[:, kind == CONSUMABLE], usable


class Handing:
    """A project as its kernel takes it: modes that fit no plan left out.

    Parameters
    ----------
    shop : Workshop
    """

    def __init__(self, shop: Workshop):
        self.shop = shop
        need, spend, usable = _tables(shop)
        self.modes = np.flatnonzero(usable)
        count = np.bincount(shop.mode_task[self.modes], minlength=shop.tasks)
        first = np.concatenate(([0], np.cumsum(count)))
        #: Number of every usable mode within its task, and the way back.
        self.own = self.modes - shop.first_mode[shop.mode_task[self.modes]]
        self.first = first
        self.back = np.full(shop.modes, NONE)
        self.back[self.modes] = np.arange(len(self.modes)) - first[shop.mode_task[self.modes]]
        self.whole = bool((count > 0).all())
        job = np.maximum(shop.task_job, 0)
        of_job = np.where(shop.task_job != NONE, shop.job_release[job], 0) if shop.jobs else 0
        pools = shop.resource_kind != CONSUMABLE
        self.arrays = (
            first, shop.mode_duration[self.modes], need[self.modes], shop.resource_capacity[pools],
            spend[self.modes], shop.resource_capacity[~pools],
            np.maximum(shop.task_release, of_job),
            shop.precedence_before, shop.precedence_after, shop.precedence_lag,
        )  # fmt: skip

    def plan(self, kernel: Any) -> Plan:
        """The kernel's best plan."""
        start, own = kernel.best()
        mode = self.own[self.first[:-1] + own]
        return Plan(start, start + self.shop.mode_duration[self.shop.first_mode[:-1] + mode], mode)

    def inject(self, kernel: Any, plan: Plan) -> None:
        """Hand a plan to the kernel."""
        kernel.inject(plan.start, self.back[self.shop.first_mode[:-1] + plan.mode])


def of_project(shop: Workshop, search: Search, count: int) -> list[Island]:
    """Populations with different seeds."""
    from zerogap._ext.scheduling.project import ProjectSearch

    handing = Handing(shop)
    made = []
    for i in range(count):
        kernel = ProjectSearch(
            *handing.arrays,
            longest=enough(shop),
            members=members(shop),
            seed=search.seed * 1009 + i,
            target=target(search),
        )
        if search.hint is not None:
            handing.inject(kernel, search.hint)
        made.append(Island(kernel, handing.plan, handing.inject, "genetic search"))
    return made


def members(shop: Workshop) -> int:
    """Size of the population: larger projects see fewer plans in the same time."""
    return int(np.clip(36_000 / shop.tasks, 16, 300))

"""What the formulation reads from an instance and from a plan before any variable exists."""

from __future__ import annotations

import numpy as np

from zerogap.models.scheduling.fields import (
    BLOCKING,
    MACHINE,
    NONE,
    TOGETHER,
)
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan


def parallel(shop: Workshop) -> list[tuple[list[int], list[int]]]:
    """Groups of machines that no task can tell apart: (machines, tasks that use them).

    Every task of a group has one mode a machine, with this machine alone, all of one duration and
    cost; nothing else of the instance names a machine or a mode of the group. A plan is then
    feasible whenever never more tasks run than there are machines, since intervals can always be
    coloured with as many colours as overlap.
    """
    if shop.tasks == shop.modes:
        return []
    banned = _named_machines(shop)
    used: dict[int, dict[int, tuple[int, int]]] = {}
    for m in range(shop.modes):
        a, b = shop.first_demand[m], shop.first_demand[m + 1]
        t = int(shop.mode_task[m])
        for i in range(a, b):
            r = int(shop.demand_resource[i])
            row = used.setdefault(r, {})
            if b - a != 1 or t in row:
                banned.add(r)
            row[t] = (int(shop.mode_duration[m]), int(shop.mode_cost[m]))
    tied = _tied_tasks(shop)
    by_use: dict[tuple, list[int]] = {}
    for r, row in used.items():
        if shop.resource_kind[r] == MACHINE and r not in banned and not tied & row.keys():
            by_use.setdefault(tuple(sorted(row.items())), []).append(r)
    groups = []
    for key, machines in by_use.items():
        tasks = [t for t, _ in key]
        whole = all(shop.first_mode[t + 1] - shop.first_mode[t] == len(machines) for t in tasks)
        if len(machines) > 1 and whole:
            groups.append((sorted(machines), tasks))
    return groups


def _named_machines(shop: Workshop) -> set[int]:
    banned = set(np.flatnonzero(shop.resource_setup != NONE).tolist())
    banned |= set(shop.closing_resource.tolist())
    banned |= set(shop.sequence_first.tolist()) | set(shop.sequence_second.tolist())
    if {"span", "idle"} & set(shop.objective):
        banned |= set(range(shop.resources))
    return banned


def _tied_tasks(shop: Workshop) -> set[int]:
    tied = set(np.flatnonzero(shop.task_fixed_mode != NONE).tolist())
    for kind, a, b in zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    ):
        if kind not in (BLOCKING, TOGETHER):
            tied |= {a, b}
    tied |= set(shop.mode_task[shop.rule_mode].tolist())
    return tied | set(shop.mode_task[shop.rule_then].tolist())


def blocks_for(shop: Workshop) -> dict[int, int]:
    """The task whose start ends the hold of a blocking task."""
    rows = zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    )
    return {a: b for kind, a, b in rows if kind == BLOCKING}


def by_resource(shop: Workshop) -> list[list[tuple[int, int, int]]]:
    """(task, mode, demand) triples of every resource."""
    rows: list[list[tuple[int, int, int]]] = [[] for _ in range(shop.resources)]
    for i, (m, r) in enumerate(zip(shop.demand_mode.tolist(), shop.demand_resource.tolist())):
        rows[r].append((int(shop.mode_task[m]), m, i))
    return rows


def sequence_groups(shop: Workshop) -> list[list[int]]:
    """Machines tied together by the same sequence."""
    leader = list(range(shop.resources))

    def find(r: int) -> int:
        while leader[r] != r:
            leader[r] = leader[leader[r]]
            r = leader[r]
        return r

    for a, b in zip(shop.sequence_first.tolist(), shop.sequence_second.tolist()):
        leader[find(a)] = find(b)
    groups: dict[int, list[int]] = {}
    for r in sorted({*shop.sequence_first.tolist(), *shop.sequence_second.tolist()}):
        groups.setdefault(find(r), []).append(r)
    return list(groups.values())


class State:
    """A plan with what auxiliary variables are derived from."""

    def __init__(self, shop: Workshop, plan: Plan):
        self.start = plan.start.tolist()
        self.end = plan.end.tolist()
        self.here = [m >= 0 for m in plan.mode.tolist()]
        self.mode = (shop.first_mode[:-1] + plan.mode).tolist()
        self.hold = list(self.end)
        for a, b in blocks_for(shop).items():
            if self.here[a] and self.here[b]:
                self.hold[a] = self.start[b]
        self.after: dict[int, dict[int, int]] = {}
        rows: dict[int, list[int]] = {}
        for t, here in enumerate(self.here):
            if here:
                m = self.mode[t]
                for i in range(shop.first_demand[m], shop.first_demand[m + 1]):
                    r = int(shop.demand_resource[i])
                    if shop.resource_kind[r] == MACHINE:
                        rows.setdefault(r, []).append(t)
        for r, tasks in rows.items():
            tasks.sort(key=lambda t: (self.start[t], self.hold[t], t))
            self.after[r] = dict(zip([-1, *tasks], [*tasks, -1]))
        self.done: dict[int, int] = {}
        for t, here in enumerate(self.here):
            j = int(shop.task_job[t])
            if here and j != NONE:
                self.done[j] = max(self.done.get(j, 0), self.end[t])


def coloured(shop: Workshop, start: list[int], end: list[int], mode: list[int]) -> None:
    """Machines of `parallel` groups in place: the one that has been free the longest.

    `mode` holds 0 for every present task of a group.
    """
    for machines, tasks in parallel(shop):
        free = dict.fromkeys(machines, 0)
        for t in sorted((t for t in tasks if mode[t] != NONE), key=lambda t: (start[t], end[t])):
            r = min((r for r in machines), key=lambda r: (free[r] > start[t], free[r], r))
            free[r] = max(free[r], end[t])
            for m in range(shop.first_mode[t], shop.first_mode[t + 1]):
                if shop.demand_resource[shop.first_demand[m]] == r:
                    mode[t] = m - int(shop.first_mode[t])

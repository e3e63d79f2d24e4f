"""Gantt charts with setups, breaks and resource profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop, check
from zerogap.models.scheduling.fields import MACHINE, NONE, RENEWABLE, RESERVOIR
from zerogap.models.scheduling.solution import closings
from zerogap.report.palette import colours, ink
from zerogap.report.scene import Scene
from zerogap.solvers.result import number

#: Up to so many bars carry the number of their task.
_LABELLED = 120


def draw(shop: Workshop, plan: Plan, axes: Any = None) -> Any:
    """Machines as rows with setups (hatched) and closings (grey), profiles of other resources.

    Parameters
    ----------
    shop : Workshop
    plan : Plan
    axes : matplotlib Axes, optional
        For the machines alone; without it the figure has a row a resource with a level.

    Returns
    -------
    matplotlib Figure
    """
    machines = np.flatnonzero(shop.resource_kind == MACHINE).tolist()
    levels = np.flatnonzero(np.isin(shop.resource_kind, (RENEWABLE, RESERVOIR))).tolist()
    if axes is not None:
        levels = []
        _machines(shop, plan, machines, axes)
        figure = axes.figure
    else:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        levels = levels[:8]
        heights = ([max(1.0, 0.32 * len(machines))] if machines else []) + [1.1] * len(levels)
        size = (11, min(16.0, 1.2 + sum(heights)))
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        rows = figure.subplots(
            max(1, len(heights)), 1, sharex=True, squeeze=False,
            gridspec_kw={"height_ratios": heights or [1]},
        )[:, 0]  # fmt: skip
        if machines:
            _machines(shop, plan, machines, rows[0])
        for r, row in zip(levels, rows[1 if machines else 0 :]):
            _profile(shop, plan, r, row)
        axes = rows[0]
        rows[-1].set_xlabel("time")
    end = int(plan.end.max(initial=0))
    axes.set_xlim(0, max(1, end) * 1.01)
    axes.set_title(_title(shop, plan))
    return figure


def _title(shop: Workshop, plan: Plan) -> str:
    """What is minimised, with its value, and where it is not the makespan the end."""
    end, name = int(plan.end.max(initial=0)), shop.name or "workshop"
    stated: Any = shop.objective
    terms = [k for k, v in stated.items() if v] if isinstance(stated, Mapping) else [str(stated)]
    if terms == ["makespan"]:
        return f"{name}: makespan {end}"
    words = terms[0] if len(terms) == 1 else "objective"
    return f"{name}: {words} {number(check(shop, plan))}, ends at {end}"


def _used(shop: Workshop, plan: Plan, resource: int) -> list[tuple[int, int]]:
    """(task, amount) of the tasks on a resource, by start."""
    rows = []
    for i in np.flatnonzero(shop.demand_resource == resource).tolist():
        m = int(shop.demand_mode[i])
        t = int(shop.mode_task[m])
        if plan.mode[t] == m - shop.first_mode[t]:
            rows.append((t, int(shop.demand_amount[i])))
    return sorted(rows, key=lambda row: (int(plan.start[row[0]]), int(plan.end[row[0]])))


def _machines(shop: Workshop, plan: Plan, machines: list[int], axes: Any) -> None:
    closed = closings(shop)
    detailed = shop.tasks <= _LABELLED
    for y, r in enumerate(machines):
        for a, b in closed[r]:
            axes.barh(y, b - a, left=a, height=1.0, color="0.88", linewidth=0)
        before = NONE
        for t, _ in _used(shop, plan, r):
            start, end = int(plan.start[t]), int(plan.end[t])
            group = int(shop.task_job[t]) if shop.task_job[t] != NONE else t
            axes.barh(
                y, end - start, left=start, height=0.8, color=colours(group),
                edgecolor="white" if shop.tasks < 2000 else "none", linewidth=0.4,
            )  # fmt: skip
            wait = _setup(shop, r, before, t)
            if wait:
                axes.barh(
                    y, wait, left=start - wait, height=0.5, color="none", edgecolor="0.3",
                    hatch="////", linewidth=0.3,
                )  # fmt: skip
            if detailed and end > start:
                text = shop.task_name[t] or str(t)
                axes.text((start + end) / 2, y, text, ha="center", va="center", fontsize=6,
                          color=ink(colours(group)))  # fmt: skip
            before = t
    axes.set_ylim(len(machines) - 0.5, -0.5)
    if len(machines) <= 40:
        names = [shop.resource_name[r] or f"machine {r}" for r in machines]
        axes.set_yticks(range(len(machines)), names, fontsize=7)


def _setup(shop: Workshop, machine: int, before: int, task: int) -> int:
    which = int(shop.resource_setup[machine])
    if which == NONE:
        return 0
    family = int(shop.task_family[task])
    if before == NONE:
        return int(shop.setup_initial[which, family])
    return int(shop.setup_time[which, shop.task_family[before], family])


def _profile(shop: Workshop, plan: Plan, resource: int, axes: Any) -> None:
    """Use of a renewable resource or level of a reservoir over time."""
    reservoir = shop.resource_kind[resource] == RESERVOIR
    changes: dict[int, int] = {0: 0}
    for i in np.flatnonzero(shop.demand_resource == resource).tolist():
        m, amount = int(shop.demand_mode[i]), int(shop.demand_amount[i])
        t = int(shop.mode_task[m])
        if plan.mode[t] != m - shop.first_mode[t]:
            continue
        start, end = int(plan.start[t]), int(plan.end[t])
        if reservoir:
            time = start if shop.demand_at[i] == 1 else end
            changes[time] = changes.get(time, 0) + amount
        else:
            changes[start] = changes.get(start, 0) + amount
            changes[end] = changes.get(end, 0) - amount
    times = sorted(changes)
    level = int(shop.resource_level[resource]) if reservoir else 0
    values = level + np.cumsum([changes[t] for t in times])
    axes.fill_between(times, values, step="post", color="tab:blue", alpha=0.5, linewidth=0)
    axes.axhline(int(shop.resource_capacity[resource]), color="black", linewidth=0.8)
    axes.set_ylabel(shop.resource_name[resource] or f"resource {resource}", fontsize=7)


def scene(shop: Workshop, plan: Plan) -> Scene:
    """A row a machine with its closings, setups and tasks; a row more a task without a machine."""
    machines = np.flatnonzero(shop.resource_kind == MACHINE).tolist()
    jobs = sorted({int(j) for j in shop.task_job if j != NONE})
    number = {j: k for k, j in enumerate(jobs)}
    made = Scene(_title(shop, plan), x="time",
                 down=True, groups=[f"job {j}" for j in jobs],
                 rows=[shop.resource_name[r] or f"machine {r}" for r in machines])  # fmt: skip
    closed, shown = closings(shop), set()
    for y, r in enumerate(machines):
        for a, b in closed[r]:
            made.box(a, y - 0.5, b, y + 0.5, -1, "", f"{made.rows[y]} is closed\n{a} – {b}")
        before = NONE
        for t, _ in _used(shop, plan, r):
            start = int(plan.start[t])
            wait = _setup(shop, r, before, t)
            if wait:
                made.box(start - wait, y - 0.2, start, y + 0.2, -1, "", f"setup of {wait}")
            _task(shop, plan, t, y, number, made)
            shown.add(t)
            before = t
    for t in range(shop.tasks):
        if t not in shown and plan.end[t] > plan.start[t]:
            made.rows.append(shop.task_name[t] or f"task {t}")
            _task(shop, plan, t, len(made.rows) - 1, number, made)
    return made


def _task(shop: Workshop, plan: Plan, t: int, y: int, number: dict[int, int], made: Scene) -> None:
    name = shop.task_name[t] or str(t)
    start, end = int(plan.start[t]), int(plan.end[t])
    made.box(start, y - 0.4, end, y + 0.4, number.get(int(shop.task_job[t]), -1), name,
             f"task {name}, mode {int(plan.mode[t])}\n{made.rows[y]}\n{start} – {end}")  # fmt: skip


def rows(shop: Workshop, plan: Plan) -> list[dict[str, Any]]:
    """A row a task: mode, start, end (none where it is left out), job and machine."""
    machines = np.flatnonzero(shop.resource_kind == MACHINE).tolist()
    on = {t: shop.resource_name[r] or f"machine {r}" for r in machines
          for t, _ in _used(shop, plan, r)}  # fmt: skip
    table = []
    for t in range(shop.tasks):
        done = int(plan.mode[t]) != NONE
        table.append({
            "task": shop.task_name[t] or str(t),
            "job": int(shop.task_job[t]) if shop.task_job[t] != NONE else None,
            "mode": int(plan.mode[t]) if done else None,
            "start": int(plan.start[t]) if done else None,
            "end": int(plan.end[t]) if done else None,
            "machine": on.get(t),
        })  # fmt: skip
    return table

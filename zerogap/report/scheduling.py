"""Gantt charts with setups, breaks and resource profiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import MACHINE, NONE, RENEWABLE, RESERVOIR
from zerogap.models.scheduling.solution import closings

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
    axes.set_title(f"{shop.name or 'workshop'}: ends at {end}")
    return figure


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
    import matplotlib

    colours = matplotlib.colormaps["tab20"](np.arange(20))
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
                y, end - start, left=start, height=0.8, color=colours[group % 20],
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
                axes.text((start + end) / 2, y, text, ha="center", va="center", fontsize=6)
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

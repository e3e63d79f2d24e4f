"""Gantt charts."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.jobshop import Schedule, Shop, check
from zerogap.models.jobshop.solution import assigned, label
from zerogap.models.jobshop.table import to_csv, to_icalendar
from zerogap.report.palette import colours, ink
from zerogap.report.scene import Scene

#: What ``plot`` writes beside pictures: the schedule as a table and as events.
EXPORTS = {".csv": to_csv, ".ics": to_icalendar}
#: Beyond this many operations bars carry no outline and only the critical path is told apart.
_DETAILED = 2000
#: Up to so many jobs have their due dates drawn.
_DATED = 40


def critical(shop: Shop, schedule: Schedule) -> np.ndarray:
    """Operations of one critical path, first to last.

    From the operation that ends last, a predecessor that ends when its successor starts is
    followed, the one on the machine first.
    """
    machine, duration = assigned(shop, schedule)
    start = schedule.start
    end = start + duration
    order = np.lexsort((end, start, machine))
    before = np.full(shop.operations, -1)
    same = machine[order[1:]] == machine[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    job = shop.job
    path = []
    x = int(np.argmax(end))
    while x >= 0:
        path.append(x)
        earlier = [int(before[x]), x - 1 if x > 0 and job[x - 1] == job[x] else -1]
        x = next((y for y in earlier if y >= 0 and end[y] == start[x]), -1)
    return np.array(path[::-1])


def draw(shop: Shop, schedule: Schedule, axes: Any = None) -> Any:
    """A Gantt chart: a row a machine, a colour a job, the critical path outlined.

    Parameters
    ----------
    shop : JobShop or FlexibleJobShop
    schedule : Schedule
    axes : matplotlib Axes, optional

    Returns
    -------
    matplotlib Figure
    """
    if axes is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        height = min(14.0, 1.4 + 0.32 * shop.machines)
        figure = Figure(figsize=(11, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
    figure = axes.figure
    machine, duration = assigned(shop, schedule)
    job = shop.job
    colour = colours(np.arange(shop.jobs))
    detailed = shop.operations <= _DETAILED
    axes.barh(
        machine,
        duration,
        left=schedule.start,
        height=0.8,
        color=colour[job],
        edgecolor="white" if detailed else "none",
        linewidth=0.4 if detailed else 0,
        alpha=0.85,
    )
    path = critical(shop, schedule)
    axes.barh(
        machine[path],
        duration[path],
        left=schedule.start[path],
        height=0.8,
        color="none",
        edgecolor="black",
        linewidth=1.2,
        label="critical path",
    )
    if shop.operations <= 120:
        for x in np.flatnonzero(duration > 0):
            middle = schedule.start[x] + duration[x] / 2
            name = label(shop, "job", int(job[x]))[:12]
            axes.text(middle, machine[x], name, ha="center", va="center", fontsize=7,
                      color=ink(colour[job[x]]))  # fmt: skip
    if shop.machines <= 40:
        names = [label(shop, "machine", m)[:24] for m in range(shop.machines)]
        axes.set_yticks(range(shop.machines), names)
    axes.set_ylim(shop.machines - 0.5, -0.5)
    axes.set_xlim(0, int((schedule.start + duration).max()) * 1.01 or 1)
    axes.set_xlabel("time")
    axes.set_ylabel("machine")
    if shop.due is not None and shop.jobs <= _DATED:
        # In front of the last operation of a job, where it is late or early.
        last = shop.first[1:] - 1
        for j in np.flatnonzero(shop.first[1:] > shop.first[:-1]):
            y = machine[last[j]]
            axes.plot([shop.due[j]] * 2, [y - 0.5, y + 0.5], color=colour[j], linewidth=2.2,
                      solid_capstyle="butt", zorder=3)  # fmt: skip
            axes.plot([shop.due[j]] * 2, [y - 0.5, y + 0.5], color="black", linewidth=0.7,
                      linestyle=":", zorder=4)  # fmt: skip
        axes.plot([], [], color="black", linestyle=":", label="due, on the last machine")
        axes.set_xlim(0, max(axes.get_xlim()[1], int(shop.due.max()) * 1.01))
    axes.set_title(_title(shop, schedule))
    # Beside the bars, never over them.
    axes.legend(loc="lower left", bbox_to_anchor=(1.005, 0), fontsize=8, frameon=False)
    return figure


def _title(shop: Shop, schedule: Schedule) -> str:
    """What is minimised, with its value, and where it is not the makespan the end."""
    _, duration = assigned(shop, schedule)
    end = int((schedule.start + duration).max(initial=0))
    name = shop.name or "shop"
    if shop.objective == "makespan":
        return f"{name}: makespan {end}"
    return f"{name}: {shop.objective} {check(shop, schedule)}, ends at {end}"


def scene(shop: Shop, schedule: Schedule) -> Scene:
    """A row a machine, a colour a job."""
    machine, duration = assigned(shop, schedule)
    end = schedule.start + duration
    made = Scene(
        _title(shop, schedule),
        x="time", down=True,
        groups=[f"job {label(shop, 'job', j)}" for j in range(shop.jobs)],
        rows=[label(shop, "machine", m) for m in range(shop.machines)],
    )  # fmt: skip
    longest = set(critical(shop, schedule).tolist()) if shop.operations else set()
    for x in range(shop.operations):
        j, m = int(shop.job[x]), int(machine[x])
        due = "" if shop.due is None else f"\njob due {shop.due[j]}"
        made.box(
            schedule.start[x], m - 0.4, end[x], m + 0.4, j, label(shop, "job", j),
            f"job {label(shop, 'job', j)}, operation {x - shop.first[j] + 1}\n"
            f"machine {label(shop, 'machine', m)}\n{schedule.start[x]} – {end[x]}"
            f"{' (critical)' if x in longest else ''}{due}",
        )  # fmt: skip
    if shop.due is not None:
        last = shop.first[1:] - 1
        for j in np.flatnonzero(shop.first[1:] > shop.first[:-1]).tolist():
            y, date = int(machine[last[j]]), int(shop.due[j])
            made.line([(date, y - 0.5), (date, y + 0.5)], j,
                      f"job {label(shop, 'job', j)} is due at {date}, ends at {end[last[j]]}",
                      "dash")  # fmt: skip
    return made


def rows(shop: Shop, schedule: Schedule) -> list[dict[str, Any]]:
    """A row an operation: job, number within it, machine, start, end."""
    machine, duration = assigned(shop, schedule)
    return [
        {
            "job": label(shop, "job", int(shop.job[x])),
            "operation": int(x - shop.first[shop.job[x]]),
            "machine": label(shop, "machine", int(machine[x])),
            "start": int(schedule.start[x]),
            "end": int(schedule.start[x] + duration[x]),
        }
        for x in range(shop.operations)
    ]

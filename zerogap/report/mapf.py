"""Pictures of paths, and a page in which the discs move."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.mapf import Mapf, Paths, check, segments
from zerogap.report import palette
from zerogap.report.scene import Scene

#: Beyond so many agents neither names nor discs could be seen.
_NAMED = 40


def draw(instance: Mapf, solution: Paths, axes: Any = None) -> Any:
    """The map with every agent's path, from a hollow disc at its start to a full one at its goal.

    Parameters
    ----------
    instance : Mapf
    solution : Paths
    axes : matplotlib Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.collections import EllipseCollection, LineCollection
    from matplotlib.figure import Figure

    if axes is None:
        axes = Figure(figsize=(7, 7), layout="constrained").add_subplot()
    _ground(instance, axes)
    done, _ = segments(instance, solution)
    moving = done.tail != done.head
    colours = palette.colours(np.arange(instance.agents))
    lines = np.stack([instance.xy[done.tail[moving]], instance.xy[done.head[moving]]], axis=1)
    axes.add_collection(
        LineCollection(list(lines), colors=colours[done.agent[moving]].tolist(), linewidths=1.6)
    )
    for at, filled in ((instance.start, False), (instance.goal, True)):
        width = 2 * instance.radius
        axes.add_collection(
            EllipseCollection(
                width,
                width,
                np.zeros(instance.agents),
                units="xy",
                offsets=instance.xy[at],
                offset_transform=axes.transData,
                facecolors=colours.tolist() if filled else "none",
                edgecolors=colours.tolist(),
                alpha=0.6 if filled else 1.0,
                zorder=3,
            )
        )
    if instance.agents <= _NAMED:
        for i, v in enumerate(instance.start.tolist()):
            axes.annotate(str(i), instance.xy[v], ha="center", va="center", fontsize=7, zorder=4)
    axes.set_aspect("equal")
    axes.autoscale_view()
    if instance.blocked is not None:
        axes.invert_yaxis()
    axes.set_axis_off()
    axes.set_title(
        f"{instance.name or 'paths'}: {instance.agents} agents, {instance.objective} "
        f"{check(instance, solution):.6g}",
        fontsize=9,
    )
    return axes.figure


def _ground(instance: Mapf, axes: Any) -> None:
    """Blocked cells, or the edges of a roadmap."""
    from matplotlib.collections import LineCollection, PatchCollection
    from matplotlib.patches import Rectangle

    if instance.blocked is not None:
        rows, columns = instance.blocked.shape
        cells = [
            Rectangle((j - 0.5, i - 0.5), 1, 1) for i, j in np.argwhere(instance.blocked).tolist()
        ]
        axes.add_collection(PatchCollection(cells, facecolor="#555555", edgecolor="none"))
        frame = Rectangle(
            (-0.5, -0.5), columns, rows, facecolor="none", edgecolor="#aaaaaa", linewidth=0.8
        )
        axes.add_patch(frame)
        return
    lines = instance.xy[instance.edges]
    axes.add_collection(LineCollection(list(lines), colors="#dddddd", linewidths=0.7, zorder=0))
    axes.scatter(*instance.xy.T, s=4, color="#bbbbbb", zorder=1)


def scene(instance: Mapf, solution: Paths) -> Scene:
    """The map, every agent's path and its disc, which moves as the solution says."""
    done, arrival = segments(instance, solution)
    made = Scene(
        f"{instance.name or 'paths'}: {instance.agents} agents, {instance.objective} "
        f"{check(instance, solution):.6g}",
        equal=True,
        down=instance.blocked is not None,
        groups=[f"agent {i}" for i in range(instance.agents)],
    )
    _floor(instance, made)
    for i in range(instance.agents):
        own = np.flatnonzero(done.agent == i)
        start, goal = int(instance.start[i]), int(instance.goal[i])
        stops = [(0.0, *instance.xy[start].tolist())]
        for k in own.tolist():
            stops.append((float(done.end[k]), *instance.xy[done.head[k]].tolist()))
        tip = f"agent {i}: from vertex {start} to {goal}, there at {arrival[i]:.6g}"
        if len(stops) > 1:
            made.line([stop[1:] for stop in stops], i, tip)
        _, x, y = stops[-1]
        made.dot(x, y, i, "", f"goal of {tip}", "s")
        made.mover(stops, i, str(i), tip, float(instance.radius[i]))
    return made


def _floor(instance: Mapf, made: Scene) -> None:
    """Blocked cells as runs of a row inside a frame, or the edges of a roadmap."""
    if instance.blocked is None:
        for line in instance.xy[instance.edges].tolist():
            made.line(line, -1, "", "thin")
        return
    rows, columns = instance.blocked.shape
    corners = [(-0.5, -0.5), (columns - 0.5, -0.5), (columns - 0.5, rows - 0.5),
               (-0.5, rows - 0.5), (-0.5, -0.5)]  # fmt: skip
    made.line(corners, -1, "", "thin")
    for i, row in enumerate(instance.blocked):
        ends = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
        for a, b in ends.reshape(-1, 2).tolist():
            made.box(a - 0.5, i - 0.5, b - 0.5, i + 0.5, -1, "", "blocked")


def rows(instance: Mapf, solution: Paths) -> list[dict[str, Any]]:
    """A row an entry of a path: agent, time, vertex and its place."""
    table = []
    for i in range(instance.agents):
        for k in range(int(solution.first[i]), int(solution.first[i + 1])):
            v = int(solution.vertex[k])
            x, y = instance.xy[v].tolist()
            table.append({"agent": i, "time": float(solution.time[k]), "vertex": v, "x": x, "y": y})
    return table

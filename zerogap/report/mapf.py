"""Pictures of paths, and an animation in which the discs move."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.mapf import Mapf, Paths, check, segments

#: Beyond so many agents neither names nor discs could be seen.
_NAMED = 40
#: Seconds of an animation, and colours of its discs.
_SECONDS = 20.0
_COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
    "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
)  # fmt: skip


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
    colours = np.array(_COLOURS)[np.arange(instance.agents) % len(_COLOURS)]
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


def animate(instance: Mapf, solution: Paths) -> str:
    """An HTML page with an SVG in which the discs move as the solution says (SMIL).

    The page needs nothing from elsewhere; it repeats after `_SECONDS` seconds.
    """
    done, arrival = segments(instance, solution)
    last = max(float(arrival.max()), 1e-12)
    reach = float(instance.radius.max())
    low, high = instance.xy.min(axis=0) - reach - 0.5, instance.xy.max(axis=0) + reach + 0.5
    width, height = (high - low).tolist()
    flip = instance.blocked is None  # roadmaps have y upwards
    place = lambda v: (  # noqa: E731
        float(instance.xy[v, 0]),
        float(low[1] + high[1] - instance.xy[v, 1]) if flip else float(instance.xy[v, 1]),
    )
    parts = [
        "<!DOCTYPE html>",
        f"<html><head><meta charset='utf-8'><title>{_plain(instance.name)}</title></head><body>",
        f"<svg xmlns='http://www.w3.org/2000/svg' style='width:min(95vw,95vh)' "
        f"viewBox='{low[0]:g} {low[1]:g} {width:g} {height:g}'>",
    ]
    if instance.blocked is not None:
        rows, columns = instance.blocked.shape
        parts.append(
            f"<rect x='-0.5' y='-0.5' width='{columns}' height='{rows}' fill='white' "
            "stroke='#aaa' stroke-width='0.04'/>"
        )
        parts += [
            f"<rect x='{j - 0.5}' y='{i - 0.5}' width='1' height='1' fill='#555'/>"
            for i, j in np.argwhere(instance.blocked).tolist()
        ]
    else:
        thin = 0.002 * max(width, height)
        for a, b in instance.edges.tolist():
            (x0, y0), (x1, y1) = place(a), place(b)
            parts.append(
                f"<line x1='{x0:g}' y1='{y0:g}' x2='{x1:g}' y2='{y1:g}' stroke='#ddd' "
                f"stroke-width='{thin:g}'/>"
            )
    for i in range(instance.agents):
        own = np.flatnonzero(done.agent == i)
        times = [0.0, *done.end[own].tolist()]
        at = [place(int(instance.start[i])), *(place(v) for v in done.head[own].tolist())]
        if times[-1] < last:
            times.append(last)
            at.append(at[-1])
        keys = ";".join(f"{t / last:.6f}" for t in times[:-1]) + ";1" if len(times) > 1 else "0;1"
        if len(times) == 1:
            at.append(at[0])
        colour = _COLOURS[i % len(_COLOURS)]
        timing = f"dur='{_SECONDS:g}s' repeatCount='indefinite' keyTimes='{keys}'"
        goal = place(int(instance.goal[i]))
        radius = float(instance.radius[i])
        parts.append(
            f"<circle cx='{goal[0]:g}' cy='{goal[1]:g}' r='{radius:g}' fill='none' "
            f"stroke='{colour}' stroke-width='{0.1 * radius:g}'/>"
            f"<circle r='{radius:g}' fill='{colour}' fill-opacity='0.8'><title>agent {i}</title>"
            + "".join(
                f"<animate attributeName='{name}' values='"
                + ";".join(f"{p[k]:.6g}" for p in at)
                + f"' {timing}/>"
                for k, name in enumerate(("cx", "cy"))
            )
            + "</circle>"
        )
    return "\n".join([*parts, "</svg></body></html>", ""])


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;") or "paths"


#: `zerogap plot FILE SOL OUT.html`: the animation.
EXPORTS = {".html": animate}


def rows(instance: Mapf, solution: Paths) -> list[dict[str, Any]]:
    """A row an entry of a path: agent, time, vertex and its place."""
    table = []
    for i in range(instance.agents):
        for k in range(int(solution.first[i]), int(solution.first[i + 1])):
            v = int(solution.vertex[k])
            x, y = instance.xy[v].tolist()
            table.append({"agent": i, "time": float(solution.time[k]), "vertex": v, "x": x, "y": y})
    return table

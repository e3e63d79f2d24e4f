"""A fair clique in its neighbourhood, and how far the reductions got."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.fairclique import Clique, FairClique
from zerogap.report import palette
from zerogap.report.scene import Scene
from zerogap.solvers.fairclique import funnel

#: How many neighbours of the clique are drawn: those with most neighbours in it.
_AROUND = 60


def surroundings(graph: FairClique, solution: Clique) -> tuple[np.ndarray, np.ndarray]:
    """Vertices outside the clique by falling number of neighbours in it, and these numbers."""
    inside = graph.index(solution.vertices)
    if len(inside) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    near, count = np.unique(np.concatenate([graph.row(int(v)) for v in inside]), return_counts=True)
    outside = ~np.isin(near, inside)
    near, count = near[outside], count[outside]
    order = np.lexsort((near, -count))[:_AROUND]
    return near[order], count[order]


def draw(graph: FairClique, solution: Clique, axes: Any = None) -> Any:
    """The clique as an inner ring coloured by attribute, its nearest neighbours around it.

    Without `axes` a second panel shows vertices and edges after every step of the reduction.

    Parameters
    ----------
    graph : FairClique
    solution : Clique
    axes : matplotlib Axes, optional

    Returns
    -------
    matplotlib Figure
    """
    second = None
    if axes is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 5.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes, second = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_clique(graph, solution, axes)
    if second is not None:
        _draw_funnel(graph, second)
    return axes.figure


def _ring(count: int, radius: float) -> np.ndarray:
    angle = np.pi / 2 + 2 * np.pi * np.arange(count) / max(count, 1)
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def _draw_clique(graph: FairClique, solution: Clique, axes: Any) -> None:
    from matplotlib.collections import LineCollection

    inside = graph.index(solution.vertices)
    inside = inside[np.argsort(graph.attribute[inside], kind="stable")]
    near, _ = surroundings(graph, solution)
    # Neighbours by attribute too, so that each colour is one arc.
    near = near[np.argsort(graph.attribute[near], kind="stable")]
    place = {int(v): p for v, p in zip(inside, _ring(len(inside), 1.0))}
    place |= {int(v): p for v, p in zip(near, _ring(len(near), 1.9))}
    within = [(place[int(u)], place[int(v)]) for i, u in enumerate(inside) for v in inside[:i]]
    across = [
        (place[int(u)], place[int(v)]) for u in near for v in inside[np.isin(inside, graph.row(u))]
    ]
    axes.add_collection(LineCollection(across, colors="0.85", linewidths=0.4, zorder=1))
    axes.add_collection(LineCollection(within, colors="0.45", linewidths=0.6, zorder=2))
    colours = palette.colours(np.arange(len(graph.values) if hasattr(graph, "values") else 10))
    for a, value in enumerate(graph.values):
        for members, size, edge in ((inside, 130, "black"), (near, 35, "none")):
            of_value = [place[int(v)] for v in members if graph.attribute[v] == a]
            if not of_value:
                continue
            x, y = np.array(of_value).T
            label = f"{value}: {len(of_value)}" if size > 100 else None
            axes.scatter(x, y, s=size, color=[colours[a]], edgecolors=edge, label=label, zorder=3)
    if len(inside) <= 40:
        for v in inside:
            x, y = place[int(v)] * 1.0
            axes.annotate(
                str(graph.label(int(v))), (x, y), ha="center", va="center", fontsize=5, zorder=4
            )
    axes.set_xlim(-2.2, 2.2)
    axes.set_ylim(-2.2, 2.2)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(
        f"{graph.name or 'fair clique'}: {len(inside)} vertices (k = {graph.k}, "
        f"delta = {graph.delta})"
    )
    if len(inside):
        axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1), title="attribute", fontsize=8,
                    frameon=False)  # fmt: skip


def _draw_funnel(graph: FairClique, axes: Any) -> None:
    stages = funnel(graph)
    y = np.arange(len(stages))[::-1]
    axes.barh(y + 0.2, [max(s[1], 0.5) for s in stages], height=0.38, label="vertices")
    axes.barh(y - 0.2, [max(s[2], 0.5) for s in stages], height=0.38, label="edges")
    for at, stage in zip(y, stages):
        axes.annotate(
            f" {stage[1]} / {stage[2]}", (max(stage[1], stage[2], 0.5), at), va="center", fontsize=7
        )
    axes.set_yticks(y, [f"{s[0]} (≥ {s[3]})" for s in stages], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(0.5, max(s[2] for s in stages) * 30 + 10)
    axes.set_xlabel("left after the step (size searched for in brackets)")
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)
    axes.set_title("reduction")


def scene(graph: FairClique, solution: Clique) -> Scene:
    """The clique as a ring inside, its neighbours around it, a colour an attribute value."""
    inside = graph.index(solution.vertices)
    inside = inside[np.argsort(graph.attribute[inside], kind="stable")]
    near, _ = surroundings(graph, solution)
    near = near[np.argsort(graph.attribute[near], kind="stable")]
    made = Scene(f"{graph.name or 'fair clique'}: {len(inside)} vertices (k = {graph.k}, "
                 f"delta = {graph.delta})", equal=True,
                 groups=[str(v) for v in graph.values])  # fmt: skip
    place = {int(v): p for v, p in zip(inside, _ring(len(inside), 1.0))}
    place |= {int(v): p for v, p in zip(near, _ring(len(near), 1.9))}
    for u in near:
        for v in inside[np.isin(inside, graph.row(u))]:
            made.line((place[int(u)], place[int(v)]), -1, "", "thin dash")
    for i, u in enumerate(inside):
        for v in inside[:i]:
            made.line((place[int(u)], place[int(v)]), -1, "", "thin")
    for v, member in [*((v, True) for v in inside), *((v, False) for v in near)]:
        a = int(graph.attribute[v])
        made.dot(place[int(v)][0], place[int(v)][1], a, str(graph.label(int(v))),
                 f"vertex {graph.label(int(v))}: {graph.values[a]}\n"
                 f"{'in the clique' if member else 'a neighbour'}")  # fmt: skip
    return made


def rows(graph: FairClique, solution: Clique) -> list[dict[str, Any]]:
    """A row a vertex of the clique: its id (or name) and attribute value."""
    index = graph.index(solution.vertices)
    return [
        {
            "vertex": int(v) if graph.names is None else graph.names[int(v)],
            "attribute": graph.values[int(graph.attribute[k])],
        }
        for v, k in zip(solution.vertices, index)
    ]

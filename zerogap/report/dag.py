"""Graphs drawn along their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.dag import Dag, Structure, bif, dot, graphml
from zerogap.report.scene import Scene

#: Beyond this many variables the adjacency matrix is drawn in place of arrows.
_ARROWS = 40
#: Up to so many edges have their weights written.
_WEIGHTED = 40
#: Edges against a true graph (Okabe and Ito's green, orange and vermilion).
RIGHT, REVERSED, EXTRA = "#009e73", "#e69f00", "#d55e00"


def draw(instance: Any, structure: Structure, axes: Any = None, threshold: float = 0.3) -> Any:
    """The graph in layers, or for many variables its adjacency matrix in the order found.

    Edges below the threshold are left out of the drawing where weights have a meaning of their own
    (the losses ls and logistic). With a true graph, right edges are green, reversed ones orange,
    extra ones vermilion, missing ones dashed grey.

    Parameters
    ----------
    instance : Dag, Categorical or LocalScores
    structure : Structure
    axes : matplotlib Axes, optional
    threshold : float

    Returns
    -------
    matplotlib Figure
    """
    if axes is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 7), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
    plain = isinstance(instance, Dag) and instance.penalty == "none"
    shown = structure.threshold(threshold) if plain else structure
    if instance.variables > _ARROWS:
        _matrix(axes, shown)
    else:
        _arrows(axes, instance, shown)
    axes.set_title(f"{instance.name or 'DAG'}: {len(shown.edges)} edges")
    return axes.figure


def _matrix(axes: Any, structure: Structure) -> None:
    W = structure.adjacency[np.ix_(structure.order, structure.order)]
    top = max(float(np.abs(W).max()), 1e-12)
    picture = axes.imshow(W, cmap="RdBu", vmin=-top, vmax=top, interpolation="nearest")
    axes.figure.colorbar(picture, ax=axes, label="weight, row → column")
    axes.set_xlabel("position in the order")
    axes.set_ylabel("position in the order")


def layers(structure: Structure) -> np.ndarray:
    """Longest path from a source to every variable."""
    depth = np.zeros(len(structure.order), dtype=int)
    support = structure.adjacency != 0
    for j in structure.order.tolist():
        parents = np.flatnonzero(support[:, j])
        if len(parents):
            depth[j] = depth[parents].max() + 1
    return depth


def _positions(structure: Structure) -> np.ndarray:
    """Layers from left to right; within a layer by the mean height of the parents."""
    depth = layers(structure)
    support = structure.adjacency != 0
    place = np.zeros((len(depth), 2))
    for level in range(depth.max() + 1):
        members = np.flatnonzero(depth == level)
        height = [
            place[support[:, j], 1].mean() if support[:, j].any() else float(k)
            for k, j in enumerate(members)
        ]
        ranked = members[np.argsort(height, kind="stable")]
        place[ranked, 0] = level
        place[ranked, 1] = np.linspace(0, 1, len(ranked) + 2)[1:-1]
        # Neighbouring layers are shifted against each other, so that straight edges pass by.
        place[ranked, 1] += 0.04 * (level % 3 - 1)
    return place


def _arrows(axes: Any, instance: Dag, structure: Structure) -> None:
    place = _positions(structure)
    truth = None if instance.truth is None else instance.truth != 0
    heaviest = max((abs(w) for w in structure.weights.tolist()), default=1.0) or 1.0
    boxes = [
        axes.text(
            x, y, structure.names[j], ha="center", va="center", fontsize=8, zorder=2,
            bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": "0.4"},
        ).get_bbox_patch()
        for j, (x, y) in enumerate(place.tolist())
    ]  # fmt: skip
    told = len(structure.edges) <= _WEIGHTED
    for (i, j), w in zip(structure.edges.tolist(), structure.weights.tolist()):
        color = "0.25"
        if truth is not None:
            color = RIGHT if truth[i, j] else REVERSED if truth[j, i] else EXTRA
        width = 0.6 + 1.6 * abs(w) / heaviest
        _arrow(axes, place[i], place[j], boxes[i], boxes[j], color, width, "-")
        if told:
            x, y = 0.55 * place[j] + 0.45 * place[i]
            axes.text(x, y, f"{w:.3g}", fontsize=6.5, ha="center", va="center", color="0.2",
                      zorder=4, bbox={"boxstyle": "square,pad=0.1", "facecolor": "white",
                                      "edgecolor": "none", "alpha": 0.8})  # fmt: skip
    if truth is not None:
        found = structure.adjacency != 0
        for i, j in np.argwhere(truth & ~found & ~found.T).tolist():
            _arrow(axes, place[i], place[j], boxes[i], boxes[j], "0.6", 0.8, "--")
    axes.set_xlim(-0.5, place[:, 0].max() + 0.5)
    axes.set_ylim(-0.1, 1.1)
    axes.set_axis_off()


def _arrow(
    axes: Any, start: Any, end: Any, first: Any, last: Any, color: str, width: float, style: str
) -> None:
    """From box to box: its head ends at the box, in front of everything."""
    axes.annotate(
        "", xy=end, xytext=start, zorder=3,
        arrowprops={
            "arrowstyle": "-|>", "color": color, "lw": width, "linestyle": style, "patchA": first,
            "patchB": last, "shrinkA": 1, "shrinkB": 2, "connectionstyle": "arc3,rad=0.08",
        },
    )  # fmt: skip


def scene(instance: Any, structure: Structure) -> Scene:
    """Layers from left to right, an arrow an edge with its weight."""
    made = Scene(f"{instance.name or 'DAG'}: {len(structure.edges)} edges",
                 groups=["variables", "weights"])  # fmt: skip
    place = _positions(structure)
    weights = getattr(structure, "weights", None)
    for k, (i, j) in enumerate(structure.edges.tolist()):
        told = "" if weights is None or k >= len(weights) else f"\nweight {weights[k]:.6g}"
        if told and weights is not None and len(structure.edges) <= _WEIGHTED:
            x, y = 0.55 * place[j] + 0.45 * place[i]
            made.dot(x, y, 1, f"{weights[k]:.3g}", f"{structure.names[i]} → "
                     f"{structure.names[j]}{told}", "w")  # fmt: skip
        made.line((place[i], place[j]), -1, f"{structure.names[i]} → {structure.names[j]}{told}",
                  "thin arrow")  # fmt: skip
    support = structure.adjacency != 0
    for j, (x, y) in enumerate(place.tolist()):
        parents = [structure.names[i] for i in np.flatnonzero(support[:, j])]
        made.dot(x, y, 0, structure.names[j],
                 f"{structure.names[j]}\nparents: {', '.join(parents) or 'none'}")  # fmt: skip
    return made


#: What other programs read: ``zerogap plot FILE SOLUTION graph.dot``.
EXPORTS = {
    ".dot": lambda instance, structure: dot(structure),
    ".graphml": lambda instance, structure: graphml(structure),
    ".bif": bif,
}


def rows(instance: Any, structure: Structure) -> list[dict[str, Any]]:
    """A row an edge: from, to, weight where there is one."""
    weights = getattr(structure, "weights", ())
    return [
        {
            "from": structure.names[i],
            "to": structure.names[j],
            "weight": float(weights[k]) if k < len(weights) else None,
        }
        for k, (i, j) in enumerate(structure.edges.tolist())
    ]

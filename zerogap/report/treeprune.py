"""Pictures of pruned trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.treeprune import Draft, TreePrune, check, node_costs, retained
from zerogap.report import palette
from zerogap.report.scene import Scene

#: Beyond this many nodes neither outlines nor node sizes could be seen.
_DETAILED = 3000


def _named(tree: TreePrune | Draft, v: int) -> Any:
    """A node as people call it: its name, or its number."""
    return v if tree.names is None else tree.names[v]


def _draft_shape(draft: Draft, solution: Any) -> tuple[TreePrune, np.ndarray]:
    """The verified text as a root above the candidates, and which nodes are in the draft tree."""
    n = len(draft.parent)
    above = np.concatenate([[-1], draft.parent + 1])
    chosen = np.zeros(n + 1, dtype=bool)
    chosen[solution.nodes + 1] = chosen[0] = True
    return TreePrune(above, np.zeros(n + 1), np.ones(n + 1)), chosen


def _draft_scene(draft: Draft, solution: Any) -> Scene:
    shape, chosen = _draft_shape(draft, solution)
    x, y = layout(shape)
    made = Scene(
        f"{draft.name or 'draft'}: {len(solution.nodes)} of {len(draft.parent)} candidates, "
        f"expected accepted length {check(draft, solution):.4g}",
        groups=["draft tree", "other candidates"],
    )
    for v in range(1, shape.nodes):
        a = int(shape.parent[v])
        made.line(((x[a], y[a]), (x[v], y[v])), -1, "", "" if chosen[v] else "thin dash")
    for v in range(shape.nodes):
        what = (
            "verified text"
            if v == 0
            else (f"candidate {_named(draft, v - 1)}, p {draft.probability[v - 1]:.4g}")
        )
        made.dot(x[v], y[v], 0 if chosen[v] else 1, "", what, "o" if chosen[v] else "x")
    return made


def _draw_draft(draft: Draft, solution: Any, axes: Any) -> Any:
    from matplotlib.figure import Figure

    if axes is None:
        axes = Figure(figsize=(10, 5), layout="constrained").add_subplot()
    n = len(draft.parent)
    shape, chosen = _draft_shape(draft, solution)
    x, y = layout(shape)
    for v in range(1, n + 1):
        a = int(shape.parent[v])
        colour, line = ("#333333", 1.4) if chosen[v] else ("#d8d8d8", 0.6)
        axes.plot([x[a], x[v]], [y[a], y[v]], color=colour, lw=line, zorder=2 if chosen[v] else 1)
    size = 6 + 60 * np.append(1.0, draft.probability)
    axes.scatter(x, y, s=size, c=np.where(chosen, "#333333", "#d8d8d8").tolist(), zorder=3)
    axes.set_axis_off()
    axes.set_title(
        f"{draft.name or 'draft'}: {len(solution.nodes)} of {n} candidates, "
        f"expected accepted length {check(draft, solution):.4g}",
        fontsize=9,
    )
    return axes.figure


def layout(tree: TreePrune) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the nodes: leaves side by side, parents over the middle, depth downwards."""
    n = tree.nodes
    parent = tree.parent.tolist()
    children: list[list[int]] = [[] for _ in range(n)]
    for v, a in enumerate(parent):
        if a >= 0:
            children[a].append(v)
    order = []
    stack = tree.roots.tolist()[::-1]
    while stack:
        v = stack.pop()
        order.append(v)
        stack += children[v][::-1]
    x, depth, column = np.zeros(n), np.zeros(n), 0
    for v in order:
        depth[v] = depth[parent[v]] + 1 if parent[v] >= 0 else 0
        if not children[v]:
            x[v] = column
            column += 1
    for v in reversed(order):
        if children[v]:
            x[v] = 0.5 * (x[children[v][0]] + x[children[v][-1]])
    return x, -depth


def draw(tree: TreePrune | Draft, solution: Any, axes: Any = None) -> Any:
    """The tree: kept branches drawn out, pruned ones pale, leaves coloured by cluster.

    Of a draft, the candidates with those of the tree drawn out.

    Parameters
    ----------
    tree : TreePrune or Draft
    solution : Kept or Drafted
    axes : matplotlib Axes, optional
        Where to draw; a new figure otherwise.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    if isinstance(tree, Draft):
        return _draw_draft(tree, solution, axes)
    if axes is None:
        width = float(np.clip(0.12 * len(tree.leaves), 6, 24))
        axes = Figure(figsize=(width, 5), layout="constrained").add_subplot()
    x, y = layout(tree)
    mask = retained(tree, solution.keep)
    edges = np.flatnonzero(tree.parent >= 0)
    ends = np.stack([np.stack([x, y], 1)[tree.parent[edges]], np.stack([x, y], 1)[edges]], axis=1)
    for shown, colour, line in ((~mask[edges], "#d8d8d8", 0.7), (mask[edges], "#333333", 1.4)):
        axes.add_collection(LineCollection(list(ends[shown]), colors=colour, linewidths=line))
    size = np.full(tree.nodes, 6.0)
    if tree.nodes <= _DETAILED and tree.tokens.max() > 0:
        size = 8 + 60 * tree.tokens / tree.tokens.max()
    inner = np.ones(tree.nodes, dtype=bool)
    inner[tree.leaves] = False
    axes.scatter(
        x[inner],
        y[inner],
        s=size[inner],
        zorder=3,
        c=np.where(mask[inner], "#333333", "#d8d8d8").tolist(),
    )
    colours = palette.colours(tree.cluster[tree.leaves])
    kept = mask[tree.leaves]
    colours[~kept, 3] = 0.25
    axes.scatter(
        x[tree.leaves],
        y[tree.leaves],
        s=size[tree.leaves],
        c=colours,
        zorder=4,
        edgecolors=np.where(kept, "black", "none").tolist() if tree.nodes <= _DETAILED else None,
        linewidths=0.8,
    )
    axes.margins(0.02, 0.08)
    axes.set_axis_off()
    cost = node_costs(tree)
    used, total = cost[mask].sum(), cost.sum()
    covered = len(set(tree.cluster[solution.keep].tolist()) - {-1})
    axes.set_title(
        f"{tree.name or 'tree'}: {len(solution.keep)} of {len(tree.leaves)} leaves, "
        f"{used:.4g} of {total:.4g} cost, {covered} of {len(tree.clusters)} clusters, "
        f"objective {check(tree, solution):.6g}",
        fontsize=9,
    )
    return axes.figure


def scene(tree: TreePrune | Draft, solution: Any) -> Scene:
    """The tree: kept branches drawn out, pruned ones dashed, leaves coloured by cluster."""
    if isinstance(tree, Draft):
        return _draft_scene(tree, solution)
    x, y = layout(tree)
    mask = retained(tree, solution.keep)
    made = Scene(f"{tree.name or 'tree'}: {len(solution.keep)} of {len(tree.leaves)} leaves, "
                 f"objective {check(tree, solution):.6g}",
                 groups=[f"cluster {c}" for c in tree.clusters])  # fmt: skip
    number = {int(c): k for k, c in enumerate(tree.clusters)}
    for v in np.flatnonzero(tree.parent >= 0).tolist():
        a = int(tree.parent[v])
        made.line(((x[a], y[a]), (x[v], y[v])), -1, "", "" if mask[v] else "thin dash")
    leaf = np.zeros(tree.nodes, dtype=bool)
    leaf[tree.leaves] = True
    for v in range(tree.nodes):
        group = number.get(int(tree.cluster[v]), -1) if leaf[v] else -1
        told = [f"node {_named(tree, v)}", f"{'kept' if mask[v] else 'pruned'}, "
                f"{tree.tokens[v]:.6g} tokens", f"reward {tree.reward[v]:.6g}"]  # fmt: skip
        tip = "\n".join(told if leaf[v] else told[:2])
        made.dot(x[v], y[v], group, "", tip, "o" if mask[v] else "x")
    return made


def rows(tree: TreePrune | Draft, solution: Any) -> list[dict[str, Any]]:
    """A row a kept leaf (its node, reward, own cost and cluster), or a node of a draft tree."""
    if isinstance(tree, Draft):
        return [
            {
                "node": _named(tree, v),
                "parent": _named(tree, int(tree.parent[v])) if tree.parent[v] >= 0 else None,
                "probability": float(tree.probability[v]),
            }
            for v in solution.nodes.tolist()
        ]
    return [
        {"leaf": _named(tree, v), "reward": float(tree.reward[v]), "tokens": float(tree.tokens[v]),
         "cluster": int(tree.cluster[v])}
        for v in np.asarray(solution.keep).tolist()
    ]  # fmt: skip

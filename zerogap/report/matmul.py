"""Pictures of schemes: the factors as heat maps, shared sums as a circuit."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.matmul import MatMul, Program, ReducedScheme, Scheme
from zerogap.report.scene import Scene

#: Circuits with more variables than this are a black area, so their heat maps stand alone.
_DRAWN = 150


def draw(instance: MatMul, solution: Scheme | ReducedScheme, axes: Any = None) -> Any:
    """Heat maps of U, V and W; below them the circuits of a reduced scheme.

    Parameters
    ----------
    instance : MatMul
    solution : Scheme or ReducedScheme
    axes : sequence of three matplotlib Axes, optional
        Where to draw the heat maps; a new figure otherwise.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.figure import Figure

    n1, n2, n3 = instance.n.tolist()
    programs = None
    scheme = solution
    if isinstance(solution, ReducedScheme):
        scheme = solution.scheme(modulus=2 if instance.ring == "Z2" else 0)
        programs = (solution.u, solution.v, solution.w)
        if max(p.inputs + len(p.fresh) + len(p.outputs) for p in programs) > _DRAWN:
            programs = None
    assert isinstance(scheme, Scheme)
    if axes is None:
        width = float(np.clip(2 + 0.16 * scheme.rank, 6, 24))
        figure = Figure(figsize=(width, 9 if programs is None else 18), layout="constrained")
        grid = figure.subplots(3 if programs is None else 6, 1, squeeze=False)[:, 0]
    else:
        figure, grid = axes[0].figure, axes
        programs = None
    labels = (
        [f"a{i + 1}{j + 1}" for i in range(n1) for j in range(n2)],
        [f"b{i + 1}{j + 1}" for i in range(n2) for j in range(n3)],
        [f"c{i + 1}{k + 1}" for k in range(n3) for i in range(n1)],
    )
    for ax, name, entries in zip(grid, "uvw", labels):
        _heat(ax, getattr(scheme, name), name.upper(), entries)
    additions = f", {solution.additions} additions"
    grid[0].set_title(f"{n1}×{n2}×{n3} over {instance.ring}: rank {scheme.rank}{additions}")
    if programs is not None:
        outputs = (*([f"r{r}" for r in range(scheme.rank)] for _ in range(2)), labels[2])
        inputs = (labels[0], labels[1], outputs[0])
        for ax, program, into, out in zip(grid[3:], programs, inputs, outputs):
            _circuit(ax, program, into, out)
    return figure


def _heat(ax: Any, matrix: np.ndarray, title: str, entries: list[str]) -> None:
    """Coefficients, positive red and negative blue, a column for every product."""
    top = max(1, int(np.abs(matrix).max(initial=0)))
    ax.imshow(matrix.T, cmap="RdBu_r", vmin=-top, vmax=top, aspect="auto", interpolation="none")
    ax.set_ylabel(title)
    if len(entries) <= 30:
        ax.set_yticks(range(len(entries)), entries, fontsize=7)
    ax.set_xticks(np.arange(-0.5, len(matrix)), minor=True)
    ax.set_yticks(np.arange(-0.5, matrix.shape[1]), minor=True)
    ax.grid(which="minor", color="0.85", linewidth=0.4)
    ax.tick_params(which="minor", length=0)


def levels(program: Program) -> list[int]:
    """Depth of every variable and output: one more than the deepest term of its sum."""
    depth = [0] * program.inputs
    for terms in program.fresh:
        depth.append(1 + max(depth[i] for i, _ in terms))
    variables = list(depth)
    tops = (1 + max((depth[i] for i, _ in terms), default=0) for terms in program.outputs)
    return [*variables, *tops]


def _circuit(ax: Any, program: Program, inputs: list[str], outputs: list[str]) -> None:
    """Inputs below, outputs on top, shared sums between; dashed lines are subtracted."""
    from matplotlib.collections import LineCollection

    known = program.inputs + len(program.fresh)
    depth = levels(program)
    height = max(depth)
    y = np.array([d if v < known else height + 0.5 for v, d in enumerate(depth)], float)
    x = np.zeros(len(y))
    for level in np.unique(y):
        row = np.flatnonzero(y == level)
        x[row] = (np.arange(len(row)) + 0.5) / len(row)
    solid: list = []
    dashed: list = []
    for v, terms in enumerate((*program.fresh, *program.outputs)):
        target = program.inputs + v
        for i, sign in terms:
            line = [(x[i], y[i]), (x[target], y[target])]
            (solid if sign > 0 else dashed).append(line)
    ax.add_collection(LineCollection(solid, colors="#d55e00", linewidths=0.7))
    ax.add_collection(LineCollection(dashed, colors="#0072b2", linewidths=0.7, linestyles="--"))
    ax.scatter(x, y, s=14, color="0.2", zorder=3)
    for v, text in [*enumerate(inputs), *((known + k, t) for k, t in enumerate(outputs))]:
        below = v < known
        ax.annotate(text, (x[v], y[v]), xytext=(0, -9 if below else 4), fontsize=6,
                    textcoords="offset points", ha="center")  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.5, height + 1)
    ax.set_xticks([])
    ax.set_ylabel(f"{program.additions} additions")


def scene(instance: MatMul, solution: Scheme | ReducedScheme) -> Scene:
    """Coefficients of U, V and W, a column for every product."""
    scheme = solution
    if isinstance(solution, ReducedScheme):
        scheme = solution.scheme(modulus=2 if instance.ring == "Z2" else 0)
    assert isinstance(scheme, Scheme)
    n1, n2, n3 = instance.n.tolist()
    labels = (
        [f"a{i + 1}{j + 1}" for i in range(n1) for j in range(n2)],
        [f"b{i + 1}{j + 1}" for i in range(n2) for j in range(n3)],
        [f"c{i + 1}{k + 1}" for k in range(n3) for i in range(n1)],
    )
    made = Scene(f"{n1}×{n2}×{n3} over {instance.ring}: rank {scheme.rank}, "
                 f"{solution.additions} additions", x="product", down=True,
                 groups=["positive", "negative"],
                 rows=[e for part in labels for e in part])  # fmt: skip
    above = 0
    for name, entries in zip("uvw", labels):
        matrix = np.asarray(getattr(scheme, name))
        for r, e in np.argwhere(matrix != 0).tolist():
            value = int(matrix[r, e])
            made.box(r, above + e - 0.5, r + 1, above + e + 0.5, int(value < 0), "",
                     f"product {r + 1}\n{entries[e]}: {value:+d}")  # fmt: skip
        above += len(entries)
    return made


def rows(instance: MatMul, solution: Scheme | ReducedScheme) -> list[dict[str, Any]]:
    """A row a product: what is multiplied, and the entries of C it is added to."""
    scheme = solution
    if isinstance(solution, ReducedScheme):
        scheme = solution.scheme(modulus=2 if instance.ring == "Z2" else 0)
    assert isinstance(scheme, Scheme)
    n1, n2, n3 = instance.n.tolist()
    labels = {
        "a": [f"a{i + 1}{j + 1}" for i in range(n1) for j in range(n2)],
        "b": [f"b{i + 1}{j + 1}" for i in range(n2) for j in range(n3)],
        "c": [f"c{i + 1}{k + 1}" for k in range(n3) for i in range(n1)],
    }

    def said(row: Any, names: list[str]) -> str:
        parts = [
            f"{'+' if v > 0 else '-'}{'' if abs(v) == 1 else abs(v)}{names[e]}"
            for e, v in enumerate(row.tolist())
            if v
        ]
        return " ".join(parts).removeprefix("+")

    return [
        {"product": r + 1, "left": said(scheme.u[r], labels["a"]),
         "right": said(scheme.v[r], labels["b"]), "added to": said(scheme.w[r], labels["c"])}
        for r in range(scheme.rank)
    ]  # fmt: skip

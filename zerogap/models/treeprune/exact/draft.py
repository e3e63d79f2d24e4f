"""Draft trees as a closure problem with a limited number of nodes, for both backends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.treeprune.draft import Draft, Drafted, chains
from zerogap.models.treeprune.exact.parts import scaling


class _Parts:
    def __init__(self, draft: Draft):
        self.draft = draft
        needs, depth, self.worth = chains(draft)
        self.nodes = len(needs)
        self.pairs = [(v, int(a)) for v, a in enumerate(needs) if a >= 0]
        self.deep = int(depth.max(initial=0))
        self.depth = depth.tolist()
        self.most = min(draft.size, self.nodes)

    def values(self, solution: Drafted) -> tuple[set[int], int]:
        inside = set(solution.nodes.tolist())
        return inside, max((self.depth[v] for v in inside), default=0)


def _reader(parts: _Parts, y: Any) -> Callable[[Callable[[Any], float]], Drafted]:
    def read(value: Callable[[Any], float]) -> Drafted:
        nodes = [v for v in range(parts.nodes) if value(y[v]) > 0.5]
        return Drafted(np.array(nodes, dtype=np.int32), parts.draft.names)

    return read


def cpsat(draft: Draft) -> Model:
    """CP-SAT model.

    Variables: ``y`` (by candidate: in the tree), ``level`` (by depth from 1: reached) and
    ``count`` (by number of nodes: the tree has so many), the last one with `latency` only.
    """
    from ortools.sat.python import cp_model

    parts = _Parts(draft)
    model = cp_model.CpModel()
    y = [model.new_bool_var(f"y{v}") for v in range(parts.nodes)]
    level = {d: model.new_bool_var(f"level{d}") for d in range(1, parts.deep + 1)}
    for v, a in parts.pairs:
        model.add_implication(y[v], y[a])
    for v in range(parts.nodes):
        model.add_implication(y[v], level[parts.depth[v]])
    for d in range(2, parts.deep + 1):
        model.add_implication(level[d], level[d - 1])
    model.add(sum(y) <= parts.most)
    terms = [(float(w), x) for w, x in zip(parts.worth, y)]
    terms += [(-draft.depth_cost, x) for x in level.values()]
    count: dict[int, Any] = {}
    if draft.latency is not None:
        count = {m: model.new_bool_var(f"count{m}") for m in range(parts.most + 1)}
        model.add_exactly_one(count.values())
        model.add(sum(y) == sum(m * x for m, x in count.items()))
        terms += [(-float(draft.latency[m]), x) for m, x in count.items()]
    unit, exact = scaling([w for w, _ in terms])
    model.maximize(sum(round(w * unit) * x for w, x in terms))

    def hint(solution: Drafted) -> Iterator[tuple[Any, int]]:
        inside, reached = parts.values(solution)
        yield from ((x, int(v in inside)) for v, x in enumerate(y))
        yield from ((x, int(d <= reached)) for d, x in level.items())
        yield from ((x, int(m == len(inside))) for m, x in count.items())

    return Model(
        model,
        {"y": y, "level": level, "count": count},
        _reader(parts, y),
        hint,
        scale=1.0 / unit,
        slack=0.0 if exact else 0.5 * len(terms) / unit,
    )


def pyomo(draft: Draft) -> Model:
    """Pyomo model, with the variables of `cpsat`."""
    import pyomo.environ as pyo

    parts = _Parts(draft)
    model = pyo.ConcreteModel()
    model.y = pyo.Var(range(parts.nodes), domain=pyo.Binary)
    model.level = pyo.Var(range(1, parts.deep + 1), domain=pyo.Binary)
    y, level = model.y, model.level
    model.closed = pyo.ConstraintList()
    for v, a in parts.pairs:
        model.closed.add(y[v] <= y[a])
    for v in range(parts.nodes):
        model.closed.add(y[v] <= level[parts.depth[v]])
    for d in range(2, parts.deep + 1):
        model.closed.add(level[d] <= level[d - 1])
    total = sum(y[v] for v in range(parts.nodes))
    worth = sum(float(w) * y[v] for v, w in enumerate(parts.worth))
    worth -= draft.depth_cost * sum(level[d] for d in range(1, parts.deep + 1))
    if parts.nodes:
        model.closed.add(total <= parts.most)
    model.count = pyo.Var(
        range(parts.most + 1 if draft.latency is not None else 0), domain=pyo.Binary
    )
    if draft.latency is not None:
        places = range(parts.most + 1)
        model.closed.add(sum(model.count[m] for m in places) == 1)
        if parts.nodes:
            model.closed.add(total == sum(m * model.count[m] for m in places))
        worth -= sum(float(draft.latency[m]) * model.count[m] for m in places)
    model.spare = pyo.Var(bounds=(0, 0))  # a model without candidates has to have a variable
    model.objective = pyo.Objective(expr=worth + model.spare, sense=pyo.maximize)

    def hint(solution: Drafted) -> Iterator[tuple[Any, int]]:
        inside, reached = parts.values(solution)
        yield from ((y[v], int(v in inside)) for v in range(parts.nodes))
        yield from ((level[d], int(d <= reached)) for d in range(1, parts.deep + 1))
        yield from ((model.count[m], int(m == len(inside))) for m in model.count)
        yield model.spare, 0

    return Model(model, {"y": y, "level": level, "count": model.count}, _reader(parts, y), hint)

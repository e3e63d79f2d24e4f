"""Constraint program over parent sets, for CP-SAT."""

from __future__ import annotations

from zerogap.models.base import Model
from zerogap.models.dag.categorical import Categorical, LocalScores
from zerogap.models.dag.exact.pyomo import parents_of
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.parents import ParentLists, parent_sets, structure
from zerogap.models.dag.solution import Structure

#: Costs are rounded to this share of the spread of all costs.
RESOLUTION = 1e-11


def build(
    instance: Dag | Categorical | LocalScores,
    lists: ParentLists | None = None,
    every: bool = False,
) -> Model:
    """One parent set for every variable, edges that follow from it, positions along the edges.

    Parameters
    ----------
    instance : Dag, Categorical or LocalScores
        A `Dag` with loss ls or gauss and no l1 penalty.
    lists : sequence of (costs, sets), optional
        Parent sets of every variable; all undominated ones if None.
    every : bool
        Whether ``edge`` also names the pairs that are in no list (fixed at 0), so that a user's
        constraint may speak of any edge.

    Returns
    -------
    Model
        Variables by name: ``choose[j, k]`` (variable j takes its set k), ``edge[i, j]``,
        ``position[j]`` in 0 … d−1. Costs are integers above each variable's cheapest set; `slack`
        is the largest error of the rounding.
    """
    from ortools.sat.python import cp_model

    lists = parent_sets(instance) if lists is None else lists
    d = instance.variables
    model = cp_model.CpModel()
    position = {j: model.new_int_var(0, d - 1, f"position[{j}]") for j in range(d)}
    pairs = sorted({(i, j) for j in range(d) for members in lists[j][1] for i in members})
    edge = {(i, j): model.new_bool_var(f"edge[{i},{j}]") for i, j in pairs}
    if every:
        for i, j in ((i, j) for i in range(d) for j in range(d) if i != j):
            edge.setdefault((i, j), model.new_int_var(0, 0, f"edge[{i},{j}]"))
    choose = {
        (j, k): model.new_bool_var(f"choose[{j},{k}]")
        for j in range(d)
        for k in range(len(lists[j][0]))
    }
    spread = sum(float(max(c)) - float(min(c)) for c, _ in lists) or 1.0
    unit = spread * RESOLUTION
    cheapest = [float(min(c)) for c, _ in lists]
    for j in range(d):
        model.add_exactly_one(choose[j, k] for k in range(len(lists[j][0])))
        sources = [i for i, t in pairs if t == j]
        for i in sources:
            holding = [choose[j, k] for k, s in enumerate(lists[j][1]) if i in s]
            model.add(sum(holding) == edge[i, j])
            model.add(position[j] >= position[i] + 1).only_enforce_if(edge[i, j])
    for i, j in pairs:
        if i < j and (j, i) in edge:
            model.add_at_most_one(edge[i, j], edge[j, i])
    model.minimize(
        sum(
            round((float(cost) - cheapest[j]) / unit) * choose[j, k]
            for j in range(d)
            for k, cost in enumerate(lists[j][0])
        )
    )
    index = [{tuple(s): k for k, s in enumerate(lists[j][1])} for j in range(d)]

    def read(value):
        chosen = [max(range(len(lists[j][0])), key=lambda k: value(choose[j, k])) for j in range(d)]
        return structure(instance, [lists[j][1][k] for j, k in enumerate(chosen)])

    def hint(solution: Structure):
        parents = parents_of(solution)
        for (j, k), variable in choose.items():
            yield variable, int(index[j].get(parents[j]) == k)
        present = set(map(tuple, solution.edges.tolist()))
        for pair, variable in edge.items():
            yield variable, int(pair in present)
        for p, j in enumerate(solution.order.tolist()):
            yield position[j], p

    names = {"choose": choose, "edge": edge, "position": position}
    sign = 1.0 if isinstance(instance, Dag) else -1.0  # log scores are maximised: costs are negated
    return Model(
        model, names, read, hint,
        scale=sign * unit, offset=sign * sum(cheapest), slack=0.5 * unit * d,
    )  # fmt: skip

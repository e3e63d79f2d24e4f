"""Integer program over parent sets, in Pyomo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zerogap.models.base import Model
from zerogap.models.dag.categorical import Categorical, LocalScores
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.parents import ParentLists, parent_sets, structure
from zerogap.models.dag.solution import Structure


def build(
    instance: Dag | Categorical | LocalScores,
    lists: ParentLists | None = None,
    clusters: Iterable[tuple[frozenset[int], int]] = (),
    rows: Iterable[tuple[Mapping[tuple[int, int], float], float]] = (),
    offset: float = 0.0,
    every: bool = False,
) -> Model:
    """One parent set for every variable, and no cycle.

    Positions 0 … d−1 forbid cycles: an edge i → j demands position[j] ≥ position[i] + 1. A cluster
    C with its k strengthens the relaxation: k variables of C, the first along an order, have fewer
    than k parents in C each (k = 1: Jaakkola et al. 2010; more: Cussens 2011).

    Parameters
    ----------
    instance : Dag, Categorical or LocalScores
        A `Dag` with loss ls or gauss and no l1 penalty.
    lists : sequence of (costs, sets), optional
        Parent sets of every variable; all undominated ones if None.
    clusters : iterable of (frozenset of int, int)
        Cluster constraints to add, with their k.
    rows : iterable of (mapping, float)
        Further valid rows: the choices j, k with their coefficients, and what they sum to at least.
    offset : float
        Subtracted from the costs of the model, added again to its objective.
    every : bool
        Whether ``edge`` also names the pairs that are in no list (their upper bound is 0), so that
        a user's constraint may speak of any edge.

    Returns
    -------
    Model
        Variables by name: ``choose[j, k]`` (binary: variable j takes its set k), ``edge[i, j]``
        (in [0, 1], integral with `choose`), ``position[j]``.
    """
    import pyomo.environ as pyo

    lists = parent_sets(instance) if lists is None else lists
    d = instance.variables
    share = offset / d
    model = pyo.ConcreteModel()
    keys = [(j, k) for j in range(d) for k in range(len(lists[j][0]))]
    pairs = sorted({(i, j) for j in range(d) for members in lists[j][1] for i in members})
    choose = model.choose = pyo.Var(keys, domain=pyo.Binary)
    possible = set(pairs)
    named = [(i, j) for i in range(d) for j in range(d) if i != j] if every else pairs
    edge = model.edge = pyo.Var(named, bounds=lambda m, i, j: (0, int((i, j) in possible)))
    position = model.position = pyo.Var(range(d), bounds=(0, d - 1))
    model.cost = pyo.Objective(
        expr=pyo.quicksum((lists[j][0][k] - share) * choose[j, k] for j, k in keys)
    )
    model.one = pyo.Constraint(
        range(d), rule=lambda m, j: sum(choose[j, k] for k in range(len(lists[j][0]))) == 1
    )
    holding: dict[tuple[int, int], list[int]] = {pair: [] for pair in pairs}
    for j in range(d):
        for k, members in enumerate(lists[j][1]):
            for i in members:
                holding[i, j].append(k)
    model.link = pyo.Constraint(
        pairs, rule=lambda m, i, j: sum(choose[j, k] for k in holding[i, j]) == edge[i, j]
    )
    model.order = pyo.Constraint(
        pairs, rule=lambda m, i, j: position[j] >= position[i] + 1 - d * (1 - edge[i, j])
    )
    model.cluster = pyo.ConstraintList()
    for cluster, least in clusters:
        model.cluster.add(
            sum(
                choose[j, k]
                for j in sorted(cluster)
                for k, members in enumerate(lists[j][1])
                if len(cluster.intersection(members)) < least
            )
            >= least
        )
    model.valid = pyo.ConstraintList()
    for terms, lower in rows:
        if terms:  # all others count 0: nothing to choose, nothing to say
            model.valid.add(sum(v * choose[key] for key, v in terms.items()) >= lower)
    index = [{tuple(s): k for k, s in enumerate(lists[j][1])} for j in range(d)]

    def read(value):
        chosen = [max(range(len(lists[j][0])), key=lambda k: value(choose[j, k])) for j in range(d)]
        return structure(instance, [lists[j][1][k] for j, k in enumerate(chosen)])

    def hint(solution: Structure):
        parents = parents_of(solution)
        picked = [index[j].get(parents[j]) for j in range(d)]
        for j, k in keys:
            yield choose[j, k], float(picked[j] == k)
        present = set(map(tuple, solution.edges.tolist()))
        for i, j in named:
            yield edge[i, j], float((i, j) in present)
        for p, j in enumerate(solution.order.tolist()):
            yield position[j], float(p)

    names = {"choose": choose, "edge": edge, "position": position}
    sign = 1.0 if isinstance(instance, Dag) else -1.0  # log scores are maximised: costs are negated
    return Model(model, names, read, hint, scale=sign, offset=sign * offset)


def parents_of(solution: Structure) -> list[tuple[int, ...]]:
    """Sorted parents of every variable."""
    parents: list[list[int]] = [[] for _ in range(len(solution.order))]
    for i, j in solution.edges.tolist():
        parents[j].append(i)
    return [tuple(sorted(p)) for p in parents]

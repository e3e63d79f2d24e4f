"""Peer: the formulation of ETS in PuLP, solved by CBC as PuLP ships it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from zerogap.models.treeprune import Kept, TreePrune

#: What the result line names the versions of.
PACKAGES = ("pulp",)


def build(tree: TreePrune) -> tuple[Any, dict[int, Any]]:
    """PuLP problem and the leaf variables: x, y, z with y_v >= x_i for every ancestor v of i."""
    import pulp

    problem = pulp.LpProblem("ets", pulp.LpMaximize)
    parent, cost = tree.parent.tolist(), (tree.lambda_b * tree.tokens).tolist()
    leaves = tree.leaves.tolist()
    x = {i: pulp.LpVariable(f"x{i}", cat="Binary") for i in leaves}
    leaf_set = set(leaves)
    y = {v: pulp.LpVariable(f"y{v}", cat="Binary") for v in range(tree.nodes) if v not in leaf_set}
    members: dict[int, list[int]] = defaultdict(list)
    for i in leaves:
        if tree.cluster[i] >= 0:
            members[int(tree.cluster[i])].append(i)
    z = {k: pulp.LpVariable(f"z{k}", cat="Binary") for k in members}
    reward = tree.reward.tolist()
    problem += (
        pulp.lpSum((reward[i] - cost[i]) * x[i] for i in leaves)
        - pulp.lpSum(cost[v] * y[v] for v in y)
        + pulp.lpSum(tree.bonus * z[k] for k in z)
    )
    for i in leaves:
        v = parent[i]
        while v >= 0:
            problem += y[v] >= x[i]
            v = parent[v]
    for k, group in members.items():
        problem += z[k] <= pulp.lpSum(x[i] for i in group)
    problem += pulp.lpSum(x.values()) >= max(1, tree.min_leaves)
    if tree.max_leaves is not None:
        problem += pulp.lpSum(x.values()) <= tree.max_leaves
    if tree.budget is not None:
        tokens = tree.tokens.tolist()
        problem += (
            pulp.lpSum(tokens[i] * x[i] for i in leaves) + pulp.lpSum(tokens[v] * y[v] for v in y)
            <= tree.budget
        )
    for i in tree.mandatory.tolist():
        problem += x[i] == 1
    return problem, x


def solve(tree: TreePrune, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Build and solve; the gap tolerance is CBC's smallest."""
    import pulp

    if tree.caps is not None or len(tree.coverage) > 1 or tree.forest:
        raise ValueError("the published formulation has no caps, diminishing coverage or forests")
    problem, x = build(tree)
    status = problem.solve(
        pulp.PULP_CBC_CMD(msg=False, timeLimit=time_limit, threads=threads, gapRel=0.0)
    )
    if pulp.LpStatus[status] == "Infeasible":
        return {"objective": None, "bound": None, "status": "infeasible"}
    keep = [i for i, variable in x.items() if (variable.value() or 0) > 0.5]
    solution = Kept(keep)
    from zerogap.models.treeprune import check

    objective = check(tree, solution)
    proven = pulp.LpStatus[status] == "Optimal" and problem.sol_status == 1
    return {
        "objective": objective,
        "bound": objective if proven else None,
        "status": "optimal" if proven else "feasible",
        "solution": solution,
    }

"""How a tree is pruned: the kernel proves most of them alone; a backend takes what is left."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.treeprune import Draft, Kept, TreePrune, node_costs, retained
from zerogap.models.treeprune.exact import cpsat, pyomo
from zerogap.models.treeprune.solution import path_sums
from zerogap.solvers.backends import cpsat as cpsat_backend
from zerogap.solvers.backends import highs as highs_backend
from zerogap.solvers.search import Search
from zerogap.solvers.treeprune import drafts

#: Seconds that the kernel gets alone before a backend joins it.
ALONE = 2.0


def auto(tree: TreePrune | Draft, search: Search) -> None:
    """The kernel alone while that is quick, then kernel and backend together."""
    if isinstance(tree, Draft):
        drafts.auto(tree, search)
        return
    if not possible(tree, search):
        return
    search_kernel = kernel_of(tree)
    if search.extend is None and search.threads == 1:
        drive(search_kernel, search)
        return
    if not drive(search_kernel, search, seconds=ALONE) and search.extend is None:
        return
    with search.in_background(search_kernel, solution=_named(tree), inject=inject, source="kernel"):
        while search.open:
            if backend(tree, search) in ("optimal", "infeasible"):
                break


def kernel(tree: TreePrune | Draft, search: Search) -> None:
    """The kernel alone, to the proof."""
    if isinstance(tree, Draft):
        drafts.kernel(tree, search)
        return
    if possible(tree, search):
        drive(kernel_of(tree), search)


def exact(tree: TreePrune | Draft, search: Search) -> None:
    """A backend alone, cold."""
    if isinstance(tree, Draft):
        drafts.backend(tree, search)
        return
    if possible(tree, search):
        backend(tree, search, hint=search.hint is not None)


METHODS = {"auto": auto, "kernel": kernel, "exact": exact}


def possible(tree: TreePrune, search: Search) -> bool:
    """Whether a single look rules out nothing; says what is short, and by how much."""
    reason = shortage(tree)
    if reason:
        # Each reason is one constraint that all leaves together cannot meet: nobody's incumbent
        # and no constraint added (which only takes sets away) makes that set exist.
        search.prove_infeasible(reason, "reading")
    return not reason


def shortage(tree: TreePrune) -> str:
    """Why no set of leaves can be feasible, as far as single constraints show it."""
    count = len(tree.leaves)
    if tree.min_leaves > count:
        return f"min_leaves is {tree.min_leaves}, the tree has {count} leaves"
    if tree.max_leaves is not None and tree.max_leaves < len(tree.mandatory):
        return f"max_leaves is {tree.max_leaves}, {len(tree.mandatory)} leaves are mandatory"
    if tree.budget is None:
        return ""
    unit = "pages" if tree.page else "tokens"
    cost = node_costs(tree)
    above = path_sums(tree.parent, cost)[tree.leaves]
    least = float(above.min())
    if tree.min_leaves >= 1 and least > tree.budget * (1 + 1e-9):
        return f"the budget is {tree.budget:g} {unit}, the cheapest path needs {least:g}"
    if len(tree.mandatory):
        need = float(cost[retained(tree, tree.mandatory)].sum())
        if need > tree.budget * (1 + 1e-9):
            return f"the budget is {tree.budget:g} {unit}, the mandatory leaves need {need:g}"
    return ""


def kernel_of(tree: TreePrune) -> Any:
    """The branch and bound kernel of an instance."""
    from zerogap._ext.treeprune.prune import TreeSearch

    return TreeSearch(
        tree.parent,
        tree.reward,
        np.ascontiguousarray(node_costs(tree)),
        tree.cluster,
        tree.lambda_b,
        tree.lambda_d,
        budget=tree.budget,
        low=tree.min_leaves,
        high=tree.max_leaves,
        mandatory=tree.mandatory,
        caps=tree.caps,
        coverage=tree.coverage,
        forest=tree.forest,
        every_tree=tree.every_tree,
    )


def kept(search_kernel: Any, names: Any = None) -> Kept:
    """The kernel's best set as a solution."""
    return Kept(search_kernel.best(), names)


def _named(tree: TreePrune) -> Any:
    return lambda search_kernel: kept(search_kernel, tree.names)


def inject(search_kernel: Any, solution: Kept) -> None:
    """Hand a solution to the kernel."""
    search_kernel.inject(solution.keep)


def drive(search_kernel: Any, search: Search, seconds: float = math.inf) -> bool:
    """Run the kernel and report its bound; False when its search is exhausted."""
    more = search.drive(
        search_kernel,
        solution=_named(search.instance),
        inject=inject,
        source="kernel",
        seconds=seconds,
    )
    if search.extend is not None:
        # The kernel's optimum bounds the problem with added constraints too, but proves nothing.
        if search_kernel.objective is not None:
            search.tighten(search_kernel.bound, "kernel")
    elif search_kernel.finished and search_kernel.objective is None and search.solution is None:
        # Exhausted with no set found or given, and no cut-off is in a kernel without an objective.
        search.prove_infeasible("no set of leaves satisfies all side conditions", "kernel")
    elif search_kernel.objective is not None or not search_kernel.finished:
        # The greatest bound of the nodes left, and of the incumbent, which the kernel was handed or
        # found: at least every set's value. Exhausted without a set although a start is there
        # (within the checker's slack): no bound.
        search.tighten(search_kernel.bound, "kernel")
    return more


def backend(tree: TreePrune, search: Search, hint: bool = True) -> str:
    """One run of the chosen exact backend."""
    if search.options.get("backend") == "highs":
        return highs_backend.improve(pyomo.build(tree), search, hint=hint)
    return cpsat_backend.improve(cpsat.build(tree), search, hint=hint)

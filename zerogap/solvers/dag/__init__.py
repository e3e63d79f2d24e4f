"""Directed acyclic graphs: which kernel, which proof, and how they help each other.

Where every variable may take all its predecessors as parents, orders are searched (`orders`).
Where penalties, forbidden edges or in-degree limits choose among the predecessors, parent sets are
(`parents`). Categories and tables of local scores have kernels and proofs over parent sets of their
own (`scored`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.dag import Categorical, Dag, LocalScores
from zerogap.solvers.dag import orders, parents, scored, topological
from zerogap.solvers.search import Search

Instance = Dag | Categorical | LocalScores


def _by_order(dag: Dag) -> bool:
    return dag.dense and dag.loss == "ls"


def _strategy(dag: Any, method: str) -> Callable[[Any, Search], None]:
    if not isinstance(dag, Dag):
        return getattr(scored, method)
    if dag.dense and dag.loss == "gauss":
        return orders.likelihood
    return getattr(orders if _by_order(dag) else parents, method)


def _extended(dag: Instance, search: Search) -> None:
    if isinstance(dag, Dag):
        parents.extended(dag, search)
    else:
        scored.extended(dag, search)


def auto(dag: Instance, search: Search) -> None:
    """Kernel and proof together; a model with the user's own constraints where there are some."""
    if search.extend is not None:
        _extended(dag, search)
        return
    _strategy(dag, "auto")(dag, search)


def kernel(dag: Instance, search: Search) -> None:
    """Local search alone."""
    _strategy(dag, "alone")(dag, search)


def exact(dag: Instance, search: Search) -> None:
    """Proof alone, cold."""
    if search.extend is not None:
        _extended(dag, search)
        return
    _strategy(dag, "exact")(dag, search)


def topo(dag: Instance, search: Search) -> None:
    """The swaps published as TOPO: a kernel for dense least squares, and for every other score."""
    if isinstance(dag, Dag) and _by_order(dag):
        orders.topo(dag, search)
    else:
        topological.topo(dag, search)


def cpsat(dag: Instance, search: Search) -> None:
    """CP-SAT over parent sets, started from the kernel."""
    if isinstance(dag, Dag):
        parents.by_cpsat(dag, search)
    else:
        scored.by_cpsat(dag, search)


#: Beyond so many variables the condition is not computed (and nothing is proven either).
CONDITION = 1500


def careful(method: Callable[[Any, Search], None]) -> Callable[[Any, Search], None]:
    """The method, with what rounding does to scores of nearly dependent columns taken into account.

    A regression on columns whose correlations have condition number κ is certain to about κ ε
    (Higham 2002, ch. 20); ten times that is granted to objectives and taken off bounds.
    """

    def run(dag: Instance, search: Search) -> None:
        if getattr(dag, "reading", ""):
            search.messages.append(f"read as: {dag.reading}")  # type: ignore[union-attr]
        if isinstance(dag, Dag) and dag.variables <= CONDITION:
            scale = np.sqrt(np.diag(dag.covariance))
            condition = float(np.linalg.cond(dag.covariance / np.outer(scale, scale)))
            share = 10 * float(np.finfo(float).eps) * condition
            if not share < 1e-10:
                search.incumbent.doubt = min(share, 1.0)
            if not share < 1e-9:
                search.messages.append(
                    f"some columns nearly depend on others (condition {condition:.1g}): scores are "
                    f"certain to a share of about {search.incumbent.doubt:.1g} only"
                )
        method(dag, search)

    return run


METHODS = {
    name: careful(method)
    for name, method in (
        ("auto", auto),
        ("kernel", kernel),
        ("exact", exact),
        ("topo", topo),
        ("cpsat", cpsat),
    )
}
#: Methods that know the constraints which `extend` adds.
EXTENDABLE = ("auto", "exact", "cpsat")
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (("exact", {}), ("cpsat", {}), ("auto", {}))

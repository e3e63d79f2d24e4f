"""Directed acyclic graphs: which kernel, which proof, and how they help each other.

Where every variable may take all its predecessors as parents, orders are searched (`orders`).
Where penalties, forbidden edges or in-degree limits choose among the predecessors, parent sets are
(`parents`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag import Dag
from zerogap.solvers.dag import orders, parents
from zerogap.solvers.search import Search


def _by_order(dag: Dag) -> bool:
    return dag.dense and dag.loss == "ls"


def _strategy(dag: Dag, method: str) -> Callable[[Dag, Search], None]:
    if dag.dense and dag.loss == "gauss":
        return orders.likelihood
    return getattr(orders if _by_order(dag) else parents, method)


def auto(dag: Dag, search: Search) -> None:
    """Kernel and proof together; a model with the user's own constraints where there are some."""
    if search.extend is not None:
        parents.extended(dag, search)
        return
    _strategy(dag, "auto")(dag, search)


def kernel(dag: Dag, search: Search) -> None:
    """Local search alone."""
    _strategy(dag, "alone")(dag, search)


def exact(dag: Dag, search: Search) -> None:
    """Proof alone, cold."""
    if search.extend is not None:
        parents.extended(dag, search)
        return
    _strategy(dag, "exact")(dag, search)


def topo(dag: Dag, search: Search) -> None:
    """The swaps published as TOPO, for dense least squares."""
    if not _by_order(dag):
        raise InstanceError("topo takes the loss ls without penalties on edges", field="method")
    orders.topo(dag, search)


def cpsat(dag: Dag, search: Search) -> None:
    """CP-SAT over parent sets, started from the kernel."""
    parents.by_cpsat(dag, search)


#: Beyond so many variables the condition is not computed (and nothing is proven either).
CONDITION = 1500


def careful(method: Callable[[Dag, Search], None]) -> Callable[[Dag, Search], None]:
    """The method, with what rounding does to scores of nearly dependent columns taken into account.

    A regression on columns whose correlations have condition number κ is certain to about κ ε
    (Higham 2002, ch. 20); ten times that is granted to objectives and taken off bounds.
    """

    def run(dag: Dag, search: Search) -> None:
        if dag.variables <= CONDITION:
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
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (("exact", {}), ("cpsat", {}), ("auto", {}))

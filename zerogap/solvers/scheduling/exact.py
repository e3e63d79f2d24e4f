"""CP-SAT on the whole workshop or on a neighbourhood of a plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling import Workshop
from zerogap.solvers.search import Search

#: Stronger propagation of machines, as for job-shops.
STRONG = {
    "use_strong_propagation_in_disjunctive": True,
    "use_dynamic_precedence_in_disjunctive": True,
}


def prove(
    shop: Workshop,
    search: Search,
    *,
    workers: int,
    seconds: float | None = None,
    cold: bool = False,
    parameters: dict[str, Any] | None = None,
) -> str:
    """CP-SAT on the whole workshop, warm from the incumbent unless `cold`.

    Every claim is one about the whole: with constraints of the user's the model has the instance's
    own horizon and a literal for every mode, so that it cuts off nothing (`build`, `full`); without
    them it has the horizon by which some best plan ends. Bounds given to it are a snapshot: `upper`
    stays allowed, and `lower` was valid when it was read.
    """
    from zerogap.models.scheduling.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    extended = search.extend is not None
    upper, lower = search.objective, search.bound
    warm = not cold and not extended
    model = build(shop, upper=upper if warm else None, lower=lower if warm else None, full=extended)
    return cpsat.improve(
        model, search, seconds=seconds, workers=workers, hint=not cold, parameters=parameters
    )


def window(
    shop: Workshop, search: Search, free: np.ndarray, *, seconds: float, workers: int
) -> str:
    """CP-SAT on the tasks that are `free`; the others keep modes and order.

    Nothing it proves is about the whole, so no claim is made.
    """
    from zerogap.models.scheduling.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    plan, upper = search.solution, search.objective
    model = build(shop, upper=upper, fixed=plan, free=free)
    return cpsat.improve(
        model, search, seconds=seconds, workers=workers, bounds=False, source="cp-sat window"
    )

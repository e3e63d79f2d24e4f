"""CP-SAT on the whole workshop or on a neighbourhood of a plan."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.scheduling import Workshop
from zerogap.models.scheduling.fields import NONE
from zerogap.solvers.scheduling import shape
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
    from zerogap.models.scheduling.exact import assignment
    from zerogap.models.scheduling.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    extended = search.extend is not None
    upper, lower = search.objective, search.bound
    warm = not cold and not extended
    known = {"upper": upper, "lower": lower} if warm else {}
    if not extended and not cold and shape.parallel(shop):
        # The same set of makespans as of plans: see `assignment.build`.
        model = assignment.build(shop, **known)
    else:
        model = build(shop, **known, full=extended)
    return cpsat.improve(
        model, search, seconds=seconds, workers=workers, hint=not cold, parameters=parameters
    )


def dive(shop: Workshop, search: Search, *, seconds: float) -> str:
    """CP-SAT for a plan as good as the bound: one closes the instance, none lifts the bound by one.

    Not warm: the best plan so far is none of this model. Without constraints of the user's only, as
    the model's horizon is one by which some best plan ends, not one by which all do.
    """
    from zerogap.models.scheduling.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    bound = search.bound
    if bound is None or search.extend is not None:
        return "unknown"
    lower = math.ceil(bound)
    model = build(shop, upper=lower, lower=lower)
    # Nothing is below the bound and the objective is integral: if the model has no plan, no plan is
    # below `lower + 1`, whatever another thread has found meanwhile.
    model.target = lower + 1
    return cpsat.improve(
        model, search, seconds=seconds, workers=search.threads, hint=False, source="cp-sat dive",
        parameters=STRONG,
    )  # fmt: skip


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


#: Beyond so many constraints (modes, pairs on machines in sequence) CP-SAT is left aside.
_LARGEST = 60_000


def provable(shop: Workshop) -> bool:
    """Whether the model is small enough for CP-SAT to get anywhere in seconds."""
    size = shop.modes
    if len(shop.sequence_first) or shop.setup_time.size:
        tied = set(shop.sequence_first.tolist()) | set(shop.sequence_second.tolist())
        tied |= set(np.flatnonzero(shop.resource_setup != NONE).tolist())
        counts = np.bincount(shop.demand_resource, minlength=shop.resources)
        size += int(sum(int(counts[r]) ** 2 for r in tied))
    return size <= _LARGEST


def windows(shop: Workshop, search: Search) -> None:
    """CP-SAT on the whole, then on windows of time and on the whole in turn."""
    turn = max(1.0, 0.5 * search.remaining)
    while search.open:
        word = prove(shop, search, workers=search.threads, seconds=turn)
        if word in ("optimal", "infeasible") or search.solution is None:
            continue
        end = search.elapsed + turn
        size = min(shop.tasks, 60)
        while search.open and search.elapsed < end:
            order = np.argsort(search.solution.start, kind="stable")
            at = int(search.rng.integers(max(1, shop.tasks - size + 1)))
            free = np.zeros(shop.tasks, dtype=bool)
            free[order[at : at + size]] = True
            word = window(
                shop, search, free, seconds=min(3.0, max(0.1, end - search.elapsed)),
                workers=search.threads,
            )  # fmt: skip
            size = min(shop.tasks, size * 5 // 4) if word == "optimal" else max(20, size * 4 // 5)
        turn *= 2

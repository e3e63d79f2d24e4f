"""Shops with constraints of the user's: CP-SAT alone speaks, the kernels only suggest.

What of the solver is valid for the plain problem alone, and what becomes of it here: the horizon (a
wide one, and then none: `beyond` and `latest`); bounds of jobs and machines (they hold: a
constraint only takes schedules away); cut-offs (only from schedules that CP-SAT found in the
extended model); windows that fix orders (not used); kernels (their schedules are hints).
"""

from __future__ import annotations

from typing import Any

from zerogap.models.jobshop import Shop
from zerogap.models.jobshop.exact.horizon import wide
from zerogap.models.jobshop.instance import latest
from zerogap.solvers.search import Search


def solve(shop: Shop, search: Search, *, cold: bool, parameters: dict[str, Any] | None) -> None:
    """CP-SAT within a wide horizon; what it proves there is then asked without any.

    Within the horizon, `Model.reach` cuts every claim down to what later schedules may be worth:
    for the makespan nothing is lost, a number of tardy jobs is rarely decided. The second model
    has the definition's own last moment as its horizon, so that all it proves holds.
    """
    from zerogap.models.jobshop.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    horizon = wide(shop, search.options["horizon"])
    model = build(shop, horizon=horizon)
    word = cpsat.improve(model, search, hint=not cold, parameters=parameters)
    if word == "infeasible":
        search.messages.append(f"no schedule ends by {horizon} (option horizon)")
    if not search.open or model.reach is None or word not in ("optimal", "infeasible"):
        return
    try:
        everything = build(shop, horizon=latest(shop))
        cutoff = search.objective is not None
        cpsat.improve(everything, search, hint=False, cutoff=cutoff, parameters=parameters)
    except ValueError as error:  # constraints whose numbers overflow so far out
        search.report("cp-sat without horizon", error)

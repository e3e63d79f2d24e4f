"""The CP-SAT model: for small instances, for constraints of the user's, and as a second opinion."""

from __future__ import annotations

from zerogap.models.base import InstanceError
from zerogap.models.mapf import Mapf
from zerogap.solvers.search import Search

#: CP-SAT 9.15 loses solutions in the presolve of these models: with 167 of 300 seeds it calls one
#: of five moves infeasible that has plans (their times are integers of 30 bits and more; with few
#: bits, or without presolve, none of 300). Without presolve it is five to ten times faster, too.
PARAMETERS = {"cp_model_presolve": False}

#: By how much the number of moves grows from one model to the next.
_STEP = 2


def prove(instance: Mapf, search: Search, *, hint: bool) -> None:
    """Models of growing numbers of moves, until one holds everything better than its optimum.

    What a model proves holds up to its reach, the cost of any solution with a longer walk; the
    backend cuts its claims off there, so that each holds for all walks.

    Raises
    ------
    InstanceError
        If even the first model is too large.
    """
    from zerogap.models.mapf.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    model = build(instance)
    steps = len({p for _, p in model.variables["start"]})
    while search.open:
        word = cpsat.improve(
            model, search, hint=hint or search.solution is not None, parameters=PARAMETERS
        )
        best = search.objective
        assert model.reach is not None
        if word == "unknown" or (best is not None and best <= model.reach):
            break
        steps += _STEP
        try:
            model = build(instance, steps)
        except InstanceError as error:
            search.messages.append(str(error))
            break

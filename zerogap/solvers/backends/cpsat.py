"""CP-SAT: the only file that drives OR-Tools."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.solvers.backends.highs import Mip, Rows
from zerogap.solvers.search import Search

#: What a status of CP-SAT means here.
_WORDS = {"OPTIMAL": "optimal", "FEASIBLE": "feasible", "INFEASIBLE": "infeasible"}


def improve(
    model: Model,
    search: Search,
    *,
    seconds: float | None = None,
    workers: int | None = None,
    hint: bool = True,
    cutoff: bool = False,
    bounds: bool = True,
    source: str = "cp-sat",
    parameters: dict[str, Any] | None = None,
) -> str:
    """Run CP-SAT on a model; its solutions and bounds flow into the search.

    Parameters
    ----------
    model : Model
        Built by the family; the user's `extend` is applied once.
    search : Search
    seconds : float, optional
        Limit of this call beside the time that remains.
    workers : int, optional
        Worker threads, all of the search's if None.
    hint : bool
        Start from the incumbent (the hint must be complete to become the first solution).
    cutoff : bool
        Demand a solution strictly better than the incumbent; infeasible then proves it optimal.
        Only for integral families.
    bounds : bool
        Whether bounds and infeasibility hold for the whole problem; False for a neighbourhood in
        which part of the solution is fixed.
    source : str
        Name in the trace.
    parameters : dict, optional
        Further fields of ``SatParameters``.

    Returns
    -------
    str
        ``optimal``, ``feasible``, ``infeasible`` or ``unknown``, of this model.
    """
    from ortools.sat.python import cp_model

    _extend(model, search)
    limit = min(search.remaining, math.inf if seconds is None else seconds)
    if limit <= 0:
        return "unknown"
    start = search.hint
    _give_hint(model, start if hint else None)
    if cutoff:
        _give_cutoff(model, search)
    # A cut-off stays in the model: what it proves then always speaks of better solutions only.
    target = model.target

    solver = cp_model.CpSolver()
    solver.parameters.random_seed = search.seed
    solver.parameters.num_workers = workers or search.threads
    if math.isfinite(limit):
        solver.parameters.max_time_in_seconds = limit
    if search.iterations is not None and solver.parameters.num_workers == 1:
        # A time limit is not repeatable; CP-SAT's deterministic second is about one second.
        solver.parameters.max_deterministic_time = 1e-4 * search.iterations
    for name, value in (parameters or {}).items():
        setattr(solver.parameters, name, value)
    if search.log:
        solver.parameters.log_search_progress = True
        solver.parameters.log_to_stdout = False
        solver.log_callback = lambda line: print(line, file=sys.stderr)
    if bounds:
        solver.best_bound_callback = lambda value: _tighten(model, search, value, target, source)
    forget = search.on_stop(solver.stop_search)
    try:
        status = solver.solve(model.model, _callback(cp_model, model, search, source))
    finally:
        forget()
    word = _WORDS.get(solver.status_name(status), "unknown")
    if solver.status_name(status) == "MODEL_INVALID":
        raise ValueError(f"CP-SAT refuses the model: {model.model.validate()}")
    if bounds:
        _conclude(model, search, solver, word, target, source)
    return word


def select(cost: Any, rows: Rows, *, limit: float, seconds: float = math.inf) -> Mip:
    """Solve a program over binaries with integer data exactly: the second look at a proof.

    Parameters
    ----------
    cost : array_like, shape (columns,)
        Integers, to be minimised.
    rows : Rows
        Constraints with integer coefficients.
    limit : float
        Nothing above this objective is of interest.
    seconds : float
        Time limit.

    Returns
    -------
    Mip
        ``infeasible`` says that nothing within the limit exists.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in cost]
    for i, (low, high) in enumerate(zip(rows.lower.tolist(), rows.upper.tolist())):
        part = slice(rows.start[i], rows.start[i + 1])
        terms = zip(rows.index[part].tolist(), rows.value[part].tolist())
        expression = sum(int(a) * x[j] for j, a in terms)
        model.add_linear_constraint(
            expression,
            cp_model.INT_MIN if low == -math.inf else math.ceil(low),
            cp_model.INT_MAX if high == math.inf else math.floor(high),
        )
    objective = sum(int(c) * v for c, v in zip(cost, x) if c)
    model.minimize(objective)
    if math.isfinite(limit):
        model.add(objective <= math.floor(limit))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = max(0.0, seconds)
    word = _WORDS.get(solver.status_name(solver.solve(model)), "unknown")
    if word not in ("optimal", "feasible"):
        return Mip(word, None, math.nan, None)
    values = np.array([solver.value(v) for v in x], dtype=np.float64)
    return Mip(word, solver.objective_value, solver.best_objective_bound, values)


def _extend(model: Model, search: Search) -> None:
    """Add the user's constraints; an objective of his own would be mixed with the family's."""
    proto = model.model.proto
    before = str(proto.objective)
    search.extended(model)
    # Reading the floating-point objective would create one.
    if before != str(proto.objective) or proto.has_floating_point_objective():
        raise InstanceError(
            "replaces the objective; constraints can be added, the objective is the family's",
            field="extend",
        )


def _give_hint(model: Model, start: Any) -> None:
    model.model.clear_hints()
    if start is None:
        return
    given = set()
    for variable, value in model.hint(start):
        # Equal constants are one variable to CP-SAT, which refuses to be told twice.
        if variable.index not in given:
            given.add(variable.index)
            model.model.add_hint(variable, value)


def _give_cutoff(model: Model, search: Search) -> None:
    """Constrain the objective to be better than the incumbent's, which becomes the target."""
    objective = search.objective
    if objective is None or not search.family.integral:
        return
    step = -1 if search.sense == "min" else 1
    limit = (objective + step - model.offset) / model.scale
    expression = model.variables.get("objective")
    if expression is None:
        raise KeyError("a cut-off needs the model's variable 'objective'")
    if search.sense == "min":
        model.model.add(expression <= math.floor(limit + 1e-9))
    else:
        model.model.add(expression >= math.ceil(limit - 1e-9))
    model.target = objective


def _callback(cp_model: Any, model: Model, search: Search, source: str) -> Any:
    class Offer(cp_model.CpSolverSolutionCallback):
        """Hands every solution to the search; never raises into the backend."""

        def on_solution_callback(self) -> None:
            try:
                search.offer(model.read(self.value), source, exact=True)
            except Exception as error:
                search.report(source, error)
            if not search.open:
                self.stop_search()

    return Offer()


def _tighten(model: Model, search: Search, value: float, target: Any, source: str) -> None:
    bound = model.scale * value + model.offset
    bound += -model.slack if search.sense == "min" else model.slack
    if target is not None:
        # Under a cut-off the backend's bound speaks of better solutions only.
        bound = min(bound, target) if search.sense == "min" else max(bound, target)
    if model.reach is not None:
        bound = min(bound, model.reach) if search.sense == "min" else max(bound, model.reach)
    try:
        search.tighten(bound, source)
    except Exception as error:
        search.report(source, error)


def _conclude(
    model: Model, search: Search, solver: Any, word: str, target: Any, source: str
) -> None:
    """Claims from the final status, which CP-SAT gives only when its search was exhausted.

    Valid for the model with the user's constraints, since they are in it; `target` is the snapshot
    that the cut-off was made from, so that another thread's incumbents change nothing.
    """
    if word in ("optimal", "feasible"):
        _tighten(model, search, solver.best_objective_bound, target, source)
    elif word == "infeasible" and (target is not None or model.reach is not None):
        if model.reach is not None:
            search.messages.append(f"{source}: no solution within the horizon of the model")
        _tighten(model, search, math.inf if search.sense == "min" else -math.inf, target, source)
    elif word == "infeasible":
        search.prove_infeasible("CP-SAT proves that no solution exists", source)

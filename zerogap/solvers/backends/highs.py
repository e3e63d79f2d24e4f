"""HiGHS: one mixed-integer program, from a Pyomo model or from arrays."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.solvers.result import SolverError
from zerogap.solvers.search import Search

#: Versions of highspy whose word "optimal" is known to be wrong, and how.
WRONG = {
    "1.14.0": "cuts off optimal solutions in presolve (ERGO-Code/HiGHS #3043, #3073, #3094)",
}


@dataclass
class Mip:
    """Outcome of one MIP run: status word, objective, bound and values (None without solution).

    ``optimal``, ``infeasible`` and ``cutoff`` (nothing better than the cut-off exists) are said
    only where HiGHS has exhausted the search; everything else, a limit, an interrupt or a status
    that leaves a doubt, is ``feasible`` or ``unknown``.
    """

    status: str
    objective: float | None
    bound: float
    values: np.ndarray | None


@dataclass
class Rows:
    """Sparse rows ``lower <= A x <= upper`` in compressed form."""

    start: np.ndarray
    index: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[tuple[dict[int, float], float, float]]) -> Rows:
        """From (coefficients by column, lower, upper) triples."""
        start: list[int] = [0]
        index: list[int] = []
        value: list[float] = []
        lower: list[float] = []
        upper: list[float] = []
        for coefficients, low, high in rows:
            index.extend(coefficients)
            value.extend(coefficients.values())
            start.append(len(index))
            lower.append(low)
            upper.append(high)
        return cls(
            np.array(start, dtype=np.int32),
            np.array(index, dtype=np.int32),
            np.array(value, dtype=np.float64),
            np.array(lower, dtype=np.float64),
            np.array(upper, dtype=np.float64),
        )


@functools.cache
def _version() -> str:
    """Version of the installed highspy; looked up once, small programs are made by the hundred."""
    return metadata.version("highspy")


def fresh_highs(threads: int | None, log: bool = False) -> Any:
    """A silent HiGHS object.

    Raises
    ------
    SolverError
        If the installed highspy is one that is known to call wrong solutions optimal.
    """
    import highspy

    version = _version()
    if version in WRONG:
        raise SolverError(f"highspy {version} {WRONG[version]}; install highspy>=1.12,<1.14")

    highs = highspy.Highs()
    highs.setOptionValue("output_flag", log)
    if threads is not None:
        # The scheduler is one for the process and refuses another size: make it anew.
        highspy.Highs.resetGlobalScheduler(True)
        highs.setOptionValue("threads", threads)
    return highs


def pass_model(highs: Any, cost, rows: Rows, low, high, integer, sense: str) -> None:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(rows.lower)
    lp.col_cost_ = np.asarray(cost, dtype=np.float64)
    lp.col_lower_ = np.asarray(low, dtype=np.float64)
    lp.col_upper_ = np.asarray(high, dtype=np.float64)
    lp.row_lower_, lp.row_upper_ = rows.lower, rows.upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.start, rows.index
    lp.a_matrix_.value_ = rows.value
    lp.sense_ = highspy.ObjSense.kMinimize if sense == "min" else highspy.ObjSense.kMaximize
    kinds = highspy.HighsVarType
    if np.any(integer):
        lp.integrality_ = [kinds.kInteger if i else kinds.kContinuous for i in integer]
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refuses the model")


def solve_mip(
    cost: Any,
    rows: Rows,
    low: Any,
    high: Any,
    integer: Any,
    *,
    sense: str = "min",
    start: Any = None,
    cutoff: float | None = None,
    seconds: float = math.inf,
    threads: int | None = 1,
    seed: int = 0,
    gap: float = 0.0,
    log: bool = False,
    presolve: bool = True,
    on_solution: Callable[[np.ndarray, float], None] | None = None,
    on_bound: Callable[[float], None] | None = None,
    fresh: Callable[[], np.ndarray | None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Mip:
    """Solve one mixed-integer program.

    Parameters
    ----------
    cost, low, high, integer : array_like, shape (columns,)
        Objective, column bounds and integrality.
    rows : Rows
        The constraints.
    sense : {"min", "max"}
    start : array_like, optional
        A solution to start from.
    cutoff : float, optional
        Nothing worse than this objective is of interest; without a better one the status is
        ``cutoff``.
    seconds, threads, seed, gap, log
        Limits and settings of HiGHS.
    presolve : bool
        False for programs of many columns and few rows: HiGHS compares the columns pair by pair,
        and looks neither at the clock nor at `stopped` meanwhile.
    on_solution, on_bound : callable, optional
        Called with every improving solution and its objective, and with the dual bound.
    fresh : callable, optional
        Asked while branch and bound runs for a better solution found elsewhere.
    stopped : callable, optional
        Asked often; True ends the run.

    Returns
    -------
    Mip
    """
    import highspy

    highs = fresh_highs(threads, log)
    highs.setOptionValue("random_seed", seed)
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("mip_abs_gap", 1e-9)
    if not presolve:
        highs.setOptionValue("presolve", "off")
    if math.isfinite(seconds):
        highs.setOptionValue("time_limit", max(0.0, seconds))
    if cutoff is not None:
        highs.setOptionValue("objective_bound", cutoff)
    pass_model(highs, cost, rows, low, high, integer, sense)
    if start is not None:
        given = highspy.HighsSolution()
        given.col_value = [float(v) for v in start]
        highs.setSolution(given)
    _subscribe(highs, on_solution, on_bound, fresh, stopped)
    highs.run()
    return outcome(highs, cutoff=cutoff is not None)


def _subscribe(highs, on_solution, on_bound, fresh, stopped) -> None:
    if on_solution is not None:
        highs.cbMipImprovingSolution.subscribe(
            lambda e: on_solution(
                np.array(e.data_out.mip_solution), e.data_out.objective_function_value
            )
        )

    def poll(event: Any) -> None:
        if on_bound is not None and math.isfinite(event.data_out.mip_dual_bound):
            on_bound(event.data_out.mip_dual_bound)
        if stopped is not None and stopped():
            event.interrupt()

    if on_bound is not None or stopped is not None:
        highs.cbMipInterrupt.subscribe(poll)
        highs.cbSimplexInterrupt.subscribe(
            lambda e: e.interrupt() if stopped is not None and stopped() else None
        )
    if fresh is not None:

        def hand_over(event: Any) -> None:
            values = fresh()
            if values is not None:
                event.data_in.setSolution(values)

        highs.cbMipUserSolution.subscribe(hand_over)


def outcome(highs: Any, *, cutoff: bool = False) -> Mip:
    """What a run of HiGHS has shown; `cutoff` tells that ``objective_bound`` was set."""
    import highspy

    words = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "cutoff" if cutoff else "infeasible",
        highspy.HighsModelStatus.kUnbounded: "unbounded",
    }
    info = highs.getInfo()
    word = words.get(highs.getModelStatus())
    has = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    if word is None or (word == "optimal" and not has):
        word = "feasible" if has else "unknown"
    values = np.array(highs.getSolution().col_value) if has else None
    objective = info.objective_function_value if has else None
    if info.mip_node_count >= 0:  # -1 after a plain LP
        bound = info.mip_dual_bound
    else:
        bound = objective if word == "optimal" and objective is not None else math.nan
    return Mip(word, objective, bound, values)


class Compiled:
    """A linear Pyomo model as arrays, columns in the order of first appearance.

    Parameters
    ----------
    model : pyomo ConcreteModel
        With one active objective; only linear constraints and variables of finite type.

    Raises
    ------
    SolverError
        If a constraint or the objective is not linear.
    """

    def __init__(self, model: Any):
        import pyomo.environ as pyo

        self.variables: list[Any] = []
        self.column: dict[int, int] = {}
        rows = [
            self.row(c)
            for c in model.component_data_objects(pyo.Constraint, active=True, descend_into=True)
        ]
        objectives = list(model.component_data_objects(pyo.Objective, active=True))
        if len(objectives) != 1:
            raise SolverError(f"the model has {len(objectives)} active objectives, expected one")
        terms, self.constant = self._linear(objectives[0].expr, "objective")
        self.sense = "min" if objectives[0].sense == pyo.minimize else "max"
        self.rows = Rows.of(rows)
        self.cost = np.zeros(len(self.variables))
        for j, coefficient in terms.items():
            self.cost[j] += coefficient
        bounds = [self._bounds(v) for v in self.variables]
        self.low = np.array([b[0] for b in bounds])
        self.high = np.array([b[1] for b in bounds])
        self.integer = np.array([not v.is_continuous() for v in self.variables], dtype=bool)

    def row(self, constraint: Any) -> tuple[dict[int, float], float, float]:
        """Coefficients by column and the two sides of a linear constraint."""
        import pyomo.environ as pyo

        terms, constant = self._linear(constraint.body, constraint.name)
        low = -math.inf if constraint.lower is None else pyo.value(constraint.lower) - constant
        high = math.inf if constraint.upper is None else pyo.value(constraint.upper) - constant
        return terms, low, high

    def _linear(self, expression: Any, name: str) -> tuple[dict[int, float], float]:
        from pyomo.repn import generate_standard_repn

        repn = generate_standard_repn(expression, compute_values=True)
        if not repn.is_linear():
            raise SolverError(f"{name} is not linear")
        terms: dict[int, float] = {}
        for variable, coefficient in zip(repn.linear_vars, repn.linear_coefs):
            j = self.column.setdefault(id(variable), len(self.variables))
            if j == len(self.variables):
                self.variables.append(variable)
            terms[j] = terms.get(j, 0.0) + float(coefficient)
        return terms, float(repn.constant)

    @staticmethod
    def _bounds(variable: Any) -> tuple[float, float]:
        if variable.fixed:
            return variable.value, variable.value
        low, high = variable.bounds
        return (-math.inf if low is None else low), (math.inf if high is None else high)

    def start(self, hint: Iterable[tuple[Any, float]]) -> np.ndarray:
        """Column values of a complete hint; variables that no row knows are left out."""
        values = np.zeros(len(self.variables))
        for variable, value in hint:
            j = self.column.get(id(variable))
            if j is not None:
                values[j] = value
        return values

    def value(self, values: np.ndarray) -> Callable[[Any], float]:
        """``value(variable)`` of a column vector; integers are rounded."""
        columns, integer = self.column, self.integer

        def lookup(variable: Any) -> float:
            j = columns.get(id(variable))
            if j is None:
                return variable.lb if variable.lb is not None else 0.0
            return round(values[j]) if integer[j] else float(values[j])

        return lookup


def improve(
    model: Model,
    search: Search,
    *,
    seconds: float | None = None,
    threads: int | None = None,
    hint: bool = True,
    bounds: bool = True,
    lazy: Callable[[Callable[[Any], float]], Iterable[Any]] | None = None,
    source: str = "highs",
) -> str:
    """Run HiGHS on a Pyomo model; its solutions and bounds flow into the search.

    Better incumbents found elsewhere are handed to the running branch and bound.

    Parameters
    ----------
    model : Model
        Built by the family; the user's `extend` is applied once.
    search : Search
    seconds : float, optional
        Limit of this call beside the time that remains.
    threads : int, optional
        All of the search's if None.
    hint : bool
        Start from the incumbent.
    bounds : bool
        Whether bounds hold for the whole problem (False for a neighbourhood).
    lazy : callable, optional
        ``lazy(value)`` returns the Pyomo constraints (data objects already on the model) that an
        integer solution violates; the model is solved again with them until there are none.
    source : str
        Name in the trace.

    Returns
    -------
    str
        ``optimal``, ``feasible``, ``infeasible`` or ``unknown``, of this model.
    """
    search.extended(model)
    compiled = Compiled(model.model)
    begun = search.elapsed
    budget = math.inf if seconds is None else seconds
    while True:
        limit = min(search.remaining, budget - (search.elapsed - begun))
        if limit <= 0:
            return "unknown"
        found = _run(model, compiled, search, limit, threads, hint, bounds, lazy, source)
        if lazy is None or found.values is None:
            break
        cuts = [compiled.row(c) for c in lazy(compiled.value(found.values))]
        if not cuts:
            search.offer(model.read(compiled.value(found.values)), source, exact=True)
            if found.status == "optimal" and bounds:
                _tighten(model, search, found.bound + compiled.constant, source)
            break
        _append(compiled, cuts)
    # Valid with the user's constraints, which are in the model, and no cut-off is; a solution of
    # the search (with `extend` only one that satisfies them) refutes it.
    if found.status == "infeasible" and bounds:
        search.prove_infeasible("HiGHS proves that no solution exists", source)
    return found.status


def _run(
    model: Model,
    compiled: Compiled,
    search: Search,
    limit: float,
    threads: int | None,
    hint: bool,
    bounds: bool,
    lazy: Any,
    source: str,
) -> Mip:
    known = [search.hint]

    def offer(values: np.ndarray, _: float) -> None:
        try:
            value = compiled.value(values)
            if lazy is None:
                search.offer(model.read(value), source, exact=True)
        except Exception as error:
            search.report(source, error)

    def fresh() -> np.ndarray | None:
        best = search.solution
        if best is None or best is known[0]:
            return None
        known[0] = best
        return compiled.start(model.hint(best))

    start = None
    if hint and known[0] is not None:
        start = compiled.start(model.hint(known[0]))
    found = solve_mip(
        compiled.cost,
        compiled.rows,
        compiled.low,
        compiled.high,
        compiled.integer,
        sense=compiled.sense,
        start=start,
        seconds=limit,
        threads=threads or search.threads,
        seed=search.seed,
        log=search.log,
        on_solution=offer,
        on_bound=(lambda b: _tighten(model, search, b + compiled.constant, source))
        if bounds
        else None,
        fresh=fresh if hint and search.extend is None else None,
        stopped=lambda: not search.open,
    )
    if found.values is not None and lazy is None:
        offer(found.values, 0.0)
    if bounds and found.status in ("optimal", "feasible", "unknown"):
        _tighten(model, search, found.bound + compiled.constant, source)
    return found


def _tighten(model: Model, search: Search, bound: float, source: str) -> None:
    if not math.isfinite(bound):
        return
    value = model.scale * bound + model.offset
    value += -model.slack if search.sense == "min" else model.slack
    # HiGHS proves to its feasibility tolerance; a bound a hair from the checked objective is it.
    # Not for integers: a relative hair of a large objective is whole units, and no proof.
    best = search.objective
    hair = 1e-6 * max(1.0, abs(best)) if best is not None else 0.0
    if best is not None and not search.family.integral and abs(value - best) <= hair:
        value = min(value, best) if search.sense == "min" else max(value, best)
    try:
        search.tighten(value, source)
    except Exception as error:
        search.report(source, error)


def _append(compiled: Compiled, cuts: list[tuple[dict[int, float], float, float]]) -> None:
    if max((max(c[0], default=-1) for c in cuts), default=-1) >= len(compiled.cost):
        raise SolverError("a lazy constraint uses a variable the model did not know")
    new, old = Rows.of(cuts), compiled.rows
    compiled.rows = Rows(
        np.concatenate([old.start, new.start[1:] + old.start[-1]]).astype(np.int32),
        np.concatenate([old.index, new.index]),
        np.concatenate([old.value, new.value]),
        np.concatenate([old.lower, new.lower]),
        np.concatenate([old.upper, new.upper]),
    )

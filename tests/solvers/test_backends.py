"""The exact backends: living together in one process, growing LPs, MIP starts."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.treeprune.exact import pyomo
from zerogap.solvers.backends import highs
from zerogap.solvers.backends.highs import Rows, solve_mip
from zerogap.solvers.backends.lp import Lp
from zerogap.solvers.result import SolverError

SOLVE_BOTH = """
import {first}
import {second}
from ortools.sat.python import cp_model
import highspy
m = cp_model.CpModel(); x = m.new_int_var(0, 9, "x"); m.maximize(x)
s = cp_model.CpSolver(); assert s.solve(m) == cp_model.OPTIMAL and s.objective_value == 9
h = highspy.Highs(); h.setOptionValue("output_flag", False)
y = h.addVariable(0, 7); h.maximize(y); assert h.val(y) == 7
print("both")
"""


@pytest.mark.parametrize("order", [("highspy", "ortools.sat.python.cp_model"),
                                   ("ortools.sat.python.cp_model", "highspy")])  # fmt: skip
def test_highspy_and_ortools_live_in_one_process(order):
    script = SOLVE_BOTH.format(first=order[0], second=order[1])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "both", done.stderr


def test_mip_with_start_cutoff_and_bound():
    rows = Rows.of([({0: 3.0, 1: 5.0, 2: 4.0}, -math.inf, 10.0)])
    bounds = []
    found = solve_mip([-4, -7, -5], rows, [0] * 3, [3] * 3, [True] * 3, start=[1, 1, 0],
                      on_bound=bounds.append)  # fmt: skip
    brute = min(
        -4 * a - 7 * b - 5 * c
        for a in range(4)
        for b in range(4)
        for c in range(4)
        if 3 * a + 5 * b + 4 * c <= 10
    )
    assert found.status == "optimal" and found.objective == brute
    assert found.bound <= brute + 1e-9 and all(b <= brute + 1e-6 for b in bounds)
    assert solve_mip([1], Rows.of([({0: 1.0}, 2, math.inf)]), [0], [1], [True]).status == (
        "infeasible"
    )


def test_growing_lp_keeps_duals_and_reduced_costs_consistent():
    rng = np.random.default_rng(0)
    demand = rng.integers(1, 9, 6).astype(float)
    lp = Lp(Rows.of([({i: 1.0}, demand[i], math.inf) for i in range(6)]),
            cost=[10.0] * 6, low=[0.0] * 6, high=[math.inf] * 6)  # fmt: skip
    assert lp.solve() == "optimal"
    value = lp.objective
    for _ in range(5):
        members = np.flatnonzero(rng.random(6) < 0.5)
        cost = float(rng.integers(3, 15))
        lp.add_columns([cost], [0.0], [math.inf], [0], members, np.ones(len(members)))
        assert lp.solve() == "optimal"
        assert lp.objective <= value + 1e-9
        assert lp.objective == pytest.approx(lp.duals @ demand)
        assert (lp.reduced_costs >= -1e-7).all()
        value = lp.objective
    lp.add_rows(Rows.of([({0: 1.0, 6: 1.0}, demand[0] + 3, math.inf)]))
    assert lp.solve() == "optimal" and lp.objective >= value - 1e-9
    assert (lp.rows, lp.columns) == (7, 11)


def test_a_bound_units_away_from_a_large_integer_proves_nothing():
    from tests.toy import models as toy
    from zerogap.solvers.result import Limits
    from zerogap.solvers.search import Search

    instance = toy.Knapsack([10**7, 3], [1, 1], 1)
    search = Search(toy.FAMILY, instance, Limits(9.0), threads=1, seed=0, method="mip", options={})
    search.offer(toy.Packing((0,)), "test")
    model = toy.build_pyomo(instance)
    highs._tighten(model, search, 10**7 + 5.0, "highs")
    assert search.bound == 10**7 + 5 and not search.incumbent.closed
    highs._tighten(model, search, 10**7 + 5e-7, "highs")
    assert search.bound == 10**7 and search.incumbent.closed


def test_pyomo_models_are_compiled_exactly():
    import pyomo.environ as pyo

    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(3), bounds=(0, 5), domain=pyo.Integers)
    m.y = pyo.Var(bounds=(None, 4))
    m.a = pyo.Constraint(expr=pyo.inequality(1, m.x[0] + 2 * m.x[1] - 1, 7))
    m.b = pyo.Constraint(expr=m.x[2] + m.y + m.x[2] == 3)
    m.o = pyo.Objective(expr=3 * m.x[0] - m.y + 2, sense=pyo.maximize)
    c = highs.Compiled(m)
    assert c.sense == "max" and c.constant == 2
    terms, low, high = c.row(m.b)
    assert terms[c.column[id(m.x[2])]] == 2 and (low, high) == (3, 3)
    assert c.row(m.a)[1:] == (2, 8)
    m.q = pyo.Constraint(expr=m.y * m.x[0] <= 1)
    with pytest.raises(highs.SolverError, match="linear"):
        highs.Compiled(m)


def test_versions_that_are_known_to_be_wrong_are_refused(monkeypatch):
    monkeypatch.setattr(highs, "_version", lambda: "1.14.0")
    with pytest.raises(SolverError, match=r"1\.14\.0 .*presolve.*<1\.14"):
        highs.fresh_highs(1)


def test_a_limit_or_a_cutoff_is_no_proof():
    """Knapsacks with one row per pair: a limit of no time, and a cut-off below every solution."""
    rng = np.random.default_rng(4)
    weight = rng.integers(20, 60, 40).astype(float)
    rows = Rows.of([(dict(enumerate(weight)), -math.inf, float(weight.sum() // 2) + 0.5)])
    cost, ones, whole = -weight - rng.random(40), np.ones(40), np.ones(40, bool)
    stopped = solve_mip(cost, rows, 0 * ones, ones, whole, seconds=0.0)
    assert stopped.status in ("feasible", "unknown")
    cut = solve_mip(cost, rows, 0 * ones, ones, whole, cutoff=float(cost.sum()) - 1)
    assert cut.status in ("cutoff", "unknown")
    halted = solve_mip(cost, rows, 0 * ones, ones, whole, stopped=lambda: True)
    assert halted.status in ("feasible", "unknown") or halted.bound <= halted.objective + 1e-9


@pytest.mark.parametrize("seed", [31, 91, 131])
def test_every_mip_path_on_trees_that_highs_1_14_0_gets_wrong(seed):
    """Its presolve cuts off their optima; asked of every way that a MIP is solved here."""
    tree = zg.generate("treeprune", seed=seed)
    best = zg.solve(tree, method="kernel", threads=1).objective
    cold = zg.solve(tree, method="exact", threads=1, backend="highs")
    assert cold.status == "optimal" and cold.objective == pytest.approx(best, abs=1e-9)
    warm = zg.solve(tree, method="auto", threads=2, backend="highs")
    assert warm.status == "optimal" and warm.objective == pytest.approx(best, abs=1e-9)
    compiled = highs.Compiled(pyomo.build(tree).model)
    ways = (
        {},
        {"start": True},
        {"cutoff": 1 - best},
        {"threads": 2},
        {"stopped": lambda: False},
        {"presolve": False},
    )
    for way in ways:
        options = dict(way)
        if options.pop("start", False):
            model = pyomo.build(tree)
            compiled = highs.Compiled(model.model)
            options["start"] = compiled.start(model.hint(cold.solution))
        if "cutoff" in options:
            options["cutoff"] = best - 0.01  # of a maximum: a value that the optimum beats
        found = solve_mip(compiled.cost, compiled.rows, compiled.low, compiled.high,
                          compiled.integer, sense=compiled.sense, **options)  # fmt: skip
        assert found.status == "optimal", way
        assert found.objective + compiled.constant == pytest.approx(best, abs=1e-6)

"""The way of a solve, on a family that is not part of the package."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time

import pytest

import zerogap as zg
from tests.toy import models as toy
from zerogap.models.base import InstanceError
from zerogap.solvers.incumbent import Incumbent
from zerogap.solvers.result import SolverError, load_solution, primal_integral

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")


@pytest.fixture
def knapsack():
    return zg.generate("toy", seed=3, items=12)


@pytest.mark.parametrize("method", ["auto", "exact", "mip"])
@pytest.mark.parametrize("seed", range(5))
def test_every_exact_method_proves_the_brute_force_optimum(method, seed):
    instance = zg.generate("toy", seed=seed, items=10)
    result = zg.solve(instance, method=method, threads=1, time_limit=20)
    assert result.status == "optimal"
    assert result.objective == result.bound == toy.brute_force(instance)
    assert zg.check(instance, result.solution) == result.objective


def test_kernel_alone_claims_no_proof(knapsack):
    result = zg.solve(knapsack, method="kernel", iterations=500, threads=1)
    assert result.status == "feasible"
    assert result.bound is None and result.gap is None
    assert result.objective <= toy.brute_force(knapsack)


def test_iterations_and_seed_repeat_bit_for_bit(knapsack):
    runs = [
        zg.solve(knapsack, method="kernel", iterations=300, threads=1, seed=5) for _ in range(3)
    ]
    assert len({r.solution for r in runs}) == 1
    assert [[p.objective for p in r.trace] for r in runs[1:]] == [
        [p.objective for p in runs[0].trace]
    ] * 2


def test_trace_names_both_sides(knapsack):
    result = zg.solve(knapsack, threads=2, time_limit=20)
    sources = {p.source for p in result.trace}
    assert {"greedy", "all items"} <= sources
    assert all(a.time <= b.time for a, b in zip(result.trace, result.trace[1:]))


def test_a_start_is_never_made_worse(knapsack):
    best = zg.solve(knapsack, method="exact", threads=1).solution
    for method in ("auto", "kernel", "exact", "mip"):
        result = zg.solve(knapsack, method=method, start=best, time_limit=2, threads=1)
        assert result.objective == toy.brute_force(knapsack)


def test_an_infeasible_start_is_refused(knapsack):
    with pytest.raises(zg.InfeasibleSolution) as error:
        zg.solve(knapsack, start=toy.Packing(tuple(range(12))))
    assert error.value.constraint == "capacity" and error.value.by > 0


@pytest.mark.parametrize("method", ["exact", "mip"])
def test_extend_is_honoured_and_the_start_still_helps(knapsack, method):
    best = zg.solve(knapsack, method="exact", threads=1)
    banned = best.solution.items[0]

    def forbid(model):
        take = model.variables["take"]
        if method == "mip":
            model.model.banned = __import__("pyomo.environ").environ.Constraint(
                expr=take[banned] == 0
            )
        else:
            model.model.add(take[banned] == 0)

    result = zg.solve(knapsack, method=method, extend=forbid, start=best.solution, threads=1)
    assert result.status == "optimal"
    assert banned not in result.solution.items
    assert result.objective <= best.objective


def test_extend_with_an_impossible_constraint_is_infeasible(knapsack):
    result = zg.solve(
        knapsack, method="exact", extend=lambda m: m.model.add(sum(m.variables["take"]) >= 99)
    )
    assert result.status == "infeasible" and result.solution is None


def test_extend_that_fails_says_which_variables_there_are(knapsack):
    with pytest.raises(SolverError, match="take"):
        zg.solve(knapsack, method="exact", extend=lambda m: m.variables["nothing"])


def test_interrupt_keeps_the_incumbent():
    instance = zg.generate("toy", seed=1, items=200)
    event = threading.Event()
    threading.Timer(0.3, event.set).start()
    begun = time.monotonic()
    result = zg.solve(instance, method="kernel", interrupt=event, time_limit=60)
    assert time.monotonic() - begun < 30
    assert result.stopped == "interrupted" and result.solution is not None


def test_a_dying_strategy_loses_nothing(knapsack, monkeypatch):
    import tests.toy.solvers as solver

    def dying(instance, search):
        solver.kernel(instance, search)
        raise RuntimeError("backend died")

    monkeypatch.setitem(solver.METHODS, "dying", dying)
    result = zg.solve(knapsack, method="dying", iterations=100, threads=1)
    assert result.solution is not None
    assert any("backend died" in m for m in result.messages)

    monkeypatch.setitem(solver.METHODS, "dead", lambda i, s: 1 / 0)
    with pytest.raises(SolverError, match="ZeroDivisionError"):
        zg.solve(knapsack, method="dead")


def test_a_lying_kernel_is_caught(knapsack, monkeypatch):
    import tests.toy.solvers as solver

    def lying(instance, search):
        search.offer(toy.Packing((0,)), "liar", objective=10**6)

    monkeypatch.setitem(solver.METHODS, "lying", lying)
    with pytest.raises(SolverError, match="claims objective"):
        zg.solve(knapsack, method="lying")


def test_a_bound_beyond_the_incumbent_is_refused(knapsack):
    incumbent = Incumbent(toy.FAMILY, knapsack)
    incumbent.offer(toy.Packing((0, 1)), "test")
    with pytest.raises(SolverError, match="beyond"):
        incumbent.tighten(incumbent.objective - 1, "liar")
    assert not incumbent.closed
    assert not incumbent.tighten(incumbent.objective, "liar")
    assert incumbent.tighten(incumbent.objective + 7.5, "test")
    assert incumbent.bound == incumbent.objective + 7
    assert not incumbent.tighten(incumbent.objective + 9, "test")
    assert incumbent.tighten(incumbent.objective, "test")
    assert incumbent.closed and incumbent.gap == 0


@pytest.fixture
def production(monkeypatch):
    """As users run it: what is wrong is dropped and named."""
    monkeypatch.setenv("ZEROGAP_STRICT", "0")


def test_a_refuted_bound_falls_and_its_source_with_it(knapsack, production):
    incumbent = Incumbent(toy.FAMILY, knapsack)
    incumbent.offer(toy.Packing((0,)), "test")
    assert incumbent.tighten(int(knapsack.value.sum()), "all items")
    assert incumbent.tighten(incumbent.objective, "liar") and incumbent.closed
    assert incumbent.offer(toy.Packing((0, 1)), "test")
    assert not incumbent.closed and incumbent.bound == knapsack.value.sum()
    assert not incumbent.tighten(incumbent.objective, "liar")
    assert not incumbent.prove_infeasible("liar")
    assert incumbent.distrusted == {"liar": 1} and "liar" in incumbent.messages[0]
    assert incumbent.tighten(incumbent.objective + 3, "test")


def test_a_solution_refutes_a_proof_of_infeasibility(knapsack, production):
    incumbent = Incumbent(toy.FAMILY, knapsack)
    assert incumbent.prove_infeasible("liar") and incumbent.infeasible
    assert incumbent.offer(toy.Packing((0,)), "test")
    assert not incumbent.infeasible and "liar" in incumbent.distrusted


def _with(monkeypatch, name, method):
    import tests.toy.solvers as solver

    monkeypatch.setitem(solver.METHODS, name, method)
    return solver


def test_a_refused_solution_does_not_end_a_solve(knapsack, monkeypatch, production):
    def method(instance, search):
        search.offer(toy.Packing(tuple(range(12))), "liar", objective=10**6)
        search.tighten(1, "liar")
        solver.exact(instance, search)

    solver = _with(monkeypatch, "wrong", method)
    result = zg.solve(knapsack, method="wrong", threads=1)
    assert result.status == "optimal" and result.objective == toy.brute_force(knapsack)
    assert [m for m in result.messages if "liar offered an infeasible solution" in m]
    assert result.claims[0].source == "cp-sat" and result.claims[0].value == result.objective


def test_a_wrong_objective_is_recomputed(knapsack, monkeypatch, production):
    solver = _with(
        monkeypatch, "wrong", lambda i, s: s.offer(toy.Packing((0,)), "liar", objective=10**6)
    )
    result = zg.solve(knapsack, method="wrong", threads=1)
    assert solver and result.status == "feasible" and result.objective == knapsack.value[0]
    assert "claims objective" in result.messages[0]


@pytest.mark.parametrize("claim", ["optimal", "infeasible"])
def test_a_refuted_proof_does_not_end_a_solve(knapsack, monkeypatch, production, claim):
    """The false proof stops the solve; a solution that was on its way takes the stop back."""
    calls = []

    def method(instance, search):
        calls.append(search.elapsed)
        if claim == "optimal":
            search.offer(toy.Packing((0,)), "greedy")
            search.prove_optimal("liar", search.objective)
        else:
            search.prove_infeasible("none", "liar")
        assert len(calls) > 1 or not search.open
        search.offer(toy.Packing((0, 1)), "late")
        if len(calls) > 1:
            solver.exact(instance, search)

    solver = _with(monkeypatch, "wrong", method)
    result = zg.solve(knapsack, method="wrong", threads=1)
    assert len(calls) == 2
    assert result.status == "optimal" and result.objective == toy.brute_force(knapsack)
    assert result.claims[0].source == "cp-sat"


def test_strict_makes_what_is_wrong_an_error(knapsack, monkeypatch):
    def method(instance, search):
        solver.exact(instance, search)
        with contextlib.suppress(SolverError):
            search.offer(toy.Packing(tuple(range(12))), "liar")

    solver = _with(monkeypatch, "wrong", method)
    with pytest.raises(SolverError, match="liar offered an infeasible solution"):
        zg.solve(knapsack, method="wrong")


def test_a_cutoff_stays_in_what_it_proves(knapsack, monkeypatch):
    """After a call with a cut-off the same model's bounds speak of better solutions only."""
    from tests.toy.models import build_cpsat
    from zerogap.solvers.backends import cpsat

    def method(instance, search):
        model = build_cpsat(instance)
        search.offer(toy.Packing((0,)), "greedy")
        best = toy.brute_force(instance)
        assert cpsat.improve(model, search, cutoff=True) == "optimal"
        assert search.objective == best and search.bound == best

    _with(monkeypatch, "cut", method)
    assert zg.solve(knapsack, method="cut", threads=1).status == "optimal"


def test_incumbent_under_many_threads(knapsack):
    incumbent = Incumbent(toy.FAMILY, knapsack)

    def offer(k):
        for i in range(200):
            incumbent.offer(toy.Packing(((i * k) % 12,)), f"thread {k}")

    threads = [threading.Thread(target=offer, args=(k,)) for k in range(1, 9)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    values = [p.objective for p in incumbent.trace]
    assert values == sorted(set(values))
    assert incumbent.objective == max(
        int(v) for v, w in zip(knapsack.value, knapsack.weight) if w <= knapsack.capacity
    )


@pytest.mark.parametrize(
    ("keyword", "value", "error"),
    [
        ("time_limit", 0, ValueError),
        ("time_limit", math.nan, ValueError),
        ("gap", -1, ValueError),
        ("threads", 0, ValueError),
        ("iterations", 0, ValueError),
        ("seed", -1, ValueError),
        ("method", "magic", InstanceError),
        ("colour", "red", InstanceError),
    ],
)
def test_wrong_arguments_are_named(knapsack, keyword, value, error):
    with pytest.raises(error, match=keyword.split("_")[0]):
        zg.solve(knapsack, **{keyword: value})


def test_result_round_trip(knapsack, tmp_path):
    result = zg.solve(knapsack, threads=1)
    path = tmp_path / "r.json"
    result.save(path)
    stored = json.loads(path.read_text())
    assert stored["format"] == 1 and stored["status"] == "optimal"
    assert stored["instance"]["sha256"] == zg.digest(knapsack)
    assert load_solution(path, knapsack) == result.solution
    with pytest.raises(InstanceError, match="another instance"):
        load_solution(path, zg.generate("toy", seed=99))
    assert "optimal" in str(result) and "<table>" in result._repr_html_()


def test_results_travel(knapsack):
    import pickle

    result = zg.solve(knapsack, threads=1)
    again = pickle.loads(pickle.dumps(result))
    assert again.to_dict() == result.to_dict()
    pytest.importorskip("pandas", reason="extra [science] is not installed")
    frame = result.to_pandas()
    assert list(frame.columns) == ["time", "objective", "bound", "source"]
    assert frame["objective"].iloc[-1] == result.objective


def test_primal_integral_is_the_mean_gap():
    assert primal_integral([], 10, 4) == 1
    assert primal_integral([(0.0, 10)], 10, 4) == 0
    assert primal_integral([(1.0, 20), (2.0, 10)], 10, 4) == pytest.approx((1 + 0.5) / 4)
    assert primal_integral([(9.0, 10)], 10, 4) == 1


def test_digest_ignores_the_name_and_nothing_else(knapsack):
    import dataclasses

    assert zg.digest(knapsack) == zg.digest(dataclasses.replace(knapsack, name="other"))
    assert zg.digest(knapsack) != zg.digest(
        dataclasses.replace(knapsack, capacity=knapsack.capacity + 1)
    )


def test_what_comes_during_the_last_check_is_not_mixed_with_what_was_checked(knapsack, monkeypatch):
    taken = Incumbent.moment

    def moment(self):
        found = taken(self)
        # A thread that the search has left behind brings another solution right now.
        self.solution, self.objective = None, None
        return found

    monkeypatch.setattr(Incumbent, "moment", moment)
    result = zg.solve(knapsack, method="kernel", iterations=200, threads=1)
    assert zg.check(knapsack, result.solution) == result.objective

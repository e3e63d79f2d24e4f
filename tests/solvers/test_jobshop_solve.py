"""Solving job-shops: both sides together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from tests.ext.test_jobshop_kernel import brute_force, random_flexible, random_shop
from zerogap.models.jobshop import JobShop, Schedule
from zerogap.solvers.jobshop import bounds, rules
from zerogap.solvers.jobshop.schedules import schedule_of, sequence_of


def test_small_classics_are_proven(instances):
    for name, optimum in (("ft06", 55), ("la01", 666), ("la05", 593)):
        result = zg.solve(zg.read(instances / "jobshop" / f"{name}.txt"), time_limit=20, threads=2)
        assert (result.status, result.objective, result.bound) == ("optimal", optimum, optimum)
        assert {p.source for p in result.trace} >= {"bounds"}


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_optima_agree_with_brute_force(method):
    rng = np.random.default_rng(5)
    for _ in range(15):
        shop = random_shop(rng)
        result = zg.solve(shop, method=method, time_limit=20, threads=1)
        assert (result.status, result.objective) == ("optimal", brute_force(shop))


def test_flexible_shops_close_from_both_sides():
    rng = np.random.default_rng(6)
    for _ in range(8):
        shop = random_flexible(rng)
        both = [zg.solve(shop, method=m, time_limit=20, threads=2) for m in ("auto", "exact")]
        assert [r.status for r in both] == ["optimal", "optimal"]
        assert both[0].objective == both[1].objective


def least_tardiness(shop: JobShop) -> int:
    """All orders in which operations can be appended."""
    tokens = [j for j in range(shop.jobs) for _ in range(shop.first[j], shop.first[j + 1])]
    best = None
    for order in set(itertools.permutations(tokens)):
        at, ready, free = shop.first[:-1].tolist(), shop.release.tolist(), [0] * shop.machines
        for j in order:
            x = at[j]
            m = shop.machine[x]
            ready[j] = free[m] = max(ready[j], free[m]) + int(shop.duration[x])
            at[j] += 1
        late = sum(int(w) * max(0, c - int(d)) for w, c, d in zip(shop.weight, ready, shop.due))
        best = late if best is None else min(best, late)
    assert best is not None
    return best


def test_tardiness_agrees_with_brute_force():
    for seed in range(5):
        shop = zg.generate("jobshop", "tardiness", seed=seed, jobs=3, machines=2, tightness=1.0)
        for method in ("auto", "exact"):
            result = zg.solve(shop, method=method, time_limit=20, threads=1)
            assert (result.status, result.objective) == ("optimal", least_tardiness(shop))


def test_bounds_are_bounds():
    rng = np.random.default_rng(7)
    for _ in range(200):
        shop = random_shop(rng)
        optimum = brute_force(shop)
        assert bounds.trivial(shop) <= bounds.machine_bound(shop, carlier=False)
        assert bounds.machine_bound(shop, carlier=False) <= bounds.machine_bound(shop) <= optimum


def test_carlier_agrees_with_all_orders():
    from zerogap._ext.jobshop.bounds import OneMachine

    rng = np.random.default_rng(9)
    for _ in range(400):
        n = int(rng.integers(1, 6))
        head, size, tail = (rng.integers(0, 12, n) for _ in range(3))
        best = 10**9
        for order in itertools.permutations(range(n)):
            t = longest = 0
            for x in order:
                t = max(t, int(head[x])) + int(size[x])
                longest = max(longest, t + int(tail[x]))
            best = min(best, longest)
        machine = OneMachine(head, size, tail)
        assert machine.preemptive() <= best
        assert machine.carlier() == best
        assert machine.carlier(1) <= best


def test_a_start_is_never_made_worse(instances):
    shop = zg.read(instances / "jobshop" / "ft10.txt")
    start = zg.solve(shop, method="kernel", iterations=20_000, threads=1).solution
    for method in ("auto", "kernel", "exact"):
        result = zg.solve(shop, method=method, start=start, time_limit=1, threads=1)
        assert result.objective <= zg.check(shop, start)


def test_iterations_make_the_kernel_repeatable(instances):
    shop = zg.read(instances / "jobshop" / "la16.txt")
    runs = [zg.solve(shop, method="kernel", iterations=15_000, threads=1, seed=3) for _ in range(2)]
    assert runs[0].solution == runs[1].solution


def test_sequences_and_schedules_translate():
    rng = np.random.default_rng(8)
    for _ in range(300):
        shop = random_shop(rng, largest=5, zero=0.5)
        schedule = rules.schedule(shop, rules.rule("mor"))
        again = schedule_of(shop, sequence_of(shop, schedule.start))
        assert (again.start <= schedule.start).all()
        assert zg.check(shop, again) <= zg.check(shop, schedule)


def test_a_maintenance_window_is_kept(instances):
    shop = zg.read(instances / "jobshop" / "ft06.txt")

    def maintenance(model):
        stop = model.model.new_fixed_size_interval_var(10, 20, "maintenance")
        model.model.add_no_overlap([*model.variables["machine"][0], stop])

    result = zg.solve(shop, extend=maintenance, time_limit=20, threads=2)
    assert result.status == "optimal" and result.objective > 55
    on = shop.machine == 0
    start = result.solution.start[on]
    assert ((start + shop.duration[on] <= 10) | (start >= 30)).all()


def test_hints_are_complete():
    from zerogap.models.jobshop.exact.cpsat import build

    for generator in ("taillard", "flexible", "tardiness", "reentrant"):
        shop = zg.generate("jobshop", generator, seed=2, jobs=5, machines=3)
        model = build(shop)
        schedule = zg.solve(shop, method="dispatch").solution
        hinted = {v.index: value for v, value in model.hint(schedule)}
        assert len(hinted) == len(model.model.proto.variables)
        for variable, value in model.hint(schedule):
            model.model.add(variable == value)
        from ortools.sat.python import cp_model

        solver = cp_model.CpSolver()
        assert solver.status_name(solver.solve(model.model)) == "OPTIMAL"
        assert model.read(solver.value) == schedule
        assert solver.objective_value == zg.check(shop, schedule)


def test_dispatch_takes_its_rule_by_name():
    shop = zg.generate("jobshop", seed=1)
    assert zg.solve(shop, method="dispatch", rule="spt").objective > 0
    with pytest.raises(zg.InstanceError, match="mwkr"):
        zg.solve(shop, method="dispatch", rule="best")


def test_gantt_chart_shows_a_critical_path():
    pytest.importorskip("matplotlib")
    from zerogap.report.jobshop import critical, draw

    for generator in ("taillard", "flexible", "reentrant"):
        shop = zg.generate("jobshop", generator, seed=4, jobs=5, machines=4)
        schedule = zg.solve(shop, method="dispatch").solution
        path = critical(shop, schedule)
        assert schedule.start[path[0]] == 0
        assert (np.diff(schedule.start[path]) >= 0).all()
        assert draw(shop, schedule).axes
    assert isinstance(schedule, Schedule)

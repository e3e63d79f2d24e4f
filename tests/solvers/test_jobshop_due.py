"""Shops with due dates, and proofs by two solvers that know nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import jobshop as oracle
from zerogap.models.jobshop import FlexibleJobShop, JobShop
from zerogap.models.jobshop.exact.pyomo import LATEST, build
from zerogap.solvers.jobshop import bounds


@pytest.mark.parametrize("seed", range(24))
def test_highs_agrees_with_enumeration(seed):
    shop, _ = oracle.draw(np.random.default_rng(seed))
    best, _ = oracle.optimum(shop, {})
    result = zg.solve(shop, method="exact", backend="highs", time_limit=20, threads=1)
    assert result.objective == best
    assert result.bound is not None and result.bound <= best


@pytest.mark.parametrize("seed", range(40))
def test_no_weights_of_machines_prove_too_much(seed):
    rng = np.random.default_rng(seed)
    shop, _ = oracle.draw(rng)
    while not isinstance(shop, FlexibleJobShop) or shop.objective != "makespan":
        shop, _ = oracle.draw(rng)
    best, _ = oracle.optimum(shop, {})
    assert bounds.assignment_bound(shop) <= best
    for _ in range(20):
        assert bounds._weighed(shop, rng.integers(0, 5, shop.machines).tolist()) <= best


def test_bounds_of_flexible_shops_know_the_machines(data):
    shop = zg.read(data("jobshop/fjsp/Brandimarte1993/mk10.txt"), family="jobshop")
    assert 180 <= bounds.opening(shop) <= 189


def test_audit_confirms_a_shop_by_the_other_solver(instances):
    result = zg.solve(zg.read(instances / "jobshop" / "ft06.txt"), time_limit=20, threads=1)
    verdict = zg.audit(result, time_limit=60, threads=1)
    assert (verdict.verdict, verdict.source) == ("confirmed", "highs")


def test_highs_refuses_what_it_cannot_hold():
    shop = JobShop([0, 0], [3, LATEST], [0, 1, 2], 1)
    with pytest.raises(zg.InstanceError, match="use backend=cp-sat"):
        build(shop)
    many = zg.generate("jobshop", jobs=100, machines=5)
    with pytest.raises(zg.InstanceError, match="pairs of operations"):
        build(many)
    with pytest.raises(zg.InstanceError, match="cannot take constraints of extend"):
        zg.solve(JobShop([0], [3], [0, 1], 1), method="exact", backend="highs", extend=print)


@pytest.mark.parametrize("objective", ["tardiness", "flow", "tardy", "lateness", "makespan"])
@pytest.mark.parametrize("method", ["auto", "kernel"])
def test_nothing_stops_before_its_limit_without_a_proof(objective, method):
    rng = np.random.default_rng(5)
    shop = zg.generate("jobshop", "flexible", jobs=12, machines=4, seed=2)
    shop = type(shop)(
        shop.machine,
        shop.duration,
        shop.choice,
        shop.first,
        shop.machines,
        due=rng.integers(0, 60, shop.jobs),
        objective=objective,
    )
    result = zg.solve(shop, method=method, time_limit=1.5, threads=2)
    assert result.status == "optimal" or result.time >= 1.4


def test_flexible_tardiness_is_ahead_of_the_earliest_due_date():
    shop = zg.generate("jobshop", "flexible", jobs=20, machines=5, seed=4)
    work = np.add.reduceat(np.minimum.reduceat(shop.duration, shop.choice[:-1]), shop.first[:-1])
    shop = type(shop)(
        shop.machine,
        shop.duration,
        shop.choice,
        shop.first,
        shop.machines,
        due=(1.3 * work).astype(int),
        objective="tardiness",
    )
    rule = zg.solve(shop, method="dispatch", rule="edd").objective
    found = zg.solve(shop, method="kernel", time_limit=2, threads=1).objective
    assert found < 0.8 * rule

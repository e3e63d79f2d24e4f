"""Shops with constraints of the user's: nothing that holds for the plain problem alone is used."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import jobshop as oracle
from zerogap.models.jobshop import JobShop

PAIR = JobShop([0, 0], [3, 2], [0, 1, 2], machines=1)


def closed(machine: int, begin: int, end: int):
    def extend(model):
        stop = model.model.new_fixed_size_interval_var(begin, end - begin, "closed")
        model.model.add_no_overlap([*model.variables["machine"][machine], stop])

    return extend


def late(model):
    model.model.add(model.variables["start"][0] >= 50)


def setup(model):
    v, cp = model.variables, model.model
    first = cp.new_bool_var("first")
    cp.add(v["start"][1] >= v["end"][0] + 100).only_enforce_if(first)
    cp.add(v["start"][0] >= v["end"][1] + 100).only_enforce_if(~first)


@pytest.mark.parametrize("method", ["auto", "exact"])
@pytest.mark.parametrize("extend, value", [(closed(0, 0, 100), 105), (late, 53), (setup, 105)])
def test_no_horizon_cuts_a_constraint_off(method, extend, value):
    result = zg.solve(PAIR, method=method, extend=extend, time_limit=20, threads=1)
    assert (result.status, result.objective) == ("optimal", value)


@pytest.mark.parametrize("begin, end, value", [(10, 110, 144), (10, 210, 244)])
def test_long_closings_of_ft06(instances, begin, end, value):
    shop = zg.read(instances / "jobshop" / "ft06.txt")
    result = zg.solve(shop, extend=closed(0, begin, end), time_limit=20, threads=1)
    assert (result.status, result.objective) == ("optimal", value)


HEAVY = {
    "family": "jobshop",
    "machines": 1,
    "objective": "tardiness",
    "jobs": [[[[0, 3]], [[0, 6]], [[0, 7]]], [[[0, 1]], [[0, 5]]], [[[0, 0]], [[0, 6]], [[0, 7]]]],
    "release": [16, 0, 0],
    "due": [39, 3, 16],
    "weight": [1000, 1000, 1],
}


def test_a_closing_that_makes_heavy_jobs_late(tmp_path):
    (tmp_path / "shop.json").write_text(json.dumps(HEAVY))
    shop = zg.read(tmp_path / "shop.json")
    result = zg.solve(shop, extend=closed(0, 18, 30), time_limit=20, threads=1)
    assert result.status == "optimal" and result.objective <= 10037


def test_what_the_horizon_leaves_open_is_asked_without_one():
    """A deadline beyond everything proves infeasibility; a clock beyond the horizon does not."""
    shop = JobShop([0, 0], [3, 2], [0, 1, 2], machines=1, due=[1, 9], objective="tardy")

    def deadline(model):
        model.model.add(model.variables["end"][1] <= 1)

    result = zg.solve(shop, extend=deadline, time_limit=20, threads=1)
    assert result.status == "infeasible"

    def afternoon(model):
        model.model.add(model.variables["start"][0] >= 10**6)

    for horizon in (5, 100, 10**7):
        result = zg.solve(shop, extend=afternoon, horizon=horizon, time_limit=20, threads=1)
        assert (result.status, result.objective) == ("optimal", 1)
    assert (
        "no schedule ends by 100 (option horizon)"
        in zg.solve(shop, extend=afternoon, horizon=100, time_limit=20, threads=1).messages
    )


@pytest.mark.parametrize("method", ["kernel", "dispatch"])
def test_methods_that_cannot_know_the_constraint_refuse_it(method):
    with pytest.raises(zg.InstanceError, match="extend"):
        zg.solve(PAIR, method=method, extend=late, time_limit=5)


def test_an_objective_of_the_users_is_refused():
    def extend(model):
        model.model.maximize(model.variables["start"][0])

    with pytest.raises(zg.InstanceError, match="objective"):
        zg.solve(PAIR, extend=extend, time_limit=5, threads=1)


@pytest.mark.parametrize("horizon", [2, 2**62, 2.5])
def test_horizons_out_of_range_are_refused(horizon):
    with pytest.raises(zg.InstanceError, match="horizon"):
        zg.solve(PAIR, extend=late, horizon=horizon, time_limit=5, threads=1)


@pytest.mark.parametrize("seed", range(40))
def test_random_constraints_agree_with_enumeration(seed):
    rng = np.random.default_rng(seed)
    shop, options = oracle.draw(rng)
    extend, allowed, methods = oracle.extension(shop, rng, options)
    best, _ = oracle.optimum(shop, options, allowed)
    method = str(rng.choice(methods))
    result = zg.solve(shop, method=method, extend=extend, time_limit=20, threads=1, **options)
    if best is None:
        assert result.status == "infeasible"
    else:
        assert (result.status, result.objective) == ("optimal", best)
        assert allowed(result.solution)


@pytest.mark.parametrize("seed", range(40))
def test_mixed_shops_agree_with_enumeration(seed):
    rng = np.random.default_rng([1, seed])
    shop, options = oracle.draw(rng)
    best, schedule = oracle.optimum(shop, options)
    assert zg.check(shop, schedule) == best
    given = oracle.solution(shop, rng, options)
    assert zg.check(shop, given) == oracle.value(shop, given)
    for method, limits in (
        ("auto", {}),
        ("exact", {}),
        ("kernel", {"iterations": 300}),
        ("dispatch", {}),
    ):
        result = zg.solve(shop, method=method, time_limit=20, threads=1, start=given, **limits)
        assert result.objective >= best >= (best if result.bound is None else result.bound)
        assert result.status == "optimal" or method in ("kernel", "dispatch")
    for other, expected in oracle.variants(shop, rng, options):
        result = zg.solve(other, time_limit=20, threads=1)
        assert (result.status, result.objective) == ("optimal", expected(best))

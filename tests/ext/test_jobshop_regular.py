"""The kernels of sums over the jobs, and of flexible dispatching."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import jobshop as oracle
from zerogap._ext.jobshop.regular import RegularSearch
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule
from zerogap.models.jobshop.solution import assigned
from zerogap.solvers.jobshop import rules
from zerogap.solvers.jobshop.schedules import (
    alternatives,
    by_tails,
    order_of,
    releases,
    weights,
    with_tails,
    without_tails,
)

SUMS = ("tardiness", "flow", "tardy")


def drawn(seed: int, objective: str, jobs: int = 6, machines: int = 4) -> FlexibleJobShop:
    """A flexible shop with re-entrance, zero durations and releases."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 5, jobs)
    first = np.concatenate(([0], np.cumsum(lengths)))
    counts = rng.integers(1, machines + 1, first[-1])
    machine = np.concatenate([rng.permutation(machines)[:c] for c in counts])
    duration = rng.integers(0, 9, len(machine))
    choice = np.concatenate(([0], np.cumsum(counts)))
    return FlexibleJobShop(
        machine,
        duration,
        choice,
        first,
        machines,
        release=rng.integers(0, 10, jobs),
        due=rng.integers(-5, 30, jobs),
        weight=rng.integers(0, 4, jobs),
        objective=objective,
    )


def kernel(shop, seed: int = 0, **settings) -> RegularSearch:
    due = releases(shop) if shop.objective == "flow" else shop.due
    made = RegularSearch(
        *alternatives(shop), due, weights(shop), kind=shop.objective, seed=seed, **settings
    )
    start = rules.schedule(shop, rules.rule("spt"))
    made.inject(assigned(shop, start)[0], order_of(shop, start))
    assert made.objective <= zg.check(shop, start)  # nothing begins later than in the schedule
    return made


def result_of(shop, made) -> Schedule:
    start, machine = made.best()
    return Schedule(start, machine if isinstance(shop, FlexibleJobShop) else None, shop.first)


@pytest.mark.parametrize("objective", SUMS)
@pytest.mark.parametrize("seed", range(4))
def test_heads_order_and_costs_stay_right_move_by_move(objective, seed):
    shop = drawn(seed, objective)
    made = kernel(shop, seed)
    for _ in range(300):
        made.run(iterations=7)
        assert made.consistent
    assert zg.check(shop, result_of(shop, made)) == made.objective


@pytest.mark.parametrize("seed", range(60))
def test_annealing_finds_what_enumeration_finds(seed):
    rng = np.random.default_rng(seed)
    shop, options = oracle.draw(rng)
    while shop.objective not in SUMS:
        shop, options = oracle.draw(rng)
    best, _ = oracle.optimum(shop, options)
    made = kernel(shop, seed, target=best, cycle=2000)
    made.run(iterations=100_000)
    assert made.objective == best
    assert zg.check(shop, result_of(shop, made)) == best


def test_the_same_seed_gives_the_same_however_sliced():
    shop = drawn(3, "tardiness", jobs=12)
    values = []
    for slices in ([5000], [1, 999, 4000], [50] * 100):
        made = kernel(shop, 5)
        for count in slices:
            made.run(iterations=count)
        values.append((made.objective, made.iterations, *(a.tolist() for a in made.best())))
    assert values[0] == values[1] == values[2]


def test_plans_of_another_shop_are_refused():
    shop = drawn(1, "flow")
    made = kernel(shop)
    machine, order = made.best()[1], order_of(shop, result_of(shop, made))
    with pytest.raises(ValueError, match="contradicts a job"):
        made.inject(machine, order[::-1])
    with pytest.raises(ValueError, match="cannot be done"):
        made.inject(np.full(shop.operations, 99), order)
    with pytest.raises(ValueError, match="inject a plan"):
        RegularSearch(*alternatives(shop), releases(shop), weights(shop), kind="flow").run()


@pytest.mark.parametrize("seed", range(6))
def test_lateness_is_a_makespan_with_tails(seed):
    flexible = drawn(seed, "lateness")
    plain = JobShop(
        flexible.machine[flexible.choice[:-1]],
        flexible.duration[flexible.choice[:-1]],
        flexible.first,
        flexible.machines,
        flexible.release,
        flexible.due,
        objective="lateness",
    )
    for shop in (flexible, plain):
        longer, shift = by_tails(shop)
        schedule = rules.schedule(shop, rules.rule("atc", 0.1))
        twin = with_tails(shop, longer, schedule)
        assert zg.check(longer, twin) - shift == zg.check(shop, schedule)
        back = without_tails(shop, twin.start, twin.machine)
        assert back == Schedule(schedule.start, schedule.machine, shop.first)


@pytest.mark.parametrize("name", ["learned", "atc", *rules.STATIC])
def test_every_rule_gives_feasible_schedules_of_flexible_shops(name):
    for seed in range(8):
        shop = drawn(seed, "tardiness")
        for delay in (0.0, 0.5, 1.0):
            schedule = rules.schedule(shop, rules.rule(name, delay), noise=0.3, seed=seed)
            assert zg.check(shop, schedule) >= 0


def test_a_file_of_weights_is_a_rule_everywhere(tmp_path):
    shop = drawn(2, "tardiness", jobs=10)
    rule = rules.learned()
    data = {
        "features": list(__import__("zerogap._ext.jobshop.dispatch", fromlist=["NAMES"]).NAMES),
        "linear": rule.linear.tolist(),
        "hidden": rule.hidden.tolist(),
        "delay": rule.delay,
    }
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(data))
    own = zg.solve(shop, method="dispatch", rule=str(path))
    assert own.objective == zg.solve(shop, method="dispatch").objective
    path.write_text(json.dumps(data | {"linear": [0.0] * 16, "hidden": []}))
    flat = zg.solve(shop, method="dispatch", rule=str(path))
    assert flat.solution == rules.schedule(shop, rules.Rule(np.zeros(16), delay=rule.delay))
    for method in ("auto", "kernel"):
        assert zg.solve(shop, method=method, rule=str(path), time_limit=0.3, threads=1).solution


@pytest.mark.parametrize(
    "content, word",
    [
        ("[1]", "expected a JSON object"),
        ("{", "not JSON"),
        ("{}", "features: is missing"),
        ('{"features": [], "linear": []}', "train again"),
        ("FULL 'delay': 3", "delay"),
        ("FULL 'linear': [1]", "expected 16 weights"),
        ("FULL 'linear': ['a']", "expected numbers"),
        ("FULL 'hidden': [1, 2]", "rows of 18"),
    ],
)
def test_bad_files_of_weights_are_refused_in_one_line(content, word, tmp_path):
    from zerogap._ext.jobshop.dispatch import NAMES

    if content.startswith("FULL"):
        data = {"features": list(NAMES), "linear": [0.0] * 16, "hidden": []}
        change = json.loads("{" + content[5:].replace("'", '"') + "}")
        content = json.dumps(data | change)
    path = tmp_path / "w.json"
    path.write_text(content)
    with pytest.raises(zg.InstanceError, match=word) as caught:
        rules.rule(str(path))
    assert "\n" not in str(caught.value) and "w.json" in str(caught.value)
    with pytest.raises(zg.InstanceError, match="no file of weights"):
        rules.rule("nothing")

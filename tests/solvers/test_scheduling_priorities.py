"""Dispatching by priorities of the general encoding."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scheduling as oracle
from zerogap.models.scheduling import Builder, Workshop
from zerogap.solvers.scheduling import priorities, train
from zerogap.solvers.scheduling.priorities import CONTEXTS, NAMES, STATIC, Dispatcher, Ways


def every():
    rules = [rule for _, rule in train.statics()]
    return [*rules, priorities.learned()]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_rule_makes_of_mixed_features_is_a_plan(seed):
    shop, _ = oracle.draw(np.random.default_rng([seed, 77]))
    dispatcher = Dispatcher(shop)
    assert np.isfinite(dispatcher.features).all() and np.isfinite(dispatcher.contexts).all()
    for rule in every():
        made = dispatcher.run(rule)
        if made is not None:
            assert zg.check(shop, made[1]) == made[0]


@pytest.mark.parametrize("kind", range(len(train.CLASSES)))
def test_every_class_of_the_training_shops_is_dispatched(kind):
    for seed in range(3):
        shop = train.CLASSES[kind](np.random.default_rng(seed))
        dispatcher = Dispatcher(shop)
        for rule in every():
            made = dispatcher.run(rule)
            assert made is not None and zg.check(shop, made[1]) == made[0]


def by_hand(shop: Workshop, rank: np.ndarray, window: float) -> list[int]:
    """Starts of parallel generation: pools, precedences without lags, one mode a task."""
    d = shop.mode_duration.tolist()
    before = [set() for _ in range(shop.tasks)]
    for a, b in zip(shop.precedence_before.tolist(), shop.precedence_after.tolist()):
        before[b].add(a)
    needs = [
        [
            (int(shop.demand_resource[i]), int(shop.demand_amount[i]))
            for i in range(shop.first_demand[t], shop.first_demand[t + 1])
        ]
        for t in range(shop.tasks)
    ]
    start: dict[int, int] = {}

    def fits(t: int, s: int) -> bool:
        for moment in range(s, s + d[t]):
            for r, amount in needs[t]:
                held = sum(
                    a
                    for u, at in start.items()
                    for q, a in needs[u]
                    if q == r and at <= moment < at + d[u]
                )
                if held + amount > shop.resource_capacity[r]:
                    return False
        return True

    def first(t: int) -> int:
        s = max((start[a] + d[a] for a in before[t]), default=0)
        while not fits(t, s):
            s += 1
        return s

    while len(start) < shop.tasks:
        can = {t: first(t) for t in range(shop.tasks) if t not in start and before[t] <= set(start)}
        limit = min(can.values()) + window
        t = min((t for t in can if can[t] <= limit), key=lambda t: (rank[t], can[t], t))
        start[t] = can[t]
    return [start[t] for t in range(shop.tasks)]


@pytest.mark.parametrize("seed", range(20))
def test_parallel_generation_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    b = Builder()
    pools = int(rng.integers(1, 3))
    for p in range(pools):
        b.add_resource("renewable", f"pool {p}", int(rng.integers(2, 5)))
    for t in range(9):
        b.add_task(f"task {t}")
        demand = {p: int(rng.integers(1, 3)) for p in range(pools) if rng.random() < 0.7}
        b.add_mode(t, int(rng.integers(1, 6)), demand)
        for a in range(t):
            if rng.random() < 0.15:
                b.add_precedence(a, t)
    shop = b.build()
    rank = rng.integers(0, 6, shop.tasks).astype(float)
    for window in (0.0, 1.5, 4.0):
        made = Dispatcher(shop).by_rank(rank, window)
        assert made is not None
        assert made[1].start.tolist() == by_hand(shop, rank, window)


def test_longest_ways():
    b = Builder()
    for t, d in enumerate((3, 2, 5, 1)):
        b.add_task(f"{t}")
        b.add_mode(t, d)
    b.add_precedence(0, 1, 4)
    b.add_precedence(1, 3)
    b.add_precedence(2, 3)
    ways = Ways(b.build())
    assert ways.head.tolist() == [0, 7, 0, 9]
    assert ways.tail.tolist() == [10, 3, 6, 1]
    assert ways.steps.tolist() == [3, 2, 2, 1]


def test_circles_of_lags_have_a_plan():
    b = Builder()
    for t in range(3):
        b.add_task(f"{t}")
        b.add_mode(t, 2)
    b.add_precedence(0, 1)
    b.add_precedence(1, 0, -9)  # a largest lag, said the other way round
    shop = b.build()
    for rule in every():
        made = Dispatcher(shop).run(rule)
        assert made is not None and zg.check(shop, made[1]) == made[0]


def test_the_learned_rule_is_better_than_every_static_one_with_its_best_window():
    held = [train.Measured(shop) for shop in train.shops(987_654_321, 40)]
    mean = train.mean(priorities.learned(), held)
    assert all(mean < np.mean([m.static[name] for m in held]) for name in STATIC)


def test_training_repeats_and_its_weights_are_used(tmp_path):
    settings = {"generations": 2, "count": 2, "pool": 4, "seed": 5}
    one = train.train(str(tmp_path / "one.json"), **settings)
    assert one == train.train(**settings)
    shop = zg.generate("scheduling", "workshop", seed=3, jobs=6)
    file = str(tmp_path / "one.json")
    made = zg.solve(shop, method="dispatch", rule=file)
    expected = Dispatcher(shop).best(priorities.rule(file))
    assert expected is not None and made.objective == expected[0]
    assert zg.solve(shop, rule=file, iterations=10, threads=1).objective <= made.objective
    # A job-shop takes them too, which its own family's rules do not know.
    job_shop = train.CLASSES[0](np.random.default_rng(1))
    assert zg.solve(job_shop, method="dispatch", rule=file).solution is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ["duration"]}, "features: are not those of this version"),
        ({"contexts": []}, "contexts: are not those of this version"),
        ({"weights": [[1.0]]}, r"weights: has shape \(1, 1\), expected"),
        ({"window": ["a"] * len(CONTEXTS)}, "window: expected numbers"),
        ({"window": None}, "window: expected"),
    ],
)
def test_files_that_hold_no_rule(tmp_path, change, message):
    data = {
        "features": list(NAMES),
        "contexts": list(CONTEXTS),
        "weights": np.zeros((len(CONTEXTS), len(NAMES))).tolist(),
        "window": [0.0] * len(CONTEXTS),
    }
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(data | change))
    with pytest.raises(zg.InstanceError, match=message):
        priorities.rule(str(path))


def test_names_that_are_no_rule():
    shop = zg.generate("scheduling", "workshop", seed=1, jobs=4)
    with pytest.raises(zg.InstanceError, match="'sooner' is not one of learned, spt"):
        zg.solve(shop, method="dispatch", rule="sooner")
    with pytest.raises(zg.InstanceError, match="'sooner' is not one of learned, spt"):
        zg.solve(shop, rule="sooner", time_limit=1)
    with pytest.raises(zg.InstanceError, match="cannot be read"):
        zg.solve(shop, method="dispatch", rule="missing.json")


def test_flow_shops_that_are_job_shops_take_the_rules_of_both():
    shop = train.CLASSES[1](np.random.default_rng(2))
    for name in ("winq", "grpw"):  # one that job-shops alone know, one that they do not know
        made = zg.solve(shop, method="dispatch", rule=name)
        assert zg.check(shop, made.solution) == made.objective
        assert zg.solve(shop, rule=name, iterations=5, threads=1).objective <= made.objective


def test_what_no_dispatcher_knows_is_refused():
    b = Builder()
    pool = b.add_resource("renewable", "pool", 1)
    for t in range(2):
        b.add_task(f"{t}")
        b.add_mode(t, 1, {pool: 1})
    b.add_precedence(0, 1)
    b.add_relation("blocking", 0, 1)
    with pytest.raises(zg.InstanceError, match="no dispatcher knows this instance"):
        zg.solve(b.build(), method="dispatch", rule="spt")

"""Kernels of flow shops and hybrid flow shops against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scheduling as oracle
from zerogap._ext.scheduling.flow import FlowSearch
from zerogap._ext.scheduling.hybrid import HybridSearch
from zerogap._ext.scheduling.list import ListSearch
from zerogap._ext.scheduling.project import ProjectSearch
from zerogap.models.scheduling import Builder, Plan
from zerogap.models.scheduling.validate import enough
from zerogap.solvers.scheduling import lists, projects


def ends(times, sequence, setup=None, initial=None, no_wait=False):
    """Completion of every job on the last machine, from the definition."""
    m = times.shape[1]
    free, last, done = [0] * m, None, {}
    for j in sequence:
        ready = []
        for k in range(m):
            wait = 0
            if setup is not None:
                wait = initial[k][j] if last is None else setup[k][last][j]
            ready.append(free[k] + wait)
        if no_wait:
            offset = np.concatenate(([0], np.cumsum(times[j])[:-1]))
            begin = max(r - o for r, o in zip(ready, offset))
            free = [int(begin + o + d) for o, d in zip(offset, times[j])]
        else:
            at = 0
            for k in range(m):
                at = max(at, ready[k]) + int(times[j][k])
                free[k] = at
        last, done[j] = j, free[-1]
    return done


def worth(done, goal, weight, due):
    if goal == 0:
        return max(done.values(), default=0)
    if goal == 1:
        return sum(weight[j] * e for j, e in done.items())
    return sum(weight[j] * max(0, e - due[j]) for j, e in done.items())


@pytest.mark.parametrize("goal", [0, 1, 2])
@pytest.mark.parametrize("kind", ["plain", "setup", "no wait"])
def test_flow_shops_reach_the_best_permutation(kind, goal):
    if kind == "no wait" and goal:
        with pytest.raises(ValueError):
            FlowSearch(np.ones((2, 2)), no_wait=True, goal=goal)
        return
    rng = np.random.default_rng(goal)
    for n, m in [(1, 1), (2, 3), (5, 3), (6, 2), (6, 4)]:
        times = rng.integers(0, 20, (n, m))
        weight, due = rng.integers(0, 4, n), rng.integers(0, 12 * m, n)
        extra = {}
        if kind == "setup":
            extra = {"setup": rng.integers(0, 9, (m, n, n)), "initial": rng.integers(0, 9, (m, n))}
        kernel = FlowSearch(
            times, goal=goal, weight=weight, due=due, seed=1, no_wait=kind == "no wait", **extra
        )
        kernel.run(iterations=400)
        best = min(
            worth(ends(times, s, no_wait=kind == "no wait", **extra), goal, weight, due)
            for s in itertools.permutations(range(n))
        )
        assert kernel.objective == best
        start, factory = kernel.best()
        done = {j: int(start[j, -1] + times[j, -1]) for j in range(n)}
        assert worth(done, goal, weight, due) == best
        assert (factory == 0).all()


def test_several_factories():
    rng = np.random.default_rng(3)
    times = rng.integers(1, 20, (6, 3))
    kernel = FlowSearch(times, factories=2, seed=1)
    kernel.run(iterations=500)
    best = min(
        max(max(ends(times, [j for j in s if f[j] == x]).values(), default=0) for x in range(2))
        for s in itertools.permutations(range(6))
        for f in itertools.product(range(2), repeat=6)
    )
    assert kernel.objective == best


def decode(times, machines, sequence):
    """List schedule stage by stage, from the definition."""
    ready = dict.fromkeys(sequence, 0)
    order = list(sequence)
    for k, count in enumerate(machines):
        order.sort(key=lambda j: ready[j]) if k else None
        free = [0] * count
        for j in order:
            r = free.index(min(free))
            ready[j] = free[r] = max(free[r], ready[j]) + int(times[j][k])
    return ready


@pytest.mark.parametrize("goal", [0, 1, 2])
def test_hybrid_flow_shops_reach_the_best_sequence(goal):
    rng = np.random.default_rng(goal)
    for machines in ([2, 1], [1, 2, 2], [3]):
        times = rng.integers(0, 20, (6, len(machines)))
        weight, due = rng.integers(0, 4, 6), rng.integers(0, 60, 6)
        kernel = HybridSearch(
            times, machines, goal=goal, weight=weight, due=due, seed=2, cycle=2000
        )
        kernel.run(iterations=20_000)
        best = min(
            worth(decode(times, machines, s), goal, weight, due)
            for s in itertools.permutations(range(6))
        )
        assert kernel.objective == best
        start, _ = kernel.best()
        done = {j: int(start[j, -1] + times[j, -1]) for j in range(6)}
        assert worth(done, goal, weight, due) == best


@pytest.mark.parametrize("make", [
    lambda: FlowSearch(np.arange(60).reshape(20, 3), seed=5),
    lambda: FlowSearch(np.arange(60).reshape(20, 3), seed=5, goal=1),
    lambda: HybridSearch(np.arange(60).reshape(20, 3), [2, 2, 1], seed=5),
])  # fmt: skip
def test_the_same_iterations_give_the_same_state(make):
    one, two = make(), make()
    one.run(iterations=300)
    for _ in range(3):
        two.run(iterations=100)
    assert one.objective == two.objective
    assert all(np.array_equal(a, b) for a, b in zip(one.best(), two.best()))


def test_bad_arrays_are_refused():
    with pytest.raises(ValueError):
        FlowSearch(np.full((2, 2), -1))
    with pytest.raises(ValueError):
        FlowSearch(np.ones((2, 2)), setup=np.ones((2, 2, 3)))
    with pytest.raises(ValueError):
        HybridSearch(np.ones((2, 2)), [1])
    with pytest.raises(ValueError):
        FlowSearch(np.ones((2, 2))).inject([[0, 0]])


def test_the_list_kernel_on_mixed_workshops():
    """Every plan it finds keeps every feature, none beats enumeration, most reach it."""
    feasible = found = reached = 0
    for seed in range(120):
        try:
            shop = oracle._draw(np.random.default_rng(seed))
        except zg.InstanceError:
            continue  # the features drawn contradict each other
        if not lists.listable(shop) or oracle.size(shop) > 4000:
            continue
        best, _ = oracle.optimum(shop, {})
        kernel = ListSearch(
            lists.arrays(shop), horizon=shop.horizon, simple=lists.reversible(shop), seed=seed,
            target=-(2**60),
        )  # fmt: skip
        kernel.run(iterations=400)
        feasible += best is not None
        if kernel.objective is None:
            continue
        found += 1
        assert best is not None
        assert zg.check(shop, Plan(*kernel.best())) == kernel.objective >= best
        reached += kernel.objective == best
    assert feasible >= 40
    assert found >= 0.9 * feasible
    assert reached >= 0.9 * feasible


@pytest.mark.parametrize("setup", [0, 1])
def test_a_hold_leaves_no_time_for_a_setup(setup):
    """A machine held until the next task starts cannot be set up for that very task."""
    b = Builder()
    machine = b.add_machine()
    b.add_setup(machine, 0, 1, setup)
    for family in (0, 1):
        b.add_mode(b.add_task(family=family), 2)
        b.add_demand(family, machine)
    b.add_blocking(0, 1)
    shop = b.build()
    best, _ = oracle.optimum(shop, {})
    kernel = ListSearch(lists.arrays(shop), horizon=shop.horizon, target=-(2**60))
    kernel.run(iterations=50)
    assert kernel.objective == best == (None if setup else 4)


def test_holds_and_setups_together():
    """Chains of holds over machines with setups: every plan is one that enumeration allows."""
    found = feasible = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        b = Builder()
        for m in range(2):
            b.add_machine()
            for f, g in itertools.product((0, 1), repeat=2):
                b.add_setup(m, f, g, int(rng.integers(2)))
        for _ in range(3):
            t = b.add_task(family=int(rng.integers(2)))
            for _ in range(2):
                b.add_demand(b.add_mode(t, int(rng.integers(1, 3))), int(rng.integers(2)))
        chain = rng.permutation(3).tolist()
        for first, second in zip(chain[: 1 + seed % 2], chain[1:]):
            b.add_blocking(first, second)
        shop = b.horizon(7).build()
        if oracle.size(shop) > 4000:
            continue
        best, _ = oracle.optimum(shop, {})
        kernel = ListSearch(lists.arrays(shop), horizon=shop.horizon, seed=seed, target=-(2**60))
        kernel.run(iterations=200)
        feasible += best is not None
        if kernel.objective is not None:
            found += 1
            assert best is not None
            assert zg.check(shop, Plan(*kernel.best())) == kernel.objective >= best
    assert found >= 0.9 * feasible >= 18


def test_the_list_kernel_takes_a_plan():
    shop = zg.generate("scheduling", jobs=5, machines=3, seed=3)
    start = zg.solve(shop, method="kernel", iterations=200, threads=1).solution
    kernel = ListSearch(lists.arrays(shop), horizon=shop.horizon, target=-1)
    kernel.inject(start.start, start.mode)
    assert kernel.objective <= zg.check(shop, start)
    with pytest.raises(ValueError):
        kernel.inject([0], [0])


def population(shop, **options):
    handing = projects.Handing(shop)
    return handing, ProjectSearch(*handing.arrays, longest=enough(shop), **options)


def test_projects_reach_the_best_plan():
    """Every plan keeps demands, budgets, lags and releases; the best one is found."""
    solved = 0
    for seed in range(250):
        try:
            shop = oracle._project(np.random.default_rng(seed))
        except zg.InstanceError:
            continue  # a demand above every capacity
        if not projects.projective(shop) or oracle.size(shop) > 4000:
            continue
        best, _ = oracle.optimum(shop, {})
        handing, kernel = population(shop, members=10, seed=seed, target=-1)
        kernel.run(iterations=600)
        assert kernel.objective == best
        if best is not None:
            assert zg.check(shop, handing.plan(kernel)) == best
            solved += 1
    assert solved >= 80


def test_projects_repeat_and_take_plans():
    file = "instances/scheduling/project12.rcp"
    shop = zg.read(file)
    (_, one), (handing, two) = population(shop, seed=3), population(shop, seed=3)
    one.run(iterations=900)
    for _ in range(3):
        two.run(iterations=300)
    assert np.array_equal(one.best(), two.best())
    _, other = population(shop, seed=4)
    handing.inject(other, handing.plan(one))
    assert other.objective <= one.objective
    with pytest.raises(ValueError, match="does not fit"):
        other.inject([0], [0])
    with pytest.raises(ValueError, match="out of range"):
        other.inject(np.zeros(shop.tasks), np.full(shop.tasks, 7))


@pytest.mark.parametrize(("change", "word"), [
    ({"need": [[3], [1]]}, "out of range"),
    ({"lag": [-1]}, "out of range"),
    ({"after": [2]}, "out of range"),
    ({"release": [0]}, "fit together"),
    ({"before": [0, 1], "after": [1, 0], "lag": [0, 0]}, "circle"),
])  # fmt: skip
def test_bad_projects_are_refused(change, word):
    arrays = {
        "first_mode": [0, 1, 2], "duration": [1, 2], "need": [[1], [1]], "capacity": [2],
        "spend": np.zeros((2, 0)), "budget": [], "release": [0, 0], "before": [0], "after": [1],
        "lag": [0],
    }  # fmt: skip
    with pytest.raises(ValueError, match=word):
        ProjectSearch(*(arrays | change).values(), longest=3)

"""The job-shop kernels against slow twins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from zerogap._ext.jobshop.dispatch import NAMES, Dispatcher
from zerogap._ext.jobshop.flexible import FlexibleSearch
from zerogap._ext.jobshop.tabu import Selection, TabuSearch, starts
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule
from zerogap.solvers.jobshop import rules
from zerogap.solvers.jobshop.schedules import arrays, sequence_of


def random_shop(rng: np.random.Generator, largest: int = 3, zero: float = 0.2) -> JobShop:
    """At most 3 jobs on 3 machines, re-entrant, some operations without duration."""
    jobs, machines = rng.integers(1, largest + 1, 2)
    first = np.concatenate(([0], np.cumsum(rng.integers(1, largest + 1, jobs))))
    n = int(first[-1])
    duration = rng.integers(1, 10, n) * (rng.random(n) >= zero)
    release = rng.integers(0, 6, jobs) if rng.random() < 0.3 else None
    return JobShop(rng.integers(0, machines, n), duration, first, int(machines), release)


def brute_force(shop: JobShop) -> int:
    """Least makespan over all orders in which the jobs' operations can be appended."""
    release = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    first, machine, duration = (a.tolist() for a in (shop.first, shop.machine, shop.duration))
    best = [sum(duration) + max(release) + 1]

    def append(at, ready, free):
        worst = max(ready)
        if worst >= best[0]:
            return
        if all(at[j] == first[j + 1] for j in range(shop.jobs)):
            best[0] = worst
            return
        for j in range(shop.jobs):
            x = at[j]
            if x < first[j + 1]:
                end = max(ready[j], free[machine[x]]) + duration[x]
                append(
                    (*at[:j], x + 1, *at[j + 1 :]),
                    (*ready[:j], end, *ready[j + 1 :]),
                    (*free[: machine[x]], end, *free[machine[x] + 1 :]),
                )

    append(tuple(first[:-1]), tuple(release), (0,) * shop.machines)
    return best[0]


def test_tabu_search_finds_what_brute_force_finds():
    rng = np.random.default_rng(0)
    for _ in range(1000):
        shop = random_shop(rng)
        optimum = brute_force(shop)
        start = rules.schedule(shop, rules.rule("fifo")).start
        kernel = TabuSearch(
            *arrays(shop), sequence_of(shop, start), seed=1, members=8, patience=40, target=optimum
        )
        kernel.run(iterations=20_000, seconds=2)
        assert kernel.objective == optimum
        schedule = Schedule(starts(*arrays(shop), kernel.best()))
        assert zg.check(shop, schedule) == optimum


def heads_and_tails(shop: JobShop, sequence: np.ndarray) -> tuple[list[int], list[int]]:
    """Twin: longest paths by relaxation until nothing changes; fails on a cycle."""
    n = shop.operations
    job = shop.job
    arcs = [(x, x + 1) for x in range(n - 1) if job[x] == job[x + 1]]
    arcs += [
        (a, b)
        for a, b in itertools.pairwise(sequence.tolist())
        if shop.machine[a] == shop.machine[b]
    ]
    release = np.zeros(shop.jobs, dtype=int) if shop.release is None else shop.release
    head = [int(release[job[x]]) if x in shop.first else 0 for x in range(n)]
    tail = shop.duration.tolist()
    for _ in range(n + 1):
        before = (head.copy(), tail.copy())
        for a, b in arcs:
            head[b] = max(head[b], head[a] + int(shop.duration[a]))
            tail[a] = max(tail[a], tail[b] + int(shop.duration[a]))
        if before == (head, tail):
            return head, tail
    raise AssertionError("cycle")


def moves(selection: Selection, shop: JobShop):
    """All pairs u before v of a machine, in both directions."""
    sequence = selection.sequence
    for m in range(shop.machines):
        on = [x for x in sequence.tolist() if shop.machine[x] == m]
        for i, u in enumerate(on):
            for v in on[i + 1 :]:
                for forward in (True, False):
                    yield u, v, forward


def test_allowed_moves_keep_the_graph_acyclic_and_exact():
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(150):
        shop = random_shop(rng, largest=5)
        start = rules.schedule(shop, rules.rule("spt")).start
        base = sequence_of(shop, start)
        probe = Selection(*arrays(shop), base)
        for u, v, forward in moves(probe, shop):
            try:
                if not probe.allowed(u, v, forward):
                    continue
            except ValueError:
                continue  # u and v in this order on the machine only
            selection = Selection(*arrays(shop), base)
            selection.move(u, v, forward)
            assert selection.consistent
            head, tail = heads_and_tails(shop, selection.sequence)
            through = [h + t for h, t in zip(head, tail)]
            assert [selection.through(x) for x in range(shop.operations)] == through
            compared += 1
    assert compared > 1000


def test_estimates_of_swaps_are_exact_and_of_longer_moves_follow_their_formula():
    rng = np.random.default_rng(2)
    compared = 0
    for seed in range(40):
        shop = zg.generate("jobshop", jobs=6, machines=4, seed=seed)
        start = rules.schedule(shop, rules.rule("mwkr")).start
        base = sequence_of(shop, start)
        selection = Selection(*arrays(shop), base)
        head, tail = heads_and_tails(shop, base)
        for u, v, forward in moves(selection, shop):
            if not selection.allowed(u, v, forward):
                continue
            value = selection.value(u, v, forward)
            assert value == segment_value(shop, base, head, tail, u, v, forward)
            places = base.tolist().index(v) - base.tolist().index(u)
            if places == 1:
                after = Selection(*arrays(shop), base)
                after.move(u, v, forward)
                assert value == max(after.through(u), after.through(v))
                compared += 1
    assert compared > 100
    assert rng is not None


def segment_value(shop, sequence, head, tail, u, v, forward) -> int:
    """Twin of Balas and Vazacopoulos' estimate: heads, then tails of the moved segment."""
    order = sequence.tolist()
    a, b = order.index(u), order.index(v)
    job, d = shop.job, shop.duration.tolist()
    moved = [*order[a + 1 : b + 1], u] if forward else [v, *order[a:b]]
    same = [order[i] if 0 <= i < len(order) else -1 for i in (a - 1, b + 1)]
    before, behind = (x if x >= 0 and shop.machine[x] == shop.machine[u] else -1 for x in same)
    end = head[before] + d[before] if before >= 0 else 0
    new_head = {}
    for x in moved:
        ready = head[x - 1] + d[x - 1] if x and job[x - 1] == job[x] else 0
        new_head[x] = max(ready, end)
        end = new_head[x] + d[x]
    rest = tail[behind] if behind >= 0 else 0
    longest = 0
    for x in reversed(moved):
        after = tail[x + 1] if x + 1 < len(order) and job[x + 1] == job[x] else 0
        rest = d[x] + max(after, rest)
        longest = max(longest, new_head[x] + rest)
    return longest


def test_the_walk_keeps_heads_tails_and_order():
    for seed in range(20):
        shop = zg.generate("jobshop", "reentrant", jobs=8, machines=4, seed=seed)
        start = rules.schedule(shop, rules.rule("lpt")).start
        selection = Selection(*arrays(shop), sequence_of(shop, start))
        for _ in range(30):
            selection.walk(7)
            assert selection.consistent
        head, tail = heads_and_tails(shop, selection.sequence)
        assert selection.makespan == max(h + t for h, t in zip(head, tail))


def test_the_same_seed_gives_the_same_schedule_however_sliced():
    shop = zg.generate("jobshop", jobs=10, machines=8, seed=5)
    start = sequence_of(shop, rules.schedule(shop, rules.rule("mwkr")).start)
    kernels = [TabuSearch(*arrays(shop), start, seed=9, members=4, patience=300) for _ in range(2)]
    kernels[0].run(iterations=6000)
    for _ in range(60):
        kernels[1].run(iterations=100)
    assert kernels[0].objective == kernels[1].objective
    assert np.array_equal(kernels[0].best(), kernels[1].best())


def test_an_injected_schedule_is_never_lost():
    shop = zg.generate("jobshop", jobs=10, machines=10, seed=6)
    worse = sequence_of(shop, rules.schedule(shop, rules.rule("lpt")).start)
    good = TabuSearch(*arrays(shop), worse, seed=1)
    good.run(iterations=20_000)
    other = TabuSearch(*arrays(shop), worse, seed=2)
    other.inject(good.best())
    other.run(iterations=50_000)
    assert other.objective <= good.objective


def test_sequences_with_a_cycle_or_of_another_shop_are_refused():
    shop = JobShop([0, 1, 1, 0], [1, 1, 1, 1], [0, 2, 4], 2)
    for bad in ([3, 0, 1, 2], [0, 3, 1], [0, 1, 2, 3], [0, 0, 1, 2]):
        with pytest.raises(ValueError):
            starts(*arrays(shop), np.array(bad, dtype=np.int32))


def test_large_times_do_not_overflow():
    shop = JobShop([0, 1, 1, 0] * 2, [10**9] * 8, [0, 2, 4, 6, 8], 2)
    start = rules.schedule(shop, rules.rule("mwkr")).start
    kernel = TabuSearch(*arrays(shop), sequence_of(shop, start), members=2, patience=50)
    kernel.run(iterations=500, seconds=2)
    assert kernel.objective == 4 * 10**9 == brute_force(shop)


def dispatch_twin(shop: JobShop, linear: np.ndarray, delay: float) -> np.ndarray:
    """Slow dispatcher with the features duration, work and operations only."""
    ready = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    free, at = [0] * shop.machines, shop.first[:-1].tolist()
    start = np.zeros(shop.operations, dtype=int)
    d, machine = shop.duration.tolist(), shop.machine.tolist()
    work = np.add.reduceat(shop.duration, shop.first[:-1])
    scale = (np.mean(d), np.mean(work), shop.operations / shop.jobs)
    while any(at[j] < shop.first[j + 1] for j in range(shop.jobs)):
        able = [(j, at[j]) for j in range(shop.jobs) if at[j] < shop.first[j + 1]]
        est = {x: max(ready[j], free[machine[x]]) for j, x in able}
        _, m = min((est[x] + d[x], machine[x]) for _, x in able)
        soonest = min(est[x] + d[x] for _, x in able)
        here = [(j, x) for j, x in able if machine[x] == m]
        low = min(est[x] for _, x in here)
        limit = low + int(delay * (soonest - low - 1)) if soonest > low else low
        values = {}
        for j, x in here:
            if est[x] <= limit:
                last = shop.first[j + 1]
                f = (d[x] / scale[0], sum(d[x + 1 : last]) / scale[1], (last - x - 1) / scale[2])
                values[x] = sum(
                    linear[NAMES.index(n)] * v
                    for n, v in zip(("duration", "work", "operations"), f)
                )
        x = max(values, key=lambda x: values[x])
        j = int(shop.job[x])
        start[x] = est[x]
        ready[j] = free[m] = est[x] + d[x]
        at[j] += 1
    return start


@pytest.mark.parametrize("delay", [0.0, 0.4, 1.0])
def test_dispatcher_agrees_with_its_twin(delay):
    weights = np.zeros(len(NAMES))
    for name, w in (("duration", -0.31), ("work", 1.17), ("operations", 0.23)):
        weights[NAMES.index(name)] = w
    for seed in range(30):
        shop = zg.generate("jobshop", jobs=7, machines=5, seed=seed)
        makespan, start = Dispatcher(*arrays(shop)).run(weights, delay=delay)
        assert start.tolist() == dispatch_twin(shop, weights, delay).tolist()
        assert makespan == zg.check(shop, Schedule(start))


def test_every_rule_gives_feasible_schedules():
    rng = np.random.default_rng(3)
    for _ in range(100):
        shop = random_shop(rng, largest=6)
        for name in ("learned", *rules.STATIC):
            for delay in (0.0, 0.5, 1.0):
                schedule = rules.schedule(shop, rules.rule(name, delay), noise=0.2, seed=4)
                assert zg.check(shop, schedule) >= int(shop.duration.max())


def random_flexible(rng: np.random.Generator) -> FlexibleJobShop:
    shop = random_shop(rng)
    machine, duration, choice = [], [], [0]
    for d in shop.duration.tolist():
        options = rng.permutation(shop.machines)[: rng.integers(1, min(2, shop.machines) + 1)]
        machine.extend(options.tolist())
        duration.extend(d if rng.random() < 0.5 else int(rng.integers(0, 9)) for _ in options)
        choice.append(len(machine))
    return FlexibleJobShop(machine, duration, choice, shop.first, shop.machines, shop.release)


def brute_force_flexible(shop: FlexibleJobShop) -> int:
    ranges = [range(a, b) for a, b in itertools.pairwise(shop.choice.tolist())]
    return min(
        brute_force(
            JobShop(
                shop.machine[list(taken)],
                shop.duration[list(taken)],
                shop.first,
                shop.machines,
                shop.release,
            )
        )
        for taken in itertools.product(*ranges)
    )


@pytest.mark.parametrize("count", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_flexible_search_finds_what_brute_force_finds(count):
    rng = np.random.default_rng(4)
    for _ in range(count):
        shop = random_flexible(rng)
        if shop.operations > 7:
            continue
        optimum = brute_force_flexible(shop)
        kernel = FlexibleSearch(
            shop.first,
            shop.choice,
            shop.machine,
            shop.duration,
            shop.release,
            shop.machines,
            seed=2,
            members=6,
            patience=60,
            target=optimum,
        )
        kernel.run(iterations=20_000, seconds=2)
        assert kernel.objective == optimum
        assert zg.check(shop, Schedule(*kernel.best())) == optimum

"""Pricing and enumeration of routes against all permutations of all sets of clients."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from zerogap._ext.routing.pricing import CUT_WORDS, Pricer
from zerogap._ext.routing.separation import capacity_sets, rank_one

N = 6


def problem(rng, windows, symmetric):
    demand = np.concatenate([[0], rng.integers(1, 6, N)]).astype(np.int64)
    capacity = int(rng.integers(6, 15))
    travel = rng.integers(1, 20, (N + 1, N + 1))
    rc = rng.normal(-2, 8, (N + 1, N + 1))
    if symmetric:
        travel, rc = np.minimum(travel, travel.T), (rc + rc.T) / 2
    np.fill_diagonal(rc, math.inf)
    ready, due = np.zeros(N + 1, np.int64), np.full(N + 1, 10**6, np.int64)
    if windows:
        due[0] = 90
        ready[0] = rng.integers(0, 5)
        ready[1:] = rng.integers(0, 50, N)
        due[1:] = np.minimum(ready[1:] + rng.integers(5, 40, N), 90)
    if rng.random() < 0.3:
        rc[rng.integers(0, N + 1), rng.integers(0, N + 1)] = math.inf
        if symmetric:
            rc = np.maximum(rc, rc.T)
    allowed = np.ones(N + 1, np.uint8)
    if rng.random() < 0.3:
        allowed[rng.integers(1, N + 1)] = 0
    return demand, capacity, travel.astype(np.int64), ready, due, allowed, rc


def pricer(data, windows, symmetric):
    demand, capacity, travel, ready, due, allowed, _ = data
    everyone = np.tile(np.arange(1, N + 1, dtype=np.int32), (N + 1, 1))
    return Pricer(demand, capacity, travel, ready, due, allowed, windows, symmetric, everyone)


def cuts(rng, count=3):
    """Rank-1 cuts of 3 or 5 clients with memories: (members, memory) by cut, bits and penalties."""
    member, keep = (np.zeros((N + 1, CUT_WORDS), np.uint64) for _ in range(2))
    penalty = -np.sort(-rng.random(count) * 6)
    sets = []
    for c in range(count):
        inside = rng.choice(np.arange(1, N + 1), int(rng.choice([3, 5])), replace=False)
        memory = set(inside.tolist()) | {j for j in range(1, N + 1) if rng.random() < 0.5}
        member[inside, c // 64] |= np.uint64(1 << c % 64)
        keep[sorted(memory), c // 64] |= np.uint64(1 << c % 64)
        sets.append((set(inside.tolist()), memory))
    return sets, member, keep, penalty


def counted(route, inside, memory):
    """Second visits to a cut that forgets outside of its memory."""
    odd, times = 0, 0
    for j in route:
        odd = odd if j in memory else 0
        odd += j in inside
        times, odd = times + odd // 2, odd % 2
    return times


def every_route(data, windows, sets, penalty):
    """(reduced cost, route) of every feasible elementary route."""
    demand, capacity, travel, ready, due, allowed, rc = data
    for size in range(1, N + 1):
        for route in itertools.permutations(range(1, N + 1), size):
            if demand[list(route)].sum() > capacity or not allowed[list(route)].all():
                continue
            nodes = [0, *route, 0]
            cost = sum(rc[a, b] for a, b in itertools.pairwise(nodes))
            time, late = ready[0], False
            for a, b in itertools.pairwise(nodes):
                time = max(ready[b] if b else 0, time + travel[a, b])
                late |= bool(time > due[b])
            if math.isinf(cost) or (windows and late):
                continue
            cost += sum(p * counted(route, *both) for both, p in zip(sets, penalty))
            yield cost, route


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("count", [3, 70, 150])
@pytest.mark.parametrize("seed", range(6))
def test_exhaustive_pricing_finds_the_least_reduced_cost(seed, count, windows, symmetric):
    rng = np.random.default_rng(seed)
    data = problem(rng, windows, symmetric)
    sets, member, keep, penalty = cuts(rng, count)
    penalty *= 3 / count
    mirror = symmetric and not windows
    own = pricer(data, windows, mirror)
    routes, best, exact = own.price(data[-1], member, keep, penalty, False, most=10_000)
    brute = dict_of(every_route(data, windows, sets, penalty))
    least = min(brute.values(), default=math.inf)
    assert exact
    if least < -1e-6:
        assert best == pytest.approx(least)
        assert routes[0][0] == pytest.approx(least)
    else:
        assert routes == []
    for cost, route in routes:
        assert cost == pytest.approx(brute[tuple(route)])
    quick, _, claimed = own.price(data[-1], member, keep, penalty, True, most=10_000)
    assert not claimed
    for cost, route in quick:
        assert cost == pytest.approx(brute[tuple(route)])


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_enumeration_keeps_the_order_of_least_true_cost(seed, windows):
    """Duals of crossings (capacity cuts, branching pairs) tell the orders of one set apart."""
    rng = np.random.default_rng(500 + seed)
    data = problem(rng, windows, False)
    price = rng.integers(1, 30, (N + 1, N + 1)).astype(float)
    price[np.isinf(data[-1])] = math.inf
    reduced = price - 10
    for _ in range(3):
        inside = np.zeros(N + 1, bool)
        inside[rng.choice(np.arange(1, N + 1), int(rng.integers(2, 4)), replace=False)] = True
        reduced = reduced - rng.normal(0, 12) * (inside[:, None] != inside[None, :])
    data = (*data[:-1], reduced)
    sets, member, keep, penalty = cuts(rng)
    gap = float(rng.uniform(-10, 25))
    own = pricer(data, windows, False)
    given = (reduced, price, member, keep, penalty, gap, 10**5, 10**6)
    assert own.enumerate(*given, seconds=-1.0) is None
    pool = own.enumerate(*given)
    assert own.enumerate(*given, labels=0) is None
    best = {}
    for cost, route in every_route(data, windows, sets, penalty):
        true = sum(price[a, b] for a, b in itertools.pairwise([0, *route, 0]))
        if cost <= gap + 1e-7:
            best[frozenset(route)] = min(true, best.get(frozenset(route), math.inf))
    routes = pool.routes(np.arange(len(pool)))
    assert {frozenset(r): worth for worth, r in routes} == best
    for worth, r in routes:
        assert worth == sum(price[a, b] for a, b in itertools.pairwise([0, *r, 0]))
    every = set(range(1, N + 1))
    full = {
        route: cost
        for cost, route in every_route(data, windows, [(s, every) for s, _ in sets], penalty)
    }
    touched = rng.integers(0, 2, (N + 1, 1)).astype(np.uint64)
    touched[0] = 0
    reward = np.append([2.5], np.zeros(63))
    padded = np.append(penalty, np.zeros(64 * CUT_WORDS - 3))
    costs = pool.price(reduced, member, padded, touched, reward)
    earned = [2.5 * bool(touched[r].any()) for _, r in routes]
    wanted = [full[tuple(r)] - e for (_, r), e in zip(routes, earned)]
    assert costs.tolist() == pytest.approx(wanted)
    wanted = rng.random(len(pool)) < 0.5
    pool.retain(wanted.view(np.uint8))
    assert pool.routes(np.arange(len(pool))) == [r for r, w in zip(routes, wanted) if w]


@pytest.mark.parametrize("seed", range(15))
def test_separated_cuts_are_violated_and_none_of_three_is_missed(seed):
    rng = np.random.default_rng(seed)
    n = 7
    routes = [rng.integers(1, n + 1, rng.integers(1, 6)).tolist() for _ in range(14)]
    value = rng.random(14) * 0.6
    start = np.cumsum([0, *map(len, routes)]).astype(np.int64)
    node = np.array([j for r in routes for j in r], np.int16)
    found = rank_one(n, start, node, value, 10**4, 20)

    def violation(inside, memory):
        total = sum(v * counted(r, inside, memory) for v, r in zip(value, routes))
        return total - len(inside) // 2

    for said, clients, memory in found:
        assert violation(set(clients), set(range(1, n + 1))) == pytest.approx(said)
        assert said >= 0.03
        assert violation(set(clients), set(np.flatnonzero(memory).tolist())) == pytest.approx(said)
    threes = {tuple(c) for _, c, _ in found if len(c) == 3}
    everywhere = set(range(1, n + 1))
    for triple in itertools.combinations(range(1, n + 1), 3):
        assert (triple in threes) == (violation(set(triple), everywhere) >= 0.03)


@pytest.mark.parametrize("seed", range(15))
def test_capacity_sets_are_violated(seed):
    rng = np.random.default_rng(seed)
    n, capacity = 8, 10
    demand = np.array([0, *rng.integers(1, 8, n)], np.int64)
    flow = np.zeros((n + 1, n + 1))
    for _ in range(5):  # a route driven 0.4 times
        nodes = [0, *rng.permutation(np.arange(1, n + 1))[:4].tolist(), 0]
        for a, b in itertools.pairwise(nodes):
            flow[a, b] += 0.4
            flow[b, a] += 0.4
    found = capacity_sets(flow, demand, capacity, 50)
    assert found or seed  # the first one has some
    for inside, need in found:
        assert not inside[0] and need == 2 * -(-demand[inside].sum() // capacity)
        assert flow[np.ix_(inside, ~inside)].sum() < need - 0.03


def dict_of(routes):
    return {route: cost for cost, route in routes}


def test_limits_and_wrong_shapes_are_said():
    rng = np.random.default_rng(0)
    data = problem(rng, False, False)
    own = pricer(data, False, False)
    none, bits = np.zeros(0), np.zeros((N + 1, CUT_WORDS), np.uint64)
    assert own.enumerate(data[-1] - 100, data[-1], bits, bits, none, 1e9, 3, 10**6) is None
    assert own.enumerate(data[-1] - 100, data[-1], bits, bits, none, 1e9, 10**6, 3) is None
    assert own.price(data[-1], bits, bits, none, False, limit=2)[2] is False
    with pytest.raises(ValueError, match="shape"):
        own.price(np.zeros((2, 2)), bits, bits, none, False)
    with pytest.raises(ValueError, match="neighbour"):
        Pricer(*data[:6], False, False, np.full((N + 1, 1), 99, np.int32))

"""Pricing and enumeration of routes against all permutations of all sets of clients."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from zerogap._ext.routing.pricing import Pricer

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


def cuts(rng):
    """Membership bits and penalties of three subset-row cuts."""
    member, penalty = np.zeros(N + 1, np.uint64), rng.random(3) * 6
    triples = [rng.choice(np.arange(1, N + 1), 3, replace=False) for _ in range(3)]
    for c, triple in enumerate(triples):
        member[triple] |= np.uint64(1 << c)
    return triples, member, penalty


def every_route(data, windows, triples, penalty):
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
            for triple, p in zip(triples, penalty):
                cost += p * (len(set(route) & set(triple.tolist())) // 2)
            yield cost, route


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_exhaustive_pricing_finds_the_least_reduced_cost(seed, windows, symmetric):
    rng = np.random.default_rng(seed)
    data = problem(rng, windows, symmetric)
    triples, member, penalty = cuts(rng)
    mirror = symmetric and not windows
    own = pricer(data, windows, mirror)
    routes, best, exact = own.price(data[-1], member, penalty, False, most=10_000)
    brute = dict_of(every_route(data, windows, triples, penalty))
    least = min(brute.values(), default=math.inf)
    assert exact
    if least < -1e-6:
        assert best == pytest.approx(least)
        assert routes[0][0] == pytest.approx(least)
    else:
        assert routes == []
    for cost, route in routes:
        assert cost == pytest.approx(brute[tuple(route)])
    quick, _, claimed = own.price(data[-1], member, penalty, True, most=10_000)
    assert not claimed
    for cost, route in quick:
        assert cost == pytest.approx(brute[tuple(route)])


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_enumeration_is_complete(seed, windows):
    rng = np.random.default_rng(100 + seed)
    data = problem(rng, windows, False)
    triples, member, penalty = cuts(rng)
    gap = 5.0
    late = pricer(data, windows, False)
    assert (
        late.enumerate(data[-1], data[-1], member, penalty, gap, 10**5, 10**6, seconds=-1.0) is None
    )
    found = pricer(data, windows, False).enumerate(
        data[-1], data[-1], member, penalty, gap, 10**5, 10**6
    )
    cheapest = {}
    for cost, route in every_route(data, windows, triples, penalty):
        key = frozenset(route)
        if cost <= gap and cost < cheapest.get(key, math.inf):
            cheapest[key] = cost
    assert {frozenset(r) for _, r in found} == set(cheapest)
    for cost, route in found:
        assert cost == pytest.approx(cheapest[frozenset(route)])


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
    triples, member, penalty = cuts(rng)
    gap = float(rng.uniform(-10, 25))
    found = pricer(data, windows, False).enumerate(
        reduced, price, member, penalty, gap, 10**5, 10**6
    )
    best = {}
    for cost, route in every_route(data, windows, triples, penalty):
        true = sum(price[a, b] for a, b in itertools.pairwise([0, *route, 0]))
        if cost <= gap + 1e-7:
            best[frozenset(route)] = min(true, best.get(frozenset(route), math.inf))
    kept = {
        frozenset(r): sum(price[a, b] for a, b in itertools.pairwise([0, *r, 0])) for _, r in found
    }
    assert kept == best


def dict_of(routes):
    return {route: cost for cost, route in routes}


def test_limits_and_wrong_shapes_are_said():
    rng = np.random.default_rng(0)
    data = problem(rng, False, False)
    own = pricer(data, False, False)
    none, bits = np.zeros(0), np.zeros(N + 1, np.uint64)
    assert own.enumerate(data[-1] - 100, data[-1], bits, none, 1e9, 3, 10**6) is None
    assert own.enumerate(data[-1] - 100, data[-1], bits, none, 1e9, 10**6, 3) is None
    assert own.price(data[-1], bits, none, False, limit=2)[2] is False
    with pytest.raises(ValueError, match="shape"):
        own.price(np.zeros((2, 2)), bits, none, False)
    with pytest.raises(ValueError, match="neighbour"):
        Pricer(*data[:6], False, False, np.full((N + 1, 1), 99, np.int32))

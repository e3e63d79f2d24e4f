"""Kernels of the family dag against slow twins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from zerogap._ext.dag.layers import OrderLayers
from zerogap._ext.dag.order import OrderFactor, OrderSearch, TopoSwaps, greedy


def covariance(rng, d, n=60):
    A = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    return A.T @ A / n


def variances(S, order):
    """Residual variance of every variable given its predecessors, by one factorisation."""
    return np.diag(np.linalg.cholesky(S[np.ix_(order, order)])) ** 2


def brute_force(S, before=None):
    best = np.inf
    for order in itertools.permutations(range(len(S))):
        if before is not None and before[np.ix_(order, order)][np.tril_indices(len(S))].any():
            continue
        best = min(best, 0.5 * variances(S, list(order)).sum())
    return best


def precedences(rng, d, share=0.2):
    order = rng.permutation(d)
    before = np.zeros((d, d), dtype=bool)
    for a, b in itertools.combinations(order, 2):
        before[a, b] = rng.random() < share
    for k in range(d):
        before |= before[:, k, None] & before[None, k, :]
    return before


@pytest.mark.parametrize("d", [1, 2, 3, 5, 9])
def test_moves_keep_the_factor_exact(d):
    rng = np.random.default_rng(d)
    S = covariance(rng, d)
    factor = OrderFactor(S, rng.permutation(d))
    for _ in range(60):
        factor.move(int(rng.integers(d)), int(rng.integers(d)))
        assert factor.variances == pytest.approx(variances(S, factor.order), rel=1e-9)


@pytest.mark.parametrize("d", [2, 3, 6, 10])
def test_insertions_and_swaps_are_evaluated_exactly(d):
    rng = np.random.default_rng(d)
    S = covariance(rng, d)
    factor = OrderFactor(S, rng.permutation(d))
    scale = variances(S, factor.order).sum()
    for p in range(d):
        changes = {}
        for q in set(range(d)) - {p}:
            order = factor.order.tolist()
            order.insert(q, order.pop(p))
            changes[q] = variances(S, order).sum() - factor.variances.sum()
        change, where = factor.best_place(p)
        assert change == pytest.approx(min(changes.values()), abs=1e-10 * scale)
        assert changes[where] == pytest.approx(change, abs=1e-10 * scale)
        for q in range(p + 1, d):
            order = factor.order.tolist()
            order[p], order[q] = order[q], order[p]
            expected = variances(S, order).sum() - factor.variances.sum()
            assert factor.swap_change(p, q) == pytest.approx(expected, abs=1e-10 * scale)


def test_a_million_rotations_do_not_drift():
    rng = np.random.default_rng(1)
    S = covariance(rng, 12)
    search = OrderSearch(S, np.arange(12), seed=3)
    search.run(iterations=20_000)
    assert search.objective == pytest.approx(0.5 * variances(S, search.best()).sum(), rel=1e-10)


def brute_force_cases(count):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(2, 8 if seed % 10 == 0 else 7))
        S = covariance(rng, d)
        before = precedences(rng, d) if seed % 3 == 0 else np.zeros((d, d), dtype=bool)
        yield seed, S, before


def assert_optimum(seed, S, before):
    best = brute_force(S, before)
    start = greedy(S, before)
    search = OrderSearch(S, start, seed, before, window=3 + seed % 4)
    search.run(iterations=300)
    assert search.objective == pytest.approx(best, rel=1e-9)
    cold = OrderLayers(S, start, 1e3 * best, before)
    assert not cold.run() and cold.proven
    assert cold.bound == pytest.approx(best, rel=1e-9)
    order = cold.best()
    assert not before[np.ix_(order, order)][np.tril_indices(len(S))].any()
    assert 0.5 * variances(S, order).sum() == pytest.approx(best, rel=1e-9)
    warm = OrderLayers(S, order, best, before)
    warm.run()
    assert warm.proven and warm.best() is None
    assert warm.bound == pytest.approx(best, rel=1e-9)


def test_search_and_layers_agree_with_brute_force():
    for case in brute_force_cases(30):
        assert_optimum(*case)


@pytest.mark.slow
def test_search_and_layers_agree_with_brute_force_on_200():
    for case in brute_force_cases(200):
        assert_optimum(*case)


def test_layers_of_more_than_64_variables_agree_with_fewer():
    """Independent variables that cannot move pad an instance beyond one machine word."""
    rng = np.random.default_rng(5)
    small = covariance(rng, 6)
    d = 70
    S = np.eye(d)
    S[:6, :6] = small
    before = np.zeros((d, d), dtype=bool)
    before[:6, 6:] = True
    before[np.ix_(range(6, d), range(6, d))] = np.triu(np.ones((d - 6, d - 6), dtype=bool), 1)
    layers = OrderLayers(S, np.arange(d), 1e6, before)
    layers.run()
    assert layers.bound == pytest.approx(brute_force(small) + 0.5 * (d - 6), rel=1e-9)


def test_bounds_are_valid_while_the_layers_run():
    rng = np.random.default_rng(8)
    S = covariance(rng, 12)
    search = OrderSearch(S, greedy(S), 0)
    search.run(iterations=2000)
    layers = OrderLayers(S, search.best(), search.objective)
    bounds = [layers.bound]
    while layers.run(1e-4):
        bounds.append(layers.bound)
    assert bounds == sorted(bounds)
    assert bounds[-1] <= search.objective * (1 + 1e-9)


def test_layers_say_when_the_memory_is_over():
    S = covariance(np.random.default_rng(2), 12)
    layers = OrderLayers(S, np.arange(12), 1e9, states=50)
    assert not layers.run()
    assert layers.exceeded and not layers.proven


def path_weights(S, order):
    """(I − |W|)⁻¹ in positions, W by regressions."""
    d = len(S)
    W = np.zeros((d, d))
    for k in range(1, d):
        P, x = order[:k], order[k]
        W[:k, k] = np.linalg.solve(S[np.ix_(P, P)], S[P, x])
    return np.linalg.inv(np.eye(d) - np.abs(W))


def slow_topo(S, order, small, large, chances):
    """The published rule with a factorisation for every swap."""
    order, used, d = list(order), 0, len(S)
    pairs = list(itertools.combinations(range(d), 2))

    def gains(chosen):
        now, found = variances(S, order).sum(), []
        for p, q in chosen:
            other = list(order)
            other[p], other[q] = other[q], other[p]
            change = variances(S, other).sum() - now
            if change < -1e-13 * now:
                found.append((change, p, q))
        return sorted(found)

    while True:
        N = path_weights(S, order)
        ranked = sorted(pairs, key=lambda pq: N[pq])
        good = gains(ranked[:small])
        if not good and used < chances:
            good = gains(ranked[small:large])
            used += bool(good)
        if not good:
            return 0.5 * variances(S, order).sum()
        taken = set()
        for _, p, q in good:
            if not taken & set(range(p, q + 1)):
                taken |= set(range(p, q + 1))
                order[p], order[q] = order[q], order[p]


@pytest.mark.parametrize("seed", range(8))
def test_topo_follows_the_published_rule(seed):
    rng = np.random.default_rng(seed)
    d = 9
    S = covariance(rng, d)
    start = rng.permutation(d)
    swaps = TopoSwaps(S, start, small=8, large=20, chances=1)
    assert not swaps.run()
    assert swaps.objective == pytest.approx(slow_topo(S, start, 8, 20, 1), rel=1e-9)


def test_same_seed_and_iterations_give_the_same_search_however_sliced():
    S = covariance(np.random.default_rng(4), 15)
    whole, sliced = (OrderSearch(S, np.arange(15), seed=9) for _ in range(2))
    whole.run(iterations=400)
    for _ in range(40):
        sliced.run(iterations=10)
    assert whole.objective == sliced.objective
    assert whole.moves == sliced.moves
    assert whole.best().tolist() == sliced.best().tolist()


def test_bad_arguments_are_refused():
    S = np.eye(3)
    with pytest.raises(ValueError, match="permutation"):
        OrderSearch(S, [0, 0, 1])
    with pytest.raises(ValueError, match="positive definite"):
        OrderSearch(-S, [0, 1, 2])
    with pytest.raises(ValueError, match="precedences"):
        OrderSearch(S, [0, 1, 2], before=np.eye(3, k=-1))
    with pytest.raises(ValueError, match="limit"):
        OrderSearch(S, [0, 1, 2]).run()
    with pytest.raises(ValueError, match="cyclic"):
        greedy(S, [[0, 1, 0], [1, 0, 0], [0, 0, 0]])

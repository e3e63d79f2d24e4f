"""Prefix trees, page costs and draft trees equal brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import treeprune as oracle
from zerogap._ext.treeprune.radix import grow
from zerogap.models.base import InstanceError
from zerogap.solvers.treeprune.prefix import prefix_tree


def sequences(rng):
    count = int(rng.integers(1, 7))
    rows = [rng.integers(0, 2, rng.integers(0, 9)).tolist() for _ in range(count)]
    return [rows[rng.integers(i + 1)][:4] + row for i, row in enumerate(rows)]


def pages(rows, kept, held, block):
    """Prefixes (of full blocks) that the kept need beyond the held ones, and pages of their own."""
    step = block or 1
    shared = lambda row: {tuple(row[:k]) for k in range(step, len(row) + 1, step)}  # noqa: E731
    there = set().union(*(shared(rows[i]) for i in held))
    need = set().union(*(shared(rows[i]) for i in kept)) - there
    return len(need) + sum(bool(block) and len(rows[i]) % block > 0 for i in kept)


@pytest.mark.parametrize("block", [0, 1, 2, 3])
def test_cost_of_every_set_of_sequences(block):
    for seed in range(150):
        rng = np.random.default_rng([seed, block])
        rows = sequences(rng)
        held = [i for i in range(len(rows)) if rng.random() < 0.2]
        parent, cost, leaf = prefix_tree(rows, block=block, held=held)
        free = [i for i in range(len(rows)) if i not in held]
        assert sorted(set(range(len(parent))) - set(parent.tolist())) == sorted(leaf[free].tolist())
        for count in range(len(free) + 1):
            for kept in itertools.combinations(free, count):
                mask = set()
                for v in leaf[list(kept)].tolist():
                    while v >= 0:
                        mask.add(v)
                        v = int(parent[v])
                assert sum(cost[v] for v in mask) == pages(rows, kept, held, block)


def test_arrays_and_lists_are_the_same_and_bad_ones_are_named():
    lists = prefix_tree([[1, 2, 3], [1, 2, 4]])
    arrays = prefix_tree([1, 2, 3, 1, 2, 4], [0, 3, 6])
    assert all((a == b).all() for a, b in zip(lists, arrays))
    reward = np.ones(len(lists[0]))
    tree = zg.treeprune.TreePrune(parent=lists[0], reward=reward, tokens=lists[1], lambda_b=0.25)
    assert zg.solve(tree).objective == oracle.optimum(tree, {})[0]
    with pytest.raises(InstanceError, match="offsets"):
        prefix_tree([1, 2], [0, 1])
    with pytest.raises(InstanceError, match="held"):
        prefix_tree([[1], [2]], held=[2])


def test_draft_trees_are_the_best_of_all():
    for seed in range(200):
        rng = np.random.default_rng([seed, 3])
        n, k = int(rng.integers(0, 9)), int(rng.integers(0, 6))
        parent = np.array([rng.integers(-1, v) for v in range(n)], dtype=np.int32)
        probability = rng.integers(0, 9, n) / 8
        price = float(rng.choice([0.0, 0.25, 1.0]))
        keep, value = grow(parent, probability, k, price)
        best = 0.0
        for count in range(min(k, n) + 1):
            for chosen in itertools.combinations(range(n), count):
                best = max(best, worth(parent, probability, chosen, price))
        assert value == pytest.approx(best, abs=1e-12)
        assert worth(parent, probability, keep.tolist(), price) == pytest.approx(best, abs=1e-12)
        assert len(keep) <= k


def worth(parent, probability, chosen, price):
    """Expected accepted length less the price of the levels; −inf if a parent is missing."""
    total, deepest = 0.0, 0
    for v in chosen:
        product, depth = 1.0, 0
        while v >= 0:
            if v not in chosen:
                return -np.inf
            product, depth, v = product * probability[v], depth + 1, int(parent[v])
        total, deepest = total + product, max(deepest, depth)
    return total - price * deepest


def test_bad_draft_trees_are_refused():
    with pytest.raises(ValueError, match="parent: element 0"):
        grow(np.array([0], dtype=np.int32), np.array([0.5]), 1)
    with pytest.raises(ValueError, match="probability: element 0"):
        grow(np.array([-1], dtype=np.int32), np.array([1.5]), 1)


def test_no_claim_about_a_tree_is_refuted_by_enumeration():
    for seed in range(200):
        rng = np.random.default_rng([seed, 41])
        tree, options = oracle.draw(rng)
        method = str(rng.choice(oracle.METHODS))
        best, _ = oracle.optimum(tree, options)
        result = zg.solve(tree, method=method, threads=1 + seed % 2, time_limit=30, **options)
        assert (result.status == "infeasible") == (best is None)
        assert best is None or result.objective == pytest.approx(best, abs=1e-9)

"""The pruning kernel against brute force and against itself by other ways."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from zerogap._ext.treeprune.prune import Pruner, TreeSearch, prune, prune_batch
from zerogap.models.base import InfeasibleSolution
from zerogap.models.treeprune import Kept, TreePrune, adversarial, check, random, rebase, retained
from zerogap.solvers.treeprune.strategy import kernel_of

VARIANTS = ("plain", "unit", "equal", "budget", "tokens", "cardinality", "mandatory", "caps",
            "diminishing", "mixed")  # fmt: skip
SHAPES = ("random", "deep", "chain", "star", "forest")


def brute_force(tree):
    """Best objective over all sets of leaves, None if none is feasible."""
    best = None
    leaves = tree.leaves.tolist()
    for count in range(len(leaves) + 1):
        for keep in itertools.combinations(leaves, count):
            try:
                value = check(tree, Kept(np.array(keep, dtype=int)))
            except InfeasibleSolution:
                continue
            best = value if best is None else max(best, value)
    return best


def columns(tree):
    return tree.parent, tree.reward, tree.tokens, tree.cluster, tree.lambda_b, tree.lambda_d


def whole(tree):
    """The same problem by branch and bound alone: two weights rule the reductions out."""
    search = TreeSearch(*columns(tree), coverage=np.array([1.0, 0.0]), forest=tree.forest)
    return search


def assert_exact(tree):
    expected = brute_force(tree)
    search = kernel_of(tree)
    assert not search.run(30.0)
    assert search.finished
    if expected is None:
        assert search.objective is None and search.best() is None
        return
    assert search.objective == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert search.bound == search.objective
    assert check(tree, Kept(search.best())) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def drawn(seed, leaves=7):
    rng = np.random.default_rng(seed)
    if rng.random() < 0.2:
        return adversarial(seed, int(rng.integers(2, 4)), int(rng.integers(1, 4)), 5)
    return random(
        seed=seed,
        leaves=leaves,
        variant=VARIANTS[seed % 10],
        shape=SHAPES[seed // 10 % 5],
        lambda_b=float(rng.choice([0, 1, 2, 4, 16, 1e6])),
        lambda_d=None if rng.random() < 0.3 else float(rng.choice([0, 1, 4, 8])),
        clusters=int(rng.integers(1, 7)),
    )


@pytest.mark.parametrize("block", range(10))
def test_brute_force_agrees(block):
    for seed in range(block * 20, block * 20 + 20):
        tree = drawn(seed)
        if len(tree.leaves) <= 9:
            assert_exact(tree)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_brute_force_agrees_often(block):
    for seed in range(1000 + block * 100, 1100 + block * 100):
        tree = drawn(seed, 8)
        if len(tree.leaves) <= 11:
            assert_exact(tree)


@pytest.mark.parametrize("count", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_reductions_do_not_change_the_optimum(count):
    rng = np.random.default_rng(1)
    for seed in range(count):
        tree = rebase(
            seed=seed,
            width=int(rng.choice([8, 32, 64, 128])),
            depth=int(rng.integers(1, 12)),
            lambda_b=float(rng.choice([0, 0.5, 1, 2, 3])),
            lambda_d=float(rng.choice([0.3, 1, 1.45, 3])),
            cost=str(rng.choice(["unit", "tokens"])),
            locality=float(rng.choice([0, 0.5, 0.9])),
            spread=float(rng.choice([0.02, 0.08, 0.2])),
        )
        reduced, plain = kernel_of(tree), whole(tree)
        reduced.run(2.0)
        plain.run(2.0)
        assert reduced.objective <= plain.bound + 1e-9
        assert plain.objective <= reduced.bound + 1e-9


def test_an_offer_may_make_an_earlier_one_needless():
    tree = rebase(seed=2, width=256)
    assert kernel_of(tree).run() is False
    search, other = kernel_of(tree), whole(tree)
    search.run()
    other.run()
    assert search.objective == pytest.approx(other.objective, abs=1e-12)


def test_where_nothing_pays_the_least_loss_stays():
    tree = rebase(seed=0, width=64, lambda_b=50.0)
    search = kernel_of(tree)
    assert not search.run(30.0)
    best = max(check(tree, Kept([leaf])) for leaf in tree.leaves.tolist())
    assert search.objective >= best - 1e-12
    assert search.objective < 0


def test_without_a_minimum_nothing_may_stay():
    tree = TreePrune([-1, 0], [0, 1], [1, 5], min_leaves=0)
    search = kernel_of(tree)
    search.run()
    assert search.objective == 0 and search.best().tolist() == []
    mask = prune(tree.parent, tree.reward, tree.tokens, low=0)
    assert mask.tolist() == [False, False]


def test_one_shot_call_gives_the_retained_nodes():
    for seed in range(10):
        tree = rebase(seed=seed, width=64)
        mask = prune(*columns(tree))
        search = kernel_of(tree)
        search.run()
        assert mask.dtype == np.bool_
        assert mask.tolist() == retained(tree, search.best()).tolist()


def test_any_order_of_nodes_gives_the_same_optimum():
    tree = rebase(seed=4, width=64, lambda_b=2.0)
    order = np.random.default_rng(0).permutation(tree.nodes)
    inverse = np.argsort(order)
    parent = np.where(tree.parent[order] >= 0, inverse[tree.parent[order]], -1).astype(np.int32)
    a, b = (
        kernel_of(tree),
        TreeSearch(
            parent, tree.reward[order], tree.tokens[order], tree.cluster[order], 2.0, tree.lambda_d
        ),
    )
    a.run()
    b.run()
    assert a.objective == pytest.approx(b.objective, abs=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
def test_batch_is_the_one_shot_call_tree_by_tree(threads):
    trees = [rebase(seed=s, width=int(w)) for s, w in enumerate([1, 16, 64, 16, 256, 2] * 5)]
    first = np.cumsum([0] + [t.nodes for t in trees]).astype(np.int64)
    joined = [np.concatenate([getattr(t, key) for t in trees])
              for key in ("parent", "reward", "tokens", "cluster")]  # fmt: skip
    lambda_d = np.array([t.lambda_d for t in trees])
    masks = prune_batch(first, *joined, 1.0, lambda_d, threads=threads)
    alone = np.concatenate([prune(*columns(t)) for t in trees])
    assert (masks == alone).all()


def test_batch_names_the_tree_at_fault():
    first = np.array([0, 1, 3], dtype=np.int64)
    args = (np.array([-1, -1, 7], np.int32), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="tree 1: parent: element 1"):
        prune_batch(first, *args)
    with pytest.raises(ValueError, match=r"infeasible: .* tree 0"):
        prune_batch(first, np.array([-1, -1, 0], np.int32), *args[1:], budget=0.5)
    for bad in ([0, 2, 1], [1, 3], [0, 4], []):
        with pytest.raises((ValueError, IndexError)):
            prune_batch(np.array(bad, dtype=np.int64), *args)
    assert prune_batch(np.array([0], np.int64), *(a[:0] for a in args)).tolist() == []


def grown(pruner, rng, leaves, width):
    origin = rng.integers(0, len(leaves), width)
    return pruner.add(
        leaves[origin], 1 + rng.integers(0, 50, width), rng.random(width), rng.integers(0, 9, width)
    )


@pytest.mark.parametrize("cost", ["raw", "unit", "share"])
def test_pruner_is_the_one_shot_call_step_by_step(cost):
    rng = np.random.default_rng(3)
    lambda_b = {"raw": 0.01, "unit": 1.0, "share": 1.0}[cost]
    pruner = Pruner(lambda_b, 1.45, cost=cost, rewards="share")
    leaves = pruner.add([-1], [5.0], [0.0])
    for step in range(30):
        new = grown(pruner, rng, leaves, 24) if step else leaves
        mask = pruner.prune()
        assert mask.sum() == pruner.nodes
        leaves = new[mask[new]] if step else leaves
        if len(leaves) == 0:
            leaves = pruner.leaves()
        assert set(leaves.tolist()) <= set(pruner.leaves().tolist())
        assert pruner.bound == pytest.approx(pruner.objective, abs=1e-12)
    assert len(mask) < 24 * 30, "slots of pruned nodes are used again"


def test_pruner_agrees_with_the_same_tree_in_arrays():
    rng = np.random.default_rng(5)
    for _ in range(20):
        pruner = Pruner(1.0, 2.0, cost="unit")
        n = 40
        parent = np.array([-1] + [int(rng.integers(0, i)) for i in range(1, n)], dtype=np.int32)
        reward, cluster = rng.random(n) / 8, rng.integers(-1, 6, n).astype(np.int32)
        slots = [pruner.add(parent[i : i + 1], [1.0], reward[i : i + 1], cluster[i : i + 1])[0]
                 for i in range(n)]  # fmt: skip
        assert slots == list(range(n))
        expected = prune(parent, reward, np.full(n, 1.0 / n), cluster, 1.0, 2.0)
        assert (pruner.prune() == expected).all()


def test_finished_trajectories_stay():
    pruner = Pruner(1.0)
    root = pruner.add([-1], [0.0], [0.0])
    leaves = pruner.add(np.repeat(root, 2), [1.0, 100.0], [5.0, 0.0])
    pruner.finish(leaves[1:])
    assert pruner.prune().tolist() == [True, True, True]
    with pytest.raises(ValueError, match="no leaf"):
        pruner.finish(root)
    pruner.score(leaves[:1], [0.5])
    assert pruner.prune().tolist() == [True, False, True]


def test_pruner_refuses_what_cannot_be():
    pruner = Pruner(1.0, budget=2.0)
    with pytest.raises(ValueError, match="empty"):
        pruner.prune()
    root = pruner.add([-1], [1.0], [0.0])
    for parent, tokens, reward in (([5], [1], [1]), ([-2], [1], [1]), ([0], [-1], [1]),
                                   ([0], [1], [np.nan]), ([0], [np.inf], [1])):  # fmt: skip
        with pytest.raises(ValueError, match="node 0"):
            pruner.add(parent, tokens, reward)
    with pytest.raises(ValueError, match="as many"):
        pruner.add([0], [1, 2], [1])
    with pytest.raises(ValueError, match="not alive"):
        pruner.score([7], [1.0])
    assert pruner.nodes == 1
    leaf = pruner.add(root, [5.0], [1.0])
    with pytest.raises(ValueError, match="infeasible"):
        pruner.prune()
    assert pruner.nodes == 2 and pruner.leaves().tolist() == leaf.tolist()
    with pytest.raises(ValueError, match="cost"):
        Pruner(cost="free")


def test_memory_follows_the_live_tree():
    rng = np.random.default_rng(0)
    pruner = Pruner(1.0, 1.0, cost="unit")
    leaves = pruner.add([-1], [1.0], [0.0])
    sizes = []
    for _ in range(400):
        new = pruner.add(leaves[rng.integers(0, len(leaves), 32)], np.ones(32),
                         rng.random(32) / 16, rng.integers(0, 8, 32))  # fmt: skip
        leaves = new[pruner.prune()[new]]
        if not len(leaves):
            leaves = pruner.leaves()
        sizes.append((pruner.nodes, len(pruner.mask())))
    assert max(s for _, s in sizes) <= max(n for n, _ in sizes) + 33


def test_threads_do_not_meet():
    trees = [rebase(seed=s, width=64) for s in range(8)]
    expected = [prune(*columns(t)).tolist() for t in trees]
    wrong = []

    def work():
        for _ in range(50):
            for tree, mask in zip(trees, expected):
                if prune(*columns(tree)).tolist() != mask:
                    wrong.append(tree.name)

    crew = [threading.Thread(target=work) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert wrong == []


def test_slices_change_nothing():
    tree = adversarial(seed=1, branches=14, leaves=8, clusters=20)
    whole_run, sliced = kernel_of(tree), kernel_of(tree)
    whole_run.run()
    while sliced.run(iterations=1):
        assert sliced.bound >= whole_run.objective - 1e-9
        assert sliced.objective <= whole_run.objective + 1e-9
    assert sliced.objective == whole_run.objective
    assert sliced.best().tolist() == whole_run.best().tolist()


def test_a_limit_leaves_solution_and_bound():
    tree = adversarial(seed=0, branches=120, leaves=60, clusters=400)
    search = kernel_of(tree)
    search.run(0.2)
    assert search.objective is not None and search.bound >= search.objective - 1e-9
    assert check(tree, Kept(search.best())) == pytest.approx(search.objective, rel=1e-9)


def test_injected_sets_are_checked():
    tree = adversarial(seed=0, branches=12, leaves=6, clusters=15)
    search = kernel_of(tree)
    with pytest.raises(ValueError, match="no leaf"):
        search.inject(np.array([0], dtype=np.int32))
    search.inject(tree.leaves)
    assert search.objective == pytest.approx(check(tree, Kept(tree.leaves)))


def test_garbage_never_crashes():
    """Arrays of nonsense: a ValueError, or a mask that is closed upwards."""
    rng = np.random.default_rng(0)
    weird = np.array([0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, 1e12, 1e-320])
    for _ in range(3000):
        n = int(rng.integers(0, 7))
        parent = rng.integers(-2, n + 1, n).astype(np.int32)
        if rng.random() < 0.6:
            parent = np.array([int(rng.integers(-1, i)) if i else -1 for i in range(n)], np.int32)
        odd = rng.random() < 0.3
        pick = (lambda: rng.choice(weird, n)) if odd else (lambda: rng.random(n))  # noqa: B023
        reward, tokens = pick(), pick()
        cluster = rng.integers(-5, 2**31 - 1 if odd else 4, n).astype(np.int32)
        other = {"low": int(rng.integers(-1, 3)), "forest": bool(rng.random() < 0.7),
                 "every_tree": bool(rng.random() < 0.3)}  # fmt: skip
        if rng.random() < 0.3:
            other["budget"] = float(rng.choice(weird))
        if rng.random() < 0.3:
            other["mandatory"] = rng.integers(-2, n + 2, 2).astype(np.int32)
        if rng.random() < 0.3:
            other["caps"] = rng.integers(-2, 3, 4).astype(np.int32)
        if rng.random() < 0.2:
            other["coverage"] = np.sort(rng.choice(weird, 2))[::-1].copy()
        try:
            mask = prune(parent, reward, tokens, cluster, float(rng.choice([0, 1, -1, np.nan])),
                         1.0, seconds=1.0, **other)  # fmt: skip
        except ValueError:
            continue
        assert all(mask[parent[v]] for v in np.flatnonzero(mask) if parent[v] >= 0)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([], [], []), "empty"),
        (([1], [1], [1]), "out of range"),
        (([1, 0, -1], [1] * 3, [1] * 3), "cycle"),
        (([-1, -1], [1, 1], [1, 1]), "second root"),
        (([-1], [np.nan], [1]), "reward"),
        (([-1], [1], [-1]), "tokens"),
        (([-1], [1, 2], [1]), "expected 1"),
        (([-1], [1], [1], [1, 2]), "cluster"),
    ],
)
def test_faults_are_named(args, message):
    types = (np.int32, np.float64, np.float64, np.int32)
    with pytest.raises(ValueError, match=message):
        prune(*(np.array(a, dtype=t) for a, t in zip(args, types)))

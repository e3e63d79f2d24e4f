"""Topological swaps for any loss: certificates, post-processing, losses of one's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.dag import Dag, Structure
from zerogap.solvers.dag import descent, swaps

SCORES = [
    ("ls", "none", 0.0), ("ls", "l1", 0.05), ("ls", "l0", 0.05), ("ls", "bic", 0.0),
    ("gauss", "bic", 0.0), ("gauss", "l0", 20.0), ("logistic", "none", 0.0),
    ("logistic", "l1", 0.02), ("logistic", "l0", 0.02), ("logistic", "bic", 0.0),
]  # fmt: skip


def rows(d: int = 6, seed: int = 0, binary: bool = False) -> np.ndarray:
    X = zg.generate("dag", variables=d, edges=2 * d, seed=seed).data[:300]
    return (X > 0).astype(float) if binary else X


def instance(loss: str, penalty: str, weight: float, seed: int, **rules) -> Dag:
    own = {"weight": weight} if penalty in ("l1", "l0") else {}
    return Dag.from_data(rows(seed=seed, binary=loss == "logistic"), loss=loss, penalty=penalty,
                         **own, **rules)  # fmt: skip


def message(result) -> str:
    return next(m for m in result.messages if m.startswith("topo: "))


@pytest.mark.parametrize(("loss", "penalty", "weight"), SCORES)
def test_every_loss_ends_in_a_certified_local_minimum(loss, penalty, weight):
    for seed in range(3):
        dag = instance(loss, penalty, weight, seed)
        result = zg.solve(dag, method="topo", threads=1, time_limit=600, seed=seed)
        best = zg.solve(dag, method="exact", threads=1, time_limit=600)
        assert best.status == "optimal" and result.objective >= best.objective - 1e-7
        assert zg.check(dag, result.solution) == result.objective
        assert message(result).startswith("topo: local minimum: largest violated condition")
        # From the definition: no graph nearby, with edges added that close no cycle, is better.
        W = result.solution.adjacency
        rng = np.random.default_rng(seed)
        for _ in range(30):
            step = 1e-4 * rng.normal(size=W.shape) * (rng.random(W.shape) < 0.3)
            V = W + np.where(dag.allowed, step, 0)
            if np.linalg.matrix_power((V != 0).astype(float), len(V)).any():
                continue
            near = Structure.from_adjacency(V)
            assert zg.check(dag, near) >= result.objective - 1e-9


def test_scores_of_parent_sets_are_swapped_too():
    clinic = zg.read("instances/dag/asia.csv", score="bic")
    result = zg.solve(clinic, method="topo", threads=1, time_limit=600, seed=1)
    best = zg.solve(clinic, threads=1, time_limit=600)
    assert result.objective <= best.objective + 1e-9
    assert result.objective >= best.objective - 0.02 * abs(best.objective)
    assert message(result).startswith("topo: local minimum; ")
    few = zg.solve(clinic, method="topo", threads=1, size_large=5, size_small=5, seed=1)
    assert message(few).startswith("topo: stopped; ")  # five swaps of an order are not all


def test_a_limit_is_no_certificate():
    dag = instance("ls", "l0", 0.05, 0)
    result = zg.solve(dag, method="topo", threads=1, iterations=1, seed=3)
    assert message(result).startswith("topo: stopped")


def test_rules_are_obeyed():
    dag = instance("ls", "bic", 0.0, 1, required=[[0, 1]], forbidden=[[2, 3]],
                   tiers=[0, 0, 0, 1, 1, 1], max_parents=2)  # fmt: skip
    result = zg.solve(dag, method="topo", threads=1, time_limit=20, seed=2)
    assert zg.check(dag, result.solution) == result.objective
    W = result.solution.adjacency != 0
    assert W[0, 1] and not W[2, 3] and not W[3:, :3].any() and W.sum(axis=0).max() <= 2


def hill_climbed(dag: Dag) -> Structure:
    """Greedy: the edge that lowers the score most, as long as one does."""
    W, best = np.zeros((dag.variables,) * 2), np.inf
    support = np.zeros(W.shape, bool)
    while True:
        found = None
        for i, j in zip(*np.nonzero(~support & dag.allowed)):
            trial = support.copy()
            trial[i, j] = True
            if swaps.reach(trial)[j, i]:
                continue
            graph = zg.models.dag.parents.structure(
                dag, [np.flatnonzero(trial[:, k]).tolist() for k in range(dag.variables)]
            )
            score = zg.check(dag, graph)
            if score < best - 1e-9:
                best, found, W = score, trial, graph.adjacency
        if found is None:
            return Structure.from_adjacency(W)
        support = found


def by_variance(dag: Dag) -> Structure:
    """Variables by their variance, each regressed on all before it."""
    order = np.argsort(np.diag(dag.covariance))
    parents = [[] for _ in order]
    for place, j in enumerate(order.tolist()):
        parents[j] = order[:place].tolist()
    return zg.models.dag.parents.structure(dag, parents)


def by_notears(dag: Dag) -> Structure:
    path = Path(__file__).parents[2] / "benchmarks" / "peers" / "dag_notears.py"
    spec = importlib.util.spec_from_file_location("notears", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.solve(dag, time_limit=20, threads=1, seed=0)["solution"]


@pytest.mark.parametrize("method", [hill_climbed, by_variance, by_notears])
def test_graphs_of_other_methods_are_improved_and_never_worse(method):
    pytest.importorskip("scipy", reason="extra [science] is not installed")
    better = 0
    for seed in range(3):
        dag = Dag.from_data(rows(7, seed + 5), penalty="l0", weight=0.02)
        start = method(dag)
        before = zg.check(dag, start)
        result = zg.solve(dag, method="topo", start=start, threads=1, time_limit=600)
        assert result.objective <= before + 1e-9
        assert message(result).startswith("topo: local minimum")
        better += result.objective < before - 1e-6
    assert better >= 1


def test_the_inner_descent():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(12, 12))
    H, b = A @ A.T + 0.01 * np.eye(12), rng.normal(size=12)

    def bowl(x):
        return 0.5 * x @ H @ x - b @ x, H @ x - b

    value, x = descent.minimise(bowl, np.zeros(12))
    assert np.allclose(x, np.linalg.solve(H, b), atol=1e-5)

    def valley(x):  # Rosenbrock
        f = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        return f, np.array(
            [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]
        )

    value, x = descent.minimise(valley, np.array([-1.2, 1.0]))
    assert value < 1e-15 and np.allclose(x, 1, atol=1e-6)
    at_end, same = descent.minimise(valley, np.array([1.0, 1.0]))
    assert at_end == 0 and np.array_equal(same, [1, 1])
    assert descent.minimise(lambda x: (1.0, x), np.zeros(0))[0] == 1.0


# ---- losses of one's own -------------------------------------------------------------------------


def least_squares(S: np.ndarray):
    def loss(W):
        R = W - np.eye(len(W))
        return 0.5 * float(np.einsum("ij,ij->", S @ R, R)), S @ R

    return loss


def test_a_function_gives_what_the_family_gives():
    dag = Dag.from_data(rows(5, 3))
    found = swaps.swap(least_squares(dag.covariance), (5, 5), convex=True, seed=1, time_limit=1e6)
    assert str(found.certificate).startswith("local minimum: largest violated condition")
    assert found.certificate.violation < swaps.TOLERANCE
    graph = Structure.from_adjacency(found.weights)
    assert zg.check(dag, graph) == pytest.approx(found.objective, abs=1e-9)
    best = zg.solve(dag, threads=1, time_limit=20)
    assert found.objective >= best.objective - 1e-7
    # Nothing is known of the curvature of a function: the same point is a KKT point.
    again = swaps.swap(least_squares(dag.covariance), (5, 5), start=found.weights, time_limit=1e6)
    assert again.certificate.kind == "KKT point"
    assert again.objective <= found.objective + 1e-9


def test_a_network_a_variable():
    """Non-linear equations: m hidden units a variable, the first layer in the edges."""
    rng = np.random.default_rng(0)
    n, d, m = 200, 3, 4
    x = rng.normal(size=n)
    y = np.tanh(2 * x) + 0.1 * rng.normal(size=n)
    z = np.cos(y) + 0.1 * rng.normal(size=n)
    X = np.column_stack([z, y, x])

    def loss(A, free):
        B, bias, c = np.split(free, [d * m, 2 * d * m])
        B, bias = B.reshape(d, m), bias.reshape(d, m)
        H = np.tanh(np.einsum("ni,ijh->njh", X, A) + bias)
        E = np.einsum("njh,jh->nj", H, B) + c - X
        dH = E[:, :, None] * B * (1 - H**2)
        weight = 1e-3
        value = 0.5 * (E**2).sum() / n + 0.5 * weight * ((A**2).sum() + (B**2).sum())
        slope = np.einsum("ni,njh->ijh", X, dH) / n + weight * A
        rest = [np.einsum("nj,njh->jh", E, H) / n + weight * B, dH.sum(axis=0) / n,
                E.sum(axis=0) / n]  # fmt: skip
        return value, slope, np.concatenate([part.ravel() for part in rest])

    start = rng.normal(size=2 * d * m + d)
    A0 = 0.5 * rng.normal(size=(d, d, m))
    value, slope, rest = loss(A0, start)  # the gradient of the example itself
    moved, other = A0.copy(), start.copy()
    moved[2, 1, 0] += 1e-6
    other[d * m] += 1e-6
    assert (loss(moved, start)[0] - value) / 1e-6 == pytest.approx(slope[2, 1, 0], abs=1e-4)
    assert (loss(A0, other)[0] - value) / 1e-6 == pytest.approx(rest[d * m], abs=1e-4)
    backwards = {"order": [0, 1, 2], "free": start, "initial": A0}  # z before y before x
    found = swaps.swap(loss, (d, d, m), time_limit=1e6, **backwards)
    assert found.weights.shape == (d, d, m) and len(found.free) == len(start)
    assert found.certificate.kind == "KKT point" and found.swaps >= 1
    wrong = swaps.swap(loss, (d, d, m), size_small=0, size_large=0, time_limit=1e6, **backwards)
    assert found.objective < wrong.objective - 0.005
    place = np.argsort(found.order)
    assert not found.weights[place[:, None] >= place[None, :]].any()


def test_bad_losses_are_refused_by_name():
    good = least_squares(np.eye(3))
    for bad, text in (
        (lambda W: 1.0, "loss: returned no tuple of 2"),
        (lambda W: (1.0, np.zeros(3)), r"loss: gradient has shape \(3,\)"),
        (lambda W: (np.nan, np.zeros((3, 3))), "loss: is not finite"),
    ):
        with pytest.raises(InstanceError, match=text):
            swaps.swap(bad, (3, 3))
    cycle = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    for arguments, text in (
        ({"shape": (3, 2)}, "shape: is"),
        ({"start": cycle}, "start: has a cycle"),
        ({"start": np.eye(2)}, "start: has shape"),
        ({"order": [0, 1, 1]}, "order: is no permutation"),
        ({"forbidden": [[True]]}, "forbidden: has shape"),
        ({"initial": [1, 2]}, "initial: has shape"),
        ({"start": np.tril(np.ones((3, 3)), -1), "order": [0, 1, 2]}, "against the order"),
    ):
        with pytest.raises(InstanceError, match=text):
            swaps.swap(good, **({"shape": (3, 3)} | arguments))


def test_conditions_follow_paths():
    """Only pairs that close no cycle have conditions."""
    W = np.zeros((3, 3))
    W[0, 1] = W[1, 2] = 1.0
    g = np.arange(1.0, 10.0).reshape(3, 3)
    found = swaps.conditions(W, g)
    assert np.array_equal(found, [[0, 2, 3], [0, 0, 6], [0, 0, 0]])
    assert np.array_equal(swaps.conditions(W, g, support=True), [[0, 2, 0], [0, 0, 6], [0, 0, 0]])
    allowed = np.ones((3, 3), bool)
    allowed[0, 2] = False
    assert swaps.conditions(W, g, allowed)[0, 2] == 0
    lasso = swaps.conditions(W, g, lasso=2.5)
    assert np.allclose(lasso, [[0, 4.5, 0.5], [0, 0, 8.5], [0, 0, 0]])

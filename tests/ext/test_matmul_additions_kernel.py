"""The annealer of circuits: what it computes is the matrix, exactly, at every moment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zerogap._ext.matmul.additions import Additions, SchemeAdditions
from zerogap._ext.matmul.greedy import STRATEGIES, share


def expand(edges, inputs, outputs):
    """Matrix and additions of a circuit, by summing paths node by node."""
    terms = {}
    for source, target, sign in edges.tolist():
        terms.setdefault(target, []).append((source, sign))
    forms = {i: np.eye(inputs, dtype=int)[i] for i in range(inputs)}

    def form(node):
        if node not in forms:
            forms[node] = sum(
                (c * form(i) for i, c in terms.get(node, ())), np.zeros(inputs, dtype=int)
            )
        return forms[node]

    matrix = np.array([form(inputs + r) for r in range(outputs)]).reshape(outputs, inputs)
    return matrix, sum(len(t) - 1 for t in terms.values())


matrices = st.integers(1, 7).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(-1, 1), min_size=columns, max_size=columns), min_size=1, max_size=9
    )
)


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(0, 2**64 - 1), st.booleans())
def test_the_circuit_computes_the_matrix(rows, seed, cancel):
    matrix = np.array(rows, np.int8)
    kernel = Additions(matrix, seed, cancel=cancel)
    for _ in range(3):
        kernel.run(iterations=300)
        computed, additions = expand(kernel.best(), matrix.shape[1], matrix.shape[0])
        assert np.array_equal(computed, matrix)
        assert additions == kernel.objective <= kernel.naive


@settings(max_examples=40, deadline=None)
@given(matrices, st.integers(0, 1000))
def test_modulo_two(rows, seed):
    matrix = np.abs(np.array(rows, np.int8))
    kernel = Additions(matrix, seed, binary=True)
    kernel.run(iterations=600)
    computed, additions = expand(kernel.best(), matrix.shape[1], matrix.shape[0])
    assert np.array_equal(computed % 2, matrix)
    assert additions == kernel.objective


def fewest(matrix):
    """Fewest additions by brute force over all circuits (iterative deepening)."""
    inputs = matrix.shape[1]

    def canonical(row):
        return max(tuple(row), tuple(-x for x in row))

    targets = {canonical(r) for r in matrix.tolist() if np.count_nonzero(r) > 1}

    def search(known, left):
        missing = targets - set(known)
        if len(missing) > left:
            return False
        if not missing:
            return True
        found = set()
        for i, a in enumerate(known):
            for b in known[i + 1 :]:
                for sign in (1, -1):
                    found.add(canonical(tuple(x + sign * y for x, y in zip(a, b))))
        return any(search([*known, f], left - 1) for f in sorted(found - set(known)) if any(f))

    units = [tuple(r) for r in np.eye(inputs, dtype=int).tolist()]
    number = 0
    while not search(units, number):
        number += 1
    return number


@pytest.mark.parametrize("seed", range(12))
def test_brute_force_agrees(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-1, 2, (3, 3))
    kernel = Additions(matrix, seed)
    kernel.run(iterations=3000)
    assert kernel.objective == fewest(matrix)


def test_cancelling_saves_an_addition():
    # a+b, a+b+c, a+b+c+d and b+c+d: the last is the third less a.
    matrix = [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]]
    plain, cancelling = Additions(matrix, cancel=False), Additions(matrix)
    plain.run(iterations=2000)
    cancelling.run(iterations=2000)
    assert plain.objective == 5
    assert cancelling.objective == 4


def test_slices_do_not_matter():
    matrix = np.random.default_rng(1).integers(-1, 2, (12, 10))
    whole, sliced = Additions(matrix, 5), Additions(matrix, 5)
    whole.run(iterations=5000)
    for size in (1, 999, 1000, 3000):
        sliced.run(iterations=size)
    assert whole.iterations == sliced.iterations == 5000
    assert np.array_equal(whole.best(), sliced.best())


def test_a_circuit_can_be_handed_over():
    matrix = np.random.default_rng(2).integers(-1, 2, (14, 9))
    good = Additions(matrix, 1)
    good.run(iterations=20000)
    other = Additions(matrix, 2)
    other.inject(good.best())
    assert other.objective <= good.objective
    other.run(iterations=500)
    computed, additions = expand(other.best(), 9, 14)
    assert np.array_equal(computed, matrix)
    assert additions == other.objective


def test_nothing_to_share():
    for matrix in (np.zeros((2, 3)), np.eye(3), np.zeros((0, 3)), np.zeros((3, 0)), [[1, 1]]):
        kernel = Additions(matrix)
        assert not kernel.run(iterations=10)
        assert kernel.objective == int(np.maximum(np.count_nonzero(matrix, axis=1) - 1, 0).sum())


@pytest.mark.parametrize("matrix", [[[2]], [[0.5]], [1, 0], [[300]]])
def test_bad_coefficients(matrix):
    with pytest.raises(ValueError):
        Additions(matrix)


def test_bad_settings():
    with pytest.raises(ValueError, match="cold"):
        Additions([[1]], hot=0.1, cold=0.5)
    with pytest.raises(ValueError, match="limit"):
        Additions([[1, 1, 1], [1, 1, 0]]).run()
    with pytest.raises(ValueError, match="coefficients"):
        Additions([[-1]], binary=True)


def tensor(u, v, w):
    return np.einsum("ra,rb,rc->abc", u, v, w, dtype=int)


@pytest.mark.parametrize("binary", [False, True])
def test_flips_keep_the_tensor_and_circuits_the_factors(binary):
    rng = np.random.default_rng(4)
    values = [0, 0, 0, 1] if binary else [0, 0, 0, 0, 1, -1]
    u, v, w = (rng.choice(values, (9, 5)).astype(np.int8) for _ in range(3))
    for m in (u, v, w):
        m[np.arange(9), rng.integers(0, 5, 9)] = 1
    u[5:] = u[:4]
    wanted = tensor(u, v, w)
    kernel = SchemeAdditions(u, v, w, 7, binary=binary, hot=3.0, cold=2.0, flips=0.5)
    for _ in range(4):
        kernel.run(iterations=2500)
        found = kernel.factors()
        difference = tensor(*found) - wanted
        assert not (difference % 2 if binary else difference).any()
        total = 0
        for edges, m in zip(kernel.best(), (found[0], found[1], found[2].T)):
            computed, additions = expand(edges, m.shape[1], m.shape[0])
            assert np.array_equal(computed % 2 if binary else computed, m)
            total += additions
        assert total == kernel.objective <= kernel.naive
    assert kernel.flipped > 0


def test_bad_schemes():
    with pytest.raises(ValueError, match="as many rows"):
        SchemeAdditions(np.ones((2, 4)), np.ones((3, 4)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="settings"):
        SchemeAdditions(*[np.ones((2, 4))] * 3, flips=1.5)
    with pytest.raises(ValueError, match="limit"):
        SchemeAdditions(*[np.ones((2, 4))] * 3).run()


@settings(max_examples=40, deadline=None)
@given(matrices, st.integers(0, 1000), st.sampled_from(STRATEGIES))
def test_greedy_sharing_computes_the_matrix(rows, seed, strategy):
    matrix = np.array(rows, np.int8)
    additions, edges = share(matrix, strategy, seed, restarts=2)
    computed, counted = expand(edges, matrix.shape[1], matrix.shape[0])
    assert np.array_equal(computed, matrix)
    assert counted == additions


def most_frequent_pair_first(matrix):
    """Slow twin of the strategy `greedy`, ties by the lowest columns, then by sign."""
    rows = [{c: int(x) for c, x in enumerate(row) if x} for row in matrix]
    columns, chosen = matrix.shape[1], 0
    while True:
        counts = {}
        for row in rows:
            for a in row:
                for b in row:
                    if a < b:
                        key = (a, b, row[a] != row[b])
                        counts[key] = counts.get(key, 0) + 1
        most = max(counts.values(), default=0)
        if most < 2:
            return chosen + sum(max(0, len(row) - 1) for row in rows)
        a, b, differ = min(k for k, n in counts.items() if n == most)
        for row in rows:
            if a in row and b in row and (row[a] != row[b]) == differ:
                row[columns + chosen] = row.pop(a)
                del row[b]
        chosen += 1


@pytest.mark.parametrize("seed", range(8))
def test_greedy_agrees_with_its_slow_twin(seed):
    matrix = np.random.default_rng(seed).integers(-1, 2, (12, 8))
    assert share(matrix)[0] == most_frequent_pair_first(matrix)


def test_unknown_strategy():
    with pytest.raises(ValueError, match="unknown strategy"):
        share([[1]], "best")

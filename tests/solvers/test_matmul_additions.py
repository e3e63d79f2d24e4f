"""Reduced schemes: programs, their transposes, and schemes with fewer additions than published."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap.models.matmul import MatMul, Scheme, check
from zerogap.solvers import matmul_additions as additions

matrices = st.tuples(st.integers(1, 8), st.integers(1, 7), st.integers(0, 10**6)).map(
    lambda t: np.random.default_rng(t[2]).integers(-1, 2, t[:2])
)

STRASSEN = Scheme(
    [[1, 0, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [-1, 0, 1, 0],
     [0, 1, 0, -1]],
    [[1, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, -1], [-1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0],
     [0, 0, 1, 1]],
    [[1, 0, 0, 1], [0, 1, 0, -1], [0, 0, 1, 1], [1, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1],
     [1, 0, 0, 0]],
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(matrices, st.integers(0, 9))
def test_programs_expand_to_the_matrix(matrix, seed):
    circuit = additions.minimise(matrix, iterations=400, seed=seed)
    assert np.array_equal(circuit.expand(), matrix)
    assert all(len(terms) == 2 for terms in circuit.fresh)
    assert circuit.additions >= additions.lower_bound(matrix)


@settings(max_examples=50, deadline=None)
@given(matrices, st.integers(0, 9))
def test_transposition(matrix, seed):
    circuit = additions.minimise(matrix, iterations=200, seed=seed)
    turned = additions.transposed(circuit)
    assert np.array_equal(turned.expand(), matrix.T)
    outputs, inputs = (int(np.any(matrix, axis=a).sum()) for a in (1, 0))
    assert turned.additions == circuit.additions - inputs + outputs or not matrix.any()


def test_strassen_needs_eighteen():
    circuits = additions.Circuits(STRASSEN)
    circuits.run(iterations=2000)
    instance = MatMul([2, 2, 2], "ZT", "additions", given=STRASSEN, fixed=True)
    assert check(instance, circuits.solution()) == circuits.objective == 18


def test_slices_do_not_matter():
    one, many = additions.Circuits(STRASSEN, 3), additions.Circuits(STRASSEN, 3)
    one.run(iterations=3000)
    for size in (7, 993, 2000):
        many.run(iterations=size)
    assert one.best() == many.best()


def test_threads_have_circuits_of_their_own():
    circuits = additions.Circuits(STRASSEN, threads=2)
    circuits.run(iterations=500)
    assert circuits.objective == 18
    assert np.array_equal(circuits.solution().scheme().u, STRASSEN.u)


@pytest.mark.parametrize(
    ("name", "published", "reached"),
    [
        ("2x2x2_m7_cr15_cn24", 15, 15),
        ("3x3x3_m23_cr58_cn119", 58, 57),
        ("3x4x4_m38_cr133_cn194", 133, 133),
        ("4x4x4_m49_cr159_fv100_cn474", 159, 157),
    ],
)
def test_no_worse_than_published(data, name, published, reached):
    file = data(f"matmul/reduced/{name}_ZT_reduced.json")
    instance = zg.read(file, objective="additions", fixed=True)
    assert instance.given.additions == published
    circuits = additions.Circuits(instance.scheme)
    circuits.run(iterations=200_000)
    assert check(instance, circuits.solution()) <= reached

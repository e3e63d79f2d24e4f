"""Reduced schemes: programs, their transposes, and schemes with fewer additions than published."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap._ext.matmul.walk import FlipWalk
from zerogap.models.matmul import MatMul, Scheme, check, naive
from zerogap.solvers.matmul import additions
from zerogap.solvers.matmul.additions_walk import SchemeSearch

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


def rank_23(seed):
    start = naive([3, 3, 3])
    walk = FlipWalk((9, 9, 9), 40, True, seed)
    walk.load(start.u, start.v, start.w)
    walk.goal = 23
    walk.run(iterations=20_000_000)
    return Scheme(*walk.best())


def test_schemes_of_one_rank_are_searched():
    start = rank_23(1)
    assert start.rank == 23
    kernel = SchemeSearch(start, 1)
    kernel.run(iterations=400_000)
    solution = kernel.best()
    instance = MatMul([3, 3, 3], "ZT", "additions", rank=23)
    assert check(instance, solution) == kernel.objective < start.additions
    # A start that disappoints is left for another scheme of the same rank.
    assert solution.rank == 23


def test_scheme_search_repeats_itself_however_sliced():
    one, many = (SchemeSearch(rank_23(2), 5) for _ in range(2))
    quantum = one.quantum
    one.run(iterations=15 * quantum)
    for size in (1, quantum, 14 * quantum - 1):
        many.run(iterations=size)
    assert one.iterations == many.iterations
    assert one.objective == many.objective
    assert np.array_equal(one.best().scheme().u, many.best().scheme().u)


def test_another_search_hands_its_scheme_over():
    kernel = SchemeSearch(naive([2, 2, 2]), 1)
    kernel.run(iterations=1)
    assert kernel.objective == 4
    given = additions.Circuits(STRASSEN).solution()
    other = SchemeSearch(STRASSEN, 1)
    other.inject(given, given.additions)
    other.run(iterations=1_500_000)
    instance = MatMul([2, 2, 2], "ZT", "additions", rank=7)
    assert other.objective == check(instance, other.best()) == 15


def test_solve_keeps_the_products_when_fixed():
    instance = MatMul([2, 2, 2], "ZT", "additions", given=STRASSEN, fixed=True)
    result = zg.solve(instance, iterations=3000, threads=1, time_limit=30)
    assert result.objective == 18 >= result.bound
    free = MatMul([2, 2, 2], "ZT", "additions", rank=7)
    result = zg.solve(free, iterations=1_500_000, threads=1, time_limit=30)
    assert result.objective == 15
    binary = MatMul([2, 2, 2], "Z2", "additions", rank=7)
    result = zg.solve(binary, iterations=1_500_000, threads=1, time_limit=30)
    assert result.objective == 15


@pytest.mark.parametrize("ring", ["ZT", "Z2"])
def test_exact_proves_what_distinct_sums_do_not(ring):
    # Products a(b+c+d), b(a+c+d), …: sums of three of four terms share less than they seem to.
    matrix = 1 - np.eye(4, dtype=int)
    assert additions.lower_bound(matrix) < additions.minimise(matrix, iterations=3000).additions
    binary = ring == "Z2"
    fewest = additions.minimise(matrix, iterations=3000, binary=binary).additions
    from zerogap.models.matmul.exact import slp
    from zerogap.solvers.matmul.additions_exact import impossible

    class Search:
        """What `improve` needs of a search."""

        solution = hint = None
        remaining, seed, threads, iterations, log, extend, open = (
            60.0,
            0,
            1,
            None,
            False,
            None,
            True,
        )

        def extended(self, model):
            return model

        def on_stop(self, callback):
            return lambda: None

        def offer(self, *args, **kwargs):
            return False

    assert impossible(Search(), matrix, fewest - 1, 60.0)
    assert not impossible(Search(), matrix, fewest, 60.0)
    assert slp.build(matrix, fewest, binary=binary).variables["objective"] is not None


@settings(max_examples=30, deadline=None)
@given(matrices, st.integers(0, 9))
def test_greedy_programs_expand_to_the_matrix(matrix, seed):
    circuit = additions.greedy(matrix, restarts=3, seed=seed)
    assert np.array_equal(circuit.expand(), matrix)
    assert circuit.additions >= additions.lower_bound(matrix)


@pytest.mark.parametrize("number", [56, 57])
def test_schemes_with_few_additions(instances, number):
    path = instances / "matmul" / f"333-rank23-{number}_reduced.json"
    scheme = zg.read(path, objective="additions")
    assert scheme.given.rank == 23
    assert check(scheme, scheme.given) == number


def test_schemes_with_as_few_additions_as_published_or_fewer():
    """2×5×8 in 214 and 2×8×8 in 422 additions (published: 214 and 424), every equation verified."""
    for name, rank, count in (("258", 65, 214), ("288", 100, 422)):
        file = f"instances/matmul/{name}-rank{rank}-{count}_reduced.json"
        scheme = zg.read(file, objective="additions", fixed=True)
        assert scheme.scheme.rank == rank
        assert zg.check(scheme, scheme.given) == count


def test_circuits_begin_with_what_a_greedy_finds():
    scheme = zg.read("instances/matmul/288-rank100-422_reduced.json", objective="additions",
                     fixed=True).scheme  # fmt: skip
    first = additions.Circuits(scheme, 0)
    assert first.objective <= 424  # at once; annealing goes on from there
    before = first.objective
    first.run(iterations=20_000)
    assert first.objective <= before

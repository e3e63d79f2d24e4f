"""Schemes: the checker against a slow twin, tampered schemes, bounds, generators."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zerogap.models.base import InfeasibleSolution, InstanceError, digest
from zerogap.models.matmul import (
    FAMILY,
    MatMul,
    Program,
    ReducedScheme,
    Scheme,
    check,
    check_scheme,
    naive,
    rank_bound,
    unshared,
)
from zerogap.models.matmul.exact.brent import tensor
from zerogap.models.matmul.generate import sandwiched, strassen

STRASSEN = strassen().scheme


def two(ring="ZT", **settings) -> MatMul:
    return MatMul(np.array([2, 2, 2]), ring, **settings)


def multiplies(n, scheme, modulus=0) -> bool:
    """Slow twin: every Brent equation by four nested sums."""
    n1, n2, n3 = n
    for i, j, p, k, m, q in itertools.product(
        range(n1), range(n2), range(n2), range(n3), range(n3), range(n1)
    ):
        total = sum(
            int(scheme.u[r, i * n2 + j]) * int(scheme.v[r, p * n3 + k])
            * int(scheme.w[r, m * n1 + q])
            for r in range(scheme.rank)
        )  # fmt: skip
        off = total - int(i == q and j == p and k == m)
        if off % modulus if modulus else off:
            return False
    return True


def test_strassen_is_right_over_every_ring():
    for ring in ("ZT", "Z", "Q"):
        assert check(two(ring), STRASSEN) == 7
    binary = Scheme(*(m % 2 for m in (STRASSEN.u, STRASSEN.v, STRASSEN.w)))
    assert check(two("Z2"), binary) == 7
    assert STRASSEN.additions == 18
    assert STRASSEN.n == (2, 2, 2)


@settings(max_examples=60, deadline=None)
@given(
    n=st.tuples(*[st.integers(1, 3)] * 3),
    seed=st.integers(0, 10**6),
    ring=st.sampled_from(["ZT", "Z2", "Z"]),
)
def test_checker_agrees_with_the_slow_twin(n, seed, ring):
    rng = np.random.default_rng(seed)
    scheme = naive(n)
    sides = [m.copy() for m in (scheme.u, scheme.v, scheme.w)]
    for _ in range(int(rng.integers(0, 3))):
        side = sides[int(rng.integers(3))]
        side[int(rng.integers(len(side))), int(rng.integers(side.shape[1]))] = int(rng.integers(2))
    changed = Scheme(*sides)
    right = multiplies(n, changed, 2 if ring == "Z2" else 0)
    try:
        check_scheme(n, ring, changed)
    except InfeasibleSolution as error:
        assert not right
        assert error.constraint == "brent"
    else:
        assert right


def test_every_flipped_coefficient_of_strassen_is_found():
    for name in "uvw":
        for index in np.ndindex(7, 4):
            sides = {k: getattr(STRASSEN, k).copy() for k in "uvw"}
            sides[name][index] = 0 if sides[name][index] else 1
            with pytest.raises(InfeasibleSolution, match=r"Brent equation a\(\d,\d\)·b\(\d,\d\)"):
                check(two(), Scheme(**sides))


def test_the_first_violated_equation_is_named():
    dropped = Scheme(STRASSEN.u[1:], STRASSEN.v[1:], STRASSEN.w[1:])
    with pytest.raises(InfeasibleSolution) as caught:
        check(two(), dropped)
    assert str(caught.value).startswith(
        "Brent equation a(1,1)·b(1,1) in c(1,1) gives 0, expected 1"
    )
    assert caught.value.where == ((0, 0), (0, 0), (0, 0))


def test_shapes_rings_and_denominators_are_checked():
    with pytest.raises(InfeasibleSolution, match="needs 6"):
        check(MatMul(np.array([2, 3, 2])), STRASSEN)
    doubled = Scheme(2 * STRASSEN.u, STRASSEN.v, STRASSEN.w, np.full(7, 2))
    assert check(two("Q"), doubled) == 7
    with pytest.raises(InfeasibleSolution, match="denominator 2, outside the ring Z"):
        check(two("Z"), doubled)
    with pytest.raises(InfeasibleSolution, match=r"u\[0\]\[0\] is 2, outside the ring ZT"):
        check(two(), doubled)
    huge = Scheme(2**40 * STRASSEN.u, 2**40 * STRASSEN.v, STRASSEN.w)
    with pytest.raises(InfeasibleSolution):
        check(two("Z"), huge)
    with pytest.raises(InstanceError, match="belong to no format"):
        _ = Scheme(np.zeros((1, 3)), np.zeros((1, 4)), np.zeros((1, 5))).n


def test_programs_expand_and_count():
    winograd = Program(4, (((2, 1), (3, 1)), ((4, 1), (0, -1))), (((5, 1),), ((1, 1), (5, -1)), ()))
    assert winograd.additions == 3
    assert winograd.expand().tolist() == [[-1, 0, 1, 1], [1, 1, -1, -1], [0, 0, 0, 0]]
    assert winograd.expand(2).tolist() == [[1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]
    with pytest.raises(InstanceError, match="fresh: row 0 uses variable 4"):
        Program(4, (((4, 1), (0, 1)),), ())
    with pytest.raises(InstanceError, match="coefficient 2"):
        Program(4, (), (((1, 2),),))
    growing = Program(1, tuple((((k, 1), (k, 1))) for k in range(80)), (((80, 1),),))
    with pytest.raises(OverflowError):
        growing.expand()


def test_additions_of_reduced_schemes():
    plain = unshared(STRASSEN)
    additions = two(objective="additions")
    assert check(additions, plain) == check(additions, STRASSEN) == 18
    assert check(two(), plain) == 7
    with pytest.raises(InfeasibleSolution, match="at most 6"):
        check(two(objective="additions", rank=6), plain)


def test_fixed_multiplications():
    keep = two(objective="additions", given=STRASSEN, fixed=True)
    signed = Scheme(-STRASSEN.u, STRASSEN.v, -STRASSEN.w)
    assert check(keep, signed) == 18
    order = [1, 0, 2, 3, 4, 5, 6]
    swapped = Scheme(STRASSEN.u[order], STRASSEN.v[order], STRASSEN.w[order])
    with pytest.raises(InfeasibleSolution, match="multiplication 0 is not"):
        check(keep, swapped)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"n": [2, 2]}, "n"),
        ({"n": [0, 2, 2]}, "n"),
        ({"n": [17, 17, 2]}, "n"),
        ({"n": [2.5, 2, 2]}, "n"),
        ({"ring": "Z3"}, "ring"),
        ({"objective": "depth"}, "objective"),
        ({"objective": "additions", "ring": "Q"}, "ring"),
        ({"rank": -1}, "rank"),
        ({"rank": 1.5}, "rank"),
        ({"fixed": True}, "fixed"),
        ({"given": STRASSEN, "rank": 6}, "rank"),
        ({"n": [2, 2, 3], "given": STRASSEN}, "shape"),
        ({"given": Scheme(STRASSEN.u, STRASSEN.v, abs(STRASSEN.w))}, "brent"),
    ],
)
def test_bad_instances_name_the_field(settings, field):
    with pytest.raises(InstanceError) as caught:
        MatMul(**{"n": [2, 2, 2], **settings})
    assert caught.value.field == field


def test_sixteen_by_sixteen_is_within_the_limit():
    instance = MatMul(np.array([16, 16, 2]))
    assert instance.entries == (256, 32, 32)
    assert check(instance, naive(instance.n)) == 512


def test_bounds_are_those_of_the_literature():
    known = {"2x2x2": 7, "2x2x3": 11, "2x2x4": 14, "2x2x5": 18, "2x2x6": 21, "2x3x3": 15,
             "3x3x3": 19, "4x4x4": 34}  # fmt: skip
    for text, bound in known.items():
        n = [int(x) for x in text.split("x")]
        for order in itertools.permutations(n):
            assert rank_bound(order, "Z2")[0] == bound
        assert rank_bound(n, "Q")[0] <= bound
        assert rank_bound(n, "Z2")[1]
    assert rank_bound((1, 7, 5))[0] == 35


@pytest.mark.parametrize("ring", ["Z", "Z2"])
def test_generated_schemes_are_right_and_seeded(ring):
    first = sandwiched(3, "2x3x4", ring)
    assert multiplies((2, 3, 4), first.scheme, 2 if ring == "Z2" else 0)
    assert digest(first) == digest(sandwiched(3, "2x3x4", ring))
    assert digest(first) != digest(sandwiched(4, "2x3x4", ring))
    assert FAMILY.info(first)["given rank"] == 24


def test_tensor_of_the_model_is_the_checkers():
    scheme = naive((2, 3, 2))
    assert (np.einsum("ra,rb,rc->abc", scheme.u, scheme.v, scheme.w) == tensor((2, 3, 2))).all()


def test_encoding_round_trip():
    instance = two(objective="additions")
    for solution in (STRASSEN, unshared(STRASSEN)):
        again = FAMILY.decode(instance, FAMILY.encode(solution))
        assert check(instance, again) == check(instance, solution)
    assert isinstance(FAMILY.decode(instance, FAMILY.encode(unshared(STRASSEN))), ReducedScheme)

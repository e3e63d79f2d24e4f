"""Solving: moves between formats, lifting, descents, the exact model, checkpoints."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.matmul import MatMul, Scheme, check, check_scheme, moves, naive
from zerogap.models.matmul.exact.brent import build, decompose, tensor
from zerogap.solvers.matmul.descent import QUANTUM, Descent
from zerogap.solvers.matmul.lift import BinarySystem, hensel, lift, signs
from zerogap.solvers.matmul.pools import Pools


def walked(n, ring, seed=0, quanta=4):
    descent = Descent(n, ring, seed)
    descent.run(iterations=quanta * QUANTUM)
    return descent.best()


def right(n, ring, factors):
    check_scheme(n, ring, Scheme(*factors))
    return len(factors[0])


@pytest.mark.parametrize("target", sorted(set(itertools.permutations((2, 3, 4)))))
def test_all_orders_of_a_format_are_reached(target):
    assert right(target, "ZT", moves.permute((2, 3, 4), moves.naive((2, 3, 4)), target)) == 24
    with pytest.raises(ValueError, match="no reordering"):
        moves.permute((2, 3, 4), moves.naive((2, 3, 4)), (2, 2, 6))


def test_moves_between_formats_keep_schemes_right():
    strassen = walked((2, 2, 2), "ZT")
    seven = (strassen.u, strassen.v, strassen.w)
    for side in range(3):
        n, grown = moves.extend((2, 2, 2), seven, side)
        assert right(n, "ZT", grown) == 11
        back, cut = moves.project(n, grown, side, 2)
        assert back == (2, 2, 2)
        assert right(back, "ZT", cut) == 7
        n, double = moves.merge((2, 2, 2), seven, seven, (2, 2, 2), side)
        assert sorted(n) == [2, 2, 4]
        assert right(n, "ZT", double) == 14
    n, squared = moves.product((2, 2, 2), seven, (1, 2, 3), moves.naive((1, 2, 3)))
    assert n == (2, 4, 6)
    assert right(n, "ZT", squared) == 42
    rng = np.random.default_rng(0)
    for binary in (False, True):
        for _ in range(20):
            scheme = tuple(m % 2 for m in seven) if binary else seven
            moved = moves.sandwich((2, 2, 2), scheme, rng, binary=binary)
            assert right((2, 2, 2), "Z2" if binary else "ZT", moved) == 7


def test_binary_systems_against_brute_force():
    rng = np.random.default_rng(5)
    for _ in range(60):
        rows, columns = int(rng.integers(1, 7)), int(rng.integers(1, 7))
        matrix, rhs = rng.integers(0, 2, (rows, columns)), rng.integers(0, 2, rows)
        system = BinarySystem(rows, columns)
        system.flip(*np.nonzero(matrix))
        found = system.solve(rhs, 4, rng)
        possible = any(
            ((matrix @ x - rhs) % 2 == 0).all() for x in itertools.product((0, 1), repeat=columns)
        )
        assert bool(found) == possible
        assert all(((matrix @ x.astype(int) - rhs) % 2 == 0).all() for x in found)


@pytest.mark.parametrize("n", [(2, 2, 2), (2, 3, 3), (3, 3, 3)])
def test_schemes_modulo_two_are_lifted(n):
    binary = walked(n, "Z2", quanta=8)
    found = lift(n, (binary.u, binary.v, binary.w))
    if found is None:
        pytest.skip("this walk's scheme does not lift")
    scheme, ring = found
    check_scheme(n, ring, scheme)
    assert scheme.rank == binary.rank
    if ring != "Q":
        assert np.array_equal(scheme.u % 2, binary.u)


def test_hensel_lifts_what_signs_cannot():
    """A scheme with a coefficient 2 loses it modulo 2; signs alone cannot bring it back."""
    rng = np.random.default_rng(2)
    lifted = 0
    for seed in range(12):
        base = walked((2, 2, 2), "Z2", seed, 2)
        n, scheme = (2, 2, 2), (base.u, base.v, base.w)
        for _ in range(4):
            scheme = moves.sandwich(n, scheme, rng, binary=True)
        general = hensel(n, scheme, "Z")
        if general is not None:
            lifted += 1
            check_scheme(n, general[1], general[0])
        signed = signs(n, scheme)
        if signed is not None:
            check_scheme(n, "ZT", signed)
    assert lifted >= 6


def test_no_lift_of_what_is_wrong_modulo_two():
    u, v, w = moves.naive((2, 2, 2))
    u = u.copy()
    u[0, 1] = 1
    assert signs((2, 2, 2), (u, v, w)) is None


@pytest.mark.parametrize(("n", "ring", "rank"), [
    ((2, 2, 2), "ZT", 7), ((2, 2, 2), "Z2", 7), ((2, 2, 3), "ZT", 11), ((3, 2, 2), "Q", 11),
    ((2, 2, 4), "Z", 14), ((1, 3, 2), "ZT", 6), ((2, 3, 3), "Z2", 15),
])  # fmt: skip
def test_small_formats_are_solved_to_proven_optimality(n, ring, rank):
    result = zg.solve(MatMul(np.array(n), ring), time_limit=60, threads=1)
    assert result.status == "optimal"
    assert result.objective == result.bound == rank
    assert check(MatMul(np.array(n), ring), result.solution) == rank


def test_same_seed_and_iterations_give_the_same_scheme():
    results = [
        zg.solve(MatMul(np.array([3, 3, 3])), method="kernel", threads=1, seed=4,
                 iterations=40 * QUANTUM, time_limit=300)
        for _ in range(2)
    ]  # fmt: skip
    assert results[0].objective == results[1].objective <= 25
    for name in "uvw":
        assert np.array_equal(*(getattr(r.solution, name) for r in results))


def test_target_and_given_scheme():
    given = walked((3, 3, 3), "ZT")
    instance = MatMul(np.array([3, 3, 3]), given=given)
    result = zg.solve(instance, method="kernel", threads=1, time_limit=60, target=given.rank)
    assert result.objective == given.rank
    assert result.time < 30
    with pytest.raises(InstanceError, match=r"option target.*at least 0"):
        zg.solve(instance, method="kernel", threads=1, time_limit=5, target=-1)


def test_two_threads_share_their_pools():
    result = zg.solve(MatMul(np.array([2, 3, 3])), method="kernel", threads=2, time_limit=30,
                      target=15)  # fmt: skip
    assert result.objective == 15
    assert not result.messages


def test_exact_model_proves_tiny_formats():
    for ring in ("Z2", "ZT"):
        model = build(MatMul(np.array([1, 2, 2]), ring), 4)
        assert _solve(model) == 4


def _solve(model, hint=None):
    from ortools.sat.python import cp_model

    for variable, value in model.hint(hint) if hint is not None else ():
        model.model.add_hint(variable, value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 60
    status = solver.solve(model.model)
    if solver.status_name(status) not in ("OPTIMAL", "FEASIBLE"):
        return solver.status_name(status)
    return model.read(solver.value).rank


@pytest.mark.parametrize("ring", ["Z2", "ZT"])
def test_a_complete_hint_is_a_solution_of_the_model(ring):
    """With every variable fixed to its hint the model must hold."""
    scheme = walked((2, 2, 2), ring)
    model = build(MatMul(np.array([2, 2, 2]), ring), scheme.rank + 1)
    seen = set()
    for variable, value in model.hint(scheme):
        model.model.add(variable == value)
        seen.add(variable.index)
    assert len(seen) == len(model.model.proto.variables)
    assert _solve(model) == scheme.rank


@pytest.mark.parametrize("ring", ["Z2", "ZT"])
def test_decompositions_of_small_tensors(ring):
    rng = np.random.default_rng(1)
    for rank in (1, 2):
        sides = [rng.integers(0, 2, (rank, 3)) for _ in range(3)]
        target = np.einsum("ra,rb,rc->abc", *sides)
        target = target % 2 if ring == "Z2" else np.clip(target, -1, 1)
        found = _solve(decompose(target, 3, ring))
        assert found in (0, 1, 2, 3)


def test_fixed_sides_are_kept():
    scheme = walked((2, 2, 2), "Z2")
    model = build(MatMul(np.array([2, 2, 2]), "Z2"), 7, fixed=scheme, sides="uv")
    assert _solve(model) == 7


def test_large_formats_have_no_exact_model():
    with pytest.raises(InstanceError, match="Booleans, the limit is"):
        build(MatMul(np.array([5, 5, 5])), 100)
    with pytest.raises(InstanceError, match="Z2 and ZT"):
        build(MatMul(np.array([2, 2, 2]), "Q"), 7)
    assert tensor((2, 2, 2)).sum() == 8


def test_pools_keep_distinct_schemes_and_survive(tmp_path):
    path = str(tmp_path / "pools.npz")
    pools = Pools(3, path)
    base = moves.naive((2, 2, 2))
    assert pools.add((2, 2, 2), "ZT", base, 1) == "better"
    assert pools.add((2, 2, 2), "ZT", base, 1) == "known"
    for mark in range(2, 6):
        assert pools.add((2, 2, 2), "ZT", base, mark) == "new"
    assert len(pools.pools[(2, 2, 2), "ZT"].schemes) == 3
    pools.save(now=True)
    again = Pools(3, path)
    assert again.table() == {((2, 2, 2), "ZT"): 8}
    assert again.pools[(2, 2, 2), "ZT"].marks == [3, 4, 5]


def test_damaged_checkpoints_are_refused(tmp_path):
    path = tmp_path / "pools.npz"
    pools = Pools(3, str(path))
    pools.add((2, 2, 2), "ZT", moves.naive((2, 2, 2)), 1)
    pools.save(now=True)
    good = path.read_bytes()
    for bad in (b"", b"x" * 100, good[: len(good) // 2]):
        path.write_bytes(bad)
        with pytest.raises(InstanceError, match="no checkpoint"):
            Pools(3, str(path))
    wrong = Pools(3, str(tmp_path / "wrong.npz"))
    wrong.add((2, 2, 2), "ZT", tuple(m[1:] for m in moves.naive((2, 2, 2))), 1)
    wrong.save(now=True)
    with pytest.raises((InstanceError, InfeasibleSolution), match="Brent"):
        Pools(3, str(tmp_path / "wrong.npz"))


def test_a_killed_search_resumes(tmp_path):
    """SIGKILL after the first improvement: the next search starts at least where this one was."""
    path = tmp_path / "pools.npz"
    code = (
        "import numpy as np, zerogap as zg\n"
        "from zerogap.models.matmul import MatMul\n"
        "def tell(p): print(p.objective, flush=True)\n"
        "zg.solve(MatMul(np.array([3, 3, 4]), 'Z2'), method='kernel', threads=1, time_limit=300,\n"
        f"         checkpoint={str(path)!r}, on_progress=tell)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    ranks = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not ranks or ranks[-1] > 31):
        line = process.stdout.readline().strip()
        if line.isdigit():
            ranks.append(int(line))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert ranks and ranks[-1] <= 31
    resumed = Descent((3, 3, 4), "Z2", pools=Pools(path=str(path)))
    assert resumed.objective <= ranks[-1]
    check(MatMul(np.array([3, 3, 4]), "Z2"), resumed.best())


def test_the_naive_scheme_needs_no_pool():
    assert check(MatMul(np.array([4, 4, 4])), naive((4, 4, 4))) == 64

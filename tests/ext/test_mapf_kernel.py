"""Kernels of multi-agent path finding: offsets, slices, injection, bounds."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import mapf as oracle
from zerogap._ext.mapf.search import ConflictSearch, Ground, PathSearch
from zerogap.models.mapf import Mapf, Paths, check, grid, roadmap
from zerogap.models.mapf.exact.offsets import Offsets
from zerogap.solvers.mapf.kernels import ground


@pytest.mark.parametrize("seed", range(8))
def test_offsets_are_those_of_bisection(seed):
    rng = np.random.default_rng(seed)
    instance = roadmap(seed=seed, vertices=8, agents=2, radius=0.3)
    instance = Mapf(
        instance.xy, instance.edges, instance.start, instance.goal, 0.3, rng.uniform(0.5, 2, 2)
    )
    exact, slow = Offsets(instance, 5e-8), oracle._Uses(instance)
    edges = instance.edges.tolist()
    for _ in range(60):
        e, f = (int(rng.integers(len(edges))) for _ in range(2))
        v = int(rng.integers(instance.vertices))
        for (one, a), (two, b) in (
            ((("move", e), tuple(edges[e])), (("move", f), tuple(edges[f]))),
            ((("move", e), tuple(edges[e])), (("stay", v), (v, v))),
        ):
            made, wanted = exact.between(0, one, 1, two), slow.offsets(0, a, 1, b)
            if made is None or wanted is None:
                assert made is None or made[1] - made[0] < 1e-3
                assert wanted is None or wanted[1] - wanted[0] < 1e-3
            else:
                assert made == pytest.approx(wanted, abs=1e-6)


def test_a_grid_is_solved_like_its_roadmap():
    # The tables of a lattice and those of a general graph are made differently.
    for seed in range(4):
        instance = grid(seed=seed, rows=6, columns=6, agents=5, connectedness=4, radius=0.4)
        other = oracle._with(instance)
        assert other.blocked is None
        results = []
        for one in (instance, other):
            kernel = ConflictSearch(ground(one))
            while kernel.run(5.0):
                pass
            results.append(kernel.bound)
        assert results[0] == pytest.approx(results[1], abs=1e-6)


def test_slices_do_not_change_the_search():
    instance = grid(seed=4, rows=8, columns=8, agents=14)
    one, two = PathSearch(ground(instance), 3), PathSearch(ground(instance), 3)
    one.run(iterations=300)
    for _ in range(30):
        two.run(iterations=10)
    assert one.objective == two.objective and one.iterations == two.iterations
    assert all((a == b).all() for a, b in zip(one.best(), two.best()))


def test_injected_paths_are_the_floor():
    instance = grid(seed=4, rows=8, columns=8, agents=14)
    good = PathSearch(ground(instance), 1)
    good.run(iterations=2000)
    other = PathSearch(ground(instance), 2)
    assert other.inject(*good.best())
    assert other.objective == pytest.approx(good.objective, abs=1e-9)
    assert not other.inject(*good.best())
    other.run(iterations=200)
    assert other.objective <= good.objective + 1e-9
    assert check(instance, Paths(*other.best())) == pytest.approx(other.objective, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_rise_to_the_optimum_and_never_beyond(seed):
    rng = np.random.default_rng(1000 + seed)
    instance, _ = oracle.draw(rng)
    best, _ = oracle.optimum(instance, {})
    made = ground(instance)
    if best is None:
        assert made.unreachable >= 0
        with pytest.raises(ValueError, match="cannot reach"):
            PathSearch(made, 0)
        return
    kernel = ConflictSearch(made)
    last = -1.0
    for _ in range(3000):
        more = kernel.run(iterations=1)
        assert last <= kernel.bound <= best + 1e-6
        last = kernel.bound
        if not more:
            break
    assert kernel.objective is None or kernel.objective >= best - 1e-6


def test_nodes_left_aside_stay_in_the_bound():
    instance = grid(seed=3, rows=8, columns=8, agents=8, obstacles=0.2)
    free = ConflictSearch(ground(instance))
    while free.run(5.0):
        pass
    cut = ConflictSearch(ground(instance))
    cut.cut(0.5 * free.bound)
    while cut.run(5.0):
        pass
    assert cut.finished and not cut.infeasible and cut.bound <= free.bound + 1e-9


def test_a_swap_without_a_siding_is_never_called_solved():
    # Two agents in a corridor without one: there is no solution, and none is claimed.
    xy = [[0, 0], [1, 0], [2, 0]]
    instance = Mapf(xy, [[0, 1], [1, 0], [1, 2], [2, 1]], [0, 2], [2, 0], 0.3)
    result = zg.solve(instance, threads=1, time_limit=0.5)
    assert result.solution is None and result.status in ("unknown", "infeasible")


def test_retiming_keeps_the_order_and_takes_out_idle_time():
    instance = grid(seed=1, rows=6, columns=6, agents=3, obstacles=0.0)
    kernel = PathSearch(ground(instance), 0)
    kernel.run(iterations=100)
    paths = Paths(*kernel.best())
    idle = Paths(paths.first, paths.time, paths.vertex)
    tree = ConflictSearch(ground(instance))
    again = Paths(*tree.retimed(idle.first, idle.time, idle.vertex))
    assert check(instance, again) <= check(instance, paths) + 1e-9


def test_grounds_refuse_what_is_no_grid():
    instance = roadmap(seed=1, vertices=6, agents=2)
    with pytest.raises(ValueError, match="none of the moves"):
        Ground(instance.xy, instance.edges, instance.first, instance.length, instance.room,
               instance.start, instance.goal, instance.radius, instance.speed,
               moves=[[0, 1]], rows=2, columns=3)  # fmt: skip

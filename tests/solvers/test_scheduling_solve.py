"""Workshops solved: every shape by its kernel, proofs, limits, interruption, seeds."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.scheduling import FAMILY, Builder, Plan, Workshop, reschedule
from zerogap.models.scheduling.formats.classes import shop_of
from zerogap.solvers.scheduling import bounds, projects, shape
from zerogap.solvers.scheduling.exact import dive
from zerogap.solvers.scheduling.lists import listable, repaired
from zerogap.solvers.search import Limits, Search


def grid(rng, n, m, **more) -> Workshop:
    times = rng.integers(1, 20, (n, m))
    return shop_of(
        times.reshape(-1), np.tile(np.arange(m), n), np.ones(n * m, dtype=int), n * m,
        np.repeat(np.arange(n), m), m, **more,
    )  # fmt: skip


def test_shapes_are_read_from_the_encoding():
    rng = np.random.default_rng(1)
    flow = shape.flow(grid(rng, 4, 3, permutation=True))
    assert flow is not None and flow.permutation and flow.times.shape == (4, 3)
    assert not shape.flow(grid(rng, 4, 3)).permutation
    assert shape.flow(grid(rng, 4, 3, permutation=True, no_wait=True)).chains.no_wait
    assert shape.job_shop(grid(rng, 4, 3)) is not None
    assert shape.job_shop(grid(rng, 4, 3, permutation=True)) is None
    stages = shop_of(
        np.repeat(rng.integers(1, 9, 8), 2), np.tile([0, 1, 2, 3], 4), np.full(8, 2), 8,
        np.repeat(np.arange(4), 2), 4,
    )  # fmt: skip
    hybrid = shape.hybrid(stages)
    assert hybrid is not None and [len(r) for r in hybrid.machines] == [2, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"task_release": 3}, {"task_deadline": 900}, {"job_deadline": 900}, {"horizon": 90},
        {"task_optional": 1}, {"objective": {"makespan": 1, "cost": 1}},
        {"closing_resource": [0], "closing_begin": [1], "closing_end": [2]},
    ],
)  # fmt: skip
def test_what_a_fast_kernel_does_not_know_is_the_list_kernels(change):
    shop = grid(np.random.default_rng(1), 4, 3, permutation=True)
    columns = shop.columns()
    for key, value in change.items():
        whole = isinstance(value, int) and key != "horizon"
        columns[key] = np.full(len(columns[key]), value) if whole else value
    if "horizon" not in change:
        columns["horizon"] = None
    other = Workshop(**columns)
    assert shape.flow(other) is None and listable(other)
    result = zg.solve(other, method="kernel", iterations=300, threads=1)
    assert zg.check(other, result.solution) == result.objective


@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
def test_generated_workshops(method):
    shop = zg.generate("scheduling", jobs=4, machines=3, seed=2)
    result = zg.solve(shop, method=method, time_limit=6, threads=2)
    assert zg.check(shop, result.solution) == result.objective
    assert result.bound is None or result.bound <= result.objective


def test_a_start_is_never_made_worse():
    shop = zg.generate("scheduling", jobs=6, machines=3, seed=4)
    start = zg.solve(shop, method="kernel", iterations=50, threads=1)
    for method in ("auto", "kernel", "exact"):
        result = zg.solve(shop, method=method, time_limit=1, threads=1, start=start.solution)
        assert result.objective <= start.objective


def test_one_thread_and_a_limit_of_iterations_repeat():
    for shop in (
        grid(np.random.default_rng(3), 12, 4, permutation=True),
        zg.generate("scheduling", jobs=5, machines=3, seed=1),
    ):
        for method in ("kernel", "auto"):
            one, two = (
                zg.solve(shop, method=method, threads=1, seed=7, iterations=300, time_limit=60)
                for _ in range(2)
            )
            assert one.solution == two.solution and one.objective == two.objective


def test_pipeline_without_a_bubble():
    """With memory for twice the stages forward, backward and weight passes leave no gap."""
    shop = zg.generate("scheduling", "pipeline", stages=3, batches=6, memory=6)
    result = zg.solve(shop, time_limit=10, threads=2)
    assert (str(result.status), result.objective) == ("optimal", 6 * 3)


def test_parallel_machines_are_an_assignment():
    rng = np.random.default_rng(5)
    times = rng.integers(1, 30, 24)
    shop = shop_of(times, np.tile(np.arange(3), 8), np.full(8, 3), 8, np.arange(8), 3)
    assert shape.parallel(shop)
    auto, exact = (zg.solve(shop, method=m, time_limit=20, threads=1) for m in ("auto", "exact"))
    assert str(auto.status) == str(exact.status) == "optimal"
    assert auto.objective == exact.objective


def test_infeasible_workshops_are_proven():
    b = Builder()
    b.add_machine("saw")
    for k in range(3):
        b.add_task(f"t{k}", modes=[(3, "saw")], deadline=8)
    assert str(zg.solve(b.build(), time_limit=5, threads=1).status) == "infeasible"


def test_the_kernel_refuses_constraints_of_the_users():
    with pytest.raises(zg.InstanceError, match="cannot know the constraints"):
        zg.solve(zg.generate("scheduling", jobs=2), method="kernel", extend=lambda m: None)


def test_a_picture(tmp_path):
    shop = zg.generate("scheduling", jobs=4, machines=3, seed=2)
    result = zg.solve(shop, method="kernel", iterations=50, threads=1)
    for name in ("a.svg", "a.png"):
        result.plot(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 2000


def test_an_old_plan_is_repaired_and_never_lost():
    shop = zg.generate("scheduling", jobs=8, machines=3, seed=5)
    old = zg.solve(shop, method="kernel", iterations=200, threads=1).solution
    columns = shop.columns()
    now = int(np.median(old.start))
    for name, value in (("resource", 0), ("begin", now), ("end", now + 60)):
        columns[f"closing_{name}"] = np.append(columns[f"closing_{name}"], value)
    running = (old.start < now) & (old.end > now)
    columns["task_pause"] = np.where(running, 1, columns["task_pause"])
    later = reschedule(Workshop(**columns), old, int(old.end[running].max(initial=now)))
    start = repaired(later, old)
    assert start is not None
    begun = later.task_fixed_start >= 0
    assert (start.start[begun] == old.start[begun]).all()
    result = zg.solve(later, start=start, method="kernel", iterations=50, threads=1)
    assert result.objective <= zg.check(later, start)


def test_a_plan_that_cannot_be_repaired_is_none():
    b = Builder()
    machine = b.add_machine()
    for _ in range(2):
        b.add_demand(b.add_mode(b.add_task(), 5), machine)
    shop = b.horizon(9).build()
    assert repaired(shop, Plan(np.array([0, 4]), np.array([5, 9]), np.array([0, 0]))) is None


def test_an_open_shop_is_cp_sats_to_the_end():
    """Its shape is seen, and what the kernels find is proven; a job-shop is no open shop."""
    rng = np.random.default_rng(8)
    b = Builder()
    for _ in range(8):
        b.add_machine()
    for j, k in np.ndindex(4, 4):
        b.add_demand(b.add_mode(b.add_task(), int(rng.integers(1, 20))), {j: 1, 4 + k: 1})
    shop = b.build()
    assert projects.projective(shop) and projects.unordered(shop)
    assert not projects.unordered(grid(rng, 4, 3))
    result = zg.solve(shop, threads=2, time_limit=60)
    assert result.status == "optimal" == zg.solve(shop, method="exact", threads=2).status


def _unordered(times: np.ndarray) -> Workshop:
    b = Builder()
    jobs, machines = times.shape
    for _ in range(jobs + machines):
        b.add_machine()
    for j, k in np.ndindex(jobs, machines):
        b.add_demand(b.add_mode(b.add_task(), int(times[j, k])), {j: 1, jobs + k: 1})
    return b.build()


@pytest.mark.parametrize(
    ("times", "bound", "best"),
    [(np.full((3, 3), 4), 12, 12), (np.array([[1, 3, 8], [3, 5, 7], [6, 8, 2]]), 17, 18)],
)
def test_a_dive_closes_at_the_bound_or_lifts_it_by_one(times, bound, best):
    shop = _unordered(times)
    search = Search(FAMILY, shop, Limits(60.0), threads=1, seed=0, method="auto", options={})
    search.tighten(bounds.opening(shop), "bounds")
    assert search.bound == bound
    word = dive(shop, search, seconds=60)
    assert search.bound == best == zg.solve(shop, method="exact", threads=1).objective
    assert word == ("optimal" if best == bound else "infeasible")
    assert search.objective == (best if best == bound else None)

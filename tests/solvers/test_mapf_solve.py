"""Solving multi-agent path finding: methods, limits, seeds, proofs."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.mapf import Mapf, grid, roadmap, rooms


@pytest.mark.parametrize("method", ["auto", "exact"])
@pytest.mark.parametrize("threads", [1, 2])
def test_small_grids_are_proven(method, threads):
    instance = grid(seed=3, rows=8, columns=8, agents=6)
    result = zg.solve(instance, method=method, threads=threads, time_limit=20)
    assert result.status == "optimal"
    other = zg.solve(instance, method="kernel", threads=1, time_limit=1)
    assert other.objective >= result.objective - 1e-6
    assert result.bound >= other.bound - 1e-6


def test_same_seed_same_answer():
    instance = grid(seed=5, rows=8, columns=8, agents=12)
    one, two = (
        zg.solve(instance, threads=1, iterations=400, seed=7, time_limit=60) for _ in range(2)
    )
    assert one.objective == two.objective and one.bound == two.bound
    assert one.solution.paths == two.solution.paths


def test_a_swap_needs_the_siding():
    # A corridor with one siding; both have to pass: one waits in it.
    xy = [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [2, 1]]
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)]
    edges = pairs + [(b, a) for a, b in pairs]
    instance = Mapf(xy, edges, [0, 4], [4, 0], 0.3)
    result = zg.solve(instance, threads=1, time_limit=20)
    assert result.status == "optimal" and 10 < result.objective < 12.5
    makespan = Mapf(xy, edges, [0, 4], [4, 0], 0.3, objective="makespan")
    assert zg.solve(makespan, threads=1, time_limit=20).status == "optimal"


def test_a_goal_that_cannot_be_reached_is_proven_infeasible():
    blocked = np.zeros((3, 5), dtype=bool)
    blocked[:, 2] = True
    instance = Mapf.on_grid(blocked, [0, 1], [1, 4], radius=0.3)
    for method in ("auto", "kernel", "exact"):
        result = zg.solve(instance, method=method, threads=1, time_limit=5)
        assert result.status == "infeasible"
        assert "agent 1 cannot reach its goal" in result.messages


def test_start_and_interrupt():
    instance = grid(seed=2, rows=12, columns=12, agents=25)
    first = zg.solve(instance, method="kernel", threads=1, iterations=200)
    again = zg.solve(instance, threads=1, time_limit=0.3, start=first.solution)
    assert again.objective <= first.objective
    event = threading.Event()
    threading.Timer(0.3, event.set).start()
    result = zg.solve(instance, threads=2, time_limit=30, interrupt=event)
    assert result.solution is not None and result.time < 10


@pytest.mark.parametrize(
    "instance",
    [
        rooms(seed=1, size=3, count=2, agents=4),
        roadmap(seed=4, vertices=25, agents=5, spread=0.3),
        grid(seed=8, rows=7, columns=7, agents=5, connectedness=5, radius=0.45),
        grid(seed=8, rows=7, columns=7, agents=5, connectedness=2, objective="makespan"),
    ],
    ids=lambda i: i.name,
)
def test_kinds_of_maps(instance):
    result = zg.solve(instance, threads=1, time_limit=10)
    assert result.solution is not None and result.gap < 0.05
    assert zg.check(instance, result.solution) == result.objective


def test_published_tasks(data):
    ground = str(data("mapf/empty-16-16/map.xml"))
    for task, agents, flowtime in ((1, 15, 112.174), (11, 15, 104.669), (12, 15, 127.775)):
        path = data(f"mapf/empty-16-16/empty-16-16-random-{task}.xml")
        instance = zg.read(path, map=ground, agents=agents)
        result = zg.solve(instance, threads=1, time_limit=20)
        assert result.status == "optimal" and result.objective == pytest.approx(flowtime, abs=1e-3)


@pytest.mark.parametrize("backend", ["cbs", "cp-sat"])
def test_the_published_rule_loses_the_optimum(instances, backend):
    # Rebuilt from Combrink, Roselli and Fabian (2025); the published program ends at 10.707.
    lost = zg.read(instances / "mapf" / "lost-solutions.json")
    result = zg.solve(lost, method="exact", backend=backend, threads=1, time_limit=60)
    assert result.status == "optimal" and result.objective == pytest.approx(9.0, abs=1e-4)


def test_added_constraints():
    xy = [[0, 0], [1, 0], [2, 0], [1, 1.5]]
    pairs = [(0, 1), (1, 2), (0, 3), (3, 2)]
    edges = pairs + [(b, a) for a, b in pairs]
    instance = Mapf(xy, edges, [0], [2], 0.3)
    assert zg.solve(instance, threads=1).objective == 2

    def extend(model):
        for (_, _, vertex), there in model.variables["at"].items():
            if vertex == 1:
                model.model.add(there == 0)

    for method in ("auto", "exact"):
        result = zg.solve(instance, method=method, extend=extend, threads=1, time_limit=30)
        assert result.status == "optimal" and result.extended
        assert result.objective == pytest.approx(2 * np.hypot(1, 1.5), abs=1e-6)
    with pytest.raises(zg.InstanceError, match="kernel cannot know"):
        zg.solve(instance, method="kernel", extend=extend, threads=1)


def test_large_models_are_refused():
    with pytest.raises(zg.InstanceError, match="pairs of uses"):
        zg.solve(grid(agents=10), method="exact", backend="cp-sat", threads=1, time_limit=5)


def test_a_second_opinion():
    result = zg.solve(grid(seed=1, rows=3, columns=3, agents=2, obstacles=0.0), threads=1)
    verdict = zg.audit(result, time_limit=30, threads=1)
    assert verdict.verdict == "confirmed"


def test_pictures(tmp_path):
    from zerogap.report.mapf import scene

    for instance in (grid(seed=1, rows=5, columns=5, agents=3), roadmap(seed=1, agents=3)):
        result = zg.solve(instance, method="kernel", threads=1, iterations=50, time_limit=20)
        result.plot(str(tmp_path / "a.svg"))
        assert (tmp_path / "a.svg").stat().st_size > 1000
        movers = [m for m in scene(instance, result.solution).marks if m[0] == "m"]
        assert len(movers) == 3
        for i, (_, flat, group, *_) in enumerate(movers):
            times, places = flat[::3], list(zip(flat[1::3], flat[2::3]))
            assert group == i and times[0] == 0 and times == sorted(times)
            assert places[0] == pytest.approx(instance.xy[instance.start[i]], rel=1e-6)
            assert places[-1] == pytest.approx(instance.xy[instance.goal[i]], rel=1e-6)


@pytest.mark.parametrize("seed", [3, 7, 9, 505])
def test_the_model_has_no_bound_above_a_plan(seed):
    """CP-SAT's presolve lost the plans of this roadmap with more than half of the seeds."""
    xy = [
        [0.9941214126617631, 0.1405928549109578],
        [0.42529051475258955, 2.311352583062675],
        [0.04569003965130575, 0.3002514326651273],
        [1.802306938977838, 1.1614995583129095],
        [1.3543661967032485, 0.02432168822344316],
        [0.8701765863267461, 0.6897216121848243],
    ]
    edges = [[0, 2], [0, 3], [0, 4], [0, 5], [1, 4], [1, 5], [2, 0], [2, 3], [3, 0], [3, 2], [3, 4],
             [3, 5], [4, 0], [4, 1], [4, 3], [4, 5], [5, 1], [5, 3]]  # fmt: skip
    instance = Mapf(xy, edges, [3, 2, 5], [4, 3, 1], radius=0.353553, objective="makespan")
    result = zg.solve(instance, method="exact", backend="cp-sat", seed=seed, time_limit=60)
    assert result.status == "optimal"
    assert result.objective == pytest.approx(1.9734696, rel=1e-6)

"""Strategies of the scratchpad family: proofs, baselines, limits, starts, pictures."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.scratchpad import Buffers, Network, replay
from zerogap.models.scratchpad.exact import pyomo as mip
from zerogap.solvers.scratchpad import relax
from zerogap.solvers.scratchpad.segments import Divided

METHODS = ("auto", "kernel", "exact", "mip", "lru", "belady", "greedy", "topological")


@pytest.mark.parametrize("name", ["resnet50", "mobilenetv2", "squeezenet", "bert", "unet"])
@pytest.mark.parametrize("capacity", ["1.0x", "1.25x"])
def test_published_networks_are_proven_optimal(name, capacity):
    net = zg.generate("scratchpad", name, capacity=capacity)
    result = zg.solve(net, time_limit=30, threads=1)
    assert result.status == "optimal"
    for rule in ("lru", "belady"):
        assert zg.solve(net, method=rule, threads=1).objective >= result.objective


@pytest.mark.parametrize("name, avoidable", [("nasnet", 379456), ("amoebanet", 802816)])
def test_networks_of_cells_are_proven_optimal(name, avoidable):
    net = zg.generate("scratchpad", name, capacity="1.0x")
    result = zg.solve(net, time_limit=60, threads=1)
    assert result.status == "optimal"
    assert replay(net, result.solution).avoidable == avoidable


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_every_method_returns_a_checked_plan(method, seed):
    net = zg.generate("scratchpad", "random", seed=seed, operators=5, in_place=seed == 1)
    best = zg.solve(net, time_limit=20, threads=1)
    result = zg.solve(net, method=method, time_limit=20, threads=1)
    assert result.objective >= best.objective == best.bound >= result.bound
    assert zg.check(net, result.solution) == result.objective


def test_a_capacity_below_a_working_set_is_infeasible():
    net = zg.generate("scratchpad", "resnet18", capacity=1000)
    result = zg.solve(net, time_limit=5)
    assert result.status == "infeasible"
    message = " ".join(result.messages)
    assert "'pool1'" in message and "1002520 missing" in message


def test_buffers_above_the_capacity_are_infeasible():
    assert zg.solve(Buffers([0, 0], [2, 2], [5, 6], 10), time_limit=5).status == "infeasible"


def test_iterations_and_seed_repeat_a_run():
    net = zg.generate("scratchpad", "randwire-ws", seed=2, capacity="1.0x")
    runs = [
        zg.solve(net, method="kernel", iterations=4000, threads=1, seed=5, time_limit=60)
        for _ in range(2)
    ]
    assert runs[0].objective == runs[1].objective
    assert np.array_equal(runs[0].solution.residencies, runs[1].solution.residencies)


def test_a_start_is_never_made_worse():
    net = zg.generate("scratchpad", "random", seed=11, operators=6, capacity="1.0x")
    start = zg.solve(net, time_limit=20, threads=1)
    again = zg.solve(net, method="lru", start=start.solution, threads=1)
    assert again.objective == start.objective


def test_users_can_forbid_a_schedule():
    net = zg.generate("scratchpad", "random", seed=4, operators=5, capacity="1.25x")
    plain = zg.solve(net, time_limit=20, threads=1)
    first = int(plain.solution.schedule[-1])

    def not_last(model):
        variable = model.variables["runs"][first, len(net.inputs) - 1]
        if not isinstance(variable, int):
            model.model.add(variable == 0)

    result = zg.solve(net, time_limit=20, threads=1, extend=not_last)
    if result.solution is not None:
        assert int(result.solution.schedule[-1]) != first


def test_a_fixed_schedule_is_kept():
    net = zg.generate("scratchpad", "random", seed=9, operators=6, capacity="1.0x")
    order = zg.scratchpad.topological(net)
    fixed = Network(
        net.size, net.inputs, net.outputs, net.capacity, net.weight, net.output, net.workspace,
        order=order,
    )  # fmt: skip
    result = zg.solve(fixed, time_limit=20, threads=1)
    assert result.status == "optimal"
    assert result.solution.schedule.tolist() == order


@pytest.mark.parametrize("seed", range(20))
def test_parts_between_cuts_join_exactly(seed):
    from zerogap._ext.scratchpad.schedule import Scheduling

    net = zg.generate("scratchpad", "random", seed=seed, operators=7, capacity="1.0x")
    graph = relax.relax(net).graph
    whole, parts = Scheduling(graph), Divided(graph)
    whole.run()
    while parts.run():
        pass
    assert parts.objective == parts.bound == whole.objective


@pytest.mark.parametrize("seed", range(6))
def test_the_integer_program_bounds_and_agrees(seed):
    net = zg.generate("scratchpad", "random", seed=seed, operators=4, in_place=seed % 2 == 0)
    ours = zg.solve(net, time_limit=20, threads=1)
    model = mip.build(net)
    hints = {id(v): x for v, x in model.hint(ours.solution)}
    every = [v for name in model.variables for v in model.variables[name].values()]
    assert {id(v) for v in every} <= hints.keys()
    for v in every:
        v.set_value(hints[id(v)], skip_validation=True)
    from pyomo.environ import value

    assert all(
        (c.lower is None or value(c.body) >= value(c.lower) - 1e-9)
        and (c.upper is None or value(c.body) <= value(c.upper) + 1e-9)
        for c in model.model.rows.values()
    )
    assert value(model.model.cost) == ours.objective


def test_heights_of_buffers_are_proven():
    rng = np.random.default_rng(1)
    begin = rng.integers(0, 30, 25)
    buffers = Buffers(begin, begin + rng.integers(1, 12, 25), 8 * rng.integers(1, 20, 25))
    result = zg.solve(buffers, time_limit=20, threads=1)
    assert result.status == "optimal"
    assert zg.solve(buffers, method="best-fit").objective >= result.objective


@pytest.mark.parametrize("letter", ["B", "C", "D", "H"])
def test_published_buffers_fit(data, letter):
    path = data(f"scratchpad/minimalloc/{letter}.1048576.csv")
    buffers = zg.read(path, family="scratchpad", objective="fit")
    result = zg.solve(buffers, method="kernel", time_limit=60, threads=1)
    assert result.status == "optimal" and result.objective == 1048576


def test_memory_maps_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    net = zg.generate("scratchpad", "bert", capacity="1.0x", weights="resident")
    zg.solve(net, method="lru", threads=1).plot(tmp_path / "net.png")
    buffers = Buffers([0, 1], [2, 3], [4, 5], 9)
    zg.solve(buffers, time_limit=5).plot(tmp_path / "buffers.svg")
    assert (tmp_path / "net.png").stat().st_size > 1000
    assert (tmp_path / "buffers.svg").stat().st_size > 1000

"""Several memories: simulator, kernel, exact model and files against enumeration."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scratchpad_memories as oracle
from zerogap.models.base import InstanceError, family
from zerogap.models.scratchpad import Mapping, Memory, Trace
from zerogap.solvers.scratchpad.memories import kernel_of, least_time

SLOW, FAST = Memory("hbm"), Memory("cmem", 100, 10, 1, 4)


def program(**changes) -> Trace:
    """a (made by step 0) and b (there from the beginning), used again in steps 2 and 3."""
    fields = {
        "memories": (SLOW, FAST),
        "size": [40, 60],
        "time": [10, 10, 10, 10],
        "uses": [[0, 0, 2], [2, 0, 6], [2, 1, 1], [3, 1, 5]],
        "producer": [0, -1],
    }
    return Trace(**(fields | changes))


def test_the_simulator_by_hand():
    trace = program()
    assert trace.slow == 40 and zg.check(trace, Mapping([])) == 40
    # a stays from its making to its last use: 2 + 6 saved, no copy at all.
    assert zg.check(trace, Mapping([[0, 0, 2, 0, 1]])) == 32
    # Only the making: the copy out (1 + 4) is over before step 2 needs it; step 1 is not held up
    # if the space stays for one more step, else it waits for 5.
    assert zg.check(trace, Mapping([[0, 0, 1, 0, 1]])) == 38
    assert zg.check(trace, Mapping([[0, 0, 0, 0, 1]])) == 43
    # b is copied in (1 + 6) during step 1; asked for at step 2 it is waited for.
    assert zg.check(trace, Mapping([[1, 1, 3, 40, 1]])) == 34
    assert zg.check(trace, Mapping([[1, 2, 3, 40, 1]])) == 34 + 7
    assert zg.check(trace, Mapping([[0, 0, 2, 0, 1], [1, 1, 3, 40, 1]])) == 26
    # As an output a is copied out at the end, while step 3 runs.
    assert zg.check(program(output=[1, 0]), Mapping([[0, 0, 2, 0, 1]])) == 32 + 0 + 5 - 0
    assert zg.check(program(output=[1, 0]), Mapping([[0, 0, 3, 0, 1]])) == 32


@pytest.mark.parametrize(
    ("rows", "changes", "constraint"),
    [
        ([[0, 0, 2, 2, 1]], {}, "alignment"),
        ([[0, 0, 2, 64, 1]], {}, "capacity"),
        ([[0, 0, 2, 0, 1], [1, 1, 3, 36, 1]], {}, "overlap"),
        ([[0, 1, 1, 0, 1]], {}, "use"),
        ([[1, 2, 2, 0, 1], [1, 2, 3, 0, 1]], {}, "overlap"),
        ([[0, 0, 2, 0, 2]], {}, "known"),
        ([[0, 2, 4, 0, 1]], {}, "steps"),
        ([[0, 0, 2, 0, 1]], {"pin": [0, -1]}, "pin"),
        ([[0, 0, 0, 0, 1]], {"pin": [1, -1]}, "pin"),
    ],
)
def test_bad_mappings_are_named(rows, changes, constraint):
    with pytest.raises(zg.InfeasibleSolution) as error:
        zg.check(program(**changes), Mapping(rows))
    assert error.value.constraint == constraint


def test_three_simulators_agree_on_random_mappings():
    for seed in range(300):
        rng = np.random.default_rng([seed, 1])
        trace = oracle.draw(rng)
        engine = kernel_of(trace, seed)
        for _ in range(3):
            found = oracle.solution(trace, rng)
            if found is None:
                continue
            rows = found.residencies.tolist()
            spans = [(t, first, last, m) for t, first, last, _, m in rows]
            expected = oracle.simulate(trace, spans)
            assert zg.check(trace, found) == expected == engine.simulate(rows), (seed, rows)


@pytest.mark.parametrize("method", ["auto", "exact", "kernel"])
def test_every_method_against_enumeration(method):
    proven = 0
    for seed in range(120 if method == "kernel" else 50):
        trace = oracle.draw(np.random.default_rng([seed, 2]))
        best, _ = oracle.optimum(trace)
        settings = {"iterations": 3000} if method == "kernel" else {}
        result = zg.solve(trace, method=method, threads=1, time_limit=20, **settings)
        if best is None:
            assert result.solution is None and result.status in ("infeasible", "unknown")
            continue
        assert best >= least_time(trace)
        assert result.bound is None or result.bound <= best
        if method == "kernel":
            assert result.objective is None or result.objective >= best
            proven += result.objective == best
        else:
            assert result.status == "optimal" and result.objective == best, (seed, best)
    assert method != "kernel" or proven > 100


def test_annealing_beats_greedy_and_the_bound_holds():
    saved = []
    for seed in range(3):
        trace = zg.generate("scratchpad", "trace", seed=seed, layers=10)
        greedy = zg.solve(trace, method="greedy", threads=1)
        ours = zg.solve(trace, method="kernel", threads=1, iterations=30_000)
        assert ours.objective <= greedy.objective <= trace.slow
        assert ours.bound <= ours.objective
        saved.append((trace.slow - ours.objective) / max(1, trace.slow - greedy.objective))
        again = zg.solve(trace, method="kernel", threads=1, iterations=30_000)
        assert again.objective == ours.objective
    assert min(saved) >= 1


def test_files_and_names(tmp_path):
    known = family("scratchpad")
    for seed in range(20):
        trace = oracle.draw(np.random.default_rng([seed, 3]))
        path = tmp_path / "t.json"
        zg.models.files.write(trace, path)
        assert zg.digest(zg.read(path)) == zg.digest(trace)
    trace = program()
    result = zg.solve(trace, threads=1)
    data = json.loads(json.dumps(known.encode(result.solution)))
    assert data["residencies"][0][4] == "cmem"
    assert zg.check(trace, known.decode(trace, data)) == result.objective
    data["residencies"][0][4] = "nowhere"
    with pytest.raises(InstanceError, match="nowhere"):
        known.decode(trace, data)
    good = json.loads(path.read_text())
    for change, words in (
        ({"memories": [{"name": "a"}]}, "at least one fast"),
        ({"memories": [{"name": "a"}, {"name": "a"}]}, "one name"),
        ({"memories": [{"name": "a"}, {"name": "b", "size": 3}]}, "unknown key 'size'"),
        ({"steps": [{"time": 1, "reads": {"nobody": 1}}]}, "unknown tensor 'nobody'"),
        ({"steps": [{"time": 1, "reads": {"t0": [1, 2, 3, 4]}}]}, "has 4 numbers"),
        ({"steps": [{"time": 1, "reads": {"t0": 2}}]}, "may save 2, it takes 1"),
        ({"tensors": [{"name": "t0", "size": 1, "pin": "x"}]}, "unknown memory 'x'"),
    ):
        fields = good | {"memories": [{"name": "a"}, {"name": "b", "capacity": 5}]} | change
        fields["tensors"] = change.get("tensors", [{"name": "t0", "size": 1}])
        fields["steps"] = change.get("steps", [{"time": 1}])
        path.write_text(json.dumps(fields))
        with pytest.raises(InstanceError, match=words):
            zg.read(path)
    path.write_text(json.dumps(good))
    with pytest.raises(InstanceError, match="option capacity"):
        zg.read(path, capacity=4)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"size": [-1, 0]}, "size"),
        ({"time": [1.5, 1, 1, 1]}, "time"),
        ({"uses": [[0, 2, 1]]}, "uses"),
        ({"uses": [[4, 0, 1]]}, "uses"),
        ({"uses": [[0, 0, 1], [0, 0, 1]]}, "uses"),
        ({"producer": [1, -1]}, "producer"),
        ({"pin": [2, 0]}, "pin"),
        ({"memories": (SLOW,)}, "memories"),
        ({"memories": (SLOW, Memory("hbm", 3))}, "memories"),
    ],
)
def test_what_is_no_trace_is_refused(changes, field):
    with pytest.raises(InstanceError) as error:
        program(**changes)
    assert error.value.field == field
    for bad in ({"capacity": -1}, {"bandwidth": 0}, {"alignment": 3}, {"name": ""}):
        with pytest.raises(InstanceError):
            Memory(**({"name": "m"} | bad))

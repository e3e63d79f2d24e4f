"""Workshops: builder, files, bad input, the checker against the oracle."""

from __future__ import annotations

import random

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scheduling as oracle
from zerogap.models import base, files
from zerogap.models.base import InstanceError
from zerogap.models.scheduling import (
    Builder,
    Plan,
    Workshop,
    from_pandas,
    from_pyjobshop,
    lexicographic,
    reschedule,
    to_pandas,
)
from zerogap.models.scheduling.formats import PROBLEMS

#: A small file of every class.
TEXTS = {
    "jsp": "2\n2\n3 2\n2 4\n1 2\n2 1\n",
    "fjsp": "2\n2\n2 1\n3 0\n2 4\n5 5\n",
    "pfsp": "2\n2\n3 2\n2 4\n",
    "npfsp": "2\n2\n3 2\n2 4\n",
    "nw-pfsp": "2\n2\n3 2\n2 4\n",
    "sdst-pfsp": "2\n2\n3 2\n2 4\n0 1\n2 0\n0 3\n1 0\n",
    "tct-pfsp": "2\n2\n3 2\n2 4\n",
    "tt-pfsp": "2\n2\n4 5\n3 2\n2 4\n",
    "hfsp": "2\n2\n2 1\n3 2\n2 4\n",
    "rcpsp": "3 1\n2\n0 0 1 2\n4 1 1 3\n0 0 0\n",
    "rcmpsp": "2\n1\n3\n2 1\n1\n4 2 1 1:2\n1 1 0\n1 0\n0\n2 3 0\n",
    "pmp": "2\n2\n3 2\n2 4\n",
    "osp": "2\n2\n3 2\n2 4\n",
    "dpfsp": "2\n2\n2\n3 2\n2 4\n",
    "mmrcpsp": """jobs  (incl. supersource/sink ):  3
  - renewable                 :  1   R
  - nonrenewable              :  1   N
  - doubly constrained        :  0   D
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        2          1           3
   3        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  N 1
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     2       1    3
         2     4       1    1
  3      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  N 1
    2   2
************************************************************************
""",
}
#: What a good solver makes of them, by hand.
OPTIMA = {
    "jsp": 7, "fjsp": 5, "pfsp": 8, "npfsp": 8, "nw-pfsp": 8, "sdst-pfsp": 9, "tct-pfsp": 14,
    "tt-pfsp": 5, "hfsp": 8, "rcpsp": 4, "rcmpsp": 6, "pmp": 2, "osp": 6, "dpfsp": 6, "mmrcpsp": 4,
}  # fmt: skip


def parse(problem: str, text: str | None = None) -> Workshop:
    raw = (TEXTS[problem] if text is None else text).encode()
    _, fmt = files.recognise(raw, "f.txt", "scheduling")
    return files.parse(raw, "f.txt", fmt, {"problem": problem})


def test_every_class_has_a_file():
    assert set(TEXTS) == set(PROBLEMS) == set(OPTIMA)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_class_is_read_solved_and_checked(problem):
    shop = parse(problem)
    result = zg.solve(shop, time_limit=120, threads=1)  # a proof, which a busy machine delays
    best, _ = oracle.optimum(_short(shop), {})
    assert (result.status, result.objective) == ("optimal", OPTIMA[problem])
    assert best == OPTIMA[problem]


def _short(shop: Workshop) -> Workshop:
    columns = shop.columns()
    columns["horizon"] = 12
    return Workshop(**columns)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_json_round_trip(problem, tmp_path):
    shop = parse(problem)
    zg.write(shop, tmp_path / "s.json")
    assert zg.digest(zg.read(tmp_path / "s.json")) == zg.digest(shop)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_damaged_class_files_say_where(problem):
    rng = random.Random(problem)
    words = TEXTS[problem].split(" ")
    refused = 0
    for _ in range(150):
        damaged = list(words)
        for _ in range(rng.randint(1, 2)):
            i = rng.randrange(len(damaged))
            damaged[i] = rng.choice(["-1", "0", "x", "", "99999999999999999999", "1e3", "7\n3"])
        try:
            parse(problem, " ".join(damaged) or " ")
        except InstanceError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 15


@pytest.mark.parametrize(
    ("problem", "text", "message"),
    [
        ("pfsp", "2\n2\n3 2\n2\n", "f.txt:4: durations: ends after 3 of 4"),
        ("pfsp", "2\n2\n3 2\n2 4 5\n", "f.txt:4: 1 numbers more than the counts announce"),
        ("pfsp", "2\n2\n3 -2\n2 4\n", "f.txt:3: durations: is -2, expected at least 0"),
        ("pfsp", "2\n2\n3 x\n2 4\n", "f.txt:3: 'x' is no integer"),
        ("pfsp", "2\n2\n3 1152921504606846977\n2 4\n", "f.txt:3: durations: is 11"),
        ("fjsp", "1\n2\n2\n0 0\n2 4\n", "f.txt:4: task 0 has no mode"),
        ("jsp", "1\n2\n3 2\n1 3\n", "f.txt:4: machines: is 3, expected 1 … 2"),
        ("hfsp", "1\n2\n0 1\n3 2\n", "f.txt:3: machines: is 0, expected 1"),
        ("rcpsp", "2 1\n2\n0 0 1 2\n4 3 0\n", "demands 3 of resource 0, whose capacity is 2"),
        ("rcpsp", "2 1\n2\n1 0 1 2\n4 2 1 1\n", "cycle of positive length: task"),
        ("rcpsp", "2 1\n2\n0 0 1 3\n4 2 0\n", "f.txt:3: successor: is 3, expected 1 … 2"),
    ],
)
def test_bad_files(problem, text, message):
    with pytest.raises(InstanceError) as error:
        parse(problem, text)
    assert message in str(error.value)


def simple() -> Builder:
    b = Builder()
    b.add_machine("saw")
    b.add_task("cut", modes=[(3, "saw")])
    b.add_task("file", modes=[(2, "saw")])
    return b


def _lags(b):
    b.add_precedence("cut", "file", 4)
    b.add_precedence("cut", "file", -9, 2)


def _cycle(b):
    b.add_precedence("cut", "file")
    b.add_precedence("file", "cut")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.add_task("paint"), "task 2 (paint) has no mode"),
        (lambda b: b.add_mode("cut", 2, {"mill": 1}), "unknown resource 'mill'"),
        (lambda b: b.add_task("x", release=-1), "task.release: is -1"),
        (lambda b: b.add_task("x", modes=[(-1, "saw")]), "mode.duration: is -1"),
        (lambda b: b.add_task("x", modes=[(2**61, "saw")]), "mode.duration: is"),
        (lambda b: b.add_task("x", modes=[(2**60, "saw")]), "add up beyond 2**60"),
        (lambda b: b.add_task("x", colour=1), "task.colour: unknown field"),
        (lambda b: b.add_task("x", relase=1), "did you mean 'release'"),
        (lambda b: b.add_task("cut"), "a task named 'cut' exists already"),
        (_cycle, "cycle of positive length: task"),
        (_lags, "lags contradict each other: task"),
        (lambda b: b.add_task("x", deadline=2, modes=[(3, "saw")]), "cannot end before 3"),
        (lambda b: b.add_task("x", release=4, latest_start=3, modes=[(3, "saw")]), "latest start"),
        (lambda b: b.close("saw", 5, 5), "not after it begins"),
        (lambda b: b.horizon(20).close("saw", 1, 20), "finds no opening in its calendars"),
        (lambda b: b.objective("tardiness"), "needs due dates"),
        (lambda b: b.objective("lateness", -1), "objective.lateness: is -1"),
        (lambda b: b.objective("speed"), "unknown part 'speed'"),
        (lambda b: b.add_setup("saw", 0, 1, 3), "has no family on resource 0 (saw)"),
        (lambda b: b.add_resource("pump"), "is 'pump', expected one of machine"),
        (lambda b: b.add_mode("cut", 2, {"saw": 2}), "another amount than 1"),
        (lambda b: b.fix("cut", 3, 2), "fixed in mode 2 of 1"),
        (lambda b: b.add_alternatives(["cut", "file"]), "is not optional"),
    ],
)
def test_bad_input(change, message):
    b = simple()
    with pytest.raises(InstanceError) as error:
        change(b)
        b.build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"tasks": [{"modes": [{"duration": 1, "speed": 2}]}]}', "unknown key 'speed'"),
        ('{"tasks": [{"modes": [{"duration": -1}]}]}', "tasks[0]: mode.duration: is -1"),
        ('{"tasks": [{"modes": []}]}', "tasks[0]: modes: has no mode"),
        ('{"resources": [{"closed": [[1]]}], "tasks": []}', "resources[0].closed"),
        ('{"tasks": [{"modes": [{"duration": 1, "demands": [["saw"]]}]}]}', "unknown resource"),
        ('{"taks": []}', "unknown key 'taks'"),
        ('{"tasks": []}', "there is no task"),
    ],
)
def test_bad_json(text, message):
    text = '{"family": "scheduling", ' + text[1:]
    with pytest.raises(InstanceError) as error:
        files.parse(text.encode(), "f.json", files.recognise(text.encode(), "f.json")[1], {})
    assert message in str(error.value)


def test_the_checker_agrees_with_the_oracle():
    seen = set()
    for seed in range(120):
        rng = np.random.default_rng(seed)
        try:
            shop = oracle._draw(rng)
        except InstanceError:
            continue  # the features drawn contradict each other
        choices = [oracle.options(shop, t) for t in range(shop.tasks)]
        if not all(choices):
            continue
        for _ in range(40):
            chosen = [row[int(rng.integers(len(row)))] for row in choices]
            try:
                value = zg.check(shop, oracle._plan(chosen))
            except zg.InfeasibleSolution as error:
                value = None
                seen.add(error.constraint)
            assert value == oracle.value(shop, chosen)
    assert {"precedence", "machine", "level", "capacity"} <= seen


def test_numbers_without_a_class_are_no_workshop():
    raw = b"2\n2\n3 2\n2 4\n"
    with pytest.raises(InstanceError, match="say which by --option problem"):
        files.parse(raw, "f.txt", files.recognise(raw, "f.txt", "scheduling")[1], {})
    assert "problem" in {o.name for o in base.family("scheduling").options}


def test_rescheduling_keeps_what_has_begun():
    b = simple()
    b.add_precedence("cut", "file")
    shop = b.build()
    plan = Plan([0, 3], [3, 5], [0, 0])
    columns = shop.columns()
    columns |= {"closing_resource": [0], "closing_begin": [4], "closing_end": [9]}
    later = reschedule(Workshop(**columns), plan, 2, stability=1)
    result = zg.solve(later, time_limit=5, threads=1)
    assert result.solution.start.tolist() == [0, 9]
    assert result.objective == 11 + 6


def test_a_workshop_does_not_change():
    shop = simple().build()
    with pytest.raises(AttributeError):
        shop.tasks = 3
    with pytest.raises(ValueError):
        shop.mode_duration[0] = 1


def test_the_checker_of_many_closings_agrees_with_that_of_one():
    """Sums over closings say the same as looking at a task's own ones."""
    from zerogap.models.scheduling.check import _surely_worked, _worked

    rng, n = np.random.default_rng(0), 2000
    a, b = np.array([5, 20, 40]), np.array([8, 30, 41])
    shop = Workshop(
        mode_task=np.arange(n), mode_duration=rng.integers(0, 12, n), demand_mode=np.arange(n),
        demand_resource=np.zeros(n, dtype=int), resource_kind=[1], resource_capacity=[n],
        closing_resource=[0] * 3, closing_begin=a, closing_end=b, task_pause=rng.integers(0, 2, n),
    )  # fmt: skip
    start = rng.integers(0, 50, n)
    end = start + shop.mode_duration + rng.choice([0, 3, 10, 1, 11, 14], n)
    plan, every = Plan(start, end, np.zeros(n, dtype=int)), np.arange(n)
    sure = _surely_worked(shop, plan, every, every, np.array([True]))
    breaks = list(zip(a.tolist(), b.tolist()))
    for t in range(n):
        try:
            _worked(shop, t, int(start[t]), int(end[t]), int(shop.mode_duration[t]), breaks)
            kept = True
        except zg.InfeasibleSolution:
            kept = False
        assert kept == sure[t]
    assert 100 < sure.sum() < n


def test_one_part_of_the_objective_before_the_other():
    shop, compared = None, 0
    for seed in range(60):
        try:
            shop = oracle._draw(np.random.default_rng(seed))
        except InstanceError:
            continue
        if oracle.size(shop) > 3000 or not shop.jobs:
            continue
        columns = shop.columns() | {"objective": {"completion": 1}}
        made = lexicographic(Workshop(**columns), ["completion", "makespan", "cost"])
        every = [chosen for _, chosen in oracle.plans(made)]
        if not every:
            continue

        def parts(chosen, made=made):
            names = ("completion", "makespan", "cost")
            columns = made.columns()
            return [oracle.value(Workshop(**columns | {"objective": n}), chosen) for n in names]

        best = min(every, key=parts)
        assert oracle.value(made, best) == min(oracle.value(made, c) for c in every)
        compared += 1
        if compared == 4:
            break
    assert compared == 4
    with pytest.raises(InstanceError, match="'speed' is unknown"):
        lexicographic(shop, ["makespan", "speed"])


def test_data_frames():
    pd = pytest.importorskip("pandas")
    frames = {
        "resources": pd.DataFrame({"name": ["saw"], "kind": ["machine"]}),
        "tasks": pd.DataFrame({"name": ["cut", "file"], "release": [0, 4], "deadline": [None, 9]}),
        "modes": pd.DataFrame({"task": [0, 1], "duration": [3, 2]}),
        "demands": pd.DataFrame({"mode": [0, 1], "resource": [0, 0]}),
    }
    shop = from_pandas(frames, name="frames")
    result = zg.solve(shop, time_limit=5, threads=1)
    table = to_pandas(shop, result.solution)
    assert table["task"].tolist() == ["cut", "file"] and table["end"].tolist() == [3, 6]
    assert table["resources"].tolist() == ["saw", "saw"]
    with pytest.raises(InstanceError, match="unknown column"):
        from_pandas(frames | {"modes": pd.DataFrame({"task": [0], "time": [3]})})
    with pytest.raises(InstanceError, match="did you mean 'tasks'"):
        from_pandas({"task": frames["tasks"]})


@pytest.mark.parametrize("problem", PROBLEMS)
def test_pyjobshop_there_and_back(problem):
    pytest.importorskip("pyjobshop", reason="extra [peers] is not installed")
    from benchmarks.peers.scheduling_pyjobshop import build

    again = from_pyjobshop(build(parse(problem)).data())
    result = zg.solve(again, time_limit=10, threads=1)
    assert (str(result.status), result.objective) == ("optimal", OPTIMA[problem])


def test_closings_are_merged():
    """By resource, those that overlap or touch as one; from the definition, moment by moment."""
    from zerogap.models.scheduling.solution import closings

    for seed in range(40):
        rng = np.random.default_rng(seed)
        b = zg.scheduling.Builder()
        spans = [[], [], []]
        for row in spans:
            for _ in range(int(rng.integers(0, 6))):
                begin = int(rng.integers(0, 20))
                row.append((begin, begin + int(rng.integers(1, 6))))
            b.add_machine(closed=row)
        b.add_task(modes=[(1, 0)])
        made = closings(b.build())
        for row, merged in zip(spans, made, strict=True):
            closed = {t for a, e in row for t in range(a, e)}
            assert {t for a, e in merged for t in range(a, e)} == closed
            assert len(merged) == sum(t - 1 not in closed for t in closed)
            assert merged == sorted(merged)

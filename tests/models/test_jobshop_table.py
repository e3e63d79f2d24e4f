"""Schedules as tables and events, and schedules written by hand."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import jobshop as oracle
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, rows, to_csv, to_icalendar
from zerogap.models.jobshop.table import read_schedule, slack

NAMED = JobShop(
    [0, 1, 1, 0],
    [3, 2, 2, 4],
    [0, 2, 4],
    2,
    job_names=["A, B", "C"],
    machine_names=["saw", "mill"],
    operation_names=["cut", "turn", "turn", "cut"],
)
PLAN = Schedule([0, 3, 0, 3], NAMED.machine, NAMED.first)


def _cli(*arguments) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "zerogap", *map(str, arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stdout


def test_rows_have_names_ends_and_slack():
    assert rows(NAMED, PLAN) == [
        ("A, B", "cut", "saw", 0, 3, 0),
        ("A, B", "turn", "mill", 3, 5, 2),
        ("C", "turn", "mill", 0, 2, 1),
        ("C", "cut", "saw", 3, 7, 0),
    ]


@pytest.mark.parametrize("seed", range(30))
def test_slack_can_be_used_and_not_more(seed):
    rng = np.random.default_rng(seed)
    shop, _ = oracle.draw(rng)
    schedule = oracle.solution(shop, rng, {})
    worth, free = zg.check(shop, schedule), slack(shop, schedule)
    assert (free >= 0).all()
    for x in range(shop.operations):
        # All that follows is pushed as far as it must, in the orders as they are.
        assert _pushed(shop, schedule, x, int(free[x])) <= worth
        if shop.objective in ("makespan", "lateness"):
            assert _pushed(shop, schedule, x, int(free[x]) + 1) > worth


def _pushed(shop, schedule, x, by) -> int:
    """The objective when x begins later by so much and everything behind it gives way."""
    pairs = oracle.alternatives(shop)
    machine = shop.machine if schedule.machine is None else schedule.machine
    size = [next(d for m, d in pairs[y] if m == machine[y]) for y in range(shop.operations)]
    start = schedule.start.copy()
    order = sorted(range(shop.operations), key=lambda y: (start[y], start[y] + size[y], y))
    start[x] += by
    job, free, ready = shop.job, {}, {}
    for y in order:
        start[y] = max(start[y], free.get(machine[y], 0), ready.get(job[y], 0))
        free[machine[y]] = ready[job[y]] = start[y] + size[y]
    return zg.check(shop, Schedule(start, schedule.machine, shop.first))


def test_csv_comes_back():
    text = to_csv(NAMED, PLAN)
    assert text.splitlines()[0] == "job,operation,machine,start,end,slack"
    assert read_schedule(text, NAMED, file="s.csv") == PLAN


@pytest.mark.parametrize(
    "text",
    [
        "[[0, 3], [0, 3]]",
        '{"start": [[0, 3], [0, 3]]}',
        '{"start": [0, 3, 0, 3], "machine": [0, 1, 1, 0]}',
        'job,operation,start\n"A, B",cut,0\n"A, B",turn,3\n1,0,0\n1,1,3\n',
    ],
)
def test_a_schedule_written_by_hand_is_checked(text, tmp_path):
    zg.write(NAMED, tmp_path / "shop.json")
    (tmp_path / "hand.txt").write_text(text)
    code, out = _cli("check", tmp_path / "shop.json", tmp_path / "hand.txt")
    assert code == 0 and "objective 7" in out


@pytest.mark.parametrize(
    "text, line, word",
    [
        ("job,operation\n0,0\n", 1, "no column start"),
        ("job,operation,begin\n0,0,1\n", 1, "unknown column 'begin'"),
        ("job,operation,start\nD,0,1\n", 2, "job: is 'D'"),
        ("job,operation,start\nC,7,1\n", 2, "operation: is '7'"),
        ("job,operation,start\nC,0,-1\n", 2, "start: is '-1'"),
        ("job,operation,start\nC,0,1\nC,0,1\n", 3, "stands twice"),
        ("job,operation,start\nC,0,1\n", None, "has no row"),
        ("[[0, 1], [2]]", None, "differ"),
        ('{"begin": []}', None, "unknown key 'begin'"),
        ("[[0, 1", None, "not JSON"),
    ],
)
def test_faults_of_a_written_schedule_name_the_place(text, line, word):
    with pytest.raises(zg.InstanceError) as caught:
        read_schedule(text, NAMED, file="s.csv")
    assert word in str(caught.value) and caught.value.line == line
    assert "\n" not in str(caught.value) and "s.csv" in str(caught.value)


def test_events_have_moments_and_escaped_names():
    text = to_icalendar(NAMED, PLAN, begin=datetime.datetime(2024, 5, 6, 8), minutes=30)
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VEVENT") == 4
    assert "SUMMARY:A\\, B: cut" in lines and "LOCATION:mill" in lines
    assert re.findall("DTEND:(.*)", text)[0].strip() == "20240506T093000"
    long = JobShop([0], [1], [0, 1], 1, job_names=["ö" * 100])
    assert all(len(x.encode()) <= 75 for x in to_icalendar(long, Schedule([0])).split("\r\n"))


def test_tables_and_events_come_out_of_plot(tmp_path):
    zg.write(NAMED, tmp_path / "shop.json")
    zg.solve(NAMED, time_limit=2, threads=1).save(tmp_path / "s.json")
    for name, word in (("s.csv", "slack"), ("s.ics", "VCALENDAR")):
        code, _ = _cli("plot", *(tmp_path / f for f in ("shop.json", "s.json", name)))
        assert code == 0 and word in (tmp_path / name).read_text()


def test_machines_are_filled_in_for_ordinary_shops_as_well(tmp_path):
    for method in ("auto", "kernel", "exact", "dispatch"):
        result = zg.solve(NAMED, method=method, time_limit=10, threads=1)
        assert result.solution.machine.tolist() == [0, 1, 1, 0]
    result.save(tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text())["solution"]["machine"] == [[0, 1], [1, 0]]


def test_a_frame_has_a_row_an_operation():
    pytest.importorskip("pandas", reason="pandas is an extra")
    from zerogap.models.jobshop import to_frame

    frame = to_frame(NAMED, PLAN)
    assert frame.shape == (4, 6) and frame["end"].max() == 7


def test_a_choice_of_machines_must_be_written():
    shop = FlexibleJobShop([0, 1], [3, 2], [0, 2], [0, 1], 2)
    text = "job,operation,machine,start\n0,0,1,4\n"
    assert zg.check(shop, read_schedule(text, shop, file="s")) == 6
    with pytest.raises(zg.InfeasibleSolution, match="not chosen"):
        zg.check(shop, read_schedule("job,operation,start\n0,0,4\n", shop, file="s"))

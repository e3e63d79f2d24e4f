"""Tables of clients and vehicles: a person's units, exact loads, and cells named that are wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.routing import UNLIMITED, from_tables, prioritise
from zerogap.models.routing.formats.tables import haversine, matrices

CLIENTS = """name;lat;lon;delivery;open;close;service;skills
ann;52,52;13,40;1,5;08:30;10:00;300;cold
bob;52,50;13,45;0,25;;;600;cold; lift
"""
VEHICLES = """name,number,capacity,start,end,skills,breaks
van,2,3,07:00,15:00,cold; lift,1800 11:00-12:30
"""
DEPOTS = "lat,lon\n52.51,13.39\n"


def day(clients=CLIENTS, vehicles=VEHICLES, depots=DEPOTS, **more):
    return from_tables(
        clients.replace("cold; lift", '"cold; lift"'), vehicles, depots=depots, **more
    )


def test_clock_times_decimals_skills_and_degrees():
    instance = day()
    assert instance.window.tolist() == [[30600, 36000], [0, UNLIMITED]]
    assert instance.delivery.tolist() == [[150], [25]] and instance.capacity.tolist() == [[300]]
    assert instance.shift.tolist() == [[25200, 54000]]
    assert instance.breaks.tolist() == [[0, 0, 1800, 39600, 45000]]
    assert instance.client_skills == (("cold",), ("cold", "lift"))
    # Berlin: 0.01 degrees of latitude are 1112 m.
    assert haversine([(13.4, 52.52), (13.4, 52.51)])[0, 1] == pytest.approx(1112, abs=1)
    assert instance.distance[0, 1, 0] == instance.distance[0, 0, 1] > 1000
    plan = zg.solve(instance, time_limit=10, threads=1)
    assert plan.solution is not None and zg.check(instance, plan.solution) == plan.objective


def test_frames_and_dicts_are_tables_too():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": [1, 2], "y": [0.5, None], "delivery": [2, 3]}).fillna({"y": 0})
    made = from_tables(frame, [{"capacity": 5}], depots=[{"x": 0, "y": 0}])
    assert made.clients == 2 and made.delivery.ravel().tolist() == [2, 3]


def test_osrm_tables_and_arrays(tmp_path):
    seconds = [[0, 10.2, 20], [11, 0, 5], [21, 6, 0]]
    answer = {"code": "Ok", "durations": seconds, "distances": (100 * np.array(seconds)).tolist()}
    made = day(matrix=answer)
    assert made.duration[0].tolist() == [[0, 11, 20], [11, 0, 5], [21, 6, 0]]
    assert made.distance[0, 0, 1] == 1020
    path = tmp_path / "table.json"
    path.write_text(json.dumps(answer))
    assert zg.digest(day(matrix=path)) == zg.digest(made)
    assert matrices(np.ones((2, 2)))[0].tolist() == [[1, 1], [1, 1]]
    for bad, message in (
        ({"code": "NoTable"}, "the routing service says 'NoTable'"),
        ({"code": "Ok"}, "has no durations"),
        ({"durations": [[0, None], [1, 0]]}, "2 × 2, expected 3 × 3"),
        ({"durations": [[0, 1, None], [1, 0, 1], [1, 1, 0]]}, "no way from place 0 to 2"),
        ((np.ones((3, 3)), "x"), "no matrix of numbers"),
    ):
        with pytest.raises(InstanceError, match=message):
            day(matrix=bad)


def test_files_on_the_command_line(tmp_path):
    for name, text in (("clients", CLIENTS), ("vehicles", VEHICLES), ("depots", DEPOTS)):
        (tmp_path / f"{name}.csv").write_text(text.replace("cold; lift", '"cold; lift"'))
    instance = zg.read(
        tmp_path / "clients.csv",
        vehicles=str(tmp_path / "vehicles.csv"),
        depots=str(tmp_path / "depots.csv"),
    )
    assert zg.digest(instance) == zg.digest(day())


@pytest.mark.parametrize(
    ("clients", "message"),
    [
        ("lat,lon,windw\n52,13,1\n", "clients row 1, windw: unknown column .did you mean 'window'"),
        ("lat,lon\n52,\n", "clients row 1, lon: is missing"),
        ("lat,lon\n152,13\n", "clients row 1, lat: is '152', expected degrees −90 … 90"),
        ("lat,lon,open\n52,13,25:99\n", "clients row 1, open: is '25:99', expected a time"),
        ("lat,lon,delivery\n52,13,two\n", "clients row 1, delivery: is 'two', expected numbers"),
        ("lat,lon,window\n52,13,08:00\n", "expected windows like"),
        ("lat,lon,required\n52,13,maybe\n", "expected true or false"),
        ("lat,lon,priority\n52,13,101\n", "clients row 1, priority: is '101', expected 0 … 100"),
        ("lat,lon,service\n52,13,1.5\n", "clients row 1, service: is '1.5', expected a time"),
        ("lat,lon\n", "clients: has no rows"),
    ],
)
def test_wrong_cells_are_named(clients, message):
    with pytest.raises(InstanceError, match=message):
        from_tables(clients, [{"capacity": 5}], depots=DEPOTS)


def test_missing_tables_are_named(tmp_path):
    with pytest.raises(InstanceError, match="depots: expected a table"):
        from_tables(CLIENTS, VEHICLES)
    with pytest.raises(InstanceError, match="vehicles: cannot be read"):
        from_tables(CLIENTS, tmp_path / "none.csv", depots=DEPOTS)


def test_the_highest_priority_is_left_out_last():
    rows = [{"x": x, "y": 0, "delivery": 1, "priority": p} for x, p in ((9, 0), (1, 0), (8, 3))]
    made = from_tables(rows, [{"capacity": 2}], depots=[{"x": 0, "y": 0}])
    result = zg.solve(made, time_limit=10, threads=1)
    assert sorted(c for r in result.solution for c in r) == [1, 2]
    with pytest.raises(InstanceError, match="priorities go with"):
        prioritise(made.replace(duration_cost=np.array([1])), {0: 1})

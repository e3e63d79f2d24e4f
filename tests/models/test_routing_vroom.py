"""VROOM problems as their users have them, and plans as VROOM answers."""

from __future__ import annotations

import json

import pytest

import zerogap as zg
from zerogap import report
from zerogap.models.routing.formats import vroom
from zerogap.models.routing.formats.vroom import answer

DURATIONS = [[0, 10, 20, 30], [10, 0, 5, 25], [20, 5, 0, 15], [30, 25, 15, 0]]


def problem(**changes):
    data = {
        "vehicles": [
            {"id": 7, "start_index": 0, "end_index": 0, "capacity": [4], "skills": [1, 2],
             "time_window": [0, 1000]},
            {"id": 8, "start_index": 0, "capacity": [4], "time_window": [0, 1000]},
        ],
        "jobs": [
            {"id": 1, "location_index": 1, "delivery": [2], "skills": [2], "service": 3},
            {"id": 2, "location_index": 2, "delivery": [1], "time_windows": [[40, 90]]},
        ],
        "shipments": [{
            "amount": [1], "pickup": {"id": 5, "location_index": 3},
            "delivery": {"id": 5, "location_index": 2},
        }],
        "matrices": {"car": {"durations": DURATIONS}},
    }  # fmt: skip
    return data | changes


def read(tmp_path, data, **options):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(data))
    return zg.read(path, **options)


def test_a_problem_is_read_solved_and_answered(tmp_path):
    instance = read(tmp_path, problem())
    assert instance.clients == 4 and instance.types == 2
    assert instance.client_names == ("job 1", "job 2", "pickup 5", "delivery 5")
    assert instance.allowed.tolist() == [[True] * 4, [False, True, True, True]]
    result = zg.solve(instance, time_limit=5)
    assert result.status == "optimal"
    # Vehicle 7 alone, 0 → 3 (30) → 2 (15) → 1 (5) → 0 (10); both would drive 20 + 45.
    assert result.objective == 60
    told = json.loads(answer(instance, result.solution))
    assert told["code"] == 0 and told["unassigned"] == []
    by = {r["vehicle"]: [(s["type"], s["id"]) for s in r["steps"]] for r in told["routes"]}
    assert set(by) == {7} and by[7][0] == ("pickup", 5) and by[7][-1] == ("job", 1)
    assert set(by[7][1:3]) == {("job", 2), ("delivery", 5)}
    frame = report.rows(instance, result.solution)
    assert {row["client"] for row in frame} == {"job 1", "job 2", "pickup 5", "delivery 5"}


def test_what_is_left_out_is_least_important(tmp_path):
    data = problem(shipments=[], vehicles=[{"id": 1, "start_index": 0, "capacity": [2]}])
    data["jobs"] = [
        {"id": 1, "location_index": 1, "delivery": [2]},
        {"id": 2, "location_index": 3, "delivery": [2], "priority": 9},
    ]
    instance = read(tmp_path, data)
    result = zg.solve(instance, time_limit=5)
    assert [c for route in result.solution for c in route] == [1]
    assert json.loads(answer(instance, result.solution))["unassigned"] == [{"id": 1}]
    data["jobs"][0]["delivery"] = data["jobs"][1]["delivery"] = [1]
    data["vehicles"][0]["max_tasks"] = 1
    limited = zg.solve(read(tmp_path, data), time_limit=5)
    assert [c for route in limited.solution for c in route] == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jobs": [{"id": 1, "delivery": [1]}]}, r"jobs\[0\]\.location_index: is missing"),
        ({"jobs": [{"id": 1, "location_index": 9}]}, "is 9, the matrices have 4 rows"),
        (
            {"jobs": [{"id": 1, "location_index": 1, "setup_per_type": {"a": 5}}]},
            "setup_per_type: is not",
        ),
        ({"jobs": [{"id": 1, "location_index": 1, "colour": 5}]}, "unknown key 'colour'"),
        ({"jobs": [{"id": 1, "location_index": 1, "priority": 101}]}, "expected 0 … 100"),
        ({"matrices": {}}, r"matrices\.car\.durations: is missing"),
        ({"matrices": {"car": {"durations": [[0, 1]]}}}, "no square matrix"),
        ({"jobs": [{"id": 1, "location_index": 1, "service": 2.5}]}, "integer"),
        ({"options": {"g": True}}, "unknown key 'options'"),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path, change, message):
    with pytest.raises(zg.InstanceError, match=message):
        read(tmp_path, problem(**change))


def test_breaks_are_named_and_left_out_on_demand(tmp_path):
    data = problem()
    data["vehicles"][0]["breaks"] = [{"id": 1, "time_windows": [[100, 200]], "service": 30}]
    assert read(tmp_path, data).breaks.tolist() == [[0, 0, 30, 100, 200]]
    data["vehicles"][0]["breaks"][0]["max_load"] = [1]
    with pytest.raises(zg.InstanceError, match=r"breaks\[0\]\.max_load: is not modelled"):
        read(tmp_path, data)
    assert read(tmp_path, data, ignore="breaks").types == 2
    with pytest.raises(zg.InstanceError, match="did you mean 'breaks'"):
        read(tmp_path, data, ignore="break")


def test_names_go_from_the_builder_to_messages_and_back(tmp_path):
    b = zg.routing.Builder()
    b.add_depot(0, 0)
    b.add_client(3, 4, delivery=2, name="Ann")
    b.add_client(6, 8, delivery=9)
    b.add_vehicle_type(2, capacity=9, name="van")
    instance = b.build()
    path = tmp_path / "named.json"
    zg.write(instance, path)
    again = zg.read(path)
    assert again.client_names == ("Ann", "") and again.vehicle_names == ("van",)
    assert zg.digest(again) == zg.digest(instance) == zg.digest(instance.replace(client_names=None))
    with pytest.raises(zg.InfeasibleSolution, match="client Ann is not served"):
        zg.check(instance, zg.routing.Routes.of([[1]]))
    assert zg.solve(instance, time_limit=2).to_frame()["client"].tolist() == ["Ann", "2"]
    with pytest.raises(zg.InstanceError, match="1 names, expected 2"):
        instance.replace(client_names=("x",))


def test_hours_speeds_and_types_of_vroom(tmp_path):
    data = problem()
    data["jobs"][0] |= {"setup": 7, "service": 5, "service_per_type": {"slow": 9}}
    data["vehicles"][0] |= {"speed_factor": 0.5, "max_travel_time": 900, "type": "slow"}
    made = read(tmp_path, data)
    slow, usual = made.profile.tolist()[0], made.profile.tolist()[-1]
    assert (made.duration[slow] == 2 * made.duration[usual]).all()
    assert (made.distance[slow] == made.duration[slow]).all()
    assert made.setup[0] == 7 and made.max_travel_time[0] == 900
    assert made.type_service[0, 0] == 9 and made.type_service[-1, 0] == 5
    data["vehicles"][0]["speed_factor"] = 6
    with pytest.raises(zg.InstanceError, match="speed_factor: is 6, expected more than 0"):
        read(tmp_path, data)


def test_setups_before_windows_mean_what_vroom_means(tmp_path):
    data = problem()
    data["jobs"] = [{"id": 1, "location_index": 1, "setup": 7, "time_windows": [[50, 60]]}]
    assert read(tmp_path, data).window[0].tolist() == [57, 67]
    data["jobs"].append({"id": 2, "location_index": 1})
    with pytest.raises(zg.InstanceError, match="others at the same place"):
        read(tmp_path, data)


def test_breaks_are_steps_of_the_answer(tmp_path):
    data = problem()
    data["vehicles"][0]["breaks"] = [{"id": 1, "time_windows": [[0, 5000]], "service": 30}]
    data["vehicles"] = data["vehicles"][:1]
    made = read(tmp_path, data)
    result = zg.solve(made, time_limit=10, threads=1)
    told = json.loads(answer(made, result.solution))
    steps = [s for route in told["routes"] for s in route["steps"]]
    assert sum(s["type"] == "break" for s in steps) == len(told["routes"])


#: What pyvroom 1.15.2 answers to `problem()`, its steps shortened to what is read.
ANSWER = {
    "code": 0,
    "summary": {"cost": 60, "routes": 1, "unassigned": 0},
    "routes": [{
        "vehicle": 7,
        "cost": 60,
        "steps": [
            {"type": "start", "location_index": 0, "arrival": 0},
            {"type": "pickup", "location_index": 3, "id": 5, "arrival": 30},
            {"type": "delivery", "location_index": 2, "id": 5, "arrival": 45},
            {"type": "job", "location_index": 2, "id": 2, "arrival": 45},
            {"type": "job", "location_index": 1, "id": 1, "arrival": 50},
            {"type": "end", "location_index": 0, "arrival": 63},
        ],
    }],
}  # fmt: skip


def test_an_answer_of_vroom_is_a_plan(tmp_path):
    instance = read(tmp_path, problem())
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(ANSWER))
    plan = zg.load_solution(str(path), instance)
    assert zg.check(instance, plan) == ANSWER["summary"]["cost"]
    path.write_text(answer(instance, plan))  # our answer is read like VROOM's
    assert tuple(zg.load_solution(str(path), instance)) == tuple(plan)
    assert zg.solve(instance, start=plan, time_limit=5, threads=1).objective == 60


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vehicle": 9}, r"routes\[0\].vehicle: is 9, no vehicle"),
        ({"steps": [{"type": "job", "id": 77}]}, r"routes\[0\].steps\[0\]: there is no job 77"),
        ({"steps": 4}, r"routes\[0\]: is no route"),
    ],
)
def test_an_answer_of_another_problem_is_refused(tmp_path, change, message):
    instance = read(tmp_path, problem())
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"routes": [ANSWER["routes"][0] | change]}))
    with pytest.raises(zg.InstanceError, match=message):
        zg.load_solution(str(path), instance)


def test_steps_of_vehicles_are_a_plan_to_start_from(tmp_path):
    data = problem()
    data["vehicles"][0]["steps"] = [{"type": "start"}, {"type": "job", "id": 1}, {"type": "end"}]
    data["vehicles"][1]["steps"] = [{"type": "pickup", "id": 5}, {"type": "job", "id": 2},
                                    {"type": "delivery", "id": 5}]  # fmt: skip
    made = read(tmp_path, data)
    start = vroom.plan(json.dumps(data), made)
    names = [[made.called("client", c) for c in route] for route in start]
    assert names == [["job 1"], ["pickup 5", "job 2", "delivery 5"]]
    found = zg.solve(made, start=start, time_limit=5, threads=1)
    assert found.objective <= zg.routing.check(made, start)
    data["vehicles"][1]["steps"][1]["service_at"] = 50
    with pytest.raises(zg.InstanceError, match=r"vehicles\[1\].steps\[1\].service_at: is not mod"):
        read(tmp_path, data)
    data["vehicles"][1]["steps"][1] = {"type": "jump", "id": 2}
    with pytest.raises(zg.InstanceError, match=r"steps\[1\].type: is 'jump', expected one of"):
        read(tmp_path, data)
    assert read(tmp_path, data, ignore="steps").clients == made.clients


def test_max_distance_is_modelled_where_costs_are_distances(tmp_path):
    data = problem()
    for vehicle in data["vehicles"]:
        vehicle["max_distance"] = 45
    with pytest.raises(zg.InstanceError, match=r"vehicles\[0\].max_distance: is modelled where"):
        read(tmp_path, data)
    data["matrices"]["car"] |= {"distances": DURATIONS}
    made = read(tmp_path, data)
    assert made.max_distance.tolist() == [45, 45]
    found = zg.solve(made, time_limit=10, threads=1)
    # 0 - 3 - 2 is 45 long for the vehicle that need not return; 0 - 1 - 0 is 20 for the other.
    assert {made.called("client", c) for r in found.solution for c in r} == {
        "job 1", "job 2", "pickup 5", "delivery 5",
    }  # fmt: skip

"""Instances, formats, the checker, and how bad input is named."""

from __future__ import annotations

import dataclasses
import inspect
import re

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing import (
    FAMILY,
    FORBIDDEN,
    TYPES,
    UNLIMITED,
    Builder,
    Route,
    Routes,
    Routing,
    check,
    check_route,
    read_solution,
    variant,
    write_solution,
)
from zerogap.models.routing.fields import FIELDS, of
from zerogap.models.routing.formats.text import (
    read_cordeau,
    read_lilim,
    read_solomon,
    write_solomon,
)
from zerogap.models.routing.formats.vrplib import read

TINY = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 0 10
DEMAND_SECTION
1 0
2 5
3 5
4 5
DEPOT_SECTION
1
-1
EOF
"""
JSON = FAMILY.formats[0]


def _square(**vehicle):
    """Four clients on the corners of a square of side 10 around the depot, demand 1 each."""
    b = Builder()
    b.add_depot(0, 0)
    for x, y in ((5, 5), (5, -5), (-5, -5), (-5, 5)):
        b.add_client(x, y, delivery=1)
    b.add_vehicle_type(**({"number": 4, "capacity": 2} | vehicle))
    return b.build()


def test_a_file_becomes_an_instance():
    instance = read(TINY)
    assert (instance.clients, instance.depots, instance.name) == (3, 1, "tiny")
    assert instance.matrix().tolist()[0] == [0, 5, 10, 10]
    assert check(instance, Routes.of([[0, 1], [2]])) == 5 + 5 + 10 + 20


@pytest.mark.parametrize(
    ("rounding", "length"), [("round", 3), ("trunc", 2), ("dimacs", 28), ("exact", 2828)]
)
def test_rounding_conventions(rounding, length):
    text = TINY.replace("2 3 4", "2 2 2")
    assert read(text, round=rounding).matrix()[0, 1] == length


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("EUC_2D", "EUC_9D", 4, "unknown EDGE_WEIGHT_TYPE EUC_9D"),
        ("DIMENSION : 4", "", None, "DIMENSION is missing"),
        ("DEMAND_SECTION", "DEMANDS_SECTION", 11, "unknown section"),
        ("2 5\n", "2 -5\n", 13, "negative demand"),
        ("2 5\n", "2 nan\n", 13, "no finite number"),
        ("2 5\n", "2 inf\n", 13, "no finite number"),
        ("2 5\n", "2 1e30\n", 13, "too large"),
        ("2 5\n", "2 five\n", 13, "expected a number"),
        ("2 5\n", "2 5 5\n", 13, "expected"),
        ("3 5\n", "2 5\n", 14, "node 2 appears twice"),
        ("4 5\n", "", 14, "node 4 is missing"),
        ("4 5\n", "5 5\n", 15, "node 5 is not within 1"),
        ("1 0\n2 5", "1 7\n2 5", 12, "is it a client?"),
        ("\n1\n-1", "\n9\n-1", 17, "depot 9"),
        ("\n1\n-1", "\n-1", 16, "no depot"),
        ("CAPACITY : 10", "VEHICLES : 0", 5, "0 vehicles"),
        ("NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8\n4 0 10\n", "", None, "is missing"),
        ("TYPE : CVRP", "nonsense", 2, "expected 'KEY: value'"),
        ("CAPACITY : 10", "SERVICE_TIME : -3", None, "negative service"),
        ("CAPACITY : 10", "CAPACITY : 10\nCAPACITY : 11", 6, "appears twice"),
    ],
)
def test_bad_files_are_named_with_their_line(old, new, line, message):
    assert old in TINY
    with pytest.raises(InstanceError) as caught:
        read(TINY.replace(old, new, 1), file="bad.vrp")
    assert caught.value.file == "bad.vrp"
    assert message in str(caught.value)
    if line is not None:
        assert caught.value.line == line


def test_a_truncated_file_never_passes_silently():
    for end in range(TINY.index("DEPOT_SECTION") - len(" 5\n")):
        with pytest.raises(InstanceError):
            read(TINY[:end])


def test_windows_and_matrices_are_checked():
    windows = "TIME_WINDOW_SECTION\n1 0 99\n2 9 3\n3 0 9\n4 0 9\nDEPOT_SECTION"
    with pytest.raises(InstanceError, match=r":18: TIME_WINDOW: node 2: .*closes before"):
        read(TINY.replace("DEPOT_SECTION", windows), file="w.vrp")
    matrix = (
        "TYPE: {}\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\n"
        "EDGE_WEIGHT_FORMAT: {}\nEDGE_WEIGHT_SECTION\n{}\n"
    )
    good = read(matrix.format("TSP", "LOWER_DIAG_ROW", "0\n1 0\n2 3 0"))
    assert good.matrix().tolist() == [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
    assert read(matrix.format("TSP", "UPPER_ROW", "1 2\n3")).matrix()[1, 2] == 3
    assert read(matrix.format("ATSP", "FULL_MATRIX", "0 1 2 5 0 3 6 7 0")).matrix()[1, 0] == 5
    for form, numbers, message in (
        ("FULL_MATRIX", "0 1 2\n5 0 3\n6 7 0", "declared symmetric"),
        ("FULL_MATRIX", "0 1 2 1 0 3 2 3", "has 9"),
        ("FULL_MATRIX", "0 1 nan 1 0 3 2 3 0", "no finite number"),
        ("FULL_MATRIX", "0 1 -2 1 0 3 -2 3 0", "negative weight"),
        ("SPIRAL", "0 1 2", "unknown EDGE_WEIGHT_FORMAT"),
    ):
        with pytest.raises(InstanceError, match=message):
            read(matrix.format("TSP", form, numbers))


@pytest.mark.parametrize("kind", TYPES)
def test_json_round_trip(kind):
    instance = variant(2, kind, 9)
    again = JSON.read(JSON.write(instance), file="x")
    assert zg.digest(again) == zg.digest(instance)
    assert again.name == instance.name


def test_json_errors_name_the_field():
    for text, message in (
        ('"clients": [], "vehicles": []', "depots"),
        ('"depots": [{"x": 0, "colour": 1}], "clients": [], "vehicles": [{}]', "colour"),
        ('"depots": [{}], "clients": [{"x": "a"}], "vehicles": [{}]', "malformed"),
        ('"depots": [{}], "clients": [{}], "vehicles": []', "0 vehicles"),
        ('"depots": [{}], "clients": [{"service": -1}], "vehicles": [{}]', "service"),
    ):
        with pytest.raises(InstanceError, match=message):
            JSON.read('{"family": "routing", ' + text + "}", file="bad.json")


def test_solomon_round_trip_and_errors():
    instance = zg.generate("routing", "vrptw", seed=1, clients=12)
    text = write_solomon(instance)
    assert zg.digest(read_solomon(text)) == zg.digest(instance)
    lines = text.splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("3 "))
    lines[row] = "3 1 1 5 90 80 10"
    with pytest.raises(InstanceError, match=f":{row + 1}: .*closes before"):
        read_solomon("\n".join(lines), file="s.txt")
    lines[row] = "3 1 1 -5 90 95 10"
    with pytest.raises(InstanceError, match="negative demand"):
        read_solomon("\n".join(lines), file="s.txt")
    with pytest.raises(InstanceError, match="CUSTOMER is missing"):
        read_solomon("\n".join(lines[:4]), file="s.txt")


def test_lilim_pairs_become_shipments():
    text = "2 10 1\n0 0 0 0 0 500 0 0 0\n1 3 4 6 0 100 5 0 2\n2 6 8 -6 0 200 5 1 0\n"
    instance = read_lilim(text)
    assert instance.shipments.tolist() == [[0, 1]]
    assert check(instance, Routes.of([[0, 1]])) == 200
    with pytest.raises(InfeasibleSolution, match="before its pickup"):
        check(instance, Routes.of([[1, 0]]))
    with pytest.raises(InstanceError, match="disagrees"):
        read_lilim(text.replace(" 0 2\n", " 0 1\n", 1))
    with pytest.raises(InstanceError, match="takes 6, brings 5"):
        read_lilim(text.replace("-6", "-5"))


def test_cordeau_depots_have_vehicles_of_their_own():
    text = "2 2 3 2\n0 80\n0 80\n1 5 0 0 7\n2 9 0 0 7\n3 50 0 0 7\n4 0 0 0 0\n5 60 0 0 0\n"
    instance = read_cordeau(text, round="round")
    assert (instance.depots, instance.types, instance.clients) == (2, 2, 3)
    plan = Routes((Route(0, ((0, 1),)), Route(1, ((2,),))))
    assert check(instance, plan) == 18 + 20
    with pytest.raises(InstanceError, match="too early"):
        read_cordeau("\n".join(text.splitlines()[:5]))
    with pytest.raises(InstanceError, match="-13 customers"):
        read_cordeau("2 2 -13 2\n0 80\n0 80")


def test_solution_files_round_trip(data):
    for name in ("X/X-n101-k25", "MDVRPTW/PR11A", "MTVRPTWR/C201R0.25", "HFVRP/X181-HD"):
        rounding = "exact" if name.startswith(("H", "MD")) else "auto"
        instance = zg.read(data(f"routing/{name}.vrp"), round=rounding)
        text = data(f"routing/{name}.sol").read_text()
        plan = read_solution(text, instance)
        cost = check(instance, plan)
        assert cost == float(re.search(r"Cost:?\s*([\d.]+)", text, re.IGNORECASE).group(1))
        again = read_solution(write_solution(instance, plan, cost), instance)
        assert check(instance, again) == cost


@pytest.mark.parametrize(
    ("routes", "constraint"),
    [
        ([[0, 1], [2]], "required"),
        ([[0, 1], [1, 2, 3]], "visit once"),
        ([[0, 1, 2], [3]], "capacity"),
        ([[0, 1], [2, 9]], "client"),
    ],
)
def test_the_checker_names_the_constraint(routes, constraint):
    with pytest.raises(InfeasibleSolution) as caught:
        check(_square(), Routes.of(routes))
    assert caught.value.constraint == constraint


def test_the_checker_knows_fleet_distance_and_arcs():
    with pytest.raises(InfeasibleSolution, match="2 vehicles of type 0 are used, 1 exist"):
        check(_square(number=1), Routes.of([[0, 1], [2, 3]]))
    with pytest.raises(InfeasibleSolution, match="distance 24, at most 20"):
        check(_square(max_distance=20), Routes.of([[0, 1], [2, 3]]))
    b = Builder()
    b.add_depot(0, 0)
    b.add_client(1, 0)
    b.add_client(2, 0)
    b.set_matrices(np.array([[0, 1, 1], [1, 0, FORBIDDEN], [1, 1, 0]]))
    b.add_vehicle_type(1)
    instance = b.build()
    assert check(instance, Routes.of([[1, 0]])) == 3
    with pytest.raises(InfeasibleSolution, match="may not be driven"):
        check(instance, Routes.of([[0, 1]]))


def test_the_least_duration_departs_late():
    b = Builder()
    b.add_depot(0, 0)
    b.add_client(10, 0, window=(100, 120), service=5)
    b.add_client(20, 0, window=[(10, 20), (130, 200)])
    b.add_vehicle_type(1, duration_cost=1, distance_cost=0)
    cost = check_route(b.build(), Route(0, ((0, 1),)))
    # Leave at 105, serve the first at 115, drive on at 120, be there when the window opens.
    assert (cost.duration, cost.end - cost.start, cost.cost) == (45, 45, 45)
    assert 105 <= cost.start <= 110


def test_a_trip_waits_for_its_release():
    b = Builder()
    b.add_depot(0, 0)
    b.add_client(5, 0)
    b.add_client(0, 5, release=40)
    b.add_vehicle_type(1, max_trips=2, shift=(0, 50))
    instance = b.build()
    plan = Routes((Route(0, ((0,), (1,)), (0,)),))
    assert check(instance, plan) == 20
    with pytest.raises(InfeasibleSolution, match="the shift ends"):
        check(instance, Routes.of([[0, 1]]))
    with pytest.raises(InfeasibleSolution, match="returns at 50"):
        check(instance.replace(shift=np.array([[0, 49]])), plan)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"delivery": [[1], [1], [1], [-1]]}, "delivery: entry .* is -1"),
        ({"delivery": [[1], [1], [1], [1.5]]}, "not an integer"),
        ({"delivery": [[1], [1], [1], [float("nan")]]}, "is nan"),
        ({"service": [0, 0, 0]}, "shape"),
        ({"vehicles": [0]}, "0 vehicles"),
        ({"window": [[0, 5], [0, 5], [9, 5], [0, 5]]}, "client 3: closes at 5 before"),
        ({"shift": [[5, 4]]}, "closes at 4 before"),
        ({"start_depot": [3]}, "expected a depot below 1"),
        ({"profile": [1]}, "expected a profile below 1"),
        ({"distance": np.zeros((1, 3, 3))}, "shape"),
        ({"distance": np.full((1, 5, 5), -1)}, "< 0"),
        ({"objective": "fun"}, "none of"),
        ({"shipments": [[0, 0]], "shipment_load": [[1]]}, "with itself"),
        ({"conflicts": [[0, 7]]}, "expected a client below 4"),
        ({"capacity": [[1 << 62]]}, "expected >= 0"),
        ({"max_trips": [0]}, "expected >= 1"),
        ({"min_clients": -1}, "< 0"),
        ({"nonsense": 1}, "no such field"),
    ],
)
def test_bad_fields_are_named(change, message):
    with pytest.raises(InstanceError, match=message):
        _square().replace(**change)


def test_instances_are_read_only_and_leave_their_arguments_alone():
    loads = np.ones((4, 1), np.int64)
    instance = _square().replace(delivery=loads)
    loads[0] = 9
    assert instance.delivery[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        instance.delivery[0] = 2


def test_decode_refuses_malformed_solutions():
    instance = _square()
    for bad in ({}, {"routes": 3}, {"routes": [{"vehicle": 0}]}, {"routes": [{"clients": ["x"]}]}):
        with pytest.raises(InstanceError):
            FAMILY.decode(instance, bad)
    plan = Routes((Route(0, ((0,), (1, 2)), (0,)),))
    assert FAMILY.decode(instance, FAMILY.encode(plan)) == plan


def test_generators_repeat_and_refuse():
    for name in FAMILY.generators:
        first, second, other = (zg.generate("routing", name, seed=s) for s in (1, 1, 2))
        assert zg.digest(first) == zg.digest(second) != zg.digest(other)
    with pytest.raises(InstanceError):
        zg.generate("routing", "pvrp-p", distribution="magic")
    with pytest.raises(InstanceError):
        zg.generate("routing", "cvrp", clients=-3)


def test_sol_files_serve_as_solutions(tmp_path, data):
    instance = zg.read(data("routing/P/P-n16-k8.vrp"))
    plan = zg.load_solution(str(data("routing/P/P-n16-k8.sol")), instance)
    assert check(instance, plan) == 450
    bad = tmp_path / "bad.sol"
    bad.write_text("Route #1: 3 x\n")
    with pytest.raises(InstanceError, match=r"bad.sol:1: expected a client"):
        zg.load_solution(str(bad), instance)


def _stops_instance(**fields):
    b = Builder()
    b.add_depot(0, 0)
    for x in range(1, 7):
        b.add_client(x, 0, delivery=1)
    b.add_vehicle_type(6, capacity=10, **fields)
    return b.build()


def test_a_limit_on_stops_is_told_kept_and_checked(tmp_path):
    instance = _stops_instance(max_stops=4)
    assert "stops limit" in instance.features()
    path = tmp_path / "stops.json"
    zg.write(instance, path)
    assert zg.digest(zg.read(path)) == zg.digest(instance)
    with pytest.raises(InfeasibleSolution, match="6 stops, at most 4"):
        check(instance, Routes.of([range(6)]))
    assert check(instance, Routes.of([(0, 1), (2, 3, 4, 5)])) == 2 * (2 + 6)
    for method in ("kernel", "exact", "auto"):
        result = zg.solve(instance, method=method, time_limit=5, iterations=2000)
        assert result.objective == 16 and max(map(len, result.solution)) <= 4


def test_a_limit_on_stops_counts_all_trips():
    instance = _stops_instance(max_stops=4, max_trips=3)
    result = zg.solve(instance, method="kernel", time_limit=5, iterations=2000, threads=1)
    assert max(map(len, result.solution)) <= 4
    with pytest.raises(InfeasibleSolution, match="6 stops"):
        check(instance, Routes((Route(0, ((0, 1, 2), (3, 4, 5)), (0,)),)))


def test_a_field_that_says_nothing_leaves_the_digest_as_it_was():
    """Results of before the field came still belong to their instances."""
    free = _stops_instance()
    assert zg.digest(free) == zg.digest(_stops_instance(max_stops=UNLIMITED))
    assert zg.digest(free) != zg.digest(_stops_instance(max_stops=4))


def test_every_field_is_an_attribute_an_argument_and_a_key():
    names = {f.name for f in dataclasses.fields(Routing)}
    assert {f.name for f in FIELDS} <= names
    for room, method in (("client", Builder.add_client), ("vehicle", Builder.add_vehicle_type)):
        assert set(of(room)) <= set(inspect.signature(method).parameters)
        for key, known in of(room).items():
            assert f"{key} : {known.help}" in method.__doc__
    with pytest.raises(TypeError, match="max_stop"):
        Builder().add_vehicle_type(max_stop=3)

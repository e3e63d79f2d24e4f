"""Instances from the tables people have, by `from_pandas`, `from_networkx` and CSV files."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.routing.formats import sheets

CLIENTS = pd.DataFrame({
    "Name": ["base", "Ann", "Bob", "Cem"], "X": [0, 3, 6, 3], "Y": [0, 4, 8, -4],
    "Demand": [0, 2, 3, 1], "Ready Time": ["8:00", "8:00", "9:00", None],
    "due_date": ["18:00", "9:00", "10:00", None], "Service time": [0, 10, 10, 5],
})  # fmt: skip


def test_clients_from_a_table():
    made = zg.routing.from_pandas(CLIENTS, capacity=4, number=3, name="tuesday")
    assert made.clients == 3 and made.name == "tuesday"
    assert made.client_names == ("Ann", "Bob", "Cem")
    assert made.delivery.ravel().tolist() == [2, 3, 1]
    assert made.window[:2].tolist() == [[480, 540], [540, 600]]
    assert made.service.tolist() == [10, 10, 5] and made.vehicles.sum() == 3
    result = zg.solve(made, time_limit=5)
    assert result.status == "optimal" and set(result.to_frame()["client"]) == {"Ann", "Bob", "Cem"}


def test_the_same_from_files(tmp_path):
    made = zg.routing.from_pandas(CLIENTS, capacity=4, number=3)
    CLIENTS.to_csv(tmp_path / "table.csv", index=False)
    assert zg.digest(zg.read(tmp_path / "table.csv", capacity=4, number=3)) == zg.digest(made)
    (tmp_path / "vans.csv").write_text("van;number;capacity\nbig;3;4\n")
    vans = pd.DataFrame({"van": ["big"], "number": [3], "capacity": [4]})
    both = zg.read(tmp_path / "table.csv", vehicles="vans.csv")
    assert zg.digest(both) == zg.digest(zg.routing.from_pandas(CLIENTS, vans))
    assert both.vehicle_names == ("big",)


def test_degrees_are_metres_on_the_globe_and_never_round_to_nothing():
    table = {"lat": [48.2082, 47.0707], "lon": [16.3738, 15.4395], "demand": [0, 1]}
    made = zg.routing.from_pandas(table, speed=60)
    result = zg.solve(made, time_limit=2)
    assert result.objective == pytest.approx(2 * 144_900, rel=0.01)  # Vienna and Graz
    assert made.duration.max() == pytest.approx(145, abs=2)
    plain = {"x": [48.2, 48.3], "y": [16.3, 16.2], "demand": [0, 1]}
    with pytest.raises(InstanceError, match="every distance rounds to 0"):
        zg.routing.from_pandas(plain)
    with pytest.raises(InstanceError, match="latitudes within"):
        zg.routing.from_pandas(table | {"lat": [148.2, 47.0]})


def test_distances_on_the_globe():
    quarter = np.pi / 2 * 6_371_009
    apart = sheets.metres(np.array([[0.0, 0.0], [90.0, 0.0], [0.0, 90.0]]))
    assert np.allclose(apart, quarter * (1 - np.eye(3)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Demand": [0, 2.5, 3, 1]}, "line|table.csv:3: demand: is 2.5, expected a whole"),
        ({"Demand": [0, "many", 3, 1]}, "expected a number"),
        ({"due_date": ["18:00", "7:00", "10:00", None]}, "closes at 420, before it opens at 480"),
        ({"Name": ["base", "Ann", "Ann", "Cem"]}, "'Ann' is used twice"),
        ({"colour": [1, 2, 3, 4]}, "unknown column 'colour'"),
        ({"load": [1, 2, 3, 4]}, "two columns mean delivery"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(change, words):
    with pytest.raises(InstanceError, match=words.split("|")[-1]):
        zg.routing.from_pandas(CLIENTS.assign(**change))


def test_optional_clients_and_depots_by_name():
    made = zg.routing.from_pandas({
        "kind": ["client", "depot", "client"], "x": [1, 0, 9], "y": [0, 0, 0], "prize": [5, 0, 3],
    })  # fmt: skip
    assert made.depots == 1 and made.required.tolist() == [False, False]
    assert made.prize.tolist() == [5, 3]


def test_shops_and_buffers_and_observations():
    shop = zg.jobshop.from_pandas(
        pd.DataFrame({"Job": ["a", "a", "b", "b"], "Machine": ["saw", "mill", "mill", "saw"],
                      "Duration": [3, 2, 4, 1], "Due": [9, 9, np.nan, np.nan]}),
        objective="tardiness",
    )  # fmt: skip
    assert shop.job_names == ("a", "b") and shop.objective == "tardiness"
    buffers = zg.scratchpad.from_pandas(
        {"id": ["p", "q"], "lower": [0, 1], "upper": [2, 3], "size": [4, 8]}, capacity=16
    )
    assert zg.solve(buffers, time_limit=2).to_frame()["buffer"].tolist() == ["p", "q"]
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(50, 3)), columns=["rain", "wind", "sun"])
    data = zg.dag.from_pandas(rows, loss="ls", penalty="bic")
    assert data.names == ("rain", "wind", "sun") and data.penalty == "bic"
    words = pd.DataFrame({"sky": ["grey", "blue"] * 9, "mood": ["low", "low", "high"] * 6})
    assert isinstance(zg.dag.from_pandas(words), zg.dag.Categorical)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: zg.jobshop.from_pandas({"job": [1], "machine": [1]}), "duration"),
        (lambda: zg.jobshop.from_pandas({"job": [1], "machine": [1], "duration": ["x"]}), ":2"),
        (lambda: zg.scratchpad.from_pandas({"id": [1], "lower": [1], "size": [3]}), "csv"),
        (lambda: zg.dag.from_pandas(pd.DataFrame({"A": []})), "empty"),
        (lambda: zg.dag.from_pandas({"A": [1.0, 2], "B": [2.0, 3]}, window=3), "solving"),
    ],
)
def test_tables_that_are_none(make, words):
    with pytest.raises(InstanceError, match=words):
        make()


def test_graphs():
    graph = nx.grid_2d_graph(3, 3)
    nx.set_node_attributes(graph, {v: v for v in graph}, "pos")
    made = zg.mapf.from_networkx(graph, [((0, 0), (2, 2)), ((2, 2), (0, 0))], radius=0.3)
    assert made.agents == 2 and made.vertices == 9
    assert zg.solve(made, time_limit=5).status == "optimal"
    with pytest.raises(InstanceError, match="is not in the graph"):
        zg.mapf.from_networkx(graph, [((0, 0), (9, 9))])
    with pytest.raises(InstanceError, match="has no 'pos'"):
        zg.mapf.from_networkx(nx.path_graph(2), [(0, 1)])
    nodes = pd.DataFrame({"id": ["a", "b"], "attribute": ["r", "g"]})
    edges = pd.DataFrame({"source": ["a"], "target": ["b"]})
    assert zg.fairclique.from_pandas(edges, nodes, k=1).edges == 1

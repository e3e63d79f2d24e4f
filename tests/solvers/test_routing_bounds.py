"""Proofs by column generation agree with the circuit model and with known optima."""

from __future__ import annotations

import importlib

import pytest

import zerogap as zg
from zerogap.models.base import InstanceError


def builder(seed, *, windows=False, prizes=False, types=1, clients=7):
    import numpy as np

    rng = np.random.default_rng(seed)
    model = zg.routing.Builder()
    depot = model.add_depot(50, 50)
    for t in range(types):
        model.add_vehicle_type(
            4 if types > 1 else clients, capacity=12 + 4 * t, fixed_cost=int(20 * t * (types > 1)),
            start_depot=depot, end_depot=depot,
            **({"shift": (0, 400)} if windows else {}),
        )  # fmt: skip
    for _ in range(clients):
        more = {}
        if windows:
            first = int(rng.integers(80, 280))
            more = {"window": (first, first + int(rng.integers(30, 120))), "service": 5}
        if prizes and rng.random() < 0.5:
            more |= {"required": False, "prize": int(rng.integers(5, 120))}
        x, y = (int(v) for v in rng.integers(0, 100, 2))
        model.add_client(x, y, delivery=int(rng.integers(1, 7)), **more)
    return model.build()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "kind", [{}, {"windows": True}, {"prizes": True}, {"types": 2}, {"windows": True, "types": 2}]
)
def test_column_generation_proves_what_the_circuit_model_proves(seed, kind):
    instance = builder(seed, **kind)
    exact = zg.solve(instance, method="exact", threads=2, time_limit=60)
    assert exact.status == "optimal"
    alone = zg.solve(instance, method="columns", threads=1, time_limit=60)
    assert alone.bound is not None and alone.bound <= exact.objective
    started = zg.solve(instance, method="columns", threads=1, time_limit=60, start=exact.solution)
    assert started.status == "optimal" and started.objective == exact.objective, started.messages
    assert not [m for m in started.messages if m != "columns: CP-SAT solved the last program, too"]


@pytest.mark.parametrize("large", [1, 10**9])
def test_routes_that_pricing_overlooks_do_not_raise_the_bound(large):
    # Every pair needs a route of its own; duals let each route be a hair below zero, where pricing
    # does not look. Fifty hairs together are more than what rounding up to an integer forgives.
    # With costs of 10¹¹ the same is asked of what doubles lose.
    import numpy as np

    from zerogap.solvers.routing.master import Duals, Master

    model = zg.routing.Builder()
    model.add_depot(0, 0)
    model.add_vehicle_type(50, capacity=2, distance_cost=large)
    far = [30 + k // 2 for k in range(100)]
    for x in far:
        model.add_client(x, 0, delivery=1)
    instance = model.build()
    optimum = large * sum(far)
    master = Master(instance, 1e9 * large)
    for hair in (0.3e-7, 0.45e-7, 1e-16 * large):
        y = np.append(np.array(far, float) * large + hair, 0.0)
        added, bound = master.price(Duals(master, y), heuristic=False)
        assert bound is not None and optimum * (1 - 1e-9) - 1e-4 < bound <= optimum
        assert added == 0 or large > 1


def test_unknown_features_are_named():
    instance = builder(0).replace(fairness=3)
    with pytest.raises(InstanceError, match="column generation"):
        zg.solve(instance, method="columns", threads=1, time_limit=5)


@pytest.mark.parametrize(
    ("name", "optimum"), [("P/P-n16-k8", 450), ("E/E-n22-k4", 375), ("A/A-n32-k5", 784)]
)
def test_known_optima_bound_from_below(data, name, optimum):
    instance = zg.read(data(f"routing/{name}.vrp"))
    result = zg.solve(instance, method="columns", threads=1, time_limit=15)
    assert result.bound is not None and optimum * 0.9 < result.bound <= optimum


def test_a_depot_that_closes_does_not_end_an_open_route():
    from zerogap.models.routing import Builder

    b = Builder()
    b.add_depot(0, 0, window=(7, 24))
    b.add_client(0, 30)
    b.add_client(0, 45)
    b.add_vehicle_type(1, end_depot=None)
    result = zg.solve(b.build(), method="columns", threads=1, time_limit=10)
    assert result.status == "optimal" and result.objective == 45


#: What makes the proof go one way to its end, and no other.
WAYS = {
    "labels alone": {"NEAR": (-1.0, -1.0)},
    "few rounds": {"NEAR": (-1.0, -1.0), "ROUNDS": 1, "ROUNDS_BELOW": 1},
    "routes, no MIP": {"EASY": -1, "CLOSING": (-1, -1)},
    "routes, cuts first": {"EASY": -1, "NEAR": (1.0, 1.0)},
    "routes, few rounds": {
        "EASY": -1,
        "CLOSING": (-1, -1),
        "ROUNDS": 1,
        "ROUNDS_BELOW": 1,
        "NEAR": (1.0, 1.0),
    },
    "no pull": {"PULL": 0.0, "NEAR": (-1.0, -1.0)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [{}, {"windows": True}, {"prizes": True}, {"types": 2}])
def test_every_way_of_the_proof_ends_at_the_optimum(monkeypatch, way, seed, kind):
    from zerogap.solvers.routing import bounds

    for name, value in WAYS[way].items():
        monkeypatch.setattr(bounds, name, value)
    instance = builder(40 + seed, clients=8, **kind)
    exact = zg.solve(instance, method="auto", threads=1, time_limit=60)
    assert exact.status == "optimal"
    found = zg.solve(instance, method="columns", threads=1, time_limit=60)
    assert found.bound is not None and found.bound <= exact.objective
    assert found.objective is None or found.objective >= exact.objective
    # A worse start, so that something is left to be found.
    start = zg.solve(instance, method="kernel", threads=1, time_limit=1, iterations=1).solution
    found = zg.solve(instance, method="columns", threads=1, time_limit=60, start=start)
    assert found.status == "optimal" and found.objective == exact.objective, found.messages


def test_a_proof_that_has_to_leave_claims_nothing(monkeypatch):
    together = importlib.import_module("zerogap.solvers.routing.together")
    monkeypatch.setattr(together, "LEAST_SECONDS", 1e9)
    monkeypatch.setattr(together, "LEAST_SHARE", 1.0)  # all the time is the kernels'
    instance = builder(3, clients=20, windows=True)
    found = zg.solve(instance, threads=1, time_limit=1)
    assert "columns" not in {point.source for point in found.trace}
    assert found.objective is not None and found.status != "optimal"
    assert not any("columns" in message for message in found.messages)

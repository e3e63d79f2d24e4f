"""What must hold at sizes no oracle reaches: relations between instances, and published optima.

A claim of one instance is held against a solution of a related one, so that nothing has to be
solved to the end: if optimum(B) = f(optimum(A)) then f(bound(A)) is no worse bound than any
solution of B, and if removing a constraint turns A into B then bound(B) ≤ objective(A).
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest

import zerogap as zg
from tests.truth import harness
from zerogap.models import base

DATA = os.environ.get("ZEROGAP_DATA")
#: Instances a few times larger than an oracle takes, with every variant of the oracle's.
SIZES = {
    "routing": [{"generator": "cvrp", "clients": 30}, {"generator": "vrptw", "clients": 25}],
    "jobshop": [{"jobs": 10, "machines": 10}, {"generator": "flexible", "jobs": 8}],
    "dag": [{"variables": 12}],
    "fairclique": [{"vertices": 120, "probability": 0.4}],
    "treeprune": [{"generator": "random", "leaves": 60}, {"width": 48, "depth": 6}],
    "scratchpad": [{"generator": "random", "operators": 12}],
}
CASES = [(family, number) for family, rows in SIZES.items() for number in range(len(rows))]


def _solved(instance, threads=2, seconds=1.5, **settings):
    return zg.solve(instance, time_limit=seconds, threads=threads, seed=3, **settings)


def _no_worse_bound(family, instance, bound, objective):
    """Whether `bound` is a bound of a problem that has a solution of value `objective`."""
    if bound is None or objective is None:
        return True
    slack = 0 if base.family(family).integral else 1e-6 * max(1.0, abs(objective))
    known = base.family(family)
    sense = known.sense_of(instance) if known.sense_of else known.sense
    return bound <= objective + slack if sense == "min" else bound >= objective - slack


@pytest.mark.parametrize(("family", "number"), CASES)
def test_relabelled_and_scaled_instances_have_the_same_optimum(family, number):
    instance = zg.generate(family, seed=11, **SIZES[family][number])
    first = _solved(instance)
    zg.check(instance, first.solution)
    variants = list(harness.oracle(family).variants(instance, np.random.default_rng(5), {}))
    assert variants
    for other, mapped in variants:
        second = _solved(other)
        for bound, objective in (
            (first.bound if first.bound is None else mapped(first.bound), second.objective),
            (second.bound, mapped(first.objective)),
        ):
            assert _no_worse_bound(family, other, bound, objective), (first, second)
        if first.status == second.status == "optimal":
            assert second.objective == pytest.approx(mapped(first.objective), rel=1e-6)


def _metric_cvrp(clients, capacity):
    """The first clients of 24; distances rounded up, closed under shortest ways."""
    rng = np.random.default_rng(8)
    points = rng.integers(0, 1000, (25, 2))
    demand = rng.integers(1, 20, 24)
    matrix = np.ceil(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)))
    for k in range(25):
        matrix = np.minimum(matrix, matrix[:, k : k + 1] + matrix[k : k + 1])
    builder = zg.routing.Builder()
    builder.add_depot(0, 0)
    for k in range(clients):
        builder.add_client(k + 1, 0, delivery=int(demand[k]))
    builder.add_vehicle_type(clients, capacity=capacity)
    builder.set_matrices(matrix[: clients + 1, : clients + 1].astype(np.int64))
    return builder.build()


def test_a_client_less_or_more_room_never_costs_more():
    """In a metric: every pair (tighter, looser) of instances."""
    tight = _solved(_metric_cvrp(24, 60))
    for looser in (_metric_cvrp(23, 60), _metric_cvrp(24, 75)):
        loose = _solved(looser)
        assert loose.bound is None or loose.bound <= tight.objective
        if loose.status == tight.status == "optimal":
            assert loose.objective <= tight.objective


def test_a_shop_without_its_release_dates_is_no_longer():
    from tests.oracles.jobshop import _with

    shop = zg.generate("jobshop", "taillard", jobs=8, machines=6, seed=4)
    rng = np.random.default_rng(4)
    dated = _with(shop, release=rng.integers(0, 200, shop.jobs))
    free, late = _solved(shop), _solved(dated)
    assert free.bound <= late.objective
    if free.status == late.status == "optimal":
        assert free.objective <= late.objective


def test_a_second_clique_problem_beside_the_first_changes_nothing():
    """Two components: the maximum of the two optima."""
    from zerogap.models.fairclique import from_edges

    def edges(graph, offset):
        return [
            (u + offset, int(v) + offset)
            for u in range(len(graph.ids))
            for v in graph.neighbour[graph.first[u] : graph.first[u + 1]]
            if u < v
        ]

    graphs = [zg.generate("fairclique", vertices=90, probability=0.4, seed=s) for s in (1, 2)]
    n = len(graphs[0].ids)
    pairs = edges(graphs[0], 0) + edges(graphs[1], n)
    kinds = graphs[0].attribute.tolist() + graphs[1].attribute.tolist()
    same = {"values": graphs[0].values, "k": graphs[0].k, "delta": graphs[0].delta}
    both = _solved(from_edges(pairs, kinds, ids=list(range(2 * n)), **same))
    alone = [_solved(graph) for graph in graphs]
    if all(r.status == "optimal" for r in (both, *alone)):
        assert both.objective == max(r.objective for r in alone)
    assert both.bound >= max(r.objective for r in alone)


def _published():
    """(file, published optimum) of a sample of sets whose optima are proven in the literature."""
    if DATA is None:
        return []
    rows = []
    root = Path(DATA)
    table = root / "routing" / "best_known.csv"
    if table.exists():
        with table.open() as handle:
            for row in csv.DictReader(handle):
                path = root / "routing" / f"{row['instance']}.vrp"
                kind = row["instance"].split("/")[0]
                if row["proven_optimal"].startswith("yes") and kind in "ABEP" and path.exists():
                    rows.append((path, float(row["best_known"])))
    rows = rows[::7]
    for path in sorted((root / "routing" / "XML100").glob("*.vrp"))[::12]:
        words = path.with_suffix(".sol").read_text().split()
        rows.append((path, float(words[words.index("Cost") + 1])))
    for name, value in {"ft06": 55, "ft10": 930, "la01": 666, "la16": 945, "orb01": 1059}.items():
        rows += [(p, value) for p in sorted((root / "jobshop" / "jsp").rglob(f"{name}.*"))[:1]]
    return rows


def _sampled():
    return [pytest.param(p, v, id=p.stem) for p, v in _published()] or [
        pytest.param(None, None, marks=pytest.mark.skip(reason="needs ZEROGAP_DATA"))
    ]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("path", "value"), _sampled())
def test_bound_published_optimum_objective_stand_in_order(path, value, threads):
    result = _solved(zg.read(path), threads=threads, seconds=1.0)
    assert result.bound is None or result.bound <= value
    # A, B, E, P: for exactly k routes; the files do not limit them, and more can be shorter.
    fleet = re.search(r"-k(\d+)$", path.stem) if path.parent.name in "ABEP" else None
    if fleet is not None and len(result.solution.routes) > int(fleet[1]):
        return
    assert result.objective >= value
    assert result.status != "optimal" or result.objective == value

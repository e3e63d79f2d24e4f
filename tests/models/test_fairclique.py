"""Fair clique instances, checker, generators and exact formulations."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

import zerogap as zg
from tests.oracles import fairclique as oracle
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.fairclique import (
    FAMILY,
    Clique,
    FairClique,
    check,
    from_edges,
    from_networkx,
    generate,
    to_networkx,
)
from zerogap.models.fairclique.exact import cpsat as clauses
from zerogap.models.fairclique.exact import parts
from zerogap.models.fairclique.exact import pyomo as linear

TRIANGLE = [(0, 1), (1, 2), (2, 0)]


def triangle(**changes) -> FairClique:
    return from_edges(TRIANGLE, [0, 1, 0], **({"k": 1, "delta": 1} | changes))


def test_edges_come_in_any_direction_and_number():
    graph = from_edges([(1, 0), (0, 1), (1, 1), (2, 1), (1, 2), (0, 2)], [0, 1, 0], k=1)
    assert graph.edges == 3 and graph.dropped == (1, 2)
    assert graph.first.tolist() == [0, 2, 4, 6]
    assert graph.neighbour.tolist() == [1, 2, 0, 2, 0, 1]
    assert zg.digest(graph) == zg.digest(triangle())


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        triangle().neighbour[0] = 5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"k": -1}, "k"),
        ({"k": 1.5}, "k"),
        ({"k": math.inf}, "k"),
        ({"k": math.nan}, "k"),
        ({"delta": -2}, "delta"),
        ({"delta": "much"}, "delta"),
        ({"delta": math.nan}, "delta"),
        ({"attribute": [0, 1, 2]}, "attribute"),
        ({"attribute": []}, "attribute"),
        ({"attribute": [0, 0.5, 1]}, "attribute"),
        ({"values": ()}, "values"),
        ({"values": ("a", "a")}, "values"),
        ({"values": ("a", " b")}, "values"),
        ({"values": tuple(str(i) for i in range(17))}, "values"),
        ({"first": [0, 2, 4, 5]}, "first"),
        ({"first": [0, 4, 2, 6]}, "first"),
        ({"first": [0, 2, 6]}, "first"),
        ({"neighbour": [1, 2, 0, 2, 0, 3]}, "neighbour"),
        ({"neighbour": [1, 2, 0, 2, 0, 2]}, "neighbour"),
        ({"neighbour": [2, 1, 0, 2, 0, 1]}, "neighbour"),
        ({"neighbour": [1, 1, 0, 2, 0, 1]}, "neighbour"),
        ({"first": [0, 2, 3, 5], "neighbour": [1, 2, 0, 0, 1]}, "neighbour"),
        ({"ids": [0, 1, 1]}, "ids"),
        ({"ids": [0, 1, 2**63]}, "ids"),
        ({"names": ["a", "b"]}, "names"),
        ({"names": ["a", "b", "a"]}, "names"),
        ({"names": ["a", "b", 3]}, "names"),
        ({"names": ["a", "b", "c"], "ids": [0, 1, 3]}, "names"),
        ({"weight": [1, 2]}, "weight"),
        ({"weight": [1, 2, 0.5]}, "weight"),
        ({"weight": [1, 2, -1]}, "weight"),
        ({"anchor": [3]}, "anchor"),
        ({"anchor": [1, 1]}, "anchor"),
        ({"anchor": ["a"]}, "anchor"),
        ({"ids": [0, 1]}, "ids"),
    ],
)
def test_what_is_no_instance_is_refused_with_the_field(changes, field):
    good = {
        "first": [0, 2, 4, 6],
        "neighbour": [1, 2, 0, 2, 0, 1],
        "attribute": [0, 1, 0],
        "values": ("0", "1"),
    }
    FairClique(**good)
    with pytest.raises(InstanceError) as error:
        FairClique(**(good | changes))
    assert error.value.field == field


def test_edges_outside_the_graph_are_refused():
    with pytest.raises(InstanceError, match="outside"):
        from_edges([(0, 3)], [0, 1, 0])
    with pytest.raises(InstanceError, match="pairs"):
        from_edges([(0, 1, 2)], [0, 1, 0])


def test_the_checker_recomputes_the_size():
    assert check(triangle(), Clique([2, 0, 1])) == 3
    assert check(triangle(k=0), Clique([])) == 0
    assert check(triangle(ids=[5, 70, 900]), Clique([5, 70])) == 2


@pytest.mark.parametrize(
    ("graph", "vertices", "constraint"),
    [
        (triangle(), [0, 1, 7], "known"),
        (triangle(), [0, 0, 1], "distinct"),
        (from_edges([(0, 1), (1, 2)], [0, 1, 0], k=1), [0, 1, 2], "adjacency"),
        (triangle(), [0, 2], "least count"),
        (triangle(delta=0), [0, 1, 2], "balance"),
        (triangle(), [], "least count"),
    ],
)
def test_the_checker_names_the_violated_constraint(graph, vertices, constraint):
    with pytest.raises(InfeasibleSolution) as error:
        check(graph, Clique(vertices))
    assert error.value.constraint == constraint


def test_alternatives_are_checked_too():
    graph = from_edges([(0, 1), (2, 3)], [0, 1, 0, 1], k=1)
    assert check(graph, Clique([0, 1], ([2, 3],))) == 2
    for others in ([[0, 2]], [[0, 1]], [[2]]):
        with pytest.raises(InfeasibleSolution):
            check(graph, Clique([0, 1], tuple(others)))


def test_solutions_survive_json():
    graph = from_edges([(0, 1), (2, 3)], [0, 1, 0, 1], k=1)
    for solution in (Clique([0, 1]), Clique([0, 1], ([2, 3],))):
        back = FAMILY.decode(graph, FAMILY.encode(solution))
        assert FAMILY.encode(back) == FAMILY.encode(solution)
    for bad in ({}, {"vertices": "ab"}, {"vertices": [0.5]}, {"vertices": [None]}, []):
        with pytest.raises(InstanceError):
            FAMILY.decode(graph, bad)


def test_gnp_is_the_graph_of_networkx():
    graph = generate.gnp(seed=1, vertices=60, probability=0.4)
    expected = nx.gnp_random_graph(60, 0.4, seed=1)
    assert {tuple(e) for e in graph.edge_list().tolist()} == set(expected.edges)


@pytest.mark.parametrize("name", list(FAMILY.generators))
def test_generators_repeat_by_seed(name):
    small = {"gnp": {}, "chung-lu": {"vertices": 300, "edges": 900}, "rmat": {"scale": 8}}[name]
    if name == "rmat":
        small["edges"] = 900
    first, again, other = (zg.generate("fairclique", name, seed=s, **small) for s in (1, 1, 2))
    assert zg.digest(first) == zg.digest(again) != zg.digest(other)


def test_generators_keep_their_word():
    graph = generate.chung_lu(seed=3, vertices=2000, edges=9000, planted=12, values=3, k=2)
    assert 9000 <= graph.edges <= 9000 + 66 and len(graph.values) == 3
    alike = generate.chung_lu(seed=3, vertices=2000, edges=9000, homophily=1.0)
    pairs = alike.attribute[alike.edge_list()]
    assert (pairs[:, 0] == pairs[:, 1]).all()
    few = generate.rmat(seed=1, scale=10, edges=3000, share=0.1)
    assert 50 < few.attribute.sum() < 160
    for bad in ({"vertices": 0}, {"edges": -1}, {"share": 2}, {"exponent": 1}, {"planted": 2001}):
        with pytest.raises(InstanceError):
            generate.chung_lu(**({"vertices": 2000, "edges": 10} | bad))


def test_graphs_that_do_not_fit_are_refused_before_they_are_made(monkeypatch):
    from zerogap.models.fairclique.formats import text

    monkeypatch.setattr(text, "available_memory", lambda: 10**6)
    with pytest.raises(InstanceError, match=r"GiB are needed for 1010000 edges"):
        generate.chung_lu(vertices=10_000, edges=10**6)


def test_networkx_goes_in_and_out():
    for graph in oracle.random_graphs(20, seed=11, most=20):
        back = from_networkx(to_networkx(graph), k=graph.k, delta=graph.delta, values=graph.values)
        assert zg.digest(back) == zg.digest(graph)
    named = nx.Graph([("a", "b"), ("b", 3)])
    nx.set_node_attributes(named, {"a": "red", "b": "blue", 3: "red"}, "attribute")
    graph = from_networkx(named, k=1, anchor="b")
    assert graph.names == ("a", "b", "3") and graph.anchor == (1,)
    assert zg.solve(graph, threads=1).solution.labels == ["a", "b"]
    assert set(to_networkx(graph).edges) == {("a", "b"), ("b", "3")}
    same = nx.Graph([("3", 3)])
    nx.set_node_attributes(same, "red", "attribute")
    with pytest.raises(InstanceError, match="two vertices have one name"):
        from_networkx(same)
    with pytest.raises(InstanceError, match="no 'attribute'"):
        from_networkx(nx.path_graph(3))


def test_independent_sets_cover_every_non_edge_and_no_edge():
    for graph in oracle.random_graphs(30, seed=12):
        matrix = graph.induced(np.arange(graph.vertices))
        covered = np.zeros_like(matrix)
        for block in parts.independent_sets(matrix):
            assert not matrix[np.ix_(block, block)].any()
            covered[np.ix_(block, block)] = True
        np.fill_diagonal(covered, True)
        assert (covered | matrix).all()


def solved_by_cpsat(model) -> int:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model.model)
    if status == cp_model.INFEASIBLE:
        return -1
    assert status == cp_model.OPTIMAL
    return len(model.read(solver.value))


def test_the_cpsat_model_has_the_oracles_optimum():
    for graph in oracle.random_graphs(25, seed=13, most=25):
        assert solved_by_cpsat(clauses.build(graph)) == oracle.fair_optimum(graph)


def test_the_pyomo_model_has_the_oracles_optimum():
    import pyomo.environ as pyo

    for graph in oracle.random_graphs(10, seed=14, most=16):
        model = linear.build(graph)
        outcome = pyo.SolverFactory("appsi_highs").solve(
            model.model, load_solutions=False, tee=False
        )
        expected = oracle.fair_optimum(graph)
        if outcome.solver.termination_condition == pyo.TerminationCondition.optimal:
            assert round(outcome.problem.upper_bound) == expected
        else:
            assert expected == -1


def test_hints_are_complete_and_outside_vertices_are_zero():
    graph = from_edges([*TRIANGLE, (3, 0)], [0, 1, 0, 1], k=1)
    for build in (clauses.build, linear.build):
        model = build(graph, [0, 1, 2])
        hint = list(model.hint(Clique([0, 1])))
        assert len(hint) >= 5
        assert model.variables["vertex"][3] is not None
        assert [v for _, v in model.hint(Clique([0, 1]))][:4] == [1, 1, 0, 0]
        with pytest.raises(KeyError):
            model.variables["vertex"][9]


def test_models_of_large_graphs_are_refused():
    graph = generate.chung_lu(vertices=7000, edges=7000)
    with pytest.raises(InstanceError, match="at most 6000"):
        clauses.build(graph)


def test_info_says_what_was_dropped():
    graph = from_edges([(0, 0), (0, 1), (1, 0)], [0, 1])
    facts = FAMILY.info(graph)
    assert facts["loops dropped"] == 1 and facts["duplicates dropped"] == 1
    assert facts["attribute"] == {"0": 1, "1": 1}

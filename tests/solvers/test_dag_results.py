"""Equivalence classes, k best graphs, edge weights, bootstrap, and what other programs read."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import dag as oracle
from zerogap import report
from zerogap.models.base import InstanceError
from zerogap.models.dag import networks
from zerogap.solvers.dag.learner import DagLearner, bootstrap
from zerogap.solvers.dag.results import edge_weights, k_best


def graphs_of(d):
    """Adjacency of every graph without cycles on d variables."""
    pairs = [(i, j) for i in range(d) for j in range(d) if i != j]
    for bits in itertools.product([False, True], repeat=len(pairs)):
        dag = np.zeros((d, d), bool)
        for (i, j), on in zip(pairs, bits):
            dag[i, j] = on
        if not np.linalg.matrix_power(dag.astype(int), d).any():
            yield dag


def same_class(a, b):
    """Same skeleton and same v-structures (Verma, Pearl 1990)."""
    return (a | a.T == b | b.T).all() and zg.dag.v_structures(a) == zg.dag.v_structures(b)


def test_members_of_a_class_are_all_equivalent_graphs():
    every = list(graphs_of(4))
    assert len(every) == 543
    for dag in every[::17]:
        found = {m.tobytes() for m in zg.dag.members(dag)}
        assert found == {g.tobytes() for g in every if same_class(g, dag)}
    with pytest.raises(ValueError, match="more than 3"):
        list(zg.dag.members(np.triu(np.ones((5, 5)), 1), limit=3))


@pytest.mark.parametrize("kind", [oracle._categories, oracle._table, oracle._numbers])
def test_k_best_are_those_of_all_graphs(kind):
    seen = 0
    for seed in range(25):
        dag = kind(np.random.default_rng(seed))[0]
        if isinstance(dag, zg.dag.Dag) and (dag.loss == "logistic" or dag.penalty == "l1"):
            continue
        every = sorted(cost for cost, _, _ in oracle._graphs(dag))
        sign = 1 if isinstance(dag, zg.dag.Dag) else -1
        for count in (1, 7):
            found = k_best(dag, count)
            assert [sign * v for v, _ in found] == pytest.approx(every[:count], rel=1e-9)
            keys = {tuple(sorted(map(tuple, g.edges.tolist()))) for _, g in found}
            assert len(keys) == len(found)
        for value, graph in found[:3]:
            assert zg.check(dag, graph) == pytest.approx(value, rel=1e-9)
        if every:
            near = k_best(dag, 10_000, within=1.0)
            assert len(near) == pytest.approx(sum(c <= every[0] + 1.0 for c in every), abs=0)
            seen += len(near) > 1
    assert seen > 3


def test_k_best_classes_have_one_graph_each():
    dag = oracle._categories(np.random.default_rng(4))[0]
    found = k_best(dag, 5, classes=True)
    every = {}
    for cost, order, picked in oracle._graphs(dag):
        graph = np.zeros((dag.variables,) * 2, bool)
        for j, (_, _, parents) in zip(order, picked):
            graph[list(parents), j] = True
        key = zg.dag.cpdag(graph).tobytes()
        every[key] = min(cost, every.get(key, np.inf))
    assert [-v for v, _ in found] == pytest.approx(sorted(every.values())[:5], rel=1e-9)
    weights = edge_weights(found)
    assert weights.min() >= 0 and weights.max() <= 1 + 1e-12


def test_k_best_refuses_what_is_too_large():
    with pytest.raises(InstanceError, match="expected 22"):
        k_best(zg.generate("dag", "bn", variables=23, max_parents=1))
    with pytest.raises(InstanceError, match="give max_parents"):
        k_best(zg.generate("dag", "bn", variables=20))
    with pytest.raises(InstanceError, match="count"):
        k_best(zg.generate("dag", "bn", variables=3, edges=2), 0)


def test_bootstrap_of_categories():
    dag = zg.generate("dag", "bn", variables=4, edges=3, observations=300, seed=2)
    share = bootstrap(dag, samples=10, iterations=5)
    again = bootstrap(dag, samples=10, iterations=5)
    assert share.shape == (4, 4) and (share == again).all() and 0 < share.max() <= 1
    pattern = bootstrap(dag, samples=10, iterations=5, pattern=True)
    assert (pattern + 1e-12 >= share).all()


def test_the_learner_takes_categories():
    dag = zg.generate("dag", "bn", variables=4, edges=3, observations=300, seed=2)
    rows = np.array([[dag.levels[j][k] for j, k in enumerate(row)] for row in dag.data.tolist()])
    learner = DagLearner(score="bdeu", ess=1.0, time_limit=5, threads=1).fit(rows)
    assert learner.result_.status == "optimal"
    assert learner.score_ <= zg.solve(dag, time_limit=5, threads=1).objective + 1e-6


def test_networks_round_trip_and_fit(tmp_path):
    dag = zg.generate("dag", "bn", variables=5, edges=6, observations=500, seed=1)
    found = zg.solve(dag, time_limit=5, threads=1).solution
    network = zg.dag.fitted(dag, found)
    path = tmp_path / "net.bif"
    report.save(dag, found, str(path))
    again = zg.dag.read_bif(str(path))
    assert again.names == network.names and again.levels == network.levels
    assert again.parents == network.parents
    for a, b in zip(again.tables, network.tables):
        assert np.allclose(a, b, atol=1e-15)
    sample = again.sample(20_000, seed=3)
    refit = zg.dag.fitted(sample, found, prior=0.0)
    j = next(j for j in range(5) if not network.parents[j])
    assert np.allclose(refit.tables[j], network.tables[j], atol=0.02)
    counts = np.bincount(dag.data[:, j], minlength=len(dag.levels[j]))
    prior = dag.ess / len(counts)
    assert np.allclose(network.tables[j], (counts + prior) / (counts.sum() + dag.ess))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ 2 ] { y, n }", "[ 3 ] { y, n }", r":2: a names 2 values, expected 3"),
        ("(n) 0.5, 0.5;", "(n) 0.5;", r":9: b: row \(n\) does not fit"),
        ("(n) 0.5, 0.5;", "", r":9: b: a row of the table is missing"),
        ("(n) 0.5, 0.5;", "(n) 0.5, 0.9;", r"probabilities of b do not add up"),
        ("( b | a )", "( b | c )", r":9: 'c' is no variable"),
        ("probability ( a )", "probability ( b )", r"'a' has no probabilities"),
    ],
)
def test_bad_bif_files_name_the_line(old, new, message):
    text = (
        "network x {\n}variable a { type discrete [ 2 ] { y, n }; }\n\n"
        "variable b { type discrete [ 2 ] { y, n }; }\n\n"
        "probability ( a ) {\n  table 0.25, 0.75; }\n\n"
        "probability ( b | a ) {\n  (y) 0.1, 0.9;\n  (n) 0.5, 0.5;\n}\n"
    )
    good = networks.parse_bif(text, file="x.bif")
    assert good.tables[1].tolist() == [[0.1, 0.9], [0.5, 0.5]]
    with pytest.raises(InstanceError, match=message):
        networks.parse_bif(text.replace(old, new, 1), file="x.bif")


def test_graphs_are_read_by_others(tmp_path):
    nx = pytest.importorskip("networkx")
    dag = zg.generate("dag", "bn", variables=4, edges=4, observations=300, seed=5)
    found = zg.solve(dag, time_limit=5, threads=1).solution
    edges = {(found.names[i], found.names[j]) for i, j in found.edges.tolist()}
    read = nx.read_graphml(io.BytesIO(zg.dag.graphml(found).encode()))
    assert set(read.edges) == edges and set(found.graph().edges) == edges
    text = zg.dag.dot(found)
    assert all(f'"{a}" -> "{b}"' in text for a, b in edges)
    both = zg.dag.cpdag(found.adjacency)
    undirected = int((both & both.T).sum()) // 2
    assert zg.dag.dot(found, pattern=True).count("dir=none") == undirected
    report.save(dag, found, str(tmp_path / "g.dot"))
    assert (tmp_path / "g.dot").read_text() == text


def test_pgmpy_takes_the_network():
    pytest.importorskip("pgmpy")
    dag = zg.generate("dag", "bn", variables=4, edges=4, observations=300, seed=5)
    found = zg.solve(dag, time_limit=5, threads=1).solution
    model = zg.dag.to_pgmpy(dag, found)
    assert model.check_model() and len(model.edges()) == len(found.edges)

"""Log scores: every method finds and proves the optimum of brute force."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import dag as oracle
from zerogap.models.base import InstanceError
from zerogap.models.dag import Categorical, LocalScores
from zerogap.models.dag.exact import pyomo


def drawn(seed, kind=oracle._categories):
    return kind(np.random.default_rng(seed))[0]


@pytest.mark.parametrize("method", ["auto", "exact", "cpsat"])
@pytest.mark.parametrize("kind", [oracle._categories, oracle._table])
def test_methods_prove_the_optimum(method, kind):
    for seed in range(8):
        dag = drawn(seed, kind)
        best, _ = oracle.optimum(dag, {})
        result = zg.solve(dag, method=method, time_limit=10, threads=1)
        if best is None:
            assert result.status == "infeasible"
        else:
            assert result.status == "optimal"
            assert result.objective == pytest.approx(best, rel=1e-9)
            assert result.bound == pytest.approx(best, rel=1e-9)


def test_two_threads_and_a_start():
    dag = drawn(3)
    first = zg.solve(dag, method="kernel", iterations=5, threads=1)
    result = zg.solve(dag, start=first.solution, time_limit=10, threads=2)
    assert result.status == "optimal"
    assert result.objective == pytest.approx(oracle.optimum(dag, {})[0], rel=1e-9)


def test_the_same_seed_gives_the_same_graph():
    rng = np.random.default_rng(5)
    rows = rng.integers(0, 2, (80, 9))
    rows[:, 4:] = np.where(rng.random((80, 5)) < 0.8, rows[:, :5], rows[:, 4:])
    dag = Categorical(rows, ["ab"] * 9, max_parents=2)
    runs = [zg.solve(dag, method="kernel", iterations=30, threads=1, seed=4) for _ in range(2)]
    assert np.array_equal(runs[0].solution.edges, runs[1].solution.edges)
    assert zg.solve(dag, threads=1, time_limit=10).status == "optimal"


def test_cluster_cuts_prove_without_the_program(monkeypatch):
    from zerogap.solvers.dag import scored

    monkeypatch.setattr(scored, "SMALL", 0)
    monkeypatch.setattr(scored, "SUBSETS", 0)
    for seed in range(6):
        dag = drawn(seed)
        result = zg.solve(dag, method="exact", time_limit=10, threads=1)
        assert result.status == "optimal"
        assert result.objective == pytest.approx(oracle.optimum(dag, {})[0], rel=1e-9)


@pytest.mark.parametrize("method", ["kernel", "topo"])
def test_methods_that_cannot_know_constraints_refuse_them(method):
    for dag in (zg.generate("dag", variables=4, edges=4), drawn(1)):
        with pytest.raises(InstanceError, match=f"method: {method} cannot know the constraints"):
            zg.solve(dag, method=method, extend=lambda model: None, time_limit=1)


@pytest.mark.parametrize("method", ["auto", "cpsat"])
def test_a_user_may_demand_what_no_optimum_has(method):
    rng = np.random.default_rng(0)
    dag = Categorical(rng.integers(0, 2, (40, 3)), ["ab"] * 3)
    plain = zg.solve(dag, time_limit=5, threads=1)
    assert not len(plain.solution.edges)  # independent columns: every edge is dominated

    def extend(model):
        edge = model.variables["edge"][0, 2]
        if method == "cpsat":
            model.model.add(edge == 1)
        else:
            import pyomo.environ as pyo

            model.model.users = pyo.Constraint(expr=edge == 1)

    result = zg.solve(dag, method=method, extend=extend, time_limit=10, threads=1)
    assert result.status == "optimal" and [0, 2] in result.solution.edges.tolist()
    best, _ = oracle.optimum(dag, {}, lambda s: [0, 2] in s.edges.tolist())
    assert result.objective == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("method", ["auto", "cpsat"])
def test_a_user_may_speak_of_an_edge_that_no_parent_set_holds(method):
    rng = np.random.default_rng(0)
    data = rng.integers(0, 2, (40, 3))
    dag = Categorical(data, ["ab"] * 3, forbidden=[(0, 2)])
    for wanted, status in ((0, "optimal"), (1, "infeasible")):

        def extend(model, wanted=wanted):
            edge = model.variables["edge"][0, 2]
            if method == "cpsat":
                model.model.add(edge == wanted)
            else:
                import pyomo.environ as pyo

                model.model.users = pyo.Constraint(expr=edge == wanted)

        assert (
            zg.solve(dag, method=method, extend=extend, time_limit=10, threads=1).status == status
        )


def test_a_models_own_lists_hold_the_optimum():
    from zerogap.solvers.backends import highs

    dag = drawn(2)
    compiled = highs.Compiled(pyomo.build(dag).model)
    found = highs.solve_mip(
        compiled.cost, compiled.rows, compiled.low, compiled.high, compiled.integer
    )
    cost = found.objective + compiled.constant
    assert -cost == pytest.approx(oracle.optimum(dag, {})[0], rel=1e-6)


def test_tables_without_the_empty_set_may_have_no_graph():
    table = LocalScores(([-1.0], [-1.0]), (((1,),), ((0,),)))
    for method in ("auto", "exact", "cpsat"):
        assert zg.solve(table, method=method, time_limit=5, threads=1).status == "infeasible"


def random_graph(rng, d):
    """Parents of every variable in a random graph without cycles."""
    order = rng.permutation(d)
    parents = [()] * d
    for k, j in enumerate(order.tolist()):
        parents[j] = tuple(sorted(order[:k][rng.random(k) < 0.6].tolist()))
    return parents


def test_rows_of_small_sets_hold_for_every_graph():
    from types import SimpleNamespace

    from zerogap.solvers.dag import facets
    from zerogap.solvers.dag.separation import Support

    rng = np.random.default_rng(1)
    found = set()
    for _ in range(40):
        d = 6
        graphs = [[()] * d] + [random_graph(rng, d) for _ in range(3)]
        columns = [(j, g[j]) for g in graphs for j in range(d)]
        within = np.zeros((len(columns), d))
        for c, (_, s) in enumerate(columns):
            within[c, list(s)] = 1
        x = np.concatenate([rng.dirichlet([1] * len(graphs)) for _ in range(d)])
        x = x.reshape(d, -1).T.reshape(-1)
        given = SimpleNamespace(
            owner=np.array([j for j, _ in columns]), members=[s for _, s in columns], within=within
        )
        support = Support(given, np.arange(len(columns)), x, d)
        for facet in facets.separate(support, 5.0):
            found.add(len(facet.variables))
            code = facets.codes(within, facet.variables)
            value, lower = facet.row(given.owner, code)
            assert value @ x < lower - 1e-6  # violated
            for _ in range(50):
                graph = random_graph(rng, d)
                inside = np.zeros((d, d))
                for j, s in enumerate(graph):
                    inside[j, list(s)] = 1
                row, _ = facet.row(np.arange(d), facets.codes(inside, facet.variables))
                assert row.sum() >= lower - 1e-9
    assert 4 in found


def test_branch_and_cut_proves_what_the_root_leaves_open(monkeypatch):
    from zerogap.solvers.dag import clusters, scored, tree

    monkeypatch.setattr(scored, "SMALL", 0)
    monkeypatch.setattr(scored, "SUBSETS", 0)
    monkeypatch.setattr(clusters, "_SLOW", 0)  # no rows at the root: all is left to the tree
    separate = tree.Tree._separate
    monkeypatch.setattr(  # and to its branches
        tree.Tree, "_separate", lambda t, *a: separate(t, *a) if t.chosen() is not None else 0
    )
    rng = np.random.default_rng(2)
    nodes = []
    node = tree.Tree._node
    monkeypatch.setattr(tree.Tree, "_node", lambda *a: nodes.append(1) or node(*a))
    for seed in range(6):
        d = 6
        scores, sets = [], []
        for j in range(d):
            others = [i for i in range(d) if i != j]
            mine = {(): -30.0}
            for _ in range(12):
                s = tuple(sorted(rng.choice(others, int(rng.integers(1, 4)), False).tolist()))
                mine[s] = float(rng.normal(-20, 3))
            sets.append(tuple(mine))
            scores.append(list(mine.values()))
        table = LocalScores(tuple(scores), tuple(sets))
        expected = zg.solve(table, method="cpsat", time_limit=20, threads=1)
        result = zg.solve(table, method="exact", time_limit=20, threads=1)
        assert result.status == expected.status == "optimal", seed
        assert result.objective == pytest.approx(expected.objective, abs=1e-6)
    assert len(nodes) > 12

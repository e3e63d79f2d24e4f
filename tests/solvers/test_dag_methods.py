"""Methods of the family dag against brute force over graphs and orders."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.dag import Dag, Structure
from zerogap.models.dag.exact import cpsat as constraint_model
from zerogap.models.dag.exact import pyomo as integer_model
from zerogap.models.dag.parents import parent_sets, regression
from zerogap.solvers.dag.learner import DagLearner, bootstrap


def sample(rng, d, n=80, scale=0.8):
    order = rng.permutation(d)
    W = np.zeros((d, d))
    for a, b in itertools.combinations(order, 2):
        if rng.random() < 0.5:
            W[a, b] = rng.normal() * scale
    return rng.normal(size=(n, d)) @ np.linalg.inv(np.eye(d) - W)


def rules(rng, d):
    """Random required, forbidden edges, tiers and in-degree limits that agree with each other."""
    order = rng.permutation(d)
    fields = {}
    if rng.random() < 0.5:
        fields["required"] = [[int(order[0]), int(order[-1])]]
    if rng.random() < 0.5:
        tiers = np.zeros(d, dtype=int)
        tiers[order[d // 2 :]] = 1
        fields["tiers"] = tiers
    if rng.random() < 0.6:
        pairs = rng.integers(0, d, size=(3, 2)).tolist()
        fields["forbidden"] = [
            p for p in pairs if p[0] != p[1] and p not in fields.get("required", [])
        ]
    if rng.random() < 0.4:
        fields["max_parents"] = int(rng.integers(1, d))
    return fields


def cost(dag, j, parents):
    """Local score by definition: a regression, or for l1 a search over supports and signs."""
    if dag.penalty != "l1":
        return regression(dag, j, parents)[0]
    S, best = dag.covariance, np.inf
    for r in range(len(parents) + 1):
        for on in map(list, itertools.combinations(parents, r)):
            for signs in itertools.product((-1, 1), repeat=r):
                b = S[on, j] - dag.weight * np.array(signs, dtype=float)
                w = np.linalg.solve(S[np.ix_(on, on)], b) if on else np.empty(0)
                value = 0.5 * (S[j, j] - 2 * w @ S[on, j] + w @ S[np.ix_(on, on)] @ w)
                best = min(best, value + dag.weight * np.abs(w).sum())
    return best


def brute_force(dag):
    """Least score over all orders and parent sets that obey the rules."""
    d, allowed = dag.variables, dag.allowed
    most = d if dag.max_parents is None else dag.max_parents
    local = []
    for j in range(d):
        required = set(dag.required[dag.required[:, 1] == j, 0].tolist())
        free = [i for i in range(d) if allowed[i, j]]
        local.append(
            {
                frozenset(s): cost(dag, j, list(s))
                for r in range(min(most, len(free)) + 1)
                for s in itertools.combinations(free, r)
                if required <= set(s)
            }
        )
    best = np.inf
    for order in itertools.permutations(range(d)):
        total = 0.0
        for k, j in enumerate(order):
            known = set(order[:k])
            total += min((c for s, c in local[j].items() if s <= known), default=np.inf)
        best = min(best, total)
    return best


SCORES = [
    {"loss": "ls"},
    {"loss": "gauss"},
    {"loss": "gauss", "penalty": "bic"},
    {"loss": "ls", "penalty": "bic"},
    {"loss": "ls", "penalty": "l0", "weight": 0.05},
    {"loss": "ls", "penalty": "l1", "weight": 0.1},
]


def case(seed, score, plain=False):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 5 if score.get("penalty") == "l1" else 6))
    return Dag.from_data(sample(rng, d), **score, **({} if plain else rules(rng, d)))


def assert_optimum(dag, method):
    best = brute_force(dag)
    limit = {"iterations": 200} if method == "kernel" else {"time_limit": 20}
    result = zg.solve(dag, method=method, threads=1, **limit)
    assert result.objective == pytest.approx(best, rel=1e-8)
    if method != "kernel":
        assert result.status == "optimal"


@pytest.mark.parametrize("score", SCORES, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
def test_methods_honour_every_rule_and_agree_with_brute_force(score, method):
    for seed in range(6):
        assert_optimum(case(seed, score), method)


@pytest.mark.slow
@pytest.mark.parametrize("score", SCORES, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
def test_methods_agree_with_brute_force_on_more(score, method):
    for seed in range(100, 140):
        assert_optimum(case(seed, score), method)


def test_logistic_methods_agree_with_all_orders():
    rng = np.random.default_rng(3)
    data = (rng.random((60, 4)) < 0.5).astype(float)
    data[:, 2] = np.where(rng.random(60) < 0.8, data[:, 0], data[:, 2])
    dag = Dag.from_data(data, loss="logistic", penalty="l1", weight=0.02, forbidden=[[0, 2]])
    results = [zg.solve(dag, method=m, threads=1, time_limit=20) for m in ("auto", "exact")]
    assert all(r.status == "optimal" for r in results)
    assert results[0].objective == pytest.approx(results[1].objective, rel=1e-8)
    best = min(
        zg.solve(
            Dag.from_data(
                data, loss="logistic", penalty="l1", weight=0.02, forbidden=[[0, 2]],
                tiers=np.argsort(order),
            ),
            method="kernel", iterations=1, threads=1,
        ).objective
        for order in itertools.permutations(range(4))
    )  # fmt: skip
    assert results[0].objective == pytest.approx(best, rel=1e-8)


def test_exact_models_prove_the_optimum_and_start_from_a_solution():
    from zerogap.solvers.backends import cpsat, highs
    from zerogap.solvers.result import Limits
    from zerogap.solvers.search import Search

    dag = case(4, SCORES[2])
    best = brute_force(dag)
    start = zg.solve(dag, method="kernel", iterations=1, threads=1).solution
    for build, backend in ((integer_model.build, highs), (constraint_model.build, cpsat)):
        options = {"states": 10**6}
        search = Search(
            zg.family("dag"), dag, Limits(20), threads=1, seed=0, method="exact", options=options
        )
        search.offer(start, "start")
        assert backend.improve(build(dag), search) == "optimal"
        assert search.objective == pytest.approx(best, rel=1e-9)
        assert search.bound == pytest.approx(best, rel=1e-6)


def test_hints_of_the_models_are_complete():
    dag = case(7, SCORES[3])
    solution = zg.solve(dag, threads=1, time_limit=10).solution
    for build in (integer_model.build, constraint_model.build):
        model = build(dag)
        given = list(model.hint(solution))
        count = sum(
            len(list(v.values())) if hasattr(v, "values") else len(v)
            for v in model.variables.values()
        )
        assert len(given) == count


def test_cluster_bounds_are_valid_and_tight_on_small_instances():
    from zerogap.solvers.dag import clusters, parents
    from zerogap.solvers.result import Limits
    from zerogap.solvers.search import Search

    for seed in range(8):
        dag = case(seed, SCORES[2])
        best = brute_force(dag)
        options = {o.name: o.default for o in zg.family("dag").options}
        search = Search(
            zg.family("dag"), dag, Limits(20), threads=1, seed=0, method="exact", options=options
        )
        problem, whole = parents.local_problem(dag)
        lists = parents.enumerate_sets(dag, problem, whole, search)
        assert lists.complete
        clusters.prove(dag, search, problem, lists, None)
        assert search.objective == pytest.approx(best, rel=1e-8)
        assert search.bound == pytest.approx(best, rel=1e-6)
        assert search.bound <= best * (1 + 1e-9)


def test_kernel_lists_equal_the_plain_enumeration():
    from zerogap.solvers.dag import parents

    for seed in range(6):
        dag = case(seed, SCORES[2])
        problem, _ = parents.local_problem(dag)
        before = dag.before
        for j, (costs, sets) in enumerate(parent_sets(dag)):
            found, members, complete, _ = problem.parent_sets(j)
            assert complete
            fitting = {s: c for c, s in zip(costs, sets) if not any(before[j, i] for i in s)}
            # The kernel knows that descendants by rule cannot be parents, and stops at sets that
            # no extension can redeem; what it keeps costs the same, the cheapest is the same.
            assert set(members) <= set(fitting)
            for c, s in zip(found, members):
                assert c == pytest.approx(fitting[s], rel=1e-9)
            if fitting:
                assert found[0] == pytest.approx(min(fitting.values()), rel=1e-9)


def test_topo_ends_at_an_order_no_worse_than_its_start():
    dag = zg.generate("dag", variables=15, edges=40, seed=5)
    start = Structure.from_adjacency(np.zeros((15, 15)), names=dag.names)
    result = zg.solve(dag, method="topo", start=start)
    assert result.objective < zg.check(dag, start)
    sparse = Dag(dag.covariance, 1000, penalty="bic")
    found = zg.solve(sparse, method="topo", start=start, threads=1)
    assert found.objective < zg.check(sparse, start)


def test_a_start_is_never_made_worse():
    dag = zg.generate("dag", variables=12, edges=30, seed=1)
    start = Structure.from_adjacency(
        np.where(np.abs(dag.truth) > 0.8, dag.truth, 0), names=dag.names
    )
    for method in ("auto", "kernel", "exact", "topo"):
        result = zg.solve(dag, method=method, start=start, iterations=3, threads=1)
        assert result.objective <= zg.check(dag, start)


def test_large_instances_get_a_local_optimum_and_a_bound():
    dag = zg.generate("dag", variables=150, edges=300, observations=600, seed=2)
    result = zg.solve(dag, time_limit=2, threads=2)
    assert result.objective <= zg.check(dag, Structure.from_adjacency(dag.truth, names=dag.names))
    assert result.gap < 0.15


def test_twenty_variables_are_proven():
    for loss in ("ls", "gauss"):
        dag = zg.generate("dag", variables=20, edges=40, seed=3, loss=loss)
        assert zg.solve(dag, time_limit=20).status == "optimal"


def test_same_seed_and_iterations_give_the_same_answer():
    for fields in ({}, {"loss": "gauss", "penalty": "bic"}):
        dag = zg.generate("dag", variables=12, edges=24, seed=4, **fields)
        runs = [zg.solve(dag, method="kernel", seed=5, iterations=50, threads=1) for _ in "ab"]
        assert runs[0].objective == runs[1].objective
        assert runs[0].solution.order.tolist() == runs[1].solution.order.tolist()


def test_the_learner_learns():
    dag = zg.generate("dag", variables=8, edges=12, observations=2000, seed=6)
    learner = DagLearner(time_limit=5).fit(dag.data)
    assert zg.dag.compare(dag.truth, learner.graph_)["shd"] <= 1
    assert learner.adjacency_.shape == (8, 8) and sorted(learner.order_) == list(range(8))
    assert learner.score_ == learner.result_.objective
    assert learner.get_params()["time_limit"] == 5
    assert learner.set_params(loss="gauss", penalty="bic").loss == "gauss"
    with pytest.raises(ValueError, match="unknown"):
        learner.set_params(color=1)


def test_bootstrap_frequencies_favour_true_edges():
    dag = zg.generate("dag", variables=6, edges=6, observations=500, seed=7)
    frequency = bootstrap(dag, samples=10, seed=1, iterations=20)
    assert frequency.shape == (6, 6) and frequency.min() >= 0 and frequency.max() <= 1
    true = dag.truth != 0
    assert frequency[true].mean() > 0.8 > frequency[~true].mean()


def test_constraints_of_the_user_hold():
    dag = case(4, SCORES[2], plain=True)
    free = zg.solve(dag, threads=1, time_limit=20)
    i, j = free.solution.edges[0].tolist()

    def forbid(model):
        model.model.user = __import__("pyomo.environ").environ.Constraint(
            expr=model.variables["edge"][i, j] + model.variables["edge"][j, i] == 0
        )

    bound = zg.solve(dag, extend=forbid, threads=1, time_limit=20)
    expected = Dag(
        dag.covariance, dag.observations, loss="gauss", penalty="bic", forbidden=[[i, j], [j, i]]
    )
    assert bound.objective == pytest.approx(zg.solve(expected, threads=1).objective, rel=1e-9)
    assert bound.objective > free.objective


def test_the_constraint_program_proves_the_same():
    dag = case(9, SCORES[2])
    result = zg.solve(dag, method="cpsat", threads=1, time_limit=20)
    assert result.objective == pytest.approx(brute_force(dag), rel=1e-9)
    assert result.gap < 1e-6


def test_block_rows_hold_for_every_graph():
    """No choice of parent sets that forms a graph may violate a block's row."""
    from zerogap.solvers.dag import clusters, parents
    from zerogap.solvers.result import Limits
    from zerogap.solvers.search import Search

    rng = np.random.default_rng(2)
    for score in (SCORES[2], SCORES[3]):
        dag = Dag.from_data(sample(rng, 5), **score)
        options = {o.name: o.default for o in zg.family("dag").options}
        search = Search(
            zg.family("dag"), dag, Limits(20), threads=1, seed=0, method="exact", options=options
        )
        problem, whole = parents.local_problem(dag)
        columns = clusters.Columns(dag, parents.enumerate_sets(dag, problem, whole, search))
        blocks = clusters.Blocks(dag, problem, columns)
        rows = [
            blocks.row((inside, given))
            for inside in range(1, 32)
            for given in range(32)
            if inside.bit_count() > 1 and not inside & given
        ]
        for _ in range(200):
            place = np.argsort(rng.permutation(5))
            chosen = np.zeros(len(columns.cost))
            for j in range(5):
                fitting = [
                    k
                    for k in np.flatnonzero(columns.owner == j)
                    if all(place[i] < place[j] for i in columns.members[k])
                ]
                chosen[rng.choice(fitting)] = 1
            for index, value, lower in rows:
                assert value @ chosen[index] >= lower - 1e-7 * max(1.0, abs(lower))


def test_layers_give_way_to_subsets_where_bounds_are_weak(monkeypatch):
    from zerogap.solvers.dag import orders

    dag = zg.generate("dag", variables=11, edges=30, seed=2, standardize=True)
    by_layers = zg.solve(dag, method="exact", threads=1, time_limit=20)
    monkeypatch.setattr(orders, "PATIENCE", -1.0)
    by_subsets = zg.solve(dag, method="exact", threads=1, time_limit=20)
    assert by_layers.status == by_subsets.status == "optimal"
    assert by_layers.objective == pytest.approx(by_subsets.objective, rel=1e-9)
    assert by_subsets.trace[-1].source == "subsets"


def test_more_candidates_than_a_byte_holds_are_cut_without_a_false_bound():
    dag = zg.generate(
        "dag",
        variables=262,
        edges=200,
        observations=600,
        loss="gauss",
        penalty="bic",
        max_parents=1,
    )
    enough = threading.Event()  # two seconds after the first graph, however slow the machine is
    result = zg.solve(
        dag, time_limit=120, threads=1, interrupt=enough,
        on_solution=lambda found: threading.Timer(2.0, enough.set).start(),
    )  # fmt: skip
    assert result.objective <= zg.check(
        dag, Structure.from_adjacency(np.zeros((262, 262)), names=dag.names)
    )
    assert result.status == "feasible"

"""Kernels of log scores: counting, lists, clusters; against definitions in plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from zerogap._ext.dag import counts, cuts, lists
from zerogap.models.dag import Categorical, check
from zerogap.models.dag.counts import distinct, local_score, log_regret
from zerogap.models.dag.parents import structure


def drawn(seed, n=70, d=5, values=3):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, values, (n, d))
    rows[:, 1:] = np.where(rng.random((n, d - 1)) < 0.6, rows[:, :-1], rows[:, 1:])
    return rows


def made(rows, score, ess=1.0):
    dag = Categorical(rows, ["abc"] * rows.shape[1], score, ess)
    distinct, weights = np.unique(dag.data, axis=0, return_counts=True)
    return dag, counts.CountedScore(distinct, weights, dag.arities.tolist(), score, ess)


@pytest.mark.parametrize("score", counts.KINDS)
def test_local_scores_are_the_formulas(score):
    dag, kernel = made(drawn(1), score, 5.0)
    for j in range(5):
        for size in range(5):
            for parents in itertools.combinations([i for i in range(5) if i != j], size):
                expected = local_score(dag, j, parents)
                assert kernel.local(j, parents) == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_normaliser_is_the_recurrence():
    for n in (1, 2, 7, 50):
        before, now = 1.0, log_regret(n, 2)
        values = [before, np.exp(now)]
        for k in range(3, 9):
            values.append(values[-1] + n / (k - 2) * values[-2])
            assert log_regret(n, k) == pytest.approx(np.log(values[-1]), rel=1e-12)
    assert np.exp(log_regret(1, 2)) == pytest.approx(2)  # two values, one row
    assert np.exp(log_regret(2, 2)) == pytest.approx(2.5)  # 1 + 2 · ¼ + 1


@pytest.mark.parametrize("score", counts.KINDS)
@pytest.mark.parametrize(("required", "most"), [((), 4), ((3,), 3), ((), 1)])
def test_no_set_that_beats_its_subsets_is_missing(score, required, most):
    for seed in range(4):
        dag, kernel = made(drawn(seed), score)
        free = [i for i in range(5) if i != 0 and i not in required]
        costs, sets, complete, _, _ = kernel.parent_sets(0, free, required, most)
        assert complete and list(costs) == sorted(costs)
        scores = {}
        for size in range(most - len(required) + 1):
            for chosen in itertools.combinations(free, size):
                key = tuple(sorted((*required, *chosen)))
                scores[key] = -local_score(dag, 0, key)
        kept = dict(zip(sets, costs))
        for key, cost in scores.items():
            below = [c for s, c in scores.items() if set(s) < set(key)]
            assert key not in kept or kept[key] == pytest.approx(cost, rel=1e-11)
            if cost < min(below, default=np.inf) - 1e-9:
                assert key in kept
        every = kernel.parent_sets(0, free, required, most, every=True)[1]
        assert sorted(every) == sorted(scores)


def test_what_a_budget_leaves_out_costs_at_least_what_is_said():
    for score in counts.KINDS:
        dag, kernel = made(drawn(2), score)
        free = [1, 2, 3, 4]
        _, sets, complete, missing, evaluated = kernel.parent_sets(0, free, budget=3)
        assert not complete and evaluated <= 4
        for size in range(5):
            for s in itertools.combinations(free, size):
                if s not in sets:
                    assert -local_score(dag, 0, s) >= missing - 1e-9


def test_lists_are_the_best_over_all_orders():
    rng = np.random.default_rng(0)
    for _ in range(20):
        d = int(rng.integers(1, 6))
        given = []
        for j in range(d):
            others = [i for i in range(d) if i != j]
            every = [s for k in range(d) for s in itertools.combinations(others, k)]
            kept = [s for s in every if rng.random() < 0.6] or [()]
            costs = np.sort(rng.normal(0, 1, len(kept)))
            given.append((costs, kept))
        before = np.zeros((d, d), bool)
        if d > 1:
            before[1, 0] = rng.random() < 0.5
        program = lists.ListProgram(given, before)
        while program.run(0.001):
            pass
        best = np.inf
        for order in itertools.permutations(range(d)):
            place = np.argsort(order)
            if any(before[i, j] and place[i] > place[j] for i in range(d) for j in range(d)):
                continue
            total = 0.0
            for j in range(d):
                fit = [c for c, s in zip(*given[j]) if all(place[i] < place[j] for i in s)]
                total += min(fit, default=np.inf)
            best = min(best, total)
        assert program.done
        if np.isinf(best):
            assert program.objective is None and program.best() is None
        else:
            assert program.objective == pytest.approx(best)
            order, parents = program.best()
            place = np.argsort(order)
            assert all(place[i] < place[j] for j in range(d) for i in parents[j])


def test_clusters_found_are_violated():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(30):
        d = 7
        owner, x, sets = [], [], []
        for j in range(d):
            part = rng.dirichlet([1, 1, 1])
            for p in part:
                others = [i for i in range(d) if i != j]
                sets.append(tuple(sorted(rng.choice(others, int(rng.integers(0, 4)), False))))
                owner.append(j)
                x.append(p)
        search = cuts.ClusterSearch(d, owner, x, sets)
        for k in (1, 2, 3):
            for violation, members in search.grow([(j,) for j in range(d)], k):
                left = sum(
                    v
                    for j, v, s in zip(owner, x, sets)
                    if j in members and len(set(s) & set(members)) < k
                )
                assert violation == pytest.approx(k - left) and violation > 1e-3
                assert len(members) > k
                hits += 1
    assert hits > 50


def test_bad_arrays_are_refused():
    with pytest.raises(ValueError, match="not below its arity"):
        counts.CountedScore([[2]], [1], [2], "bic")
    with pytest.raises(ValueError, match="not sorted"):
        lists.ListProgram([([1.0, 0.0], [(), ()])])
    with pytest.raises(ValueError, match="26"):
        lists.ListProgram([([0.0], [()])] * 27)
    with pytest.raises(ValueError, match="no set of variables"):
        cuts.ClusterSearch(2, [0], [1.0], [(1,)]).grow([(0, 0)], 1)


def test_costs_of_many_sets_are_those_of_single_fits():
    from zerogap._ext.dag import sparse

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 10)) @ rng.normal(size=(10, 10))
    allowed = ~np.eye(10, dtype=bool)
    problem = sparse.LocalProblem(
        rows.T @ rows / 40, 40, "gauss", 1.0, 0.0, allowed, ~allowed & False, 10
    )
    sets = rng.random((30, 10)) < 0.4
    sets[:, 3] = False
    masks = np.packbits(sets, axis=1, bitorder="little")
    expected = [problem.fit(3, np.flatnonzero(s).tolist())[0] for s in sets]
    assert problem.costs(3, masks) == pytest.approx(expected, rel=1e-12)


def climb_of(dag: Categorical, seed: int = 0) -> counts.GraphClimb:
    rows, weights = distinct(dag)
    score = counts.CountedScore(rows, weights, dag.arities.tolist(), dag.score, dag.ess)
    required = np.zeros((dag.variables, dag.variables), dtype=bool)
    required[dag.required[:, 0], dag.required[:, 1]] = True
    most = dag.variables if dag.max_parents is None else dag.max_parents
    return counts.GraphClimb(score, dag.allowed, required, dag.before, most, seed)


@pytest.mark.parametrize("seed", range(40))
def test_climbs_obey_the_rules_and_the_checker(seed):
    from tests.oracles import dag as oracle

    rng = np.random.default_rng(seed)
    dag, _ = oracle._categories(rng)
    climb = climb_of(dag, seed)
    climb.run(10.0, 0)
    first = climb.objective
    climb.run(10.0, 20)
    assert climb.rested and climb.iterations == (20 if dag.variables > 1 else 0)
    found = structure(dag, climb.best())  # refuses cycles, those with the rules among them
    assert check(dag, found) == pytest.approx(-climb.objective, rel=1e-9)
    assert climb.objective <= first + 1e-9
    proven = zg.solve(dag, method="exact", threads=1, time_limit=30)
    assert proven.status == "optimal"
    assert -climb.objective <= proven.objective + 1e-9


def test_climbs_are_the_same_however_sliced():
    dag = zg.generate("dag", "bn", seed=3, variables=9, edges=12, score="bic", max_parents=3)
    whole, slices = climb_of(dag, 5), climb_of(dag, 5)
    whole.run(60.0, 12)
    while slices.iterations < 12 or not slices.rested:
        slices.run(1e-4, 1 if slices.rested else 0)
    assert whole.objective == slices.objective and whole.best() == slices.best()
    assert whole.evaluations == slices.evaluations
    best = zg.solve(dag, method="exact", threads=1, time_limit=30)
    assert best.status == "optimal"
    assert -whole.objective == pytest.approx(best.objective, rel=1e-9)


@pytest.mark.parametrize("number", [4, 6])
def test_climbs_turn_edges_that_hide_the_parents_of_a_variable(number):
    # A variable with several parents stands as the parent of them; none of them serves it alone,
    # and the sets of the candidates that do lack the one of the optimum.
    dag = zg.generate(
        "dag", "bn", seed=number, variables=14, edges=28, score="bdeu", max_parents=3,
        observations=500,
    )  # fmt: skip
    best = zg.solve(dag, method="exact", threads=1, time_limit=60)
    assert best.status == "optimal"
    for seed in range(3):
        climb = climb_of(dag, seed)
        climb.run(60.0, 1)
        assert -climb.objective == pytest.approx(best.objective, rel=1e-9)


def test_climbs_refuse_what_does_not_fit():
    dag = zg.generate("dag", "bn", seed=0, variables=4, edges=4, score="bdeu")
    score = climb_of(dag).score
    nothing = np.zeros((4, 4), dtype=bool)
    with pytest.raises(ValueError, match="4 rows and columns"):
        counts.GraphClimb(score, nothing[:3], nothing, nothing, 3)
    with pytest.raises(ValueError, match="is no precedence"):
        counts.GraphClimb(score, nothing, ~nothing, nothing, 3)
    with pytest.raises(ValueError, match="a limit"):
        climb_of(dag).run()

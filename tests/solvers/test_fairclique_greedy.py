"""HeurRFC's greedies and local search, against enumeration and by their own rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.solvers.fairclique import greedy

METHODS = ("degree", "coloured-degree", "heurrfc")


def graph(seed: int, n: int = 40, p: float = 0.5, k: int = 2, delta: int = 1):
    return zg.generate("fairclique", "gnp", vertices=n, probability=p, k=k, delta=delta, seed=seed)


@pytest.mark.parametrize("seed", range(12))
def test_never_above_the_optimum_and_always_fair(seed):
    instance = graph(seed, p=0.3 + 0.05 * (seed % 9), k=1 + seed % 3, delta=seed % 4)
    best = zg.solve(instance, threads=1, time_limit=20)
    for method in METHODS:
        found = zg.solve(instance, method=method, threads=1, time_limit=20)
        assert found.status != "optimal"
        if found.objective is None:
            continue
        assert found.objective <= best.objective
        assert zg.check(instance, found.solution) == found.objective


def test_the_whole_heuristic_is_no_worse_than_its_greedies_and_near_the_optimum():
    total = dict.fromkeys((*METHODS, "kernel"), 0)
    for seed in range(20):
        instance = graph(seed, n=60, p=0.6)
        sizes = {
            m: zg.solve(instance, method=m, threads=1, time_limit=20).objective or 0 for m in total
        }
        assert sizes["heurrfc"] >= max(sizes["degree"], sizes["coloured-degree"])
        for m, size in sizes.items():
            total[m] += size
    assert total["heurrfc"] >= 0.85 * total["kernel"]


def test_the_same_answer_every_time():
    instance = graph(3, n=80)
    for method in METHODS:
        first, second = (zg.solve(instance, method=method, threads=1).solution for _ in range(2))
        assert np.array_equal(first.vertices, second.vertices)


def test_coloured_degree_counts_colours_of_the_scarcer_value():
    #   0 – 1, 0 – 2, 0 – 3, 1 – 2: values a b a b; 1 and 2 need two colours, 3 shares one of them
    edges = [(0, 1), (0, 2), (0, 3), (1, 2)]
    star = zg.fairclique.from_edges(edges, [0, 1, 0, 1], k=1, delta=1)
    inside = np.ones(4, bool)
    colour = greedy.colouring(star, inside)
    assert all(colour[u] != colour[v] for u, v in edges)
    assert greedy._coloured_degrees(star, inside)[0] == 1
    assert greedy._degrees(star, inside).tolist() == [3, 2, 2, 1]
    inside[3] = False
    assert greedy._degrees(star, inside).tolist() == [2, 2, 2, 0]


def test_local_search_gives_one_up_for_two():
    #   triangle 0 1 2 and the 4-clique 1 2 3 4: from {0, 1, 2} the way leads over {1, 2}
    edges = [(0, 1), (0, 2), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    both = zg.fairclique.from_edges(edges, [0, 0, 1, 0, 1], k=1, delta=1)
    inside = np.ones(5, bool)
    steps = list(greedy.improved(both, np.array([0, 1, 2]), inside))
    assert sorted(steps[-1].tolist()) == [1, 2, 3, 4]


def test_three_values_and_no_clique():
    three = zg.generate(
        "fairclique", "gnp", vertices=40, probability=0.7, values=3, k=1, delta=2, seed=1
    )
    for method in METHODS:
        found = zg.solve(three, method=method, threads=1)
        assert zg.check(three, found.solution) == found.objective
        none = zg.solve(replace(three, k=30), method=method, threads=1)
        assert none.status == "infeasible"


def test_what_they_do_not_know_is_refused_by_name():
    instance = graph(1)
    heavy = replace(instance, weight=np.arange(instance.vertices))
    for method in METHODS:
        with pytest.raises(InstanceError, match=f"method {method}: is not for weights and anchors"):
            zg.solve(heavy, method=method)


def test_published_bounds_are_for_two_values():
    three = zg.generate("fairclique", "gnp", vertices=20, values=3, seed=1)
    with pytest.raises(InstanceError, match=r"option bound: .*two attribute values"):
        zg.solve(three, bound="ub_ac")

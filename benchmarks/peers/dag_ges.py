"""Peer: greedy equivalence search with BIC (package ``causal-learn``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.dag import Dag, check
from zerogap.models.dag.parents import structure

#: What the result line names the versions of.
PACKAGES = ("causal-learn",)


def extension(directed: np.ndarray, undirected: np.ndarray) -> list[list[int]]:
    """Parents in a DAG of the class (Dor, Tarsi 1992): sinks with linked neighbours go last."""
    d = len(directed)
    left, parents = set(range(d)), [[] for _ in range(d)]
    directed, undirected = directed.copy(), undirected.copy()
    while left:
        for v in sorted(left):
            near = np.flatnonzero(undirected[v])
            around = np.flatnonzero(undirected[v] | directed[:, v])
            linked = directed | directed.T | undirected
            if directed[v].any() or any(not linked[a, b] for a in near for b in around if a != b):
                continue
            parents[v] = around.tolist()
            left.remove(v)
            for matrix in (directed, undirected):
                matrix[v] = False
                matrix[:, v] = False
            break
        else:
            raise ValueError("GES returned a class without a DAG")
    return parents


def solve(dag: Dag, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """GES with its default BIC; the score is that of one DAG of the class it finds."""
    from causallearn.search.ScoreBased.GES import ges

    if dag.loss != "gauss" or dag.data is None:
        raise ValueError("GES is run for the loss gauss, on rows")
    graph = ges(dag.data, score_func="local_score_BIC")["G"].graph
    tail, head = graph == -1, graph == 1
    directed = tail & head.T  # graph[i, j] = -1 and graph[j, i] = 1 is i → j
    undirected = tail & tail.T
    solution = structure(dag, extension(directed, undirected))
    return {"objective": check(dag, solution), "status": "feasible", "solution": solution}

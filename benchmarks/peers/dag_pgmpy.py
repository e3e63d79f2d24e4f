"""Peer: hill climbing with a tabu list over graphs (package ``pgmpy``), BDeu, BIC, AIC or K2."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.dag import Categorical, Structure, check
from zerogap.models.dag.parents import structure

#: What the result line names the versions of.
PACKAGES = ("pgmpy",)


def frame(dag: Categorical) -> Any:
    """The rows as a data frame of values."""
    import pandas as pd

    columns = {
        name: np.array(values)[dag.data[:, j]]
        for j, (name, values) in enumerate(zip(dag.names, dag.levels))
    }
    return pd.DataFrame(columns)


def score(dag: Categorical) -> Any:
    """pgmpy's object of the instance's score, over all values of the instance."""
    from pgmpy import structure_score

    states = {name: list(values) for name, values in zip(dag.names, dag.levels)}
    if dag.score == "bdeu":
        return structure_score.BDeu(frame(dag), dag.ess, state_names=states)
    kinds = {"bic": "BIC", "aic": "AIC", "k2": "K2"}
    if dag.score not in kinds:
        raise ValueError(f"pgmpy has no score {dag.score}")
    return getattr(structure_score, kinds[dag.score])(frame(dag), state_names=states)


def graph(dag: Categorical, edges: Any) -> Structure:
    """The structure with edges by name."""
    index = {name: j for j, name in enumerate(dag.names)}
    parents: list[list[int]] = [[] for _ in dag.names]
    for a, b in edges:
        parents[index[b]].append(index[a])
    return structure(dag, [sorted(p) for p in parents])


def solve(dag: Categorical, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Hill climbing with its defaults from the empty graph; it knows no time limit."""
    from pgmpy.causal_discovery import HillClimbSearch

    if not isinstance(dag, Categorical):
        raise ValueError("pgmpy is run on categories")
    search = HillClimbSearch(
        scoring_method=score(dag), max_indegree=dag.max_parents, return_type="dag",
        show_progress=False,
    )  # fmt: skip
    search.fit(frame(dag))
    solution = graph(dag, search.causal_graph_.edges())
    return {"objective": check(dag, solution), "status": "feasible", "solution": solution}

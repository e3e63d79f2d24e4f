"""An estimator in the manner of scikit-learn, and edge frequencies by the bootstrap."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag import Categorical, Dag, cpdag
from zerogap.solvers.result import Result


class DagLearner:
    """Learn a DAG from data.

    Parameters
    ----------
    loss, penalty, weight, max_parents, center, standardize, ridge
        As in `zerogap.dag.Dag.from_data`.
    required, forbidden, tiers
        Edge lists and tiers, by index of the variable.
    score, ess
        With a log score the data are categories (`zerogap.dag.Categorical.from_data`) and the
        losses' settings are not used.
    threshold : float
        Edges of smaller absolute weight are left out of `graph_`.
    method, time_limit, threads, seed
        As in `zerogap.solve`.

    Attributes
    ----------
    adjacency_ : ndarray, shape (d, d)
        Weights, ``adjacency_[i, j]`` of i → j.
    graph_ : ndarray of bool, shape (d, d)
        Edges whose weight reaches the threshold.
    order_ : ndarray
        An order of the variables along the edges.
    score_, bound_ : float
        Score and proven bound.
    result_ : Result
        Everything else.

    Examples
    --------
    >>> import zerogap as zg
    >>> from zerogap.solvers.dag.learner import DagLearner
    >>> dag = zg.generate("dag", variables=6, edges=8, seed=1)
    >>> learner = DagLearner(time_limit=5).fit(dag.data)
    >>> zg.dag.compare(dag.truth, learner.graph_)["shd"]
    0
    """

    def __init__(
        self,
        *,
        loss: str = "ls",
        penalty: str = "none",
        weight: float = 0.0,
        max_parents: int | None = None,
        center: bool = True,
        standardize: bool = False,
        ridge: float = 0.0,
        required: Any = (),
        forbidden: Any = (),
        tiers: Any = None,
        score: str | None = None,
        ess: float = 1.0,
        threshold: float = 0.3,
        method: str = "auto",
        time_limit: float = 60.0,
        threads: int | None = None,
        seed: int = 0,
    ):
        values = locals()
        for name in self._names():
            setattr(self, name, values[name])

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **settings: Any) -> DagLearner:
        """Change settings; returns the learner."""
        for name, value in settings.items():
            if name not in self._names():
                raise ValueError(f"unknown setting {name!r}")
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: Any = None) -> DagLearner:
        """Learn from rows (n, d) or a data frame; `y` is ignored."""
        import zerogap as zg

        given = self.get_params()
        solving = {k: given.pop(k) for k in ("method", "time_limit", "threads", "seed")}
        threshold = given.pop("threshold")
        given["required"], given["forbidden"] = list(self.required), list(self.forbidden)  # type: ignore[attr-defined]
        if given["score"] is None:
            del given["score"], given["ess"]
            dag: Any = Dag.from_data(X, **given)
        else:
            known = ("score", "ess", "max_parents", "required", "forbidden", "tiers")
            dag = Categorical.from_data(X, **{key: given[key] for key in known})
        self.result_: Result = zg.solve(dag, **solving)
        structure = self.result_.solution
        if structure is None:
            raise InstanceError("no structure was found within the time", field="time_limit")
        self.names_ = dag.names
        self.n_features_in_ = dag.variables
        self.adjacency_ = structure.adjacency
        self.graph_ = np.abs(self.adjacency_) >= max(threshold, np.finfo(float).tiny)
        self.order_ = structure.order
        self.score_, self.bound_ = self.result_.objective, self.result_.bound
        return self

    def to_networkx(self) -> Any:
        """A ``networkx.DiGraph`` of the edges that reach the threshold."""
        return self.result_.solution.threshold(self.threshold).graph()  # type: ignore[attr-defined]


def bootstrap(
    dag: Dag | Categorical,
    *,
    samples: int = 100,
    threshold: float = 0.3,
    seed: int = 0,
    iterations: int = 200,
    map: Callable[..., Any] = map,
    pattern: bool = False,
) -> np.ndarray:
    """How often every edge is found in resampled data.

    Parameters
    ----------
    dag : Dag or Categorical
        With its rows.
    samples : int
        Bootstrap samples.
    threshold : float
        Smaller absolute weights do not count as edges.
    seed : int
    iterations : int
        Kernel iterations a sample.
    map : callable
        Maps a function over seeds: the built-in one, that of a ``concurrent.futures`` executor, or
        ``lambda f, s: client.gather(client.map(f, list(s)))`` of a Dask client.

    pattern : bool
        Count edges of the equivalence classes: an edge that the data cannot direct counts in both
        directions.

    Returns
    -------
    ndarray of float64, shape (d, d)
        Share of the samples with the edge i → j.

    Raises
    ------
    InstanceError
        If the instance has no rows.
    """
    if getattr(dag, "data", None) is None:
        raise InstanceError("the bootstrap needs the rows", field="data")
    if samples < 1:
        raise InstanceError(f"is {samples}, expected 1 or more", field="samples")
    seeds = np.random.SeedSequence(seed).generate_state(samples).tolist()
    graphs = list(map(Resample(dag, threshold, iterations, pattern), seeds))
    return np.mean(graphs, axis=0)


class Resample:
    """One bootstrap sample: rows drawn with replacement, learnt, thresholded; picklable."""

    def __init__(
        self, dag: Dag | Categorical, threshold: float, iterations: int, pattern: bool = False
    ):
        self.dag, self.threshold, self.iterations = dag, threshold, iterations
        self.pattern = pattern

    def __call__(self, seed: int) -> np.ndarray:
        import zerogap as zg

        rng = np.random.default_rng(seed)
        dag = self.dag
        assert dag.data is not None
        rows = dag.data[rng.integers(0, dag.observations, size=dag.observations)]
        if isinstance(dag, Categorical):
            again: Any = replace(dag, data=rows)
        elif dag.loss == "logistic":
            again = replace(dag, data=rows)
        else:
            covariance = rows.T @ rows / len(rows)
            covariance[np.diag_indices(dag.variables)] += dag.ridge
            again = replace(dag, covariance=covariance, data=None)
        result = zg.solve(again, method="kernel", iterations=self.iterations, threads=1)
        found = np.abs(result.solution.adjacency) >= max(self.threshold, np.finfo(float).tiny)
        return cpdag(found) if self.pattern else found

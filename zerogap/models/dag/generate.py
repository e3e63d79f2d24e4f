"""Random linear structural equation models."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag.instance import Dag

NOISES = ("gauss", "exp", "gumbel", "uniform", "logistic")


def erdos_renyi(seed: int = 0, **options: Any) -> Dag:
    """Data of a random graph with exactly `edges` edges, uniform over pairs.

    Parameters
    ----------
    seed : int
    **options
        See `simulate`.
    """
    return simulate("er", seed=seed, **options)


def scale_free(seed: int = 0, **options: Any) -> Dag:
    """Data of a preferential-attachment graph: every new vertex gets edges / variables edges.

    Parameters
    ----------
    seed : int
    **options
        See `simulate`.
    """
    return simulate("sf", seed=seed, **options)


def simulate(
    graph: str,
    *,
    seed: int = 0,
    variables: int = 20,
    edges: int | None = None,
    observations: int = 1000,
    noise: str = "gauss",
    low: float = 0.5,
    high: float = 2.0,
    spread: float = 1.0,
    center: bool = True,
    standardize: bool = False,
    loss: str | None = None,
    penalty: str = "none",
    weight: float = 0.0,
    max_parents: int | None = None,
) -> Dag:
    """Draw a graph, weights ± uniform in [low, high], and data.

    Parameters
    ----------
    graph : {"er", "sf"}
    seed : int
        Seed of numpy's default generator.
    variables, edges, observations : int
        Size; 2 edges a variable if `edges` is None.
    noise : {"gauss", "exp", "gumbel", "uniform", "logistic"}
        Noise of scale 1; ``logistic`` draws binary variables with probability σ(Xw).
    low, high : float
        Range of the absolute weights.
    spread : float
        Noise scales are drawn log-uniformly from [1/spread, spread]; 1 means equal variances.
    center, standardize, loss, penalty, weight, max_parents
        As in `Dag.from_data`; the loss is ``logistic`` for binary data, else ``ls``.

    Returns
    -------
    Dag
        With the true weights as `truth`.
    """
    d, n = int(variables), int(observations)
    m = 2 * d if edges is None else int(edges)
    low, high, spread = float(low), float(high), float(spread)
    if d < 2:
        raise InstanceError(f"is {d}, expected 2 or more", field="variables")
    if not 0 <= m <= d * (d - 1) // 2:
        raise InstanceError(f"is {m}, expected 0 … {d * (d - 1) // 2}", field="edges")
    if n < 2:
        raise InstanceError(f"is {n}, expected 2 or more", field="observations")
    if noise not in NOISES:
        raise InstanceError(f"{noise!r} is not one of {', '.join(NOISES)}", field="noise")
    if not 0 <= low <= high < np.inf:
        raise InstanceError(f"expected 0 <= low <= high, got {low}, {high}", field="low")
    if not 1 <= spread < np.inf:
        raise InstanceError(f"is {spread}, expected 1 or more", field="spread")
    rng = np.random.default_rng(seed)
    W = _weights(_graph(graph, d, m, rng), low, high, rng)
    scales = np.exp(rng.uniform(-np.log(spread), np.log(spread), size=d))
    X = _sample(W, n, noise, scales, rng)
    kind = loss or ("logistic" if noise == "logistic" else "ls")
    return Dag.from_data(
        X,
        loss=kind,
        penalty=penalty,
        weight=float(weight),
        center=_flag(center),
        standardize=_flag(standardize),
        max_parents=None if max_parents is None else int(max_parents),
        truth=W,
        name=f"{graph}-d{d}-m{int((W != 0).sum())}-n{n}-{noise}-s{seed}",
    )


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")


def _graph(graph: str, d: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Bool adjacency of a DAG under a random order."""
    B = np.zeros((d, d), dtype=bool)
    if graph == "er":
        chosen = rng.choice(d * (d - 1) // 2, size=m, replace=False)
        i, j = np.triu_indices(d, 1)
        B[i[chosen], j[chosen]] = True
    else:
        each = max(1, round(m / d))
        ends: list[int] = [0]
        for v in range(1, d):
            targets: set[int] = set()
            while len(targets) < min(each, v):
                targets.add(ends[rng.integers(len(ends))])
            for t in sorted(targets):
                B[t, v] = True
                ends += [t, v]
    order = rng.permutation(d)
    return B[np.ix_(order, order)]


def _weights(B: np.ndarray, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    size = rng.uniform(low, high, size=B.shape)
    sign = rng.choice([-1.0, 1.0], size=B.shape)
    return np.where(B, size * sign, 0.0)


def _sample(W, n: int, noise: str, scales, rng: np.random.Generator) -> np.ndarray:
    from zerogap.models.dag.solution import topological

    d = len(W)
    X = np.zeros((n, d))
    for j in topological(W != 0).tolist():
        mean = X @ W[:, j]
        if noise == "logistic":
            X[:, j] = rng.random(n) < 1 / (1 + np.exp(-mean))
            continue
        draw: Any = {
            "gauss": rng.standard_normal,
            "exp": rng.standard_exponential,
            "gumbel": lambda size: rng.gumbel(size=size),
            "uniform": lambda size: rng.uniform(-1, 1, size=size),
        }[noise]
        X[:, j] = mean + scales[j] * draw(n)
    return X

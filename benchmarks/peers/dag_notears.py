"""Peer: NOTEARS for linear models (Zheng et al. 2018), written anew: no package of it installs.

min F(W) + λ|W|₁ subject to h(W) = tr exp(W∘W) − d = 0, by the augmented Lagrangian; every
subproblem by L-BFGS-B over the positive and negative parts of W. The result is thresholded and,
where that is no DAG yet, the smallest weights are dropped until it is.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from zerogap.models.dag import Dag, Structure, check

#: What the result line names the versions of.
PACKAGES = ("scipy",)


def weights(
    covariance: np.ndarray, lasso: float = 0.1, deadline: float = np.inf, rounds: int = 100
) -> np.ndarray:
    """W before thresholding."""
    from scipy.linalg import expm
    from scipy.optimize import minimize

    S, d = covariance, len(covariance)
    rho, alpha, h = 1.0, 0.0, np.inf
    x = np.zeros(2 * d * d)
    bounds = [(0, 0) if i == j else (0, None) for _ in "+-" for i in range(d) for j in range(d)]

    def value(x: np.ndarray) -> tuple[float, np.ndarray]:
        W = (x[: d * d] - x[d * d :]).reshape(d, d)
        R = np.eye(d) - W
        E = expm(W * W)
        h = np.trace(E) - d
        smooth = 0.5 * float(np.sum((S @ R) * R)) + 0.5 * rho * h * h + alpha * h
        gradient = (-S @ R + (rho * h + alpha) * E.T * W * 2).reshape(-1)
        return smooth + lasso * x.sum(), np.concatenate([gradient + lasso, -gradient + lasso])

    def late(_: np.ndarray) -> None:
        if time.monotonic() > deadline:
            raise StopIteration

    for _ in range(rounds):
        while rho < 1e16:
            x_next = minimize(value, x, jac=True, method="L-BFGS-B", bounds=bounds, callback=late).x
            W = (x_next[: d * d] - x_next[d * d :]).reshape(d, d)
            h_next = float(np.trace(expm(W * W)) - d)
            if h_next <= 0.25 * h or time.monotonic() > deadline:
                break
            rho *= 10
        x, h = x_next, h_next
        alpha += rho * h
        if h <= 1e-8 or rho >= 1e16 or time.monotonic() > deadline:
            break
    return (x[: d * d] - x[d * d :]).reshape(d, d)


def acyclic(W: np.ndarray, threshold: float = 0.3) -> np.ndarray:
    """W without the edges below the threshold and without the weakest that close cycles."""
    from zerogap.models.base import InstanceError

    W = np.where(np.abs(W) >= threshold, W, 0.0)
    while True:
        try:
            Structure.from_adjacency(W)
            return W
        except InstanceError:
            W = np.where(np.abs(W) > np.abs(W[W != 0]).min(), W, 0.0)


def solve(dag: Dag, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """NOTEARS with λ = 0.1 and threshold 0.3, the weights as it leaves them."""
    if dag.loss != "ls":
        raise ValueError("NOTEARS is run for the loss ls")
    W = acyclic(weights(dag.covariance, deadline=time.monotonic() + time_limit))
    solution = Structure.from_adjacency(W, names=dag.names)
    return {"objective": check(dag, solution), "status": "feasible", "solution": solution}

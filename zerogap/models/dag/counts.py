"""Counts of categorical data, and local scores one at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zerogap.models.dag.categorical import Categorical


def observed(
    instance: Categorical, j: int, parents: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Observed configurations of the parents, and how often each value of j goes with them.

    Returns
    -------
    configurations : ndarray, shape (K, parents)
    counts : ndarray of int64, shape (K, r)
    """
    chosen = list(parents)
    rows = instance.data[:, chosen].astype(np.int64)
    if chosen:
        configurations, index = np.unique(rows, axis=0, return_inverse=True)
    else:
        configurations, index = rows[:1], np.zeros(len(rows), dtype=np.int64)
    counts = np.zeros((len(configurations), len(instance.levels[j])), dtype=np.int64)
    np.add.at(counts, (index.reshape(-1), instance.data[:, j]), 1)
    return configurations, counts


def distinct(instance: Categorical) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, and how often each stands in the data."""
    key = np.zeros(instance.observations, dtype=np.int64)
    top = 1
    for j, r in enumerate(instance.arities.tolist()):
        if top > 2**62 // r:  # ranks keep the key within 64 bits
            ranks, key = np.unique(key, return_inverse=True)
            key, top = key.reshape(-1).astype(np.int64), len(ranks)
        key = key * r + instance.data[:, j]
        top *= r
    _, first, weights = np.unique(key, return_index=True, return_counts=True)
    return instance.data[first], weights


def local_score(instance: Categorical, j: int, parents: Sequence[int]) -> float:
    """Log score of variable j with exactly these parents; formulas stand at `Categorical`."""
    _, counts = observed(instance, j, parents)
    n, r = instance.observations, counts.shape[1]
    states = math.prod(len(instance.levels[i]) for i in parents)
    sums = counts.sum(axis=1)
    if instance.score in ("bdeu", "k2"):
        a = float(r) if instance.score == "k2" else instance.ess / states
        gain = _log_gamma(a / r, counts.reshape(-1)) - _log_gamma(a, sums)
        return float(gain)
    likelihood = _entropy(counts.reshape(-1)) - _entropy(sums)
    if instance.score == "bic":
        return likelihood - 0.5 * math.log(n) * states * (r - 1)
    if instance.score == "aic":
        return likelihood - states * (r - 1)
    if instance.score == "fnml":
        return likelihood - sum(log_regret(int(c), r) for c in sums)
    return likelihood - log_regret(n, states * r) + log_regret(n, states)


def _log_gamma(a: float, counts: np.ndarray) -> float:
    return math.fsum(math.lgamma(a + c) - math.lgamma(a) for c in counts[counts > 0].tolist())


def _entropy(counts: np.ndarray) -> float:
    c = counts[counts > 0].astype(np.float64)
    return float((c * np.log(c)).sum())


def log_regret(n: int, values: float) -> float:
    """log C(n, values) of the multinomial's normaliser, by the sum of Mononen, Myllymäki (2008)."""
    if n < 1 or values <= 1:
        return 0.0
    k = np.arange(1, n + 1, dtype=np.float64)
    terms = np.cumsum(np.log1p(-(k - 1) / n) + np.log((values + k - 2) / k))
    top = max(0.0, float(terms.max()))
    return top + math.log(math.exp(-top) + float(np.exp(terms - top).sum()))

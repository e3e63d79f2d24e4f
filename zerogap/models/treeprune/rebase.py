"""What stands around the pruning: REBASE's allocation, normalised rewards, size of the KV cache."""

from __future__ import annotations

import math

import numpy as np

#: Temperature of the published settings.
TEMPERATURE = 0.2


def allocate(reward: np.ndarray, width: int, temperature: float = TEMPERATURE) -> np.ndarray:
    """Number of children that REBASE gives every leaf.

    Leaves are served in the order of their reward, the lower index first among equals; each gets
    ``ceil(width left · e_i / Σ e of those not yet served)`` with ``e = exp(reward / temperature)``.

    Parameters
    ----------
    reward : ndarray of float, shape (leaves,)
        Rewards of the process reward model.
    width : int
        Number of children to hand out, >= 0.
    temperature : float
        > 0.

    Returns
    -------
    ndarray of int64, shape (leaves,)
        Their sum is `width` (0 without leaves).

    Examples
    --------
    >>> allocate(np.array([0.9, 0.5, 0.8]), 8).tolist()
    [5, 0, 3]
    """
    reward = np.asarray(reward, dtype=float)
    if width < 0 or not temperature > 0 or not np.isfinite(reward).all():
        raise ValueError("expected width >= 0, temperature > 0 and finite rewards")
    children = np.zeros(len(reward), dtype=np.int64)
    if len(reward) == 0:
        return children
    weight = np.exp((reward - reward.max()) / temperature).tolist()
    order = np.argsort(-reward, kind="stable").tolist()
    total, left = math.fsum(weight), width
    for i in order:
        if left <= 0:
            break
        # Rounding may leave a share of 1 + 1e-16 for the last leaf: never more than what is left.
        share = math.ceil(left * weight[i] / total - 1e-12) if total > 0 else left
        children[i] = min(left, max(share, 0))
        left -= int(children[i])
        total -= weight[i]
    children[order[0]] += left
    return children


def normalised(values: np.ndarray) -> np.ndarray:
    """Values divided by their sum; equal shares if all are 0."""
    values = np.asarray(values, dtype=float)
    total = values.sum()
    return values / total if total > 0 else np.full(len(values), 1.0 / max(1, len(values)))


def kv_bytes(
    tokens: float, layers: int, kv_heads: int, head_dim: int, bytes_per_value: float = 2
) -> float:
    """Bytes of KV cache that so many tokens take: keys and values of all layers and heads."""
    return 2.0 * tokens * layers * kv_heads * head_dim * bytes_per_value

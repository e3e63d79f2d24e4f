"""Orders that obey what the instance says of them."""

from __future__ import annotations

import numpy as np

from zerogap.models.dag.rules import Ruled


def obeying(dag: Ruled, order: np.ndarray) -> np.ndarray:
    """The order nearest to a given one that obeys tiers and required edges.

    A feasible graph may come with an order that mixes tiers between which it has no edges.
    """
    before = dag.before
    if not before.any():
        return np.asarray(order, dtype=np.int32)
    place = np.argsort(order)
    wait, out = before.sum(axis=0), []
    free = {j for j in range(dag.variables) if wait[j] == 0}
    while free:
        x = min(free, key=lambda j: place[j])
        free.remove(x)
        out.append(x)
        for j in np.flatnonzero(before[x]).tolist():
            wait[j] -= 1
            if wait[j] == 0:
                free.add(j)
    return np.array(out, dtype=np.int32)

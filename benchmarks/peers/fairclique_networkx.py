"""Peer: networkx lists the maximal cliques; every fair clique is a subset of one of them."""

from __future__ import annotations

import math
import time
from typing import Any

from zerogap.models.fairclique import Clique, FairClique, to_networkx


def solve(graph: FairClique, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Enumerate until the end or the time limit; one thread, no bound before the end."""
    import networkx as nx

    attribute = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    best, clique = (0, []) if graph.k == 0 else (-1, [])
    begun, complete = time.monotonic(), True
    for number, maximal in enumerate(nx.find_cliques(to_networkx(graph))):
        counts = [0] * len(graph.values)
        for v in maximal:
            counts[attribute[v]] += 1
        least = min(counts)
        if least >= graph.k:
            room = [min(c, least + graph.delta) for c in counts]
            if sum(room) > best:
                best, clique = int(sum(room)), _trimmed(maximal, attribute, room)
        if number % 256 == 0 and time.monotonic() - begun > time_limit:
            complete = False
            break
    if best < 0:
        status = "infeasible" if complete else "unknown"
        return {"objective": None, "bound": None, "status": status}
    return {
        "objective": best,
        "bound": best if complete else None,
        "status": "optimal" if complete else "feasible",
        "solution": Clique(clique),
    }


def _trimmed(clique: list[int], attribute: dict[int, int], room: list[float]) -> list[int]:
    kept, left = [], list(room)
    for v in clique:
        if left[attribute[v]] > 0:
            left[attribute[v]] -= 1
            kept.append(v)
    assert all(math.isfinite(r) for r in left)
    return kept

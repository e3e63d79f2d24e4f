"""The slow twin of the fair clique solvers: one line of arithmetic over all maximal cliques."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import networkx as nx
import numpy as np

from zerogap.models.fairclique import FairClique, from_edges, to_networkx


def fair_size(counts: list[int], k: int, delta: float) -> int:
    """Largest fair subset of a clique with these counts, -1 if there is none."""
    least = min(counts)
    if least < k:
        return -1
    return int(sum(min(c, least + delta) for c in counts))


def optimum(graph: FairClique) -> int:
    """Size of a maximum fair clique, -1 if there is none."""
    best = 0 if graph.k == 0 else -1
    attribute = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    for clique in nx.find_cliques(to_networkx(graph)):
        counts = [0] * len(graph.values)
        for v in clique:
            counts[attribute[v]] += 1
        best = max(best, fair_size(counts, graph.k, graph.delta))
    return best


def all_optimal(graph: FairClique) -> set[tuple[int, ...]]:
    """All maximum fair cliques, by looking at every clique."""
    best, found = optimum(graph), set()
    attribute = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    for clique in nx.enumerate_all_cliques(to_networkx(graph)):
        counts = [0] * len(graph.values)
        for v in clique:
            counts[attribute[v]] += 1
        fair = min(counts) >= graph.k and max(counts) - min(counts) <= graph.delta
        if fair and len(clique) == best:
            found.add(tuple(sorted(clique)))
    return found


def random_graph(rng: random.Random, most: int = 40, values: tuple[int, ...] = (2, 2, 3)):
    """A graph of any density with k 0 … 4 and delta 0 … 5 or infinite."""
    n = rng.randint(1, most)
    p = rng.choice([0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9] if n <= 28 else [0.1, 0.3, 0.5, 0.7])
    a = rng.choice(values)
    edges = [(u, v) for u in range(n) for v in range(u) if rng.random() < p]
    delta = math.inf if rng.random() < 0.1 else rng.randint(0, 5)
    attribute = [rng.randrange(a) for _ in range(n)]
    ids = sorted(rng.sample(range(3 * n), n))
    names = [str(i) for i in range(a)]
    return from_edges(edges, attribute, values=names, k=rng.randint(0, 4), delta=delta, ids=ids)


def random_graphs(count: int, seed: int, **settings) -> Iterator[FairClique]:
    """Graphs for the oracle tests, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield random_graph(rng, **settings)


def arrays(graph: FairClique) -> tuple:
    """What kernels are given."""
    return (
        np.asarray(graph.first),
        graph.neighbour,
        graph.attribute,
        len(graph.values),
        graph.k,
        graph.delta,
    )

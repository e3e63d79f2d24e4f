"""The slow twin of the fair clique solvers: one line of arithmetic over all maximal cliques."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import networkx as nx
import numpy as np

from zerogap.models.fairclique import Clique, FairClique, from_edges

FAMILY = "fairclique"
METHODS = ("auto", "kernel", "heuristic", "exact", "cpsat", "highs", "highs-warm")
EXACT = ("auto", "kernel", "cpsat", "highs", "highs-warm")
BOUNDS = ("ub_s", "ub_a", "ub_c", "ub_ac", "ub_eac", "ub_delta", "ub_h", "ub_cd", "ub_ch", "ub_cp")


def fair_size(counts: list[int], k: int, delta: float) -> int:
    """Largest fair subset of a clique with these counts, -1 if there is none."""
    least = min(counts)
    if least < k:
        return -1
    return int(sum(min(c, least + delta) for c in counts))


def plain_graph(graph: FairClique) -> nx.Graph:
    """The graph over original ids, read off the rows."""
    made = nx.Graph()
    made.add_nodes_from(graph.ids.tolist())
    for u in range(len(graph.attribute)):
        for v in graph.neighbour[graph.first[u] : graph.first[u + 1]].tolist():
            made.add_edge(int(graph.ids[u]), int(graph.ids[v]))
    return made


def draw(rng):
    """A graph of up to 13 vertices and an option of each kind with probability 1/4."""
    graph = random_graph(random.Random(int(rng.integers(2**31))), most=13, values=(1, 2, 2, 3, 4))
    options: dict = {}
    if rng.random() < 0.25:
        options["support"] = True
    if rng.random() < 0.25:
        options["enhanced"] = False
    if rng.random() < 0.25 and len(graph.values) == 2:
        options["bound"] = str(rng.choice(BOUNDS))
    if rng.random() < 0.1:
        options["ties"] = "lexicographic"
    return graph, options


def _fair(graph, chosen) -> bool:
    kind = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    counts = [0] * len(graph.values)
    for v in chosen:
        counts[kind[v]] += 1
    return min(counts) >= graph.k and max(counts) - min(counts) <= graph.delta


def _cliques(graph):
    """All fair cliques, the empty one included where it is fair."""
    if _fair(graph, ()):
        yield ()
    for clique in nx.enumerate_all_cliques(plain_graph(graph)):
        if _fair(graph, clique):
            yield tuple(sorted(clique))


def optimum(instance, options, allowed=None):
    """(size, clique) of a maximum fair clique."""
    best = None
    for clique in _cliques(instance):
        if best is not None and len(clique) <= len(best):
            continue
        if allowed is None or allowed(Clique(np.array(clique, dtype=np.int64))):
            best = clique
    return (None, None) if best is None else (len(best), Clique(np.array(best, dtype=np.int64)))


def solution(instance, rng, options):
    """Any fair clique."""
    found = list(_cliques(instance))
    if not found:
        return None
    return Clique(np.array(found[int(rng.integers(len(found)))], dtype=np.int64))


def extension(instance, rng, options):
    """Two vertices of which at most one, or exactly one, is taken."""
    if len(instance.ids) < 2:
        return None
    u, v = (int(x) for x in rng.choice(instance.ids, 2, replace=False))
    exactly = rng.random() < 0.5
    method = str(rng.choice(["exact", "cpsat", "auto", "highs", "highs-warm"]))

    def extend(model):
        x = model.variables["vertex"]
        if method.startswith("highs"):
            import pyomo.environ as pyo

            total = x[u] + x[v]
            model.model.users = pyo.Constraint(expr=total == 1 if exactly else total <= 1)
        else:
            model.model.add(x[u] + x[v] == 1 if exactly else x[u] + x[v] <= 1)

    def allowed(clique):
        inside = set(clique.vertices.tolist())
        return ((u in inside) + (v in inside) == 1) if exactly else not {u, v} <= inside

    return extend, allowed, (method,)


def variants(instance, rng, options):
    """Vertices permuted; a vertex without neighbours added."""
    n = len(instance.ids)
    new = rng.permutation(n)
    pairs = [
        (int(new[u]), int(new[v]))
        for u in range(n)
        for v in instance.neighbour[instance.first[u] : instance.first[u + 1]].tolist()
        if u < v
    ]
    kinds = np.empty(n, int)
    kinds[new] = instance.attribute
    shared = {"values": instance.values, "k": instance.k, "delta": instance.delta}
    yield (
        from_edges(pairs, kinds.tolist(), ids=instance.ids.tolist(), **shared),
        lambda value: value,
    )


def fair_optimum(graph: FairClique) -> int:
    """Size of a maximum fair clique, -1 if there is none."""
    best = 0 if graph.k == 0 else -1
    attribute = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    for clique in nx.find_cliques(plain_graph(graph)):
        counts = [0] * len(graph.values)
        for v in clique:
            counts[attribute[v]] += 1
        best = max(best, fair_size(counts, graph.k, graph.delta))
    return best


def all_optimal(graph: FairClique) -> set[tuple[int, ...]]:
    """All maximum fair cliques, by looking at every clique."""
    best, found = fair_optimum(graph), set()
    attribute = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    for clique in nx.enumerate_all_cliques(plain_graph(graph)):
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

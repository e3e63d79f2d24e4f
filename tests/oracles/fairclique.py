"""The slow twin of the fair clique solvers: one line of arithmetic over all maximal cliques."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator

import networkx as nx
import numpy as np

from zerogap.models.fairclique import Clique, FairClique, from_edges

FAMILY = "fairclique"
METHODS = (
    "auto", "kernel", "heuristic", "degree", "coloured-degree", "heurrfc", "exact", "cpsat",
    "highs", "highs-warm",
)  # fmt: skip
EXACT = ("auto", "kernel", "cpsat", "highs", "highs-warm")
REFUSALS = ("is not for",)
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
    """A graph of up to 13 vertices; features and options with probability 1/4 each."""
    graph = random_graph(random.Random(int(rng.integers(2**31))), most=13, values=(1, 2, 2, 3, 4))
    changes: dict = {}
    n = len(graph.attribute)
    if rng.random() < 0.25:
        changes["names"] = [f"v {int(i)}" for i in rng.permutation(n)]
        changes["ids"] = None
    if rng.random() < 0.25:
        top = int(rng.choice([2, 10, 2**31]))
        changes["weight"] = rng.integers(0, top, n)
    if rng.random() < 0.25:
        known = np.arange(n) if "names" in changes else graph.ids
        few = int(rng.integers(1, 3))
        changes["anchor"] = sorted({int(v) for v in rng.choice(known, few)})
    if rng.random() < 0.5:
        changes["k"] = min(graph.k, 1)
    graph = dataclasses.replace(graph, **changes)
    options: dict = {}
    if rng.random() < 0.25:
        options["support"] = True
    if rng.random() < 0.25:
        options["enhanced"] = False
    plain = not {"weight", "anchor"} & set(changes)
    if rng.random() < 0.25 and len(graph.values) == 2 and plain:
        options["bound"] = str(rng.choice(BOUNDS))
    if rng.random() < 0.1 and plain:
        options["ties"] = "lexicographic"
    if rng.random() < 0.1:
        options["enumerate"] = int(rng.integers(1, 6))
    if rng.random() < 0.1 and "anchor" not in changes:
        options["disjoint"] = int(rng.integers(1, 4))
    return graph, options


def _fair(graph, chosen) -> bool:
    kind = dict(zip(graph.ids.tolist(), graph.attribute.tolist()))
    counts = [0] * len(graph.values)
    for v in chosen:
        counts[kind[v]] += 1
    if not set(graph.anchor) <= set(chosen):
        return False
    return min(counts) >= graph.k and max(counts) - min(counts) <= graph.delta


def worth(graph, chosen) -> int:
    """Size of a clique, or its weight."""
    if graph.weight is None:
        return len(chosen)
    heavy = dict(zip(graph.ids.tolist(), graph.weight.tolist()))
    return sum(heavy[v] for v in chosen)


def _cliques(graph):
    """All fair cliques, the empty one included where it is fair."""
    if _fair(graph, ()):
        yield ()
    for clique in nx.enumerate_all_cliques(plain_graph(graph)):
        if _fair(graph, clique):
            yield tuple(sorted(clique))


def optimum(instance, options, allowed=None):
    """(size or weight, clique) of a best fair clique."""
    best = None
    for clique in _cliques(instance):
        if best is not None and worth(instance, clique) <= worth(instance, best):
            continue
        if allowed is None or allowed(Clique(np.array(clique, dtype=np.int64))):
            best = clique
    if best is None:
        return None, None
    return worth(instance, best), Clique(np.array(best, dtype=np.int64))


def maximal(graph) -> set[tuple[int, ...]]:
    """All fair cliques that no larger one contains, by comparing all with all."""
    found = [set(c) for c in _cliques(graph)]
    return {tuple(sorted(c)) for c in found if not any(c < other for other in found)}


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
    if (u in instance.anchor or v in instance.anchor) and rng.random() < 0.5:
        return None
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
    shared["ids"] = instance.ids.tolist()
    if instance.weight is not None:
        shared["weight"] = instance.weight[np.argsort(new)]
    if instance.anchor:
        place = {int(v): i for i, v in enumerate(instance.ids)}
        shared["anchor"] = [int(instance.ids[new[place[v]]]) for v in instance.anchor]
    yield from_edges(pairs, kinds.tolist(), **shared), lambda value: value


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

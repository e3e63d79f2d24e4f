"""Generated graphs. The same seed and settings give the same graph on every machine."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats import text
from zerogap.models.fairclique.instance import FairClique, fairness, rows

_BATCH = 1 << 22


def gnp(
    *,
    seed: int = 0,
    vertices: int = 100,
    probability: float = 0.5,
    share: float = 0.5,
    values: int = 2,
    k: int = 2,
    delta: float = 1,
) -> FairClique:
    """G(n, p): every edge with the same probability.

    The graph is that of ``networkx.gnp_random_graph(vertices, probability, seed=seed)``, and with
    two values and share 0.5 the attributes are those of ``random.Random(seed).randint(0, 1)``,
    vertex by vertex, so that published experiments can be repeated.

    Parameters
    ----------
    seed, vertices, probability
        Of the graph; at most 20,000 vertices.
    share : float
        Probability of value "1" where there are two values; other numbers of values are uniform.
    values : int
        Number of attribute values.
    k, delta
        As in `FairClique`.
    """
    n, p = _count(vertices, "vertices", 1, 20_000), _share(probability, "probability")
    draw = random.Random(seed)
    pairs = [pair for pair in itertools.combinations(range(n), 2) if draw.random() < p]
    draw = random.Random(seed)
    a = _count(values, "values", 1, 16)
    share = _share(share, "share")
    if a == 2 and share != 0.5:
        attribute = [int(draw.random() < share) for _ in range(n)]
    else:
        attribute = [draw.randint(0, a - 1) for _ in range(n)]
    edges = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return _instance(edges[:, 0], edges[:, 1], attribute, a, k, delta, f"gnp-{n}-{p:g}-{seed}")


def chung_lu(
    *,
    seed: int = 0,
    vertices: int = 10_000,
    edges: int = 100_000,
    exponent: float = 2.5,
    planted: int = 0,
    share: float = 0.5,
    homophily: float = 0.0,
    values: int = 2,
    k: int = 2,
    delta: float = 1,
) -> FairClique:
    """Power-law graph of Chung and Lu: endpoints drawn in proportion to a weight.

    Vertex i has weight (i + 1 + n^(1/(exponent − 1)) / 10)^(−1/(exponent − 1)); the shift keeps the
    largest degrees below the number of vertices. Pairs are drawn until there are `edges`
    different ones.

    Parameters
    ----------
    seed, vertices, edges, exponent
        Of the graph.
    planted : int
        Size of a clique planted on random vertices, its counts as equal as can be.
    share : float
        Probability of value "1" where there are two values.
    homophily : float
        Share of the edges that are kept only between equal values, 0 … 1.
    values, k, delta
        As in `gnp`.
    """
    n, m = _size(vertices, edges)
    if not exponent > 1:
        raise InstanceError(f"is {exponent}, expected more than 1", field="exponent")
    power = 1 / (exponent - 1)
    weight = (np.arange(n) + 1 + 0.1 * n**power) ** -power
    cumulative = np.cumsum(weight)
    cumulative /= cumulative[-1]

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        return np.minimum(np.searchsorted(cumulative, rng.random(count)), n - 1).astype(np.int32)

    return _grown(draw, draw, n, m, seed, planted, share, homophily, values, k, delta, "chung-lu")


def rmat(
    *,
    seed: int = 0,
    scale: int = 14,
    edges: int = 200_000,
    a: float = 0.57,
    b: float = 0.19,
    c: float = 0.19,
    planted: int = 0,
    share: float = 0.5,
    homophily: float = 0.0,
    values: int = 2,
    k: int = 2,
    delta: float = 1,
) -> FairClique:
    """R-MAT graph on 2^scale vertices: the adjacency matrix is entered quadrant by quadrant.

    Parameters
    ----------
    seed, scale, edges
        Of the graph.
    a, b, c : float
        Probabilities of the quadrants, the fourth has what is left (defaults: Graph500).
    planted, share, homophily, values, k, delta
        As in `chung_lu`.
    """
    scale = _count(scale, "scale", 1, 26)
    n, m = _size(2**scale, edges)
    if min(a, b, c) < 0 or a + b + c > 1:
        raise InstanceError("probabilities of quadrants must sum to at most 1", field="a")
    pending: list[np.ndarray] = []

    def rows_of(rng: np.random.Generator, count: int) -> np.ndarray:
        u = np.zeros(count, dtype=np.int32)
        v = np.zeros(count, dtype=np.int32)
        for _ in range(scale):
            x = rng.random(count)
            u = 2 * u + (x >= a + b)
            v = 2 * v + (((x >= a) & (x < a + b)) | (x >= a + b + c))
        pending.append(v)
        return u

    def columns_of(rng: np.random.Generator, count: int) -> np.ndarray:
        return pending.pop()

    return _grown(
        rows_of, columns_of, n, m, seed, planted, share, homophily, values, k, delta, "rmat"
    )


def _grown(
    left: Any,
    right: Any,
    n: int,
    m: int,
    seed: int,
    planted: int,
    share: float,
    homophily: float,
    values: int,
    k: Any,
    delta: Any,
    kind: str,
) -> FairClique:
    rng = np.random.default_rng(seed)
    a = _count(values, "values", 1, 16)
    share, homophily = _share(share, "share"), _share(homophily, "homophily")
    if a == 2:
        attribute = (rng.random(n) < share).astype(np.uint8)
    else:
        attribute = rng.integers(0, a, n).astype(np.uint8)
    # Hubs are not to be recognised by small numbers.
    label = rng.permutation(n).astype(np.int32)
    key = np.empty(0, dtype=np.int64)
    for _ in range(1000):
        lack = m - len(key)
        if lack <= 0:
            break
        fresh = [key]
        for start in range(0, lack, _BATCH):
            count = min(_BATCH, lack - start)
            u, v = label[left(rng, count)], label[right(rng, count)]
            keep = u != v
            if homophily:
                keep &= (attribute[u] == attribute[v]) | (rng.random(count) >= homophily)
            u, v = u[keep], v[keep]
            fresh.append(np.minimum(u, v).astype(np.int64) * n + np.maximum(u, v))
        key = np.unique(np.concatenate(fresh))
    else:
        raise InstanceError(f"{m} different edges do not come about", field="edges")
    u, v = (key // n).astype(np.int32), (key % n).astype(np.int32)
    del key
    size = _count(planted, "planted", 0, n)
    if size:
        members = rng.choice(n, size, replace=False)
        attribute[members] = np.arange(size) % a
        i, j = np.triu_indices(size, 1)
        u = np.concatenate([u, members[i].astype(np.int32)])
        v = np.concatenate([v, members[j].astype(np.int32)])
    name = f"{kind}-{n}-{m}-{seed}" + (f"-planted-{size}" if size else "")
    return _instance(u, v, attribute, a, k, delta, name)


def _instance(u: Any, v: Any, attribute: Any, a: int, k: Any, delta: Any, name: str) -> FairClique:
    first, neighbour, _ = rows(u, v, len(attribute))
    return FairClique(
        first,
        neighbour,
        attribute,
        tuple(str(i) for i in range(a)),
        fairness(k, "k"),
        fairness(delta, "delta", infinite=True),
        None,
        name,
    )


def _size(vertices: Any, edges: Any) -> tuple[int, int]:
    n = _count(vertices, "vertices", 1, 2**31 - 1)
    m = _count(edges, "edges", 0, n * (n - 1) // 2)
    text.claim_memory(m + n)
    return n, m


def _count(value: Any, name: str, low: int, high: int) -> int:
    number = fairness(value, name)
    if not low <= number <= high:
        raise InstanceError(f"is {value}, expected {low} … {high}", field=name)
    return number


def _share(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise InstanceError(f"is {value!r}, expected 0 … 1", field=name)
    return number

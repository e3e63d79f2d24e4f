"""All maximal fair cliques, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from zerogap._ext.fairclique.clique import complete
from zerogap.models.base import InstanceError
from zerogap.models.fairclique import FairClique
from zerogap.solvers.fairclique.survivors import survivors


def maximal(graph: FairClique, *, limit: int | None = None) -> Iterator[np.ndarray]:
    """The fair cliques that no larger fair clique contains, each once.

    In a maximal clique with counts p the largest fair counts are c_i = min(p_i, min p + delta), and
    any fair subset of it can be extended to a subset with these. So the maximal fair cliques are
    found among the subsets with counts c of maximal cliques. A subset is told by the maximal
    clique that grows out of it by the lowest common neighbour, over and over, and by no other;
    it is left out if its common neighbours hold a larger fair clique.

    Parameters
    ----------
    graph : FairClique
        Weights say nothing here; with anchors only cliques that contain them are told.
    limit : int, optional
        At most so many.

    Yields
    ------
    ndarray
        Original ids, ascending; in no order that means anything, always the same.
    """
    if limit is not None and limit < 0:
        raise InstanceError(f"is {limit}, expected 0 or more", field="limit")
    return itertools.islice(_maximal(graph), limit)


def _maximal(graph: FairClique) -> Iterator[np.ndarray]:
    left = survivors(graph) if not graph.anchor else np.arange(graph.vertices)
    matrix = [0] * len(left)
    place = np.full(graph.vertices, -1)
    place[left] = np.arange(len(left))
    for i, v in enumerate(left.tolist()):
        for j in place[graph.row(v)].tolist():
            if j >= 0:
                matrix[i] |= 1 << j
    kind = graph.attribute[left].tolist()
    anchors = place[graph.index(list(graph.anchor))].tolist()
    demanded = sum(1 << a for a in anchors)
    if not len(left):
        if graph.k == 0 and not anchors:
            yield np.empty(0, dtype=np.int64)
        return
    for clique in _cliques(matrix):
        if demanded & ~clique:
            continue
        for part in _fair_parts(clique, kind, graph):
            if demanded & ~part or _grown(part, matrix) != clique:
                continue
            if not _extendible(part, matrix, kind, graph):
                yield graph.ids[left[_members(part)]]


def _members(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def _common(part: int, matrix: list[int]) -> int:
    common = (1 << len(matrix)) - 1
    for v in _members(part):
        common &= matrix[v]
    return common


def _grown(part: int, matrix: list[int]) -> int:
    """The maximal clique that takes the lowest common neighbour, over and over."""
    common = _common(part, matrix)
    while common:
        low = common & -common
        part |= low
        common &= matrix[low.bit_length() - 1]
    return part


def _cliques(matrix: list[int]) -> Iterator[int]:
    """Maximal cliques by Bron and Kerbosch with pivots, without recursion."""
    stack = [(0, (1 << len(matrix)) - 1, 0)]
    while stack:
        clique, inside, done = stack.pop()
        if not inside:
            if not done:
                yield clique
            continue
        pivot = max(_members(inside | done), key=lambda v: (matrix[v] & inside).bit_count())
        for v in _members(inside & ~matrix[pivot]):
            near = matrix[v]
            stack.append((clique | 1 << v, inside & near, done & near))
            inside ^= 1 << v
            done |= 1 << v


def _fair_parts(clique: int, kind: list[int], graph: FairClique) -> Iterator[int]:
    by_value: list[list[int]] = [[] for _ in graph.values]
    for v in _members(clique):
        by_value[kind[v]].append(v)
    least = min(map(len, by_value))
    if least < graph.k:
        return
    choices = (itertools.combinations(b, int(min(len(b), least + graph.delta))) for b in by_value)
    for chosen in itertools.product(*choices):
        yield sum(1 << v for group in chosen for v in group)


def _extendible(part: int, matrix: list[int], kind: list[int], graph: FairClique) -> bool:
    """Whether common neighbours make it a larger fair clique."""
    common = _members(_common(part, matrix))
    if not common:
        return False
    counts = [0] * len(graph.values)
    for v in _members(part):
        counts[kind[v]] += 1
    size = sum(counts)
    rows = [[j for j, w in enumerate(common) if matrix[v] >> w & 1] for v in common]
    first = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    neighbour = np.array([j for row in rows for j in row], dtype=np.int32)
    attribute = np.array([kind[v] for v in common], dtype=np.uint8)
    settings = (len(graph.values), graph.k, graph.delta, counts)
    return any(
        complete(first, neighbour, attribute, *settings, size + more) is not None
        for more in range(1, len(common) + 1)
    )

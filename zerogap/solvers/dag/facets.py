"""Rows from small sets of variables: what every graph on four or five of them obeys.

Cut down to a set C, the parent sets of a graph without cycles make a graph without cycles on C.
For four variables there are 543 such graphs, and a dozen classes of rows describe their hull
(Cussens, Järvisalo, Korhonen, Bartlett 2017); they stand below, found by the program that serves
five variables (29,281 graphs): over the polar it looks for coefficients of (variable, parents
within C) under which every graph counts at most 1 and the relaxed point more. Whatever table or
program say, the right side of a row is computed by counting all graphs on C.
"""

from __future__ import annotations

import functools
import itertools
import math
import time
from typing import Any

import numpy as np

#: By how much a row must be violated, as a share of its right side.
_VIOLATED = 2e-3
#: Sets of four and of five variables looked at in a round, and rows that it adds.
_SETS, _ROWS = {4: 2000, 5: 60}, 60
#: Classes of rows of four variables: coefficients of (variable, parents within C), variables first,
#: then the non-empty parent masks that do not hold the variable, ascending.
_CLASSES = (
    "1010101101010100000000000000",
    "1110111111011111101110000000",
    "1111111000000000000000000000",
    "1111111111111111111111111111",
    "0010001001000100100010000000",
    "1010111101011100001110000111",
    "1121222101011110101111010111",
    "1110111000011100001110000011",
    "0010112001010100101010010101",
    "0010111001011100101110010111",
    "0000001000000100000010000001",
    "1121112101111200100010110011",
)
#: Integer coefficients are looked for up to this common denominator.
_DENOMINATOR = 24


class Facet:
    """``sum of coefficients[j, parents of the j-th variable within C] <= most`` in every graph."""

    __slots__ = ("coefficients", "most", "variables")

    def __init__(self, variables: tuple[int, ...], coefficients: np.ndarray, most: int):
        self.variables, self.coefficients, self.most = variables, coefficients, most

    @property
    def key(self) -> tuple[tuple[int, ...], bytes]:
        """What makes it different from others."""
        return self.variables, self.coefficients.tobytes()

    def row(self, owner: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, float]:
        """Coefficients of columns and right side, turned to ``>=`` with coefficients of 0 or more.

        Parameters
        ----------
        owner : ndarray, shape (columns,)
        codes : ndarray, shape (columns,)
            Parents within C as a mask over its variables.

        Every variable takes one set, so the largest coefficient of each can be taken off both
        sides.
        """
        value = np.zeros(len(owner))
        largest = self.coefficients.max(axis=1)
        for k, j in enumerate(self.variables):
            mine = owner == j
            value[mine] = largest[k] - self.coefficients[k, codes[mine]]
        return value, float(largest.sum() - self.most)


@functools.cache
def graphs(m: int) -> np.ndarray:
    """All graphs without cycles on m variables: parent masks, uint8 (graphs, m)."""
    subsets = [[s for s in range(1 << m) if not s >> j & 1] for j in range(m)]
    grid = np.array(list(itertools.product(*subsets)) if m < 5 else _grid(subsets), dtype=np.uint8)
    gone = np.zeros(len(grid), dtype=np.uint8)
    for _ in range(m):
        for j in range(m):
            gone |= np.where((grid[:, j] & ~gone) == 0, np.uint8(1 << j), np.uint8(0))
    return np.ascontiguousarray(grid[gone == (1 << m) - 1])


def _grid(subsets: list[list[int]]) -> np.ndarray:
    return np.stack(np.meshgrid(*subsets, indexing="ij"), axis=-1).reshape(-1, len(subsets))


def codes(within: np.ndarray, variables: tuple[int, ...]) -> np.ndarray:
    """Parents within the variables as masks over them."""
    bits = 1 << np.arange(len(variables))
    return (within[:, list(variables)] > 0).astype(np.int64) @ bits


@functools.cache
def _library() -> tuple[np.ndarray, np.ndarray]:
    """Every row of four variables under every naming of them: coefficients, right sides."""
    every = graphs(4)
    cells = [(k, s) for k in range(4) for s in range(1, 16) if not s >> k & 1]
    rows: dict[bytes, np.ndarray] = {}
    for digits in _CLASSES:
        for names in itertools.permutations(range(4)):
            table = np.zeros((4, 16), dtype=np.int64)
            for (k, s), digit in zip(cells, digits):
                mask = sum(1 << names[b] for b in range(4) if s >> b & 1)
                table[names[k], mask] = int(digit)
            rows[table.tobytes()] = table
    tables = np.array(list(rows.values()))
    most = np.array([int(t[np.arange(4), every].sum(axis=1).max()) for t in tables])
    return tables, most


def separate(support: Any, seconds: float) -> list[Facet]:
    """Violated rows of four variables, or of five where there are none, most violated first."""
    deadline = time.monotonic() + seconds
    found: dict[Any, tuple[float, Facet]] = {}
    four = _candidates(support, 4)
    if four:
        tables, most = _library()
        points = np.array([_point(support, variables) for variables in four])
        value = points.reshape(len(four), -1) @ tables.reshape(len(tables), -1).T
        excess = value / most - 1
        for a, b in np.argwhere(excess > _VIOLATED).tolist():
            facet = Facet(four[a], tables[b], int(most[b]))
            found[facet.key] = (float(excess[a, b]), facet)
    for variables in _candidates(support, 5) if not found else ():
        if time.monotonic() > deadline:
            break
        hit = _violated(support, variables)
        if hit is not None:
            found[hit[1].key] = hit
    ranked = sorted(found.values(), key=lambda pair: (-pair[0], pair[1].variables))
    return [facet for _, facet in ranked[:_ROWS]]


def _point(support: Any, variables: tuple[int, ...]) -> np.ndarray:
    """What the relaxed solution makes on a set of variables; empty sets are not counted."""
    m = len(variables)
    point = np.zeros((m, 1 << m))
    bit = {v: 1 << k for k, v in enumerate(variables)}
    for k, j in enumerate(variables):
        for c in support.columns_of[j]:
            code = sum(bit.get(i, 0) for i in support.sets[c])
            if code:
                point[k, code] += support.x[c]
    return point


def _candidates(support: Any, m: int) -> list[tuple[int, ...]]:
    """Sets of m variables with strong links among them, grown from the fractional columns."""
    d = support.d
    linked = np.zeros((d, d))
    np.add.at(linked, support.owner, support.within * support.x[:, None])
    both = linked + linked.T
    fractional = (support.x > 1e-6) & (support.x < 1 - 1e-6)
    seeds: set[tuple[int, ...]] = set()
    for c in np.flatnonzero(fractional).tolist():
        parents = np.flatnonzero(support.within[c]).tolist()
        for size in range(1, min(len(parents), m - 1) + 1):
            for some in itertools.combinations(parents, size):
                seeds.add(tuple(sorted((int(support.owner[c]), *some))))
    level: set[tuple[int, ...]] = {s for s in seeds if len(s) == 2}
    for size in range(2, m):
        grown = {s for s in seeds if len(s) == size + 1}
        for s in level:
            pull = both[list(s)].sum(axis=0)
            pull[list(s)] = 0
            for v in np.argsort(-pull, kind="stable")[: 4 if size < 3 else 3].tolist():
                if pull[v] > 0.2:
                    grown.add(tuple(sorted((*s, v))))
        level = grown
    weight = {s: float(both[np.ix_(s, s)].sum()) for s in level}
    return sorted(level, key=lambda s: (-weight[s], s))[: _SETS[m]]


def _violated(support: Any, variables: tuple[int, ...]) -> tuple[float, Facet] | None:
    m = len(variables)
    point = _point(support, variables)
    used = np.argwhere(point > 1e-9)
    if len(used) < 3 or len(used) > 40:
        return None
    every = graphs(m)
    holds = np.zeros(len(every), dtype=np.int64)
    for bit, (k, s) in enumerate(used.tolist()):
        holds |= (every[:, k] == s).astype(np.int64) << bit
    patterns = _maximal(np.unique(holds))
    weights = _polar(patterns, point[used[:, 0], used[:, 1]])
    if weights is None:
        return None
    whole = _integers(weights)
    if whole is None:
        return None
    coefficients = np.zeros((m, 1 << m), dtype=np.int64)
    coefficients[used[:, 0], used[:, 1]] = whole
    value = coefficients[np.arange(m), every].sum(axis=1)
    most = int(value.max())  # over all graphs on C: this makes the row valid
    if most <= 0:
        return None
    excess = float((coefficients * point).sum()) / most - 1
    if excess < _VIOLATED:
        return None
    _lift(coefficients, value, most, every)
    return excess, Facet(variables, coefficients, most)


def _maximal(patterns: np.ndarray) -> np.ndarray:
    """Patterns that no other contains; many are dropped cheaply, not all have to be."""
    order = np.argsort([-int(p).bit_count() for p in patterns.tolist()], kind="stable")
    kept: list[int] = []
    for p in patterns[order].tolist():
        if p and not any(p & q == p for q in kept):
            kept.append(p)
    return np.array(kept, dtype=np.int64)


def _polar(patterns: np.ndarray, point: np.ndarray) -> np.ndarray | None:
    """Coefficients under which every pattern counts at most 1 and the point most, if more."""
    from zerogap.solvers.backends.highs import Rows
    from zerogap.solvers.backends.lp import Lp

    count = len(point)
    rows = [
        ({b: 1.0 for b in range(count) if p >> b & 1}, -math.inf, 1.0) for p in patterns.tolist()
    ]
    lp = Lp(Rows.of(rows), point, np.zeros(count), np.ones(count), sense="max")
    if lp.solve() != "optimal" or lp.objective < 1 + _VIOLATED:
        return None
    return lp.values


def _integers(weights: np.ndarray) -> np.ndarray | None:
    for scale in range(1, _DENOMINATOR + 1):
        scaled = weights * scale
        if np.abs(scaled - np.round(scaled)).max() < 1e-6:
            return np.round(scaled).astype(np.int64)
    return None


def _lift(coefficients: np.ndarray, value: np.ndarray, most: int, every: np.ndarray) -> None:
    """Raise every coefficient in turn as far as all graphs on C still obey the row."""
    m = len(coefficients)
    sets = sorted(range(1, 1 << m), key=lambda s: (s.bit_count(), s))
    for s in sets:
        for k in range(m):
            if s >> k & 1:
                continue
            holding = every[:, k] == s
            room = most - int(value[holding].max())
            if room > 0:
                coefficients[k, s] += room
                value[holding] += room

"""Instances of the maximum relative fair clique problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, frozen

#: Most attribute values an instance may have.
MAX_VALUES = 16
#: Largest vertex id in files.
MAX_ID = 2**31 - 1
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class FairClique:
    """An attributed graph and what a fair clique in it must keep to.

    A clique with c_i vertices of attribute value i is *relative fair* for (k, delta) if every
    c_i ≥ k and max c_i − min c_i ≤ delta. Sought is one of maximum size. With delta = ∞ this is
    weak fairness, with delta = 0 strong fairness, with k = 0 and delta = ∞ the maximum clique.

    Parameters
    ----------
    first : ndarray of int64, shape (vertices + 1,)
        Range of every vertex in `neighbour`.
    neighbour : ndarray of int32
        Neighbours of every vertex, ascending; every edge stands in both rows, loops in none.
    attribute : ndarray of uint8, shape (vertices,)
        Index of every vertex's value in `values`.
    values : tuple of str
        The declared attribute values, 1 to 16.
    k : int
        Least count of every value, >= 0.
    delta : int or inf
        Largest difference between two counts, >= 0.
    ids : ndarray of int64, shape (vertices,), optional
        Original ids, ascending; 0, 1, … if left out. Solutions speak in them.
    dropped : tuple of int
        Self-loops and duplicate edges left out in the making.

    Raises
    ------
    InstanceError
        If an array has the wrong length, a value is out of range or the rows are no simple graph.

    See Also
    --------
    from_edges : the usual way to make one.
    """

    first: np.ndarray
    neighbour: np.ndarray
    attribute: np.ndarray
    values: tuple[str, ...] = ("0", "1")
    k: int = 2
    delta: float = 1
    ids: Any = None
    name: str = ""
    dropped: tuple[int, int] = field(default=(0, 0), compare=False)

    def __post_init__(self):
        put = object.__setattr__
        put(self, "values", _values(self.values))
        put(self, "k", fairness(self.k, "k"))
        put(self, "delta", fairness(self.delta, "delta", infinite=True))
        attribute = frozen(
            self.attribute,
            np.uint8,
            field="attribute",
            shape=(None,),
            low=0,
            high=len(self.values) - 1,
        )
        put(self, "attribute", attribute)
        n = len(attribute)
        if n == 0:
            raise InstanceError("the graph has no vertices", field="attribute")
        put(self, "first", frozen(self.first, np.int64, field="first", shape=(n + 1,), low=0))
        put(
            self,
            "neighbour",
            frozen(self.neighbour, np.int32, field="neighbour", shape=(None,), low=0, high=n - 1),
        )
        ids = np.arange(n) if self.ids is None else self.ids
        put(self, "ids", frozen(ids, np.int64, field="ids", shape=(n,), low=0, high=MAX_ID))
        if (np.diff(self.ids) <= 0).any():
            raise InstanceError("must be ascending and different", field="ids")
        _simple(self.first, self.neighbour)

    @property
    def vertices(self) -> int:
        """Number of vertices."""
        return len(self.attribute)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.neighbour) // 2

    def row(self, vertex: int) -> np.ndarray:
        """Neighbours of a vertex, both by index."""
        return self.neighbour[self.first[vertex] : self.first[vertex + 1]]

    def edge_list(self) -> np.ndarray:
        """Every edge once as a pair of indices, the smaller first; shape (edges, 2)."""
        source = np.repeat(np.arange(self.vertices, dtype=np.int32), np.diff(self.first))
        once = source < self.neighbour
        return np.column_stack([source[once], self.neighbour[once]])

    def induced(self, vertices: Any) -> np.ndarray:
        """Adjacency of some vertices (indices, ascending) as a square bool matrix."""
        vertices = np.asarray(vertices)
        matrix = np.zeros((len(vertices), len(vertices)), dtype=bool)
        for i, v in enumerate(vertices):
            row = self.row(int(v))
            at = np.searchsorted(row, vertices)
            inside = at < len(row)
            matrix[i, inside] = row[at[inside]] == vertices[inside]
        return matrix

    def index(self, ids: Any) -> np.ndarray:
        """Indices of vertices by their original ids; raises KeyError for an unknown one."""
        wanted = np.asarray(ids, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), self.vertices - 1)
        strange = np.flatnonzero(self.ids[at] != wanted)
        if len(strange):
            raise KeyError(int(wanted[strange[0]]))
        return at


def fairness(value: Any, name: str, *, infinite: bool = False) -> Any:
    """A valid k or delta; "inf" and infinity are accepted for delta."""
    try:
        number = float(value)
        if infinite and number == math.inf:
            return math.inf
        if math.isnan(number) or math.isinf(number) or number != int(number):
            raise ValueError
    except (TypeError, ValueError):
        raise InstanceError(f"is {value!r}, expected an integer >= 0", field=name) from None
    if number < 0:
        raise InstanceError(f"is {value}, expected an integer >= 0", field=name)
    if number > MAX_ID:
        raise InstanceError(f"is {value}, expected at most {MAX_ID}", field=name)
    return int(number)


def _values(values: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(values, str):
        values = [v.strip() for v in values.split(",")]
    words = tuple(str(v) for v in values)
    if not 1 <= len(words) <= MAX_VALUES:
        raise InstanceError(f"{len(words)} values, expected 1 to {MAX_VALUES}", field="values")
    if len(set(words)) != len(words):
        raise InstanceError("a value is declared twice", field="values")
    if any(not w or w.split() != [w] for w in words):
        raise InstanceError("a value is empty or has white space in it", field="values")
    return words


def _simple(first: np.ndarray, neighbour: np.ndarray) -> None:
    """Rows ascending, without loops, symmetric. Piecewise, so that no large array is made."""
    if first[0] != 0 or first[-1] != len(neighbour) or (np.diff(first) < 0).any():
        raise InstanceError(f"must rise from 0 to {len(neighbour)}", field="first")
    up = down = 0
    n = len(first) - 1
    start = 0
    while start < n:
        end = int(np.searchsorted(first, first[start] + _CHUNK, side="right")) - 1
        end = min(max(end, start + 1), n)
        row = np.repeat(np.arange(start, end, dtype=np.int64), np.diff(first[start : end + 1]))
        to = neighbour[first[start] : first[end]].astype(np.int64)
        if (row == to).any():
            raise InstanceError(f"vertex {int(row[row == to][0])} has a loop", field="neighbour")
        same = row[1:] == row[:-1]
        if (same & (to[1:] <= to[:-1])).any():
            raise InstanceError("rows must be ascending without repetition", field="neighbour")
        forward = row < to
        up += _fingerprint(row[forward], to[forward])
        down += _fingerprint(to[~forward], row[~forward])
        start = end
    if (up - down) % 2**64:
        raise InstanceError("an edge stands in one of its two rows only", field="neighbour")


def _fingerprint(u: np.ndarray, v: np.ndarray) -> int:
    """Sum of 64-bit hashes of pairs: equal for equal sets, else with probability 2**-64."""
    x = (u.astype(np.uint64) << np.uint64(32)) | v.astype(np.uint64)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return int(x.sum(dtype=np.uint64))


def from_edges(
    edges: Any,
    attribute: Any,
    *,
    values: Sequence[Any] = ("0", "1"),
    k: int = 2,
    delta: float = 1,
    ids: Any = None,
    name: str = "",
) -> FairClique:
    """Make an instance from an edge list.

    Parameters
    ----------
    edges : array_like, shape (any, 2)
        Pairs of vertex indices, in either or both directions. Loops and duplicates are left
        out and counted in `FairClique.dropped`.
    attribute : array_like, shape (vertices,)
        Index of every vertex's value in `values`.
    values, k, delta, ids, name
        As in `FairClique`.

    Returns
    -------
    FairClique

    Examples
    --------
    >>> graph = from_edges([(0, 1), (1, 2), (2, 0)], [0, 1, 0], k=1, delta=1)
    >>> graph.edges
    3
    """
    pairs = frozen(edges, np.int32, field="edges") if len(edges) else np.empty((0, 2), np.int32)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise InstanceError("expected pairs of vertices", field="edges")
    n = len(attribute)
    if len(pairs) and (pairs.min() < 0 or pairs.max() >= n):
        raise InstanceError(f"a vertex is outside 0 … {n - 1}", field="edges")
    first, neighbour, dropped = rows(pairs[:, 0], pairs[:, 1], n)
    return FairClique(first, neighbour, attribute, tuple(values), k, delta, ids, name, dropped)


def rows(u: np.ndarray, v: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Compressed rows of an edge list, and how many loops and duplicates were left out."""
    given = len(u)
    low, high = np.minimum(u, v), np.maximum(u, v)
    key = low.astype(np.int64)
    key *= n
    key += high
    proper = low != high
    del low, high
    loops = given - int(proper.sum())
    if loops:
        key = key[proper]
    del proper
    key.sort()
    if len(key):
        fresh = np.empty(len(key), dtype=bool)
        fresh[0] = True
        np.not_equal(key[1:], key[:-1], out=fresh[1:])
        key = key[fresh]
        del fresh
    duplicates = given - loops - len(key)
    m = len(key)
    both = np.empty(2 * m, dtype=np.int64)
    both[:m] = key
    np.floor_divide(key, max(n, 1), out=both[m:])
    key -= both[m:] * n
    key *= n
    both[m:] += key
    del key
    both.sort()
    first = np.searchsorted(both, np.arange(n + 1, dtype=np.int64) * n).astype(np.int64)
    neighbour = np.empty(2 * m, dtype=np.int32)
    for a in range(0, 2 * m, _CHUNK):
        neighbour[a : a + _CHUNK] = both[a : a + _CHUNK] % max(n, 1)
    return first, neighbour, (loops, duplicates)

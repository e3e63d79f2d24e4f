"""Instances of the maximum relative fair clique problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described

#: Most attribute values an instance may have.
MAX_VALUES = 16
#: Largest k, delta, number of vertices or edges, and largest id that is read by columns.
MAX_ID = 2**31 - 1
#: Largest vertex id of an instance.
MAX_LABEL = 2**63 - 1
#: Largest weight of a vertex; sums stay exact in 64 bits and in the backends' doubles.
MAX_WEIGHT = 2**31 - 1
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
    names : sequence of str, shape (vertices,), optional
        Names of the vertices where they are no numbers; ids are then 0, 1, …
    weight : ndarray of int64, shape (vertices,), optional
        Weights, 0 … 2³¹ − 1. With them the sum of weights is maximised instead of the size;
        k and delta still count vertices.
    anchor : sequence of int or str, optional
        Vertices (ids or names) that must be in the clique; kept as ascending ids.

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
    names: Any = None
    weight: Any = None
    anchor: Any = ()

    __repr__ = described

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
        put(self, "ids", frozen(ids, np.int64, field="ids", shape=(n,), low=0, high=MAX_LABEL))
        if (self.ids[1:] <= self.ids[:-1]).any():
            raise InstanceError("must be ascending and different", field="ids")
        if self.names is not None:
            put(self, "names", _names(self.names, self.ids))
        if self.weight is not None:
            weight = frozen(
                self.weight, np.int64, field="weight", shape=(n,), low=0, high=MAX_WEIGHT
            )
            put(self, "weight", weight)
        put(self, "anchor", _anchor(self))
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

    @property
    def plain(self) -> bool:
        """Whether the size counts and no vertex is demanded."""
        return self.weight is None and not self.anchor

    def label(self, index: int) -> int | str:
        """Name of a vertex by index, its id where it has none."""
        return int(self.ids[index]) if self.names is None else self.names[index]

    def lookup(self, labels: Any) -> np.ndarray:
        """Ids of vertices by names or ids; raises KeyError for an unknown one."""
        known = None
        found = []
        for label in labels:
            if isinstance(label, str) and self.names is not None:
                known = {v: i for i, v in enumerate(self.names)} if known is None else known
                found.append(known[label])
                continue
            if isinstance(label, str) and label.isascii() and label.isdigit():
                label = int(label)
            if isinstance(label, bool) or not isinstance(label, int | np.integer):
                raise KeyError(label)
            if not 0 <= label <= MAX_LABEL:
                raise KeyError(int(label))
            found.append(int(label))
        ids = np.array(found, dtype=np.int64)
        self.index(ids)
        return ids

    def without(self, index: Any) -> np.ndarray:
        """Indices of all vertices but some."""
        left = np.ones(self.vertices, dtype=bool)
        left[index] = False
        return np.flatnonzero(left)

    def subgraph(self, index: Any) -> FairClique:
        """The instance on some vertices (indices, ascending), under their ids; anchors are lost."""
        index = np.asarray(index, dtype=np.int64)
        place = np.full(self.vertices, -1, dtype=np.int32)
        place[index] = np.arange(len(index), dtype=np.int32)
        degree = np.diff(self.first)[index]
        source = np.repeat(np.arange(len(index), dtype=np.int32), degree)
        at = np.concatenate([self.neighbour[self.first[v] : self.first[v + 1]] for v in index])
        inside = place[at] >= 0
        first = np.zeros(len(index) + 1, dtype=np.int64)
        np.cumsum(np.bincount(source[inside], minlength=len(index)), out=first[1:])
        return FairClique(
            first,
            place[at[inside]],
            self.attribute[index],
            self.values,
            self.k,
            self.delta,
            self.ids[index],
            self.name,
            weight=None if self.weight is None else self.weight[index],
        )

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
    if any(not w or w != w.strip() or "\n" in w for w in words):
        raise InstanceError("a value is empty or has blanks around it", field="values")
    return words


def _names(names: Any, ids: np.ndarray) -> tuple[str, ...]:
    words = tuple(names)
    n = len(ids)
    if len(words) != n:
        raise InstanceError(f"{len(words)} names for {n} vertices", field="names")
    if n and (ids[0] != 0 or ids[-1] != n - 1):
        raise InstanceError("stand for ids, which are then 0, 1, …", field="names")
    seen: set[str] = set()
    for i, word in enumerate(words):
        if not isinstance(word, str) or not word:
            raise InstanceError(f"element {i} is {word!r}, expected a text", field="names")
        if word in seen:
            raise InstanceError(f"{word!r} stands there twice", field="names")
        seen.add(word)
    return words


def _anchor(graph: FairClique) -> tuple[int, ...]:
    labels = graph.anchor
    if isinstance(labels, str | int | np.integer):
        labels = [labels]
    try:
        ids = np.sort(graph.lookup(labels))
    except KeyError as error:
        raise InstanceError(
            f"vertex {error.args[0]!r} is not in the graph", field="anchor"
        ) from None
    if (ids[1:] == ids[:-1]).any():
        raise InstanceError("a vertex is demanded twice", field="anchor")
    return tuple(ids.tolist())


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
    names: Any = None,
    weight: Any = None,
    anchor: Any = (),
) -> FairClique:
    """Make an instance from an edge list.

    Parameters
    ----------
    edges : array_like, shape (any, 2)
        Pairs of vertex indices, in either or both directions. Loops and duplicates are left
        out and counted in `FairClique.dropped`.
    attribute : array_like, shape (vertices,)
        Index of every vertex's value in `values`.
    values, k, delta, ids, name, names, weight, anchor
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
    return FairClique(
        first,
        neighbour,
        attribute,
        tuple(values),
        k,
        delta,
        ids,
        name,
        dropped,
        names,
        weight,
        anchor,
    )


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

"""Instances of the scratchpad family: buffers with fixed lifetimes to be placed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.scratchpad.instance import MAX_BYTES, integer, labels, power_of_two, setter

#: Times lie within ± this, so that differences stay within 64 bits.
LATEST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Buffers:
    """Buffers with fixed lifetimes to be placed in one memory (static allocation).

    Parameters
    ----------
    lower, upper : array_like of int64
        Half-open lifetime ``[lower, upper)`` of every buffer.
    size : array_like of int64
        Bytes, >= 0.
    capacity : int, optional
        Limit on the height.
    alignment : int
        Of the memory: offsets are multiples of it and sizes are rounded up to it; a power of two.
    objective : {"height", "fit"}
        The least height, or any placement within the capacity (its objective is the capacity).
    ids : sequence of str, optional
        Names of the buffers.
    name : str
        Name of the instance.
    alignments : array_like of int64, optional
        Of every buffer: its offset is a multiple of it (its size stays); powers of two.
    gaps : sequence of sequence of (int, int) or (int, int, int, int), optional
        Of every buffer the times ``[lower, upper)`` in which it is not there; with two more numbers
        only its bytes ``[from, to)`` are there then. Within the lifetime, disjoint. The height
        counts the whole size of every buffer, as MiniMalloc does.
    offset : array_like of int64, optional
        Offsets that are fixed, −1 where none is.
    hint : array_like of int64, optional
        Offsets that are wished for: a start of the search, −1 where there is none.

    Raises
    ------
    InstanceError
        Naming the field and what is wrong.
    """

    lower: Any
    upper: Any
    size: Any
    capacity: int | None = None
    alignment: int = 1
    objective: str = "height"
    ids: tuple[str, ...] = ()
    name: str = ""
    alignments: Any = None
    gaps: Any = None
    offset: Any = None
    hint: Any = None

    __repr__ = described

    def __post_init__(self) -> None:
        put = setter(self)
        put("lower", frozen(self.lower, np.int64, field="lower", shape=(None,), low=-LATEST))
        n = len(self.lower)
        if n == 0:
            raise InstanceError("there is no buffer", field="size")
        put("upper", frozen(self.upper, np.int64, field="upper", shape=(n,), high=LATEST))
        put("size", frozen(self.size, np.int64, field="size", shape=(n,), low=0, high=MAX_BYTES))
        if int(self.size.astype(object).sum()) > MAX_BYTES:
            raise InstanceError(f"total is more than {MAX_BYTES} bytes", field="size")
        empty = np.flatnonzero(self.lower >= self.upper)
        if len(empty):
            i = int(empty[0])
            raise InstanceError(
                f"element {i} is {self.upper[i]}, expected more than lower {self.lower[i]}",
                field="upper",
            )
        put("ids", labels(self.ids, n, "", "ids"))
        put("alignment", power_of_two(self.alignment))
        if self.objective not in ("height", "fit"):
            raise InstanceError(f"{self.objective!r} is not height or fit", field="objective")
        if self.capacity is not None:
            put("capacity", integer(self.capacity, "capacity", 0))
        elif self.objective == "fit":
            raise InstanceError("is missing (needed with objective=fit)", field="capacity")
        self._settle_places(n)
        put("gaps", self._settled_gaps(n))

    def _settle_places(self, n: int) -> None:
        """Alignments and offsets of the buffers."""
        put = setter(self)
        given = np.ones(n, dtype=np.int64) if self.alignments is None else self.alignments
        own = frozen(given, np.int64, field="alignments", shape=(n,), low=1, high=MAX_BYTES)
        odd = np.flatnonzero(own & (own - 1))
        if len(odd):
            i = int(odd[0])
            raise InstanceError(f"element {i} is {own[i]}, no power of two", field="alignments")
        put("alignments", own)
        for field in ("offset", "hint"):
            values = getattr(self, field)
            values = np.full(n, -1, dtype=np.int64) if values is None else values
            values = frozen(values, np.int64, field=field, shape=(n,), low=-1, high=MAX_BYTES)
            put(field, values)
        bad = np.flatnonzero((self.offset >= 0) & (self.offset % self.grain != 0))
        if len(bad):
            i = int(bad[0])
            raise InstanceError(
                f"element {i} is {self.offset[i]}, no multiple of {self.grain[i]}", field="offset"
            )

    def _settled_gaps(self, n: int) -> tuple[tuple[tuple[int, int, int, int], ...], ...]:
        if self.gaps is None:
            return ((),) * n
        if len(self.gaps) != n:
            raise InstanceError(f"has {len(self.gaps)} elements, expected {n}", field="gaps")
        return tuple(self._settled(i, rows) for i, rows in enumerate(self.gaps))

    def _settled(self, i: int, rows: Sequence[Any]) -> tuple[tuple[int, int, int, int], ...]:
        """Gaps of one buffer in order of time; one without bytes is (lower, upper, 0, 0)."""
        where, gaps = f"gaps[{i}]", []
        for row in rows:
            values = frozen(row, np.int64, field=where, shape=(None,)).tolist()
            if len(values) == 2:
                values += [0, 0]
            if len(values) != 4:
                raise InstanceError(f"{row!r} is not (lower, upper[, from, to])", field=where)
            lower, upper, low, high = values
            if not self.lower[i] <= lower < upper <= self.upper[i]:
                life = f"{self.lower[i]}-{self.upper[i]}"
                raise InstanceError(f"{lower}-{upper} is not within {life}", field=where)
            if not 0 <= low <= high <= self.size[i]:
                raise InstanceError(
                    f"bytes {low}:{high} are not within 0:{self.size[i]}", field=where
                )
            gaps.append((lower, upper, low, high) if low < high else (lower, upper, 0, 0))
        gaps.sort()
        for before, after in zip(gaps, gaps[1:]):
            if after[0] < before[1]:
                raise InstanceError(f"two gaps overlap at {after[0]}", field=where)
        return tuple(gaps)

    @property
    def space(self) -> np.ndarray:
        """Bytes that every buffer takes, rounded up to the alignment of the memory."""
        return -(-self.size // self.alignment) * self.alignment

    @property
    def units(self) -> np.ndarray:
        """Space of every buffer in units of the alignment, rounded up."""
        return -(-self.size // self.alignment)

    @property
    def grain(self) -> np.ndarray:
        """What the offset of every buffer is a multiple of: its own or the memory's alignment."""
        return np.maximum(self.alignments, self.alignment)

    @property
    def gapped(self) -> bool:
        """Whether some buffer is not there, or not as a whole, at some time of its life."""
        return any(self.gaps)

    @property
    def windowed(self) -> bool:
        """Whether some buffer is there in part at some time."""
        return any(low < high for rows in self.gaps for _, _, low, high in rows)

    def pieces(self, i: int) -> Iterator[tuple[int, int, int, int]]:
        """Boxes of buffer i: (begin, end, low, high), bytes counted from its offset."""
        begin, space = int(self.lower[i]), int(self.space[i])
        for lower, upper, low, high in self.gaps[i]:
            if begin < lower:
                yield begin, lower, 0, space
            if low < high:
                yield lower, upper, low, high
            begin = upper
        if begin < self.upper[i]:
            yield begin, int(self.upper[i]), 0, space

    def load(self) -> int:
        """Most bytes there at once, and no less than any top that is known: bounds the height."""
        if not self.gapped:
            lower, upper, space = self.lower, self.upper, self.space
        else:
            rows = [p for i in range(len(self.size)) for p in self.pieces(i)]
            table = np.array(rows, dtype=np.int64).reshape(-1, 4)
            lower, upper, space = table[:, 0], table[:, 1], table[:, 3] - table[:, 2]
        events = np.concatenate([upper, lower])
        change = np.concatenate([-space, space])
        kind = np.concatenate([np.zeros(len(upper)), np.ones(len(lower))])
        total = np.cumsum(change[np.lexsort((kind, events))])
        fixed = np.where(self.offset >= 0, self.offset, 0)
        tops = (fixed + self.space)[self.size > 0]
        return max(int(total.max(initial=0)), int(tops.max(initial=0)))

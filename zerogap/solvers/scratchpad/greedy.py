"""Baselines: what a runtime allocator does that looks at one step after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zerogap.models.scratchpad import Buffers, Network, Placement, Plan, topological

Boxes = list[tuple[int, int, int, int]]


def order_of(net: Network) -> list[int]:
    """The fixed schedule, or the topological order of the file."""
    return topological(net) if net.order is None else net.order.tolist()


def smallest_first(net: Network) -> list[int]:
    """A topological order that runs next what leaves the least memory alive."""
    left = [len(c) for c in net.consumers]
    waiting = [sum(net.producer[t] >= 0 for t in reads) for reads in net.inputs]
    ready = [o for o, count in enumerate(waiting) if count == 0]
    units = net.units
    order: list[int] = []
    while ready:
        growth = [
            sum(int(units[t]) for t in net.outputs[o] if net.consumers[t])
            - sum(int(units[t]) for t in net.inputs[o] if left[t] == 1)
            for o in ready
        ]
        o = ready.pop(int(np.argmin(growth)))
        order.append(o)
        for t in net.inputs[o]:
            left[t] -= 1
        for t in net.outputs[o]:
            for c in net.consumers[t]:
                waiting[c] -= 1
                if waiting[c] == 0:
                    ready.append(c)
    return order


def best_fit(buffers: Buffers) -> Placement | None:
    """Place the buffers one by one in the tightest gap: fixed, wished for, largest area first.

    Returns
    -------
    Placement or None
        None if fixed offsets collide, which no placement can mend.
    """
    n, offset = len(buffers.size), np.zeros(len(buffers.size), dtype=np.int64)
    boxes = [list(buffers.pieces(i)) if buffers.size[i] else [] for i in range(n)]
    area = buffers.space * (buffers.upper - buffers.lower)
    placed: list[int] = []
    for i in np.lexsort((-area, buffers.hint < 0, buffers.offset < 0)).tolist():
        barred = _barred(boxes[i], [(int(offset[j]), boxes[j]) for j in placed])
        fixed, wish = int(buffers.offset[i]), int(buffers.hint[i])
        grain = int(buffers.grain[i])
        if fixed >= 0:
            offset[i] = fixed
            if any(low < fixed < high for low, high in barred):
                return None
        elif wish >= 0 and wish % grain == 0 and not any(a < wish < b for a, b in barred):
            offset[i] = wish
        elif boxes[i]:
            offset[i] = _tightest(barred, grain)
        if boxes[i]:
            placed.append(i)
    return Placement(offset)


def _barred(mine: Boxes, others: list[tuple[int, Boxes]]) -> list[tuple[int, int]]:
    """Open intervals of offsets at which a buffer would share a byte with one that is placed."""
    return [
        (at + low - top, at + high - bottom)
        for at, boxes in others
        for begin, end, low, high in boxes
        for b, e, bottom, top in mine
        if begin < e and b < end
    ]


def _tightest(barred: list[tuple[int, int]], grain: int) -> int:
    """Multiple of `grain` in the shortest run of free offsets, beyond all others if need be."""
    best, at, bottom = None, None, 0
    for low, high in sorted(barred):
        first = -(-bottom // grain) * grain
        if first <= low and (best is None or low - first < best):
            best, at = low - first, first
        bottom = max(bottom, high)
    return -(-bottom // grain) * grain if at is None else at


def _gap(taken: Sequence[tuple[int, int]], size: int, capacity: int | None) -> int | None:
    """Address of the smallest gap that holds `size`; above all others if there is none."""
    best, at, bottom = None, None, 0
    for low, high in sorted(taken):
        if low - bottom >= size and (best is None or low - bottom < best):
            best, at = low - bottom, bottom
        bottom = max(bottom, high)
    if capacity is None:
        return bottom if at is None else at
    if capacity - bottom >= size and (best is None or capacity - bottom < best):
        at = bottom
    return at


class Allocator:
    """Runs a schedule with best-fit addresses and an eviction rule.

    Parameters
    ----------
    net : Network
    schedule : sequence of int
    rule : {"lru", "belady", "fewest"}
        Evict the tensor used longest ago, the one needed latest, or those that make a gap at the
        price of the fewest bytes.
    """

    def __init__(self, net: Network, schedule: Sequence[int], rule: str):
        self.net, self.schedule, self.rule = net, list(schedule), rule
        self.units = net.units.tolist()
        self.capacity = net.capacity_units
        step = {o: k for k, o in enumerate(self.schedule)}
        self.uses = [sorted(step[o] for o in consumers) for consumers in net.consumers]
        self.address: dict[int, int] = {}
        self.since: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.rows: list[tuple[int, int, int, int]] = []
        self.full = False

    def run(self) -> Plan | None:
        """Residencies of the whole schedule; None if an operator does not fit where it runs."""
        for k, o in enumerate(self.schedule):
            self._execute(k, o)
            if self.full:
                return None
        for t in list(self.address):
            self._leave(t)
        return Plan(self.schedule, self.rows)

    def _execute(self, k: int, o: int) -> None:
        net = self.net
        wanted = [*net.inputs[o], *net.outputs[o]]
        work = -(-int(net.workspace[o]) // net.alignment)
        extra = len(net.size) + o
        sizes = {t: self.units[t] for t in wanted} | ({extra: work} if work else {})
        heir = self._heir(k, o)
        missing = sorted((t for t in sizes if t not in self.address), key=lambda t: -sizes[t])
        missing = [t for t in missing if t != heir]
        if not all(self._fetch(t, sizes[t], sizes, k) for t in missing):
            self._afresh(k, o, sizes, heir)
        elif heir is not None:
            self._inherit(k, o, heir)
        for t in sizes:
            self.last[t] = k
            streamed = t < len(net.size) and net.weight[t] and net.stream_weights
            if t in self.address and (t == extra or streamed or self._next(t, k) is None):
                self._leave(t)

    def _heir(self, k: int, o: int) -> int | None:
        """The output that takes the place of an input that is read for the last time."""
        t = int(self.net.over[o])
        return self.net.outputs[o][0] if t >= 0 and self._next(t, k) is None else None

    def _inherit(self, k: int, o: int, heir: int) -> None:
        t = int(self.net.over[o])
        self.address[heir], self.since[heir] = self.address[t], k
        self.last[t] = k
        self._leave(t)

    def _fetch(self, t: int, size: int, pinned: dict[int, int], k: int) -> bool:
        """Find room for t, evicting what this operator does not need."""
        while True:
            taken = [(a, a + self._size(u)) for u, a in self.address.items() if self._size(u)]
            at = 0 if size == 0 else _gap(taken, size, self.capacity)
            if at is not None:
                self.address[t], self.since[t] = at, k
                return True
            if self.rule == "fewest":
                return self._clear(t, size, pinned, k)
            victims = [u for u in self.address if u not in pinned]
            if not victims:
                return False
            self._leave(max(victims, key=lambda u: (self._badness(u, k), u)))

    def _clear(self, t: int, size: int, pinned: dict[int, int], k: int) -> bool:
        """Evict what lies where `size` costs the fewest bytes; the lowest such place."""
        spans = {u: (a, a + self._size(u)) for u, a in self.address.items() if self._size(u)}
        best: tuple[int, int, list[int]] | None = None
        for at in sorted({0, *(end for _, end in spans.values())}):
            if at + size > self.capacity:
                break
            inside = [u for u, (low, high) in spans.items() if low < at + size and at < high]
            if not any(u in pinned for u in inside):
                bytes_out = sum(self._size(u) for u in inside)
                if best is None or bytes_out < best[0]:
                    best = (bytes_out, at, inside)
        if best is None:
            return False
        for u in best[2]:
            self._leave(u)
        self.address[t], self.since[t] = best[1], k
        return True

    def _badness(self, t: int, k: int) -> float:
        if self.rule == "lru":
            return -self.last[t]
        return self._next(t, k) or 0

    def _afresh(self, k: int, o: int, sizes: dict[int, int], heir: int | None) -> None:
        """The operands are fragmented: everything leaves and they are loaded side by side."""
        net = self.net
        for t in list(self.address):
            if self.since[t] == k:  # came for this step, was not used yet
                del self.address[t], self.since[t]
            else:
                self._leave(t)
        bottom = 0
        tail = [t for t in sizes if t >= len(net.size)]
        for t in (*tail, *net.inputs[o]):
            self.address[t], self.since[t] = bottom, k
            bottom += sizes[t]
        if net.in_place[o]:
            bottom = sum(sizes[t] for t in tail)
            for t in net.inputs[o]:
                self.last[t] = k
                self._leave(t)
        for t in net.outputs[o]:
            if t == heir:
                self._inherit(k, o, t)
                continue
            self.address[t], self.since[t] = bottom, k
            bottom += sizes[t]
        # An input that lives on gives its place to no output, which the working set leaves open.
        self.full = bottom > self.capacity

    def _leave(self, t: int) -> None:
        address = self.address.pop(t) * self.net.alignment
        self.rows.append((t, self.since.pop(t), self.last[t], address))

    def _next(self, t: int, k: int) -> int | None:
        if t >= len(self.uses):
            return None
        return next((u for u in self.uses[t] if u > k), None)

    def _size(self, t: int) -> int:
        if t < len(self.units):
            return self.units[t]
        return -(-int(self.net.workspace[t - len(self.units)]) // self.net.alignment)

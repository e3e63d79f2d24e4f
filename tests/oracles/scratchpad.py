"""Scratchpad by enumeration: offsets of buffers; what can physically happen to a network.

For a network the oracle walks through (executed operators, tensor -> address, copies in host
memory), trying at every step every operator and every address of what comes; what it covers leaves.
Sizes are counted in units of the alignment, as addresses are its multiples.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.oracles import scratchpad_memories as memories
from zerogap.models.scratchpad import Buffers, Network, Placement, Plan, Trace

FAMILY = "scratchpad"
METHODS = (
    "auto", "kernel", "exact", "mip", "lru", "belady", "fewest", "greedy", "topological",
    "best-fit",
)  # fmt: skip


def draw(rng):
    """A network, some buffers or a trace, every feature on with probability 1/4."""
    if rng.random() < 0.25:
        return memories.draw(rng), {}
    if rng.random() < 0.5:
        return _buffers(rng), {}
    while True:
        net = _network(rng)
        if _effort(net) < 600:
            return net, {}


def optimum(instance, options, allowed=None):
    """Least objective over all solutions; for networks `allowed` may look at the schedule only."""
    if isinstance(instance, Trace):
        return memories.optimum(instance, allowed)
    if isinstance(instance, Buffers):
        return _best_placement(instance, allowed)
    return _best_plan(instance, allowed)


def solution(instance, rng, options):
    """A random solution."""
    if isinstance(instance, Trace):
        return memories.solution(instance, rng)
    if isinstance(instance, Buffers):
        roof = _roof(instance, 4) if instance.capacity is None else instance.capacity
        return next(_placements(instance, roof, rng), None)
    room = _room(instance)
    orders = list(_orders(instance))
    rng.shuffle(orders)
    for order in orders[:3]:
        path = Walk(instance, order, room).any(rng)
        if path is not None:
            return _plan(instance, order, path)
    return None


def extension(instance, rng, options):
    """An offset kept away from the bottom, an operator from a step, a tensor from a memory."""
    if isinstance(instance, Trace):
        return memories.extension(instance, rng)
    if isinstance(instance, Buffers):
        i, least = int(rng.integers(len(instance.size))), int(rng.integers(1, 4))

        def lift(model):
            model.model.add(model.variables["offset"][i] >= least)

        return lift, lambda s: s.offset[i] >= least, ("auto", "exact")
    n = len(instance.inputs)
    o, k = int(rng.integers(n)), int(rng.integers(n))

    def forbid(model):
        variable = model.variables["runs"][o, k]
        if not isinstance(variable, int):
            model.model.add(variable == 0)

    return forbid, lambda s: s.schedule[k] != o, ("auto", "exact")


def variants(instance, rng, options):
    """Permuted, moved in time, and scaled."""
    if isinstance(instance, Trace):
        yield from memories.variants(instance)
        return
    same, twice = (lambda value: value), (lambda value: 2 * value)
    if isinstance(instance, Buffers):
        p = rng.permutation(len(instance.size))
        columns = ("lower", "upper", "size", "alignments", "offset", "hint")
        moved = {key: getattr(instance, key)[p] for key in columns}
        yield _with(instance, **moved, gaps=[instance.gaps[i] for i in p], ids=()), same
        shift = int(rng.integers(-5, 6))
        late = [[(a + shift, b + shift, c, d) for a, b, c, d in rows] for rows in instance.gaps]
        yield (
            _with(instance, lower=instance.lower + shift, upper=instance.upper + shift, gaps=late),
            same,
        )
        wide = [[(a, b, 2 * c, 2 * d) for a, b, c, d in rows] for rows in instance.gaps]
        fixed = np.where(instance.offset < 0, -1, 2 * instance.offset)
        scaled = {"size": 2 * instance.size, "alignments": 2 * instance.alignments, "offset": fixed}
        room = None if instance.capacity is None else 2 * instance.capacity
        yield (
            _with(instance, **scaled, gaps=wide, alignment=2 * instance.alignment, capacity=room),
            twice,
        )
        return
    p = rng.permutation(len(instance.inputs))
    place = np.argsort(p)
    moved = {key: [getattr(instance, key)[o] for o in p] for key in _OPERATORS}
    order = None if instance.order is None else [place[o] for o in instance.order]
    yield _with(instance, **moved, order=order, operators=()), same
    room = None if instance.capacity is None else 2 * instance.capacity
    scaled = {"size": 2 * instance.size, "workspace": 2 * instance.workspace, "capacity": room}
    yield _with(instance, **scaled, alignment=2 * instance.alignment), twice


_OPERATORS = ("inputs", "outputs", "workspace", "in_place", "over")
_BUFFERS = ("lower", "upper", "size", "capacity", "alignment", "objective", "alignments", "gaps")
_BUFFERS += ("offset", "hint")
_NETWORK = ("size", *_OPERATORS, "capacity", "weight", "output", "alignment", "objective")
_NETWORK += ("write_every_eviction", "stream_weights", "order")


def _with(instance, **changed):
    names = _BUFFERS if isinstance(instance, Buffers) else _NETWORK
    changed.pop("ids", None), changed.pop("operators", None)
    return type(instance)(**{name: getattr(instance, name) for name in names} | changed)


# ---- buffers -----------------------------------------------------------------------------------


def _buffers(rng):
    n = int(rng.integers(1, 6))
    on = lambda: rng.random() < 0.25  # noqa: E731
    lower = rng.integers(-2, 5, n)
    upper = lower + rng.integers(1, 6, n)
    size = rng.integers(0 if on() else 1, 5, n)
    fields = {"alignment": 2 if on() else 1}
    if on():
        fields["alignments"] = 2 ** rng.integers(0, 3, n)
    if on():
        windows = on()
        fields["gaps"] = [_gaps(rng, int(a), int(b), int(s), windows) for a, b, s in
                          zip(lower, upper, size)]  # fmt: skip
    grain = np.maximum(fields.get("alignments", 1), fields["alignment"]) * np.ones(n, dtype=int)
    for key in ("offset", "hint"):
        if on():
            fields[key] = np.where(rng.random(n) < 0.4, rng.integers(0, 4, n) * grain, -1)
    if on():
        fields["capacity"] = int(rng.integers(1, size.sum() + 3))
        if on():
            fields["objective"] = "fit"
    return Buffers(lower, upper, size, **fields)


def _gaps(rng, lower, upper, size, windows):
    if rng.random() < 0.5:
        return []
    cuts = sorted(rng.integers(lower, upper + 1, 4).tolist())
    gaps = []
    for begin, end in ((cuts[0], cuts[1]), (cuts[2], cuts[3])):
        if begin < end:
            low, high = sorted(rng.integers(0, size + 1, 2).tolist())
            gaps.append((begin, end, low, high) if windows and low < high else (begin, end))
    return gaps


def _space(b, i):
    return -(-int(b.size[i]) // b.alignment) * b.alignment


def _roof(b, extra=0):
    """Every free buffer fits side by side with the others, above all that are fixed."""
    n = range(len(b.size))
    most = sum(_space(b, i) + max(int(b.alignments[i]), b.alignment) for i in n)
    return (
        most
        + max((int(b.offset[i]) + _space(b, i) for i in n if b.offset[i] >= 0), default=0)
        + extra
    )


def _bytes_at(b, i, time):
    """Range of bytes of buffer i that are there at a time, empty if none."""
    if not b.lower[i] <= time < b.upper[i] or b.size[i] == 0:
        return 0, 0
    for lower, upper, low, high in b.gaps[i]:
        if lower <= time < upper:
            return low, high
    return 0, _space(b, i)


def _placements(b, roof, rng=None):
    """All placements of no more than this height, in random order if asked."""
    n = len(b.size)
    times = sorted({*b.lower.tolist(), *(t for rows in b.gaps for g in rows for t in g[:2])})
    there = [[_bytes_at(b, i, t) for t in times] for i in range(n)]

    def collide(i, x, j, y):
        return any(
            a < top and p < high and x + a < y + high and y + p < x + top
            for (a, top), (p, high) in zip(there[i], there[j])
        )

    def extend(offsets):
        i = len(offsets)
        if i == n:
            yield Placement(offsets)
            return
        grain = max(int(b.alignments[i]), b.alignment)
        top = roof - _space(b, i) if b.size[i] else roof
        choices = [int(b.offset[i])] if b.offset[i] >= 0 else list(range(0, top + 1, grain))
        if b.size[i] == 0 and b.offset[i] < 0:
            choices = list(range(0, 9, grain))
        if rng is not None:
            rng.shuffle(choices)
        for x in choices:
            if b.size[i] and x + _space(b, i) > roof:
                continue
            if not any(collide(i, x, j, y) for j, y in enumerate(offsets)):
                yield from extend([*offsets, x])

    yield from extend([])


def _best_placement(b, allowed):
    """Heights from below; `allowed` may lift buffers by a few bytes."""
    most = _roof(b, 4) if b.capacity is None else b.capacity
    first = most if b.objective == "fit" else 0
    for height in range(first, most + 1):
        for placement in _placements(b, height):
            if allowed is None or allowed(placement):
                return height, placement
    return None, None


# ---- networks ----------------------------------------------------------------------------------


def _network(rng):
    """A random graph of at most four operators with one or two outputs each."""
    n = int(rng.integers(1, 5))
    on = lambda: rng.random() < 0.25  # noqa: E731
    sources = int(rng.integers(1, 4 if n < 4 else 3))
    large = 3 if n < 3 else 2
    inputs, outputs, tensors = [], [], list(range(sources))
    for _ in range(n):
        count = int(rng.integers(1, min(3, len(tensors)) + 1))
        inputs.append(tuple(rng.choice(tensors, count, replace=False).tolist()))
        made = [len(tensors) + k for k in range(2 if n < 4 and on() else 1)]
        outputs.append(tuple(made))
        tensors += made
    m = len(tensors)
    size = rng.integers(1, large + 1, m)
    if on():
        size[rng.random(m) < 0.3] = 0
    while size.sum() > 9:  # keeps the enumeration of addresses short
        size[rng.integers(m)] //= 2
    alignment = 2 if on() else 1
    fields = {"alignment": alignment, "write_every_eviction": bool(on())}
    if on():
        fields["weight"] = [t < sources and rng.random() < 0.6 for t in range(m)]
        fields["stream_weights"] = bool(rng.random() < 0.5)
    if on():
        fields["workspace"] = rng.integers(0, 3, n)
    if on():
        fields["in_place"] = rng.random(n) < 0.6
    if on():
        fields["over"] = [_over(rng, r, w, size, fields, o) for o, (r, w) in
                          enumerate(zip(inputs, outputs))]  # fmt: skip
    if on():
        fields["output"] = [t >= sources and rng.random() < 0.5 for t in range(m)]
    if on():
        fields["order"] = list(range(n))
    peak = on()
    net = Network(size, inputs, outputs, 10**6, objective="peak" if peak else "traffic", **fields)
    need = max(_need(net, o) for o in range(n)) * alignment
    if peak and rng.random() < 0.5:
        return _with(net, capacity=None)
    return _with(net, capacity=max(0, need + int(rng.integers(-1, 3)) * alignment))


def _over(rng, inputs, outputs, size, fields, o):
    """An input that is large enough for the only output of an operator, -1 if there is none."""
    weight, whole = fields.get("weight"), fields.get("in_place")
    fit = [t for t in inputs if size[t] >= size[outputs[0]] and not (weight and weight[t])]
    free = len(outputs) == 1 and not (whole is not None and whole[o])
    return int(rng.choice(fit)) if fit and free else -1


def _effort(net):
    """Most addresses that the operands of one operator can be tried at."""
    room, most = _room(net), 0
    for o in range(len(net.inputs)):
        sizes = [_units(net, t) for t in (*net.inputs[o], *net.outputs[o])] + [_work(net, o)]
        most = max(most, math.prod(max(1, room - size + 1) for size in sizes if size))
    return most


def _units(net, t):
    return -(-int(net.size[t]) // net.alignment)


def _work(net, o):
    return -(-int(net.workspace[o]) // net.alignment)


def _need(net, o):
    read = sum(_units(net, t) for t in net.inputs[o])
    written = 0 if net.over[o] >= 0 else sum(_units(net, t) for t in net.outputs[o])
    return _work(net, o) + (max(read, written) if net.in_place[o] else read + written)


def _room(net):
    """Units of the scratchpad; without a limit everything fits side by side."""
    if net.capacity is not None:
        return net.capacity // net.alignment
    return sum(_units(net, t) for t in range(len(net.size))) + sum(
        _work(net, o) for o in range(len(net.inputs))
    )


def _orders(net):
    """Topological orders, or the fixed one."""
    n = len(net.inputs)
    for order in (
        [net.order.tolist()] if net.order is not None else itertools.permutations(range(n))
    ):
        step = {o: k for k, o in enumerate(order)}
        if all(
            net.producer[t] < 0 or step[int(net.producer[t])] < step[o]
            for o in range(n)
            for t in net.inputs[o]
        ):
            yield list(order)


def _best_plan(net, allowed):
    none = np.zeros((0, 4), dtype=np.int64)
    orders = [o for o in _orders(net) if allowed is None or allowed(Plan(o, none))]
    room = _room(net)
    if net.objective == "peak":
        least = max(_need(net, o) for o in range(len(net.inputs)))
        for units in range(least, room + 1):
            for order in orders:
                cost, path = Walk(net, order, units).best()
                if path is not None:
                    return units * net.alignment, _plan(net, order, path)
        return None, None
    best = (math.inf, None)
    for order in orders:
        cost, path = Walk(net, order, room).best()
        if path is not None and cost < best[0]:
            best = (cost, _plan(net, order, path))
    return best if best[1] is not None else (None, None)


def _plan(net, order, path):
    """Residencies of a path: frames of (tensor -> address, tensors whose residency begins)."""
    rows = []
    for k, (frame, fresh) in enumerate(path):
        for t, address in frame.items():
            if t in fresh:
                rows.append([t, k, k, address * net.alignment])
            else:
                next(row for row in reversed(rows) if row[0] == t)[2] = k
    return Plan(order, rows)


class Walk:
    """A fixed schedule, step by step, within so many units."""

    def __init__(self, net, order, room):
        self.net, self.order, self.room = net, order, room
        self.tensors = len(net.size)
        self.units = [_units(net, t) for t in range(self.tensors)]
        self.units += [_work(net, o) for o in range(len(order))]
        step = {o: k for k, o in enumerate(order)}
        self.last = [max((step[o] for o in readers), default=-1) for readers in net.consumers]
        self.memo = {}

    def best(self):
        """(least bytes moved, its path), None without any."""
        stored = sum(int(self.net.size[t]) for t in range(self.tensors)
                     if self.net.output[t] and self.net.producer[t] >= 0)  # fmt: skip
        cost, path = self._from(0, frozenset(), frozenset())
        return cost + stored, path

    def any(self, rng):
        """A random path, None if there is none."""
        dead = set()

        def walk(k, lying, host):
            if k == len(self.order):
                return []
            if (k, lying, host) in dead:
                return None
            steps = list(itertools.islice(self._steps(k, dict(lying), host), 300))
            rng.shuffle(steps)
            for _, frame, after, copies in steps:
                rest = walk(k + 1, after, copies)
                if rest is not None:
                    return [frame, *rest]
            dead.add((k, lying, host))
            return None

        return walk(0, frozenset(), frozenset())

    def _from(self, k, lying, host):
        if k == len(self.order):
            return 0, ()
        key = (k, lying, host)
        if key not in self.memo:
            best = (math.inf, None)
            for paid, frame, after, copies in self._steps(k, dict(lying), host):
                if paid >= best[0]:
                    continue
                cost, path = self._from(k + 1, after, copies)
                if path is not None and paid + cost < best[0]:
                    best = (paid + cost, (frame, *path))
            self.memo[key] = best
        return self.memo[key]

    def _steps(self, k, lying, host):
        """(bytes, frame, what lies after it, copies): everything that can happen at a step."""
        net, o = self.net, self.order[k]
        work = [self.tensors + o] if self.units[self.tensors + o] or net.workspace[o] else []
        there = [t for t in net.inputs[o] if t in lying]
        others = {t: a for t, a in lying.items() if t not in there}
        for count in range(len(there) + 1):
            for moved in itertools.combinations(there, count):  # loaded again, elsewhere
                pinned = {t: lying[t] for t in there if t not in moved}
                missing = [t for t in net.inputs[o] if t not in pinned]
                made = [] if net.in_place[o] else list(net.outputs[o])
                t = int(net.over[o])
                takes = t >= 0 and self.last[t] == k
                choices = list(self._places(pinned, [*missing, *work, *made]))
                if takes:  # the output lies at the address of its input
                    for place in self._places(pinned, [*missing, *work]):
                        choices.append({**place, made[0]: {**pinned, **place}[t]})
                for place in choices:
                    gone = [t for t in others if self._touch(t, others[t], place)]
                    left = self._leave([*moved, *gone], host)
                    if left is None:
                        continue
                    paid, copies = left
                    paid += sum(int(net.size[t]) for t in missing)
                    stay = {t: a for t, a in others.items() if t not in gone}
                    state = (k, o, stay, pinned, place, copies, paid)
                    if net.in_place[o]:
                        yield from self._write(*state)
                    else:
                        yield self._end(k, stay, pinned, place, copies, paid)

    def _write(self, k, o, stay, pinned, place, copies, paid):
        """Outputs of an operator in place may lie on its inputs, which leave with the reading."""
        net = self.net
        bench = {t: a for t, a in place.items() if t >= self.tensors}
        read = {t: a for t, a in {**pinned, **place}.items() if t < self.tensors}
        for put in self._places(bench, list(net.outputs[o])):
            covered = [t for t in read if self._touch(t, read[t], put)]
            gone = [t for t in stay if self._touch(t, stay[t], put)]
            live = [t for t in covered if self.last[t] > k and not self._streamed(t)]
            left = self._leave([*gone, *live], copies)
            if left is None:
                continue
            kept = {t: a for t, a in stay.items() if t not in gone}
            more, hosted = left
            cost, frame, after, hosted = self._end(
                k, kept, pinned, {**place, **put}, hosted, paid + more
            )
            after = frozenset((t, a) for t, a in after if t not in covered)
            yield cost, frame, after, hosted

    def _end(self, k, stay, pinned, place, copies, paid):
        net = self.net
        frame = {**stay, **pinned, **place}
        after = frozenset(
            (t, a)
            for t, a in frame.items()
            if t < self.tensors and self.last[t] > k and not (net.stream_weights and net.weight[t])
        )
        return paid, (frame, frozenset(place)), after, copies

    def _streamed(self, t):
        return self.net.stream_weights and self.net.weight[t]

    def _leave(self, gone, host):
        """Stores of live tensors that leave; None where no tensor may leave."""
        net, paid = self.net, 0
        if net.objective == "peak" and gone:
            return None
        for t in gone:
            if net.producer[t] < 0:
                continue
            if net.write_every_eviction or (t not in host and not net.output[t]):
                paid += int(net.size[t])
            host = host | {t}
        return paid, host

    def _touch(self, t, a, place):
        size = self.units[t]
        return any(a < x + self.units[u] and x < a + size for u, x in place.items()
                   if size and self.units[u])  # fmt: skip

    def _places(self, lying, coming):
        """All disjoint addresses of `coming` beside what lies there."""
        if not coming:
            yield {}
            return
        t, rest = coming[0], coming[1:]
        size = self.units[t]
        for a in range(self.room - size + 1 if size else 1):
            if not self._touch(t, a, lying):
                for place in self._places({**lying, t: a}, rest):
                    yield {t: a, **place}

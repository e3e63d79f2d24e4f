"""Several memories by enumeration: all residencies, all addresses, and a simulator of its own."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from zerogap.models.scratchpad import Mapping, Memory, Trace


def draw(rng):
    """A trace of up to five steps whose mappings can be enumerated."""
    on = lambda: rng.random() < 0.25  # noqa: E731
    while True:
        steps, tensors = int(rng.integers(1, 6)), int(rng.integers(1, 5))
        fast = 2 if on() else 1
        memories = [Memory("slow")]
        for m in range(fast):
            latency = int(rng.integers(0, 4)) if on() else 0
            unit = 2 if on() else 1
            memories.append(
                Memory(f"m{m}", int(rng.integers(0, 9)), int(rng.integers(1, 4)), latency, unit)
            )
        uses, producer = [], []
        time = rng.integers(0, 12, steps)
        left = time.copy()
        for t in range(tensors):
            at = sorted(rng.choice(steps, min(steps, int(rng.integers(0, 4))), replace=False))
            for k in at:
                saved = rng.integers(0, min(left[k], 7) + 1, fast)
                left[k] -= saved.max()
                uses.append([int(k), t, *saved.tolist()])
            producer.append(int(at[0]) if len(at) and rng.random() < 0.4 else -1)
        fields = {"producer": producer}
        if on():
            fields["output"] = rng.integers(0, 2, tensors)
        if on():
            fields["pin"] = rng.integers(-1, fast + 1, tensors)
        trace = Trace(tuple(memories), rng.integers(0, 7, tensors), time, uses, **fields)
        if effort(trace) < 4000:
            return trace


def choices(trace, t):
    """All sets of residencies (first, last, memory) of a tensor."""
    at = [int(k) for k, tensor, *_ in trace.uses.tolist() if tensor == t]
    made, pin = int(trace.producer[t]), int(trace.pin[t])
    last_step = len(trace.time) - 1
    spans = []
    for first in range(max(made, 0), last_step + 1):
        for last in range(first, last_step + 1):
            inside = [k for k in at if first <= k <= last]
            stored = first == made and (inside != at or trace.output[t])
            # Space that is held longer than for a copy out is never of use to anybody.
            if not inside or (not stored and last != inside[-1]):
                continue
            for m, memory in enumerate(trace.memories[1:], start=1):
                if trace.size[t] <= memory.capacity and pin in (-1, m):
                    spans.append((first, last, m))
    found = []
    for count in range(len(at) + 1):
        for chosen in itertools.combinations(spans, count):
            ordered = sorted(chosen)
            if any(b[0] <= a[1] for a, b in zip(ordered, ordered[1:])):
                continue
            covered = sum(any(a <= k <= b for a, b, _ in chosen) for k in at)
            if pin < 1 or covered == len(at):
                found.append(ordered)
    return found


def effort(trace):
    total = 1
    for t in range(len(trace.size)):
        total *= max(1, len(choices(trace, t)))
    return total


def simulate(trace, spans):
    """Time of residencies (tensor, first, last, memory), event by event."""
    uses = {}
    for k, t, *saved in trace.uses.tolist():
        uses.setdefault(k, []).append((t, saved))
    at = {t: [k for k, u, *_ in trace.uses.tolist() if u == t] for t in range(len(trace.size))}
    channel = {}
    copied = {}  # (span, direction) -> end
    home = {t: 0 for t in range(len(trace.size)) if trace.producer[t] < 0}
    clock = 0

    def long(span):
        memory, size = trace.memories[span[3]], int(trace.size[span[0]])
        return memory.latency + (size + memory.bandwidth - 1) // memory.bandwidth

    def inside(span):
        return [k for k in at[span[0]] if span[1] <= k <= span[2]]

    def goes_out(span):
        t = span[0]
        return span[1] == trace.producer[t] and (trace.output[t] or at[t][-1] > inside(span)[-1])

    def request(span, direction, earliest):
        begin = max(earliest, channel.get(span[3], 0))
        channel[span[3]] = copied[span, direction] = begin + long(span)

    for k in range(len(trace.time) + 1):
        for span in sorted(s for s in spans if goes_out(s) and inside(s)[-1] == k - 1):
            request(span, "out", clock)
            home[span[0]] = copied[span, "out"]
        if k == len(trace.time):
            break
        for span in spans:
            if goes_out(span) and span[2] == k - 1:
                clock = max(clock, copied[span, "out"])
        for span in sorted(spans, key=lambda s: (inside(s)[0], s[0])):
            if span[1] == k and span[1] != trace.producer[span[0]]:
                request(span, "in", max(clock, home[span[0]]))
        begin, takes = clock, int(trace.time[k])
        written = []
        for t, saved in uses.get(k, []):
            near = [s for s in spans if s[0] == t and s[1] <= k <= s[2]]
            if near:
                takes -= saved[near[0][3] - 1]
                begin = max(begin, copied.get((near[0], "in"), 0))
            elif trace.producer[t] == k:
                written.append(t)
            else:
                begin = max(begin, home[t])
        clock = begin + takes
        home.update(dict.fromkeys(written, clock))
    return max([clock, *(end for (_, way), end in copied.items() if way == "out")])


def place(trace, spans, rng=None):
    """Addresses of residencies, or None: one after the other at every address."""
    rows = []

    def fits(span, address):
        t, first, last, m = span
        for other, begin, end, where, memory in rows:
            if memory != m or begin > last or first > end:
                continue
            if address < where + trace.size[other] and where < address + trace.size[t]:
                return False
        return True

    def go(i):
        if i == len(spans):
            return True
        t, first, last, m = spans[i]
        memory = trace.memories[m]
        room = range(0, memory.capacity - int(trace.size[t]) + 1, memory.alignment)
        for address in room if rng is None else rng.permutation(list(room)).astype(int).tolist():
            if fits(spans[i], address):
                rows.append([t, first, last, address, m])
                if go(i + 1):
                    return True
                rows.pop()
        return False

    return rows if go(0) else None


def _all(trace):
    for chosen in itertools.product(*(choices(trace, t) for t in range(len(trace.size)))):
        yield [(t, *span) for t, spans in enumerate(chosen) for span in spans]


def optimum(trace, allowed=None):
    """Least time over all mappings."""
    found = sorted(((simulate(trace, spans), i, spans) for i, spans in enumerate(_all(trace))))
    for value, _, spans in found:
        rows = place(trace, spans)
        if rows is not None and (allowed is None or allowed(Mapping(rows))):
            return value, Mapping(rows)
    return None, None


def solution(trace, rng):
    """A random mapping."""
    everything = list(_all(trace))
    for i in rng.permutation(len(everything))[:20]:
        rows = place(trace, everything[i], rng)
        if rows is not None:
            return Mapping(rows)
    return None


def extension(trace, rng):
    """A tensor kept out of a memory."""
    t, m = int(rng.integers(len(trace.size))), int(rng.integers(1, len(trace.memories)))

    def forbid(model):
        for (tensor, memory, *_), there in model.variables["run"].items():
            if (tensor, memory) == (t, m):
                model.model.add(there == 0)

    def allowed(mapping):
        return not any(row[0] == t and row[4] == m for row in mapping.residencies.tolist())

    return forbid, allowed, ("auto", "exact")


def variants(trace):
    """A tensor that nobody uses; a memory without room."""
    more = {
        key: np.append(getattr(trace, key), value)
        for key, value in (("size", 3), ("producer", -1), ("output", 0), ("pin", -1))
    }
    yield dataclasses.replace(trace, tensors=(), **more), lambda value: value
    if (trace.size > 0).all():
        rows = np.column_stack([trace.uses, trace.uses[:, 2:3]])
        memories = (*trace.memories, Memory("none"))
        yield dataclasses.replace(trace, memories=memories, uses=rows), lambda value: value

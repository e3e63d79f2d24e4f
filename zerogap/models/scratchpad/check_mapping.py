"""The checker of mappings to several memories: a simulator, from the definition alone."""

from __future__ import annotations

from zerogap.models.base import InfeasibleSolution
from zerogap.models.scratchpad.memories import Mapping, Trace


def makespan(trace: Trace, solution: Mapping) -> int:
    """Time to the end of the last step and of all copies out.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint, the place and the amount.
    """
    spans = [_span(trace, row) for row in solution.residencies.tolist()]
    _check_space(trace, spans)
    _check_tensors(trace, spans)
    return _run(trace, spans)


class _Span:
    def __init__(self, row: list[int]):
        self.tensor, self.first, self.last, self.address, self.memory = row
        self.uses: list[int] = []
        self.loaded = False  # copied in at the beginning
        self.stored = False  # copied out after its last use


def _span(trace: Trace, row: list[int]) -> _Span:
    span = _Span(row)
    t, m = span.tensor, span.memory
    if not 0 <= t < len(trace.size) or not 1 <= m < len(trace.memories):
        raise InfeasibleSolution(f"{row}: unknown tensor or memory", constraint="known")
    label, memory = trace.tensors[t], trace.memories[m]
    if not 0 <= span.first <= span.last < len(trace.time):
        raise InfeasibleSolution(f"{label!r}: steps {span.first} … {span.last}", constraint="steps")
    size = int(trace.size[t])
    if span.address < 0 or span.address % memory.alignment:
        raise InfeasibleSolution(
            f"{label!r}: address {span.address} is no multiple of {memory.alignment}",
            constraint="alignment",
            where=t,
        )
    if span.address + size > memory.capacity:
        raise InfeasibleSolution(
            f"{label!r} ends at {span.address + size}, {memory.name} has {memory.capacity}",
            constraint="capacity",
            where=t,
            by=span.address + size - memory.capacity,
        )
    at = [int(trace.uses[i, 0]) for i in trace.used[t]]
    span.uses = [k for k in at if span.first <= k <= span.last]
    if not span.uses:
        raise InfeasibleSolution(f"{label!r}: a residency without a use", constraint="use", where=t)
    made = int(trace.producer[t])
    if span.first < made:
        raise InfeasibleSolution(
            f"{label!r}: begins at step {span.first}, is produced at {made}",
            constraint="producer",
            where=t,
        )
    span.loaded = span.first != made
    later = any(k > span.uses[-1] for k in at)
    span.stored = not span.loaded and (later or bool(trace.output[t]))
    return span


def _check_space(trace: Trace, spans: list[_Span]) -> None:
    for i, a in enumerate(spans):
        for b in spans[:i]:
            if a.memory != b.memory or a.last < b.first or b.last < a.first:
                continue
            top_a = a.address + int(trace.size[a.tensor])
            top_b = b.address + int(trace.size[b.tensor])
            if a.address < top_b and b.address < top_a:
                raise InfeasibleSolution(
                    f"{trace.tensors[a.tensor]!r} and {trace.tensors[b.tensor]!r} overlap in "
                    f"{trace.memories[a.memory].name}",
                    constraint="overlap",
                    where=(a.tensor, b.tensor),
                )


def _check_tensors(trace: Trace, spans: list[_Span]) -> None:
    for t, pin in enumerate(trace.pin.tolist()):
        mine = sorted((s for s in spans if s.tensor == t), key=lambda s: s.first)
        label = trace.tensors[t]
        for a, b in zip(mine, mine[1:]):
            if b.first <= a.last:
                raise InfeasibleSolution(
                    f"{label!r} is in two places at step {b.first}", constraint="twice", where=t
                )
        if pin < 0:
            continue
        covered = sum(len(s.uses) for s in mine)
        if any(s.memory != pin for s in mine) or (pin and covered < len(trace.used[t])):
            raise InfeasibleSolution(
                f"{label!r} is pinned to {trace.memories[pin].name}", constraint="pin", where=t
            )


def _run(trace: Trace, spans: list[_Span]) -> int:
    free = [0] * len(trace.memories)  # when the channel of a memory is free again
    valid = [0] * len(trace.size)  # when the copy in slow memory is there
    ready: dict[int, int] = {}  # span -> when it is filled
    emptied: dict[int, int] = {}  # span -> when it is copied out
    now = 0

    def copy(i: int, start: int) -> int:
        span = spans[i]
        begin = max(start, free[span.memory])
        done = begin + trace.memories[span.memory].copy(int(trace.size[span.tensor]))
        free[span.memory] = done
        return done

    for step in range(len(trace.time)):
        going = [i for i, s in enumerate(spans) if s.stored and s.uses[-1] == step - 1]
        for i in sorted(going, key=lambda i: spans[i].tensor):
            emptied[i] = valid[spans[i].tensor] = copy(i, now)
        leaving = [i for i, s in enumerate(spans) if s.stored and s.last == step - 1]
        now = max([now, *(emptied[i] for i in leaving)])
        coming = [i for i, s in enumerate(spans) if s.loaded and s.first == step]
        for i in sorted(coming, key=lambda i: (spans[i].uses[0], spans[i].tensor)):
            ready[i] = copy(i, max(now, valid[spans[i].tensor]))
        takes = int(trace.time[step])
        start = now
        for use in trace.uses[trace.uses[:, 0] == step].tolist():
            t = use[1]
            here = [i for i, s in enumerate(spans) if s.tensor == t and step in s.uses]
            if here:
                takes -= use[1 + spans[here[0]].memory]
                start = max(start, ready.get(here[0], 0))
            elif trace.producer[t] != step:
                start = max(start, valid[t])
        now = start + takes
        for use in trace.uses[trace.uses[:, 0] == step].tolist():
            t = use[1]
            if trace.producer[t] == step and not any(
                s.tensor == t and step in s.uses for s in spans
            ):
                valid[t] = now
    last = len(trace.time) - 1
    for i in sorted(range(len(spans)), key=lambda i: spans[i].tensor):
        if spans[i].stored and spans[i].uses[-1] == last:
            emptied[i] = copy(i, now)
    return max([now, *emptied.values()])

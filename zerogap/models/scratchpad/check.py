"""The checker, which replays a plan step by step."""

from __future__ import annotations

import bisect

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.check_mapping import makespan
from zerogap.models.scratchpad.instance import Network
from zerogap.models.scratchpad.memories import Mapping, Trace
from zerogap.models.scratchpad.solution import Placement, Plan, Traffic, boxes


def check(instance: Network | Buffers | Trace, solution: Plan | Placement | Mapping) -> int:
    """Objective of a solution, recomputed from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint, the place and the amount.
    """
    if isinstance(instance, Trace):
        if not isinstance(solution, Mapping):
            raise InfeasibleSolution("a trace needs a mapping", constraint="kind")
        return makespan(instance, solution)
    if isinstance(instance, Buffers):
        if not isinstance(solution, Placement):
            raise InfeasibleSolution("buffers need offsets", constraint="kind")
        return _check_placement(instance, solution)
    if not isinstance(solution, Plan):
        raise InfeasibleSolution("a network needs a schedule and residencies", constraint="kind")
    moved = replay(instance, solution)
    return moved.height if instance.objective == "peak" else moved.total


def replay(net: Network, plan: Plan) -> Traffic:
    """Execute a plan step by step and count what it moves.

    Raises
    ------
    InfeasibleSolution
        At the first violated constraint.
    """
    step = _steps(net, plan.schedule)
    spans = _spans(net, plan, step)
    loaded, stored = 0, 0
    for t in range(len(net.size)):
        size, mine = int(net.size[t]), spans.get(t, [])
        made = int(step[net.producer[t]]) if net.producer[t] >= 0 else -1
        _check_uses(net, t, mine, made, [int(step[o]) for o in net.consumers[t]])
        streamed = net.stream_weights and net.weight[t]
        if net.objective == "peak" and len(mine) > 1 and not streamed:
            raise InfeasibleSolution(
                f"tensor {net.tensors[t]!r} has {len(mine)} residencies, but peak memory allows "
                "no replacement",
                constraint="replacement",
                where=t,
                by=len(mine) - 1,
            )
        loads = len(mine) - (made >= 0)
        loaded += size * loads
        if made < 0:
            continue
        # A residency that does not begin at the producer reads a copy that was stored before.
        if net.write_every_eviction:
            stored += size * (loads + bool(net.output[t]))
        else:
            stored += size * (loads > 0 or bool(net.output[t]))
    height = _check_space(net, plan)
    return Traffic(loaded, stored, net.compulsory, height)


def _steps(net: Network, schedule: np.ndarray) -> np.ndarray:
    """Step of every operator; the schedule is a topological order (and the fixed one, if any)."""
    n = len(net.inputs)
    if len(schedule) != n:
        raise InfeasibleSolution(
            f"the schedule has {len(schedule)} steps for {n} operators",
            constraint="schedule",
            by=abs(len(schedule) - n),
        )
    step = np.full(n, -1, dtype=np.int64)
    for k, o in enumerate(schedule.tolist()):
        if not 0 <= o < n:
            raise InfeasibleSolution(
                f"step {k} runs unknown operator {o}", constraint="schedule", where=k
            )
        if step[o] >= 0:
            raise InfeasibleSolution(
                f"operator {net.operators[o]!r} runs twice, at steps {step[o]} and {k}",
                constraint="schedule",
                where=k,
            )
        step[o] = k
    for o in range(n):
        for t in net.inputs[o]:
            p = int(net.producer[t])
            if p >= 0 and step[p] > step[o]:
                raise InfeasibleSolution(
                    f"operator {net.operators[o]!r} runs at step {step[o]}, before "
                    f"{net.operators[p]!r} makes its input {net.tensors[t]!r} at step {step[p]}",
                    constraint="precedence",
                    where=(p, o),
                )
    if net.order is not None and not np.array_equal(net.order, schedule):
        k = int(np.flatnonzero(net.order != schedule)[0])
        raise InfeasibleSolution(
            f"step {k} differs from the fixed schedule", constraint="order", where=k
        )
    return step


def _spans(net: Network, plan: Plan, step: np.ndarray) -> dict[int, list[tuple[int, int]]]:
    """Residencies by tensor in order of time, disjoint; workspaces are where they must be."""
    n_tensors, n = len(net.size), len(net.inputs)
    spans: dict[int, list[tuple[int, int]]] = {}
    for row, (t, first, last, address) in enumerate(plan.residencies.tolist()):
        if not 0 <= t < n_tensors + n:
            raise InfeasibleSolution(
                f"residency {row} is of unknown tensor {t}", constraint="residency", where=row
            )
        if not 0 <= first <= last < n:
            raise InfeasibleSolution(
                f"residency {row} lasts from step {first} to {last}, outside 0 to {n - 1}",
                constraint="residency",
                where=row,
            )
        if address < 0 or address % net.alignment:
            raise InfeasibleSolution(
                f"residency {row} has address {address}, no multiple of {net.alignment}",
                constraint="alignment",
                where=row,
            )
        spans.setdefault(t, []).append((first, last))
    for t, mine in spans.items():
        mine.sort()
        for (_, before), (first, _) in zip(mine, mine[1:]):
            if first <= before:
                raise InfeasibleSolution(
                    f"two residencies of tensor {t} overlap at step {first}",
                    constraint="residency",
                    where=t,
                )
    for o in range(n):
        want = [(int(step[o]), int(step[o]))] if net.workspace[o] else []
        have = spans.get(n_tensors + o, [])
        if have != want and (net.workspace[o] or have):
            raise InfeasibleSolution(
                f"the workspace of operator {net.operators[o]!r} must lie in the scratchpad at "
                f"step {step[o]} and only then",
                constraint="workspace",
                where=o,
            )
    return spans


def _check_uses(
    net: Network, t: int, spans: list[tuple[int, int]], made: int, uses: list[int]
) -> None:
    """A tensor is there when it is made and whenever it is read, and not before it exists."""
    name = net.tensors[t]
    if made >= 0 and (not spans or spans[0][0] != made):
        raise InfeasibleSolution(
            f"the first residency of {name!r} must begin at step {made}, where it is made",
            constraint="residency",
            where=t,
        )
    for k in uses:
        if not any(first <= k <= last for first, last in spans):
            raise InfeasibleSolution(
                f"{name!r} is read at step {k} but is not in the scratchpad",
                constraint="residency",
                where=(t, k),
            )
    if net.stream_weights and net.weight[t]:
        for first, last in spans:
            if first != last:
                raise InfeasibleSolution(
                    f"streamed weight {name!r} stays from step {first} to {last}",
                    constraint="stream",
                    where=t,
                    by=last - first,
                )


def _check_space(net: Network, plan: Plan) -> int:
    """No two boxes share a byte at a time, none reaches beyond the capacity; returns the height."""
    rows = boxes(net, plan)
    height = max((top for *_, bottom, top in rows if top > bottom), default=0)
    limit = None if net.capacity is None else net.capacity_units * net.alignment
    if limit is not None and height > limit:
        raise InfeasibleSolution(
            f"an address range ends at byte {height}, beyond the capacity of {limit}",
            constraint="capacity",
            by=height - limit,
        )
    clash = _overlap(rows)
    if clash:
        i, j, by = clash
        raise InfeasibleSolution(
            f"residencies {i} and {j} share {by} bytes at the same time",
            constraint="overlap",
            where=(i, j),
            by=by,
        )
    return height


def _overlap(rows: list[tuple[int, int, int, int]]) -> tuple[int, int, int] | None:
    """First pair of boxes that overlap in time and address, and by how many bytes.

    A sweep over time: what is alive is disjoint and stands in order of address, so that only the
    neighbours of a newcomer can overlap it.
    """
    rows_in = [i for i, (_, _, bottom, top) in enumerate(rows) if bottom < top]
    events = [(rows[i][1], 0, i) for i in rows_in] + [(rows[i][0], 1, i) for i in rows_in]
    alive: list[tuple[int, int]] = []
    for _, comes, i in sorted(events):
        _, _, bottom, top = rows[i]
        k = bisect.bisect_left(alive, (bottom, i))
        if not comes:
            del alive[k]
            continue
        for _, j in alive[max(0, k - 1) : k + 1]:
            by = min(top, rows[j][3]) - max(bottom, rows[j][2])
            if by > 0:
                return j, i, by
        alive.insert(k, (bottom, i))
    return None


def _check_placement(buffers: Buffers, placement: Placement) -> int:
    offset = placement.offset
    if len(offset) != len(buffers.size):
        raise InfeasibleSolution(
            f"{len(offset)} offsets for {len(buffers.size)} buffers", constraint="kind"
        )
    rows: list[tuple[int, int, int, int]] = []
    owner: list[int] = []
    height = 0
    for i, at in enumerate(offset.tolist()):
        _check_offset(buffers, i, at)
        size, unit = int(buffers.size[i]), buffers.alignment
        if size == 0:
            continue
        top = at + -(-size // unit) * unit
        height = max(height, top)
        begin = int(buffers.lower[i])
        for lower, upper, low, high in (*buffers.gaps[i], (int(buffers.upper[i]),) * 2 + (0, 0)):
            if begin < lower:
                rows.append((begin, lower, at, top))
            if low < high:
                rows.append((lower, upper, at + low, at + high))
            owner += [i] * (len(rows) - len(owner))
            begin = upper
    if buffers.capacity is not None and height > buffers.capacity:
        raise InfeasibleSolution(
            f"the placement is {height} bytes high, capacity {buffers.capacity}",
            constraint="capacity",
            by=height - buffers.capacity,
        )
    clash = _overlap(rows)
    if clash:
        i, j, by = owner[clash[0]], owner[clash[1]], clash[2]
        raise InfeasibleSolution(
            f"buffers {buffers.ids[i]} and {buffers.ids[j]} share {by} bytes at the same time",
            constraint="overlap",
            where=(i, j),
            by=by,
        )
    if buffers.objective == "fit":
        assert buffers.capacity is not None
        return buffers.capacity
    return height


def _check_offset(buffers: Buffers, i: int, at: int) -> None:
    """An offset is a multiple of both alignments, and the fixed one where one is fixed."""
    for unit in (buffers.alignment, int(buffers.alignments[i])):
        if at < 0 or at % unit:
            raise InfeasibleSolution(
                f"buffer {buffers.ids[i]} has offset {at}, no multiple of {unit}",
                constraint="alignment",
                where=i,
            )
    if buffers.offset[i] >= 0 and at != buffers.offset[i]:
        raise InfeasibleSolution(
            f"buffer {buffers.ids[i]} has offset {at}, fixed at {buffers.offset[i]}",
            constraint="offset",
            where=i,
            by=abs(at - int(buffers.offset[i])),
        )

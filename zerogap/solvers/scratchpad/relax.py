"""The problem without addresses: what the scheduling kernel decides, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.scratchpad import Network


@dataclass(frozen=True)
class Relaxation:
    """A network as the scheduling kernel sees it.

    Tensors that live for one operator only (sources read once, streamed weights, results that
    nobody reads) are part of that operator's working set: keeping them longer never helps.

    Parameters
    ----------
    net : Network
    kept : list of int
        Tensors whose residence is decided, in the kernel's numbering.
    graph : dict
        Arguments of `zerogap._ext.scratchpad.schedule.Scheduling`.
    fixed : int
        Bytes moved by every solution, to which the kernel's cost is added.
    """

    net: Network
    kept: list[int]
    graph: dict[str, Any]
    fixed: int


def relax(net: Network) -> Relaxation:
    """Reduce a network to the decisions that remain."""
    n, made = len(net.inputs), net.producer >= 0
    streamed = net.weight & net.stream_weights
    uses = np.array([len(c) for c in net.consumers], dtype=np.int64)
    kept = np.flatnonzero(~streamed & np.where(made, uses >= 1, uses >= 2)).tolist()
    number = {t: i for i, t in enumerate(kept)}
    units = net.units
    work = (-(-net.workspace // net.alignment)).tolist()

    def passing(tensors: tuple[int, ...]) -> int:
        return int(sum(units[t] for t in tensors if t not in number))

    read = [work[o] + passing(net.inputs[o]) for o in range(n)]
    write = [work[o] + passing(net.outputs[o]) for o in range(n)]
    for o in range(n):
        if not net.in_place[o]:
            read[o] = write[o] = read[o] + write[o] - work[o]
        t = int(net.over[o])
        if t >= 0 and t not in number:  # a source that is read only here: it dies for sure
            read[o] -= int(units[net.outputs[o][0]])
            write[o] = read[o]
    every = net.write_every_eviction
    over = [number.get(t, -1) for t in net.over.tolist()]
    saved = [int(units[net.outputs[o][0]]) if over[o] >= 0 else 0 for o in range(n)]
    graph = {
        "inputs": [[number[t] for t in net.inputs[o] if t in number] for o in range(n)],
        "outputs": [[number[t] for t in net.outputs[o] if t in number] for o in range(n)],
        "read": read,
        "write": write,
        "in_place": net.in_place.tolist(),
        "over": over,
        "saved": saved,
        "units": units[kept].tolist(),
        "bytes": net.size[kept].tolist(),
        "producer": net.producer[kept].tolist(),
        "stored": net.output[kept].tolist(),
        "capacity": net.capacity_units,
        "every": every,
        "peak": net.objective == "peak",
        "floor": max(net.working_set(o) for o in range(n)) // net.alignment,
        "order": [] if net.order is None else net.order.tolist(),
    }
    again = int((net.size * np.maximum(uses - 1, 0))[streamed].sum())
    return Relaxation(net, kept, graph, net.compulsory + again)


Span = tuple[int, int, int]


def spans(relaxation: Relaxation, schedule: np.ndarray, evictions: list[list[int]]) -> list[Span]:
    """Residencies (tensor, first step, last step) of a kernel's schedule, workspaces included."""
    net, kept = relaxation.net, relaxation.kept
    step = np.empty(len(schedule), dtype=np.int64)
    step[schedule] = np.arange(len(schedule))
    left: dict[int, list[int]] = {}
    for k, gone in enumerate(evictions):
        for i in gone:
            left.setdefault(kept[i], []).append(k)
    decided = set(kept)
    rows: list[Span] = []
    for t in range(len(net.size)):
        uses = sorted(int(step[o]) for o in net.consumers[t])
        if net.producer[t] >= 0:
            uses.insert(0, int(step[net.producer[t]]))
        elif t not in decided:
            rows += [(t, k, k) for k in uses]
            continue
        rows += _cut(t, uses, left.get(t, []))
    busy = np.flatnonzero(net.workspace).tolist()
    rows += [(len(net.size) + o, int(step[o]), int(step[o])) for o in busy]
    return rows


def _cut(t: int, uses: list[int], evicted: list[int]) -> list[Span]:
    """Uses joined to residencies, cut where the tensor left between two of them."""
    rows: list[Span] = []
    for before, k in zip([None, *uses], uses):
        if before is None or any(before <= e < k for e in evicted):
            rows.append((t, k, k))
        else:
            rows[-1] = (t, rows[-1][1], k)
    return rows

"""Solutions: a plan for a network, offsets for buffers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError
from zerogap.models.scratchpad import memories
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.instance import Network


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What runs when and what lies where.

    Parameters
    ----------
    schedule : ndarray of int32, shape (operators,)
        Operator of every step.
    residencies : ndarray of int64, shape (residencies, 4)
        Rows (tensor, first step, last step, address in bytes). The workspace of operator ``o`` is
        tensor ``len(size) + o``.
    """

    schedule: Any
    residencies: Any

    def __post_init__(self) -> None:
        schedule = frozen(self.schedule, np.int32, field="schedule", shape=(None,))
        rows = np.asarray(self.residencies)
        if rows.size == 0:
            rows = np.zeros((0, 4), dtype=np.int64)
        rows = frozen(rows, np.int64, field="residencies", shape=(None, 4))
        object.__setattr__(self, "schedule", schedule)
        object.__setattr__(self, "residencies", rows)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Offsets of buffers in bytes, in file order."""

    offset: Any

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "offset", frozen(self.offset, np.int64, field="offset", shape=(None,))
        )


@dataclass(frozen=True)
class Traffic:
    """Bytes moved by a plan.

    Parameters
    ----------
    loaded, stored : int
        Bytes from and to host memory.
    compulsory : int
        Part that no plan can avoid.
    height : int
        Highest byte address used.
    """

    loaded: int
    stored: int
    compulsory: int
    height: int

    @property
    def total(self) -> int:
        """Bytes loaded and stored."""
        return self.loaded + self.stored

    @property
    def avoidable(self) -> int:
        """Bytes beyond the compulsory ones."""
        return self.total - self.compulsory


def boxes(net: Network, plan: Plan) -> list[tuple[int, int, int, int]]:
    """Residencies as (begin, end, bottom, top): half-open, two time units a step.

    The first half of a step is reading, the second writing. They differ for operators in place:
    inputs that leave at such a step end with the reading, its outputs begin with the writing. So do
    an input and the output that takes its place (`over`), if they have the same address.
    """
    n_tensors = len(net.size)
    rows = []
    residencies = plan.residencies.tolist()
    taken = [(i, j) for i, j in replaced(net, plan) if residencies[i][3] == residencies[j][3]]
    left, entered = {i for i, _ in taken}, {j for _, j in taken}
    for row, (t, first, last, address) in enumerate(residencies):
        begin, end = 2 * first + (row in entered), 2 * last + 2 - (row in left)
        if t < n_tensors:
            opener, closer = int(plan.schedule[first]), int(plan.schedule[last])
            if net.in_place[opener] and net.producer[t] == opener:
                begin += 1
            if net.in_place[closer] and t in net.inputs[closer]:
                end -= 1
            size = int(net.size[t])
        else:
            size = int(net.workspace[t - n_tensors])
        rows.append((begin, end, address, address + -(-size // net.alignment) * net.alignment))
    return rows


def replaced(net: Network, plan: Plan) -> list[tuple[int, int]]:
    """Pairs of residencies: an input that is read for the last time, the output allowed over it."""
    if not (net.over >= 0).any():
        return []
    step = {o: k for k, o in enumerate(plan.schedule.tolist())}
    ends, begins = {}, {}
    for row, (t, first, last, _) in enumerate(plan.residencies.tolist()):
        ends[t, last] = row
        begins[t, first] = row
    pairs = []
    for o in np.flatnonzero(net.over >= 0).tolist():
        t, k = int(net.over[o]), step[o]
        dead = all(step[c] <= k for c in net.consumers[t])
        i, j = ends.get((t, k)), begins.get((net.outputs[o][0], k))
        if dead and i is not None and j is not None:
            pairs.append((i, j))
    return pairs


def chains(net: Network, plan: Plan) -> list[list[int]]:
    """Residencies that may follow each other at one address, each in exactly one chain."""
    after = dict(replaced(net, plan))
    heads = set(range(len(plan.residencies))) - set(after.values())
    result = []
    for row in sorted(heads):
        chain = [row]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        result.append(chain)
    return result


def encode(solution: Plan | Placement | memories.Mapping) -> dict:
    """A solution as JSON-able dict."""
    if isinstance(solution, memories.Mapping):
        return memories.encode(solution)
    if isinstance(solution, Placement):
        return {"offset": solution.offset.tolist()}
    return {
        "schedule": solution.schedule.tolist(),
        "residencies": solution.residencies.tolist(),
    }


def decode(
    instance: Network | Buffers | memories.Trace, data: dict
) -> Plan | Placement | memories.Mapping:
    """A solution from what `encode` gives.

    Raises
    ------
    InstanceError
        If a key is missing or a value malformed.
    """
    if isinstance(instance, memories.Trace):
        return memories.decode(instance, data)
    wanted = ("offset",) if isinstance(instance, Buffers) else ("schedule", "residencies")
    for key in wanted:
        if key not in data:
            raise InstanceError("is missing", field=f"solution.{key}")
    if isinstance(instance, Buffers):
        return Placement(data["offset"])
    return Plan(data["schedule"], data["residencies"])

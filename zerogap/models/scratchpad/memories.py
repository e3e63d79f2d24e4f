"""Several memories: a program of fixed steps whose tensors may lie in fast memories for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.scratchpad.instance import MAX_BYTES, integer, labels, power_of_two, setter

#: Longest step or copy, so that every sum of times stays within 64 bits.
MAX_TIME = 2**40


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory of a machine.

    Parameters
    ----------
    name : str
    capacity : int
        Bytes; 0 for the slow memory, which is not limited.
    bandwidth : int
        Bytes a unit of time between it and the slow memory, >= 1.
    latency : int
        Time that every copy takes besides.
    alignment : int
        Addresses are multiples of it; a power of two.
    """

    name: str
    capacity: int = 0
    bandwidth: int = 1
    latency: int = 0
    alignment: int = 1

    def __post_init__(self) -> None:
        put = setter(self)
        if not isinstance(self.name, str) or not self.name:
            raise InstanceError(f"name is {self.name!r}, expected a text", field="memories")
        put("capacity", integer(self.capacity, f"memory {self.name}: capacity", 0))
        put("bandwidth", integer(self.bandwidth, f"memory {self.name}: bandwidth", 1))
        put("latency", integer(self.latency, f"memory {self.name}: latency", 0))
        put("alignment", power_of_two(self.alignment))

    def copy(self, size: int) -> int:
        """Time that a copy of so many bytes takes."""
        return self.latency + -(-int(size) // self.bandwidth)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A program in a fixed order, its tensors in a slow memory or, for some steps, in a fast one.

    A step takes its `time` with all its tensors in slow memory; each *use* (step, tensor) says how
    much less it takes with the tensor in each of the fast memories. A residency holds space in a
    fast memory from its first step to its last. At its beginning the tensor is copied in, unless
    that step produces it; compute goes on meanwhile, but the first use within waits for the copy.
    After the last use within, a tensor that was produced there is copied out if it is used later or
    is an output; the step after the last one waits for that copy, as do uses in slow memory. Every
    fast memory has one channel to the slow one, which takes copies one at a time, in the order in
    which they are asked for: between two steps first those that go out, by tensor, then those that
    come in, by their first use and by tensor. Sought is the least time to the end of the last
    step and of all copies out.

    Parameters
    ----------
    memories : sequence of Memory
        The slow one first, then one or more fast ones.
    size : array_like of int64, shape (tensors,)
        Bytes, >= 0.
    time : array_like of int64, shape (steps,)
        Time of every step, >= 0, in any unit.
    uses : array_like of int64, shape (uses, 2 + fast memories)
        Rows (step, tensor, time saved in each of the fast memories), each pair once.
    producer : array_like of int32, shape (tensors,), optional
        Step that writes every tensor, which has to be its first use; −1 if it is there from the
        beginning.
    output : array_like of bool, shape (tensors,), optional
        Which tensors have to be in slow memory at the end.
    pin : array_like of int32, shape (tensors,), optional
        −1: free; 0: stays in slow memory; m: all uses in memory m.
    tensors, steps : sequence of str, optional
        Names.
    name : str

    Raises
    ------
    InstanceError
        Naming the field and what is wrong.
    """

    memories: tuple[Memory, ...]
    size: Any
    time: Any
    uses: Any
    producer: Any = None
    output: Any = None
    pin: Any = None
    tensors: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    name: str = ""
    #: Uses by tensor: rows of `uses`, by step.
    used: Any = field(init=False, compare=False, repr=False)

    __repr__ = described

    def __post_init__(self) -> None:
        put = setter(self)
        memories = tuple(self.memories)
        if len(memories) < 2 or not all(isinstance(m, Memory) for m in memories):
            raise InstanceError(
                "expected a slow memory and at least one fast one", field="memories"
            )
        if len({m.name for m in memories}) < len(memories):
            raise InstanceError("two have one name", field="memories")
        put("memories", memories)
        put("size", frozen(self.size, np.int64, field="size", shape=(None,), low=0, high=MAX_BYTES))
        put("time", frozen(self.time, np.int64, field="time", shape=(None,), low=0, high=MAX_TIME))
        tensors, steps = len(self.size), len(self.time)
        put("tensors", labels(self.tensors, tensors, "t", "tensors"))
        put("steps", labels(self.steps, steps, "step", "steps"))
        self._settle_uses(tensors, steps)
        for key, default, low, high in (
            ("producer", -1, -1, steps - 1),
            ("pin", -1, -1, len(memories) - 1),
        ):
            given = getattr(self, key)
            given = np.full(tensors, default) if given is None else given
            put(key, frozen(given, np.int32, field=key, shape=(tensors,), low=low, high=high))
        given = np.zeros(tensors) if self.output is None else self.output
        flags = frozen(given, np.int64, field="output", shape=(tensors,), low=0, high=1)
        put("output", frozen(flags, np.bool_, field="output"))
        self._check_first_uses()
        put("name", str(self.name))

    def _settle_uses(self, tensors: int, steps: int) -> None:
        put = setter(self)
        fast = len(self.memories) - 1
        rows = np.asarray(self.uses)
        if rows.size == 0:
            rows = np.zeros((0, 2 + fast), dtype=np.int64)
        rows = frozen(rows, np.int64, field="uses", shape=(None, 2 + fast), low=0, high=MAX_TIME)
        for column, limit, what in ((0, steps, "step"), (1, tensors, "tensor")):
            bad = np.flatnonzero(rows[:, column] >= limit)
            if len(bad):
                raise InstanceError(
                    f"row {bad[0]}: {what} {rows[bad[0], column]}, there are {limit}", field="uses"
                )
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        twice = np.flatnonzero((rows[1:, :2] == rows[:-1, :2]).all(axis=1))
        if len(twice):
            step, tensor = rows[twice[0], :2].tolist()
            raise InstanceError(
                f"step {self.steps[step]!r} uses tensor {self.tensors[tensor]!r} twice",
                field="uses",
            )
        most = np.zeros(steps, dtype=np.int64)
        np.add.at(most, rows[:, 0], rows[:, 2:].max(axis=1, initial=0))
        over = np.flatnonzero(most > self.time)
        if len(over):
            k = int(over[0])
            raise InstanceError(
                f"step {self.steps[k]!r} may save {most[k]}, it takes {self.time[k]}", field="uses"
            )
        used: list[list[int]] = [[] for _ in range(tensors)]
        for i, tensor in enumerate(rows[:, 1].tolist()):
            used[tensor].append(i)
        rows.setflags(write=False)
        put("uses", rows)
        put("used", tuple(tuple(u) for u in used))

    def _check_first_uses(self) -> None:
        for t, step in enumerate(self.producer.tolist()):
            if step < 0:
                continue
            first = int(self.uses[self.used[t][0], 0]) if self.used[t] else None
            if first != step:
                raise InstanceError(
                    f"tensor {self.tensors[t]!r} is produced by step {self.steps[step]!r}, which "
                    "has to be its first use",
                    field="producer",
                )

    @property
    def slow(self) -> int:
        """Time of the program with everything in slow memory."""
        return int(self.time.sum())

    def copies(self) -> np.ndarray:
        """Time of a copy of every tensor to every fast memory; shape (tensors, fast memories)."""
        return np.array(
            [[m.copy(s) for m in self.memories[1:]] for s in self.size.tolist()], dtype=np.int64
        ).reshape(len(self.size), len(self.memories) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """What lies in fast memories, and where.

    Parameters
    ----------
    residencies : array_like of int64, shape (residencies, 5)
        Rows (tensor, first step, last step, address in bytes, memory), memories from 1.
    memories : tuple of str
        Names of all memories, which solution files speak in.
    """

    residencies: Any
    memories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = np.asarray(self.residencies)
        if rows.size == 0:
            rows = np.zeros((0, 5), dtype=np.int64)
        rows = frozen(rows, np.int64, field="residencies", shape=(None, 5))
        order = np.lexsort((rows[:, 1], rows[:, 0]))
        setter(self)("residencies", frozen(rows[order], np.int64, field="residencies"))


def mapping(trace: Trace, rows: Any) -> Mapping:
    """A mapping that speaks in the names of the trace's memories."""
    return Mapping(rows, tuple(m.name for m in trace.memories))


def encode(solution: Mapping) -> dict:
    """A mapping as JSON-able dict."""
    rows = solution.residencies.tolist()
    if solution.memories:
        rows = [[*row[:4], solution.memories[row[4]]] for row in rows]
    return {"residencies": rows}


def decode(trace: Trace, data: dict) -> Mapping:
    """A mapping from what `encode` gives."""
    if "residencies" not in data:
        raise InstanceError("is missing", field="solution.residencies")
    place = {m.name: i for i, m in enumerate(trace.memories)}
    rows = []
    for row in data["residencies"]:
        if len(row) != 5 or (isinstance(row[4], str) and row[4] not in place):
            raise InstanceError(
                f"{row!r} is no [tensor, first, last, address, memory]", field="residencies"
            )
        rows.append([*row[:4], place.get(row[4], row[4])])
    return mapping(trace, rows)


# ---- files -------------------------------------------------------------------------------------


def to_json(trace: Trace) -> dict[str, Any]:
    """Fields of the JSON file."""
    memories: list[dict[str, Any]] = [{"name": trace.memories[0].name}]
    memories += [
        {
            "name": m.name,
            "capacity": m.capacity,
            "bandwidth": m.bandwidth,
            "latency": m.latency,
            "alignment": m.alignment,
        }
        for m in trace.memories[1:]
    ]
    tensors = []
    for t, label in enumerate(trace.tensors):
        entry: dict[str, Any] = {"name": label, "size": int(trace.size[t])}
        if trace.output[t]:
            entry["output"] = True
        if trace.pin[t] >= 0:
            entry["pin"] = trace.memories[int(trace.pin[t])].name
        tensors.append(entry)
    steps: list[dict[str, Any]] = [
        {"name": label, "time": int(trace.time[k]), "reads": {}, "writes": {}}
        for k, label in enumerate(trace.steps)
    ]
    for step, tensor, *saved in trace.uses.tolist():
        side = "writes" if trace.producer[tensor] == step else "reads"
        steps[step][side][trace.tensors[tensor]] = saved[0] if len(saved) == 1 else saved
    return {"name": trace.name, "memories": memories, "tensors": tensors, "steps": steps}


def of_json(data: dict[str, Any]) -> Trace:
    """A trace from a JSON file with the key ``memories``."""
    memories = []
    for entry in data["memories"]:
        keys = ("capacity", "bandwidth", "latency", "alignment")
        given = {key: entry[key] for key in keys if key in entry}
        memories.append(Memory(entry["name"], **given))
    place = {m.name: i for i, m in enumerate(memories)}
    tensors: dict[str, int] = {}
    size, output, pin = [], [], []
    for i, entry in enumerate(data["tensors"]):
        if entry["name"] in tensors:
            raise InstanceError(f"name {entry['name']!r} is used twice", field=f"tensors[{i}]")
        tensors[entry["name"]] = i
        size.append(entry["size"])
        output.append(entry.get("output", False))
        where = entry.get("pin")
        if where is not None and where not in place:
            raise InstanceError(f"unknown memory {where!r}", field=f"tensors[{i}].pin")
        pin.append(-1 if where is None else place[where])
    producer = [-1] * len(size)
    rows: list[list[int]] = []
    times, steps = [], []
    for k, entry in enumerate(data["steps"]):
        steps.append(str(entry.get("name", f"step{k}")))
        times.append(entry["time"])
        for side in ("reads", "writes"):
            for label, saved in dict(entry.get(side, {})).items():
                where = f"steps[{k}].{side}"
                if label not in tensors:
                    raise InstanceError(f"unknown tensor {label!r}", field=where)
                t = tensors[label]
                if side == "writes":
                    if producer[t] >= 0:
                        raise InstanceError(f"tensor {label!r} is written twice", field=where)
                    producer[t] = k
                each: Sequence[int] = saved if isinstance(saved, list) else [saved]
                if len(each) != len(memories) - 1:
                    raise InstanceError(
                        f"{label!r} has {len(each)} numbers, expected {len(memories) - 1}: the "
                        "time saved in each fast memory",
                        field=where,
                    )
                rows.append([k, t, *each])
    return Trace(
        tuple(memories),
        size,
        times,
        rows,
        producer,
        output,
        pin,
        tuple(tensors),
        tuple(steps),
        str(data.get("name", "")),
    )

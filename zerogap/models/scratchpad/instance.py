"""Instances of the scratchpad family: a network to be scheduled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described

#: Largest total of bytes, so that every sum of costs stays within 64 bits.
MAX_BYTES = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network of operators that runs in a scratchpad memory.

    At every step one operator executes; its inputs, outputs and workspace then lie in the
    scratchpad at disjoint addresses. Tensors without producer (weights and network inputs) begin
    in host memory.

    Parameters
    ----------
    size : array_like of int64, shape (tensors,)
        Bytes of every tensor, >= 0.
    inputs, outputs : sequence of sequence of int
        Tensors that every operator reads and writes; a tensor has at most one producer.
    capacity : int, optional
        Bytes of the scratchpad; None (no limit) only with ``objective="peak"``.
    weight : array_like of bool, optional
        Which tensors are constants; they have no producer.
    output : array_like of bool, optional
        Which tensors are results of the network and end in host memory. Default: the produced
        tensors that nobody reads.
    workspace : array_like of int64, optional
        Bytes that every operator needs besides its tensors while it executes.
    in_place : array_like of bool, optional
        Operators that have read all inputs before they write: their outputs may lie over inputs
        that leave the scratchpad at that step.
    over : array_like of int, optional
        Input of every operator in whose place its only output may lie, -1 for none: operators that
        work position by position. The output is no larger, takes the same address, and the input is
        read by nobody afterwards.
    alignment : int
        Addresses are multiples of it, sizes are rounded up to it; a power of two.
    objective : {"traffic", "peak"}
        Bytes loaded and stored, or the smallest scratchpad that needs no replacement.
    write_every_eviction : bool
        Whether an intermediate is stored at every eviction (no clean copies in host memory).
    stream_weights : bool
        Whether weights are loaded for each operator that reads them and leave with it.
    order : array_like of int32, optional
        A fixed schedule: only residencies and addresses are decided then.
    tensors, operators : sequence of str, optional
        Names.
    name : str
        Name of the instance.

    Attributes
    ----------
    producer : ndarray of int32
        Producing operator of every tensor, -1 if it begins in host memory.
    consumers : tuple of tuple of int
        Operators that read every tensor.

    Raises
    ------
    InstanceError
        Naming the field and what is wrong; a cycle is shown.

    Examples
    --------
    >>> net = Network(size=[8, 8, 4], inputs=[(0,), (1,)], outputs=[(1,), (2,)], capacity=16)
    >>> net.compulsory
    12
    """

    size: Any
    inputs: Any
    outputs: Any
    capacity: int | None
    weight: Any = None
    output: Any = None
    workspace: Any = None
    in_place: Any = None
    over: Any = None
    alignment: int = 1
    objective: str = "traffic"
    write_every_eviction: bool = False
    stream_weights: bool = False
    order: Any = None
    tensors: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    name: str = ""
    producer: Any = field(init=False, compare=False, repr=False)
    consumers: Any = field(init=False, compare=False, repr=False)

    __repr__ = described

    def __post_init__(self) -> None:
        put = setter(self)
        put("size", frozen(self.size, np.int64, field="size", shape=(None,), low=0, high=MAX_BYTES))
        n_tensors = len(self.size)
        if int(self.size.astype(object).sum()) > MAX_BYTES:
            raise InstanceError(f"total is more than {MAX_BYTES} bytes", field="size")
        put("inputs", _lists(self.inputs, n_tensors, "inputs"))
        put("outputs", _lists(self.outputs, n_tensors, "outputs"))
        n = len(self.inputs)
        if len(self.outputs) != n:
            raise InstanceError(f"has {len(self.outputs)} operators, inputs {n}", field="outputs")
        if n == 0:
            raise InstanceError("there is no operator", field="operators")
        put("tensors", labels(self.tensors, n_tensors, "t", "tensors"))
        put("operators", labels(self.operators, n, "op", "operators"))
        put("workspace", _array(self.workspace, n, np.int64, "workspace", 0, MAX_BYTES))
        put("in_place", _array(self.in_place, n, np.bool_, "in_place"))
        put("weight", _array(self.weight, n_tensors, np.bool_, "weight"))
        self._link()
        self._settle_over(n)
        if self.output is None:
            put("output", [p >= 0 and not c for p, c in zip(self.producer, self.consumers)])
        put("output", _array(self.output, n_tensors, np.bool_, "output"))
        self._check_scalars()
        topological(self)
        if self.order is not None:
            put("order", _schedule(self, self.order))

    def _link(self) -> None:
        """Producer and consumers of every tensor."""
        producer = np.full(len(self.size), -1, dtype=np.int32)
        consumers: list[list[int]] = [[] for _ in self.size]
        for o, tensors in enumerate(self.outputs):
            for t in tensors:
                if producer[t] >= 0:
                    first, second = self.operators[producer[t]], self.operators[o]
                    raise InstanceError(
                        f"tensor {self.tensors[t]!r} has two producers, {first!r} and {second!r}",
                        field="outputs",
                    )
                if self.weight[t]:
                    raise InstanceError(
                        f"weight {self.tensors[t]!r} is written by operator {self.operators[o]!r}",
                        field="weight",
                    )
                producer[t] = o
        for o, tensors in enumerate(self.inputs):
            for t in tensors:
                consumers[t].append(o)
        producer.setflags(write=False)
        put = setter(self)
        put("producer", producer)
        put("consumers", tuple(tuple(c) for c in consumers))

    def _settle_over(self, n: int) -> None:
        given = np.full(n, -1) if self.over is None else self.over
        over = frozen(given, np.int64, field="over", shape=(n,), low=-1, high=len(self.size) - 1)
        for o in np.flatnonzero(over >= 0).tolist():
            t, label = int(over[o]), self.operators[o]
            if t not in self.inputs[o] or self.weight[t]:
                why = f"{self.tensors[t]!r} is no input of {label!r} other than a weight"
            elif len(self.outputs[o]) != 1 or self.in_place[o]:
                why = f"{label!r} has not one output, or is in place as a whole"
            elif self.size[self.outputs[o][0]] > self.size[t]:
                why = f"the output of {label!r} is larger than {self.tensors[t]!r}"
            else:
                continue
            raise InstanceError(why, field="over")
        setter(self)("over", over)

    def _check_scalars(self) -> None:
        put = setter(self)
        if self.objective not in ("traffic", "peak"):
            raise InstanceError(f"{self.objective!r} is not traffic or peak", field="objective")
        put("alignment", power_of_two(self.alignment))
        if self.capacity is None and self.objective == "traffic":
            raise InstanceError("is missing (needed unless objective=peak)", field="capacity")
        if self.capacity is not None:
            put("capacity", integer(self.capacity, "capacity", 0))
        for flag in ("write_every_eviction", "stream_weights"):
            if not isinstance(getattr(self, flag), bool | np.bool_):
                raise InstanceError(f"{getattr(self, flag)!r} is no truth value", field=flag)
            put(flag, bool(getattr(self, flag)))

    @property
    def units(self) -> np.ndarray:
        """Space of every tensor in units of the alignment, rounded up."""
        return -(-self.size // self.alignment)

    @property
    def capacity_units(self) -> int:
        """Whole units of the alignment in the scratchpad; a total of all sizes if unlimited."""
        if self.capacity is None:
            return int(self.units.sum() + (-(-self.workspace // self.alignment)).sum())
        return self.capacity // self.alignment

    @property
    def compulsory(self) -> int:
        """Bytes that every solution moves: each used source loaded, each result stored, once."""
        used = np.array([bool(c) for c in self.consumers], dtype=bool)
        made = self.producer >= 0
        return int(self.size[~made & used].sum() + self.size[made & self.output].sum())

    def working_set(self, operator: int) -> int:
        """Least bytes of scratchpad in which `operator` can execute, rounded to the alignment."""
        units = self.units
        work = -(-int(self.workspace[operator]) // self.alignment)
        read = int(units[list(self.inputs[operator])].sum())
        written = int(units[list(self.outputs[operator])].sum())
        both = max(read, written) if self.in_place[operator] else read + written
        if self.over[operator] >= 0:
            both = read  # the only output lies within an input
        return (both + work) * self.alignment

    def largest_working_set(self) -> tuple[int, int]:
        """Operator with the largest working set, and its bytes."""
        sets = [self.working_set(o) for o in range(len(self.inputs))]
        worst = int(np.argmax(sets))
        return worst, sets[worst]


def topological(net: Network) -> list[int]:
    """Operators in a topological order, lowest number first among the ready ones.

    Raises
    ------
    InstanceError
        Showing a cycle.
    """
    import heapq

    waiting = [sum(net.producer[t] >= 0 for t in reads) for reads in net.inputs]
    ready = [o for o, count in enumerate(waiting) if count == 0]
    order = []
    while ready:
        o = heapq.heappop(ready)
        order.append(o)
        for t in net.outputs[o]:
            for c in net.consumers[t]:
                waiting[c] -= 1
                if waiting[c] == 0:
                    heapq.heappush(ready, c)
    if len(order) < len(net.inputs):
        left = next(o for o, count in enumerate(waiting) if count > 0)
        cycle = " -> ".join(net.operators[o] for o in _cycle(net, left, set(order)))
        raise InstanceError(f"operators depend on each other: {cycle}", field="inputs")
    return order


def _cycle(net: Network, start: int, done: set[int]) -> list[int]:
    """Walk back along producers that never became ready until an operator repeats."""
    path, seen = [start], {start: 0}
    while True:
        before = next(
            int(net.producer[t])
            for t in net.inputs[path[-1]]
            if net.producer[t] >= 0 and int(net.producer[t]) not in done
        )
        if before in seen:
            return [*path[seen[before] :], before][::-1]
        seen[before] = len(path)
        path.append(before)


def setter(instance: Any):
    return lambda name, value: object.__setattr__(instance, name, value)


def integer(value: Any, name: str, low: int) -> int:
    return int(frozen([value], np.int64, field=name, low=low, high=MAX_BYTES)[0])


def power_of_two(value: Any) -> int:
    number = integer(value, "alignment", 1)
    if number & (number - 1):
        raise InstanceError(f"{number} is not a power of two", field="alignment")
    return number


def _array(values: Any, n: int, dtype: Any, name: str, low: Any = None, high: Any = None):
    if values is None:
        values = np.zeros(n, dtype=dtype)
    if dtype is np.bool_:
        values = frozen(values, np.int64, field=name, shape=(n,), low=0, high=1)
    return frozen(values, dtype, field=name, shape=(n,), low=low, high=high)


def _lists(lists: Any, limit: int, name: str) -> tuple[tuple[int, ...], ...]:
    """Tensor lists of the operators; a tensor named twice in one list counts once."""
    result = []
    for o, items in enumerate(lists):
        entries = frozen(items, np.int64, field=f"{name}[{o}]", low=0, high=limit - 1)
        result.append(tuple(dict.fromkeys(entries.tolist())))
    return tuple(result)


def labels(names: Sequence[str], n: int, prefix: str, label: str) -> tuple[str, ...]:
    if not names:
        return tuple(f"{prefix}{i}" for i in range(n))
    result = tuple(str(x) for x in names)
    if len(result) != n:
        raise InstanceError(f"has {len(result)} names, expected {n}", field=label)
    if len(set(result)) < n:
        seen: set[str] = set()
        twice = next(x for x in result if x in seen or seen.add(x))  # type: ignore[func-returns-value]
        raise InstanceError(f"name {twice!r} is used twice", field=label)
    return result


def _schedule(net: Network, order: Any) -> np.ndarray:
    n = len(net.inputs)
    array = frozen(order, np.int32, field="order", shape=(n,), low=0, high=n - 1)
    place = np.full(n, -1)
    place[array] = np.arange(n)
    if (place < 0).any():
        missing = net.operators[int(np.flatnonzero(place < 0)[0])]
        raise InstanceError(f"operator {missing!r} is missing", field="order")
    for o in range(n):
        for t in net.inputs[o]:
            if net.producer[t] >= 0 and place[net.producer[t]] >= place[o]:
                raise InstanceError(
                    f"operator {net.operators[o]!r} stands before the producer of its input "
                    f"{net.tensors[t]!r}",
                    field="order",
                )
    return array

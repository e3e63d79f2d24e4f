"""Cut operators divide the scheduling problem into parts that are solved apart and joined exactly.

An operator is a cut if all others run before or after it in every schedule, and if no tensor but
its own outputs is of use on both sides. What lies in the scratchpad when it has run is then the
same in every schedule.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap._ext.scratchpad.schedule import Scheduling


def cuts(graph: dict[str, Any]) -> list[int]:
    """Cut operators in the order in which they run."""
    n = len(graph["inputs"])
    uses = _uses(graph)
    after: list[set[int]] = [set() for _ in range(n)]
    order = _order(graph, uses)
    for o in reversed(order):
        for t in graph["outputs"][o]:
            for c in uses[t]:
                after[o] |= after[c] | {c}
    before = [0] * n
    for o in range(n):
        for c in after[o]:
            before[c] += 1
    return [
        o
        for o in order
        if before[o] + len(after[o]) == n - 1
        and not any(_crosses(o, after[o], graph["producer"][t], uses[t]) for t in range(len(uses)))
    ]


def _crosses(o: int, late: set[int], producer: int, uses: list[int]) -> bool:
    """Whether a tensor is of use after o and was of use before (or to o itself)."""
    if producer == o:
        return False
    touched = [*uses, producer] if producer >= 0 else uses
    return any(c in late for c in touched) and not all(c in late for c in touched)


def _uses(graph: dict[str, Any]) -> list[list[int]]:
    uses: list[list[int]] = [[] for _ in graph["units"]]
    for o, reads in enumerate(graph["inputs"]):
        for t in reads:
            uses[t].append(o)
    return uses


def _order(graph: dict[str, Any], uses: list[list[int]]) -> list[int]:
    """A topological order."""
    waiting = [sum(graph["producer"][t] >= 0 for t in reads) for reads in graph["inputs"]]
    ready = [o for o, count in enumerate(waiting) if count == 0]
    order = []
    while ready:
        o = ready.pop()
        order.append(o)
        for t in graph["outputs"][o]:
            for c in uses[t]:
                waiting[c] -= 1
                if waiting[c] == 0:
                    ready.append(c)
    return order


def part(graph: dict[str, Any], operators: list[int], tensors: list[int]) -> dict[str, Any]:
    """The kernel's problem on some operators; other tensors only take room where they are used."""
    inside = {o: i for i, o in enumerate(operators)}
    number = {t: i for i, t in enumerate(tensors)}
    units = graph["units"]
    result: dict[str, Any] = {key: graph[key] for key in ("capacity", "every", "peak")}
    for side in ("inputs", "outputs"):
        result[side] = [[number[t] for t in graph[side][o] if t in number] for o in operators]
    result["read"], result["write"] = [], []
    for o in operators:
        taken = sum(units[t] for t in graph["inputs"][o] if t not in number)
        given = sum(units[t] for t in graph["outputs"][o] if t not in number)
        both = not graph["in_place"][o]
        result["read"].append(graph["read"][o] + taken + given * both)
        result["write"].append(graph["write"][o] + given + taken * both)
    result["in_place"] = [graph["in_place"][o] for o in operators]
    result["saved"] = [graph["saved"][o] for o in operators]
    result["over"] = [number.get(graph["over"][o], -1) for o in operators]
    for i, o in enumerate(operators):
        if graph["over"][o] >= 0 and result["over"][i] < 0:  # the input of a cut, which dies there
            result["read"][i] -= graph["saved"][o]
            result["write"][i] -= graph["saved"][o]
    for key in ("units", "bytes", "stored"):
        result[key] = [graph[key][t] for t in tensors]
    result["producer"] = [inside.get(graph["producer"][t], -1) for t in tensors]
    place = {o: k for k, o in enumerate(graph["order"])}
    result["order"] = (
        [inside[o] for o in sorted(operators, key=lambda o: place[o])] if place else []
    )
    result["floor"] = graph["floor"]
    return result


class Divided:
    """The scheduling kernel on all parts of a problem, with the interface of one.

    Parameters
    ----------
    graph : dict
        See `zerogap._ext.scratchpad.schedule.Scheduling`.
    width, widest, seed : int
        As for `Scheduling`; None is as wide as memory allows.
    costs : list of int, optional
        Costs of the parts: look for schedules that are not dearer.
    """

    def __init__(
        self,
        graph: dict[str, Any],
        *,
        width: int = 64,
        widest: int | None = None,
        seed: int = 0,
        costs: list[int] | None = None,
    ):
        self.peak = graph["peak"]
        self.pieces = _pieces(graph)
        limits = [None] * len(self.pieces) if costs is None else [c + 1 for c in costs]
        self.kernels = [
            Scheduling(part(graph, *piece), width, widest or _widest(*piece), seed, limit)
            for piece, limit in zip(self.pieces, limits)
        ]

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Work on the parts in turn; False when nothing is left to do in any."""
        todo = [k for k in self.kernels if not k.finished]
        for kernel in todo:
            share = -1 if iterations < 0 else max(1, iterations // len(todo))
            kernel.run(seconds / len(todo), share)
        return any(not k.finished for k in self.kernels)

    @property
    def iterations(self) -> int:
        """States expanded so far."""
        return sum(k.iterations for k in self.kernels)

    @property
    def costs(self) -> list[int] | None:
        """Cost of every part, None while one has none."""
        costs = [k.objective for k in self.kernels]
        known = [c for c in costs if c is not None]
        return known if len(known) == len(costs) else None

    @property
    def objective(self) -> int | None:
        """Cost of the joined schedule."""
        costs = self.costs
        if costs is None:
            return None
        return max(costs) if self.peak else sum(costs)

    @property
    def bound(self) -> int:
        """No schedule is cheaper."""
        bounds = [k.bound for k in self.kernels]
        return max(bounds) if self.peak else sum(bounds)

    def best(self) -> tuple[np.ndarray, list[list[int]]] | None:
        """The joined schedule and its evictions."""
        if self.costs is None:
            return None
        schedule: list[int] = []
        evictions: list[list[int]] = []
        for kernel, (operators, tensors) in zip(self.kernels, self.pieces):
            found = kernel.best()
            assert found is not None
            order, gone = found
            for k, (o, left) in enumerate(zip(order.tolist(), gone)):
                if k == 0 and schedule:  # the cut has run at the end of the part before
                    evictions[-1] += [tensors[t] for t in left]
                    continue
                schedule.append(operators[o])
                evictions.append([tensors[t] for t in left])
        return np.array(schedule, dtype=np.int32), evictions


def _widest(operators: list[int], tensors: list[int]) -> int:
    """States in a layer so that a layer and its successors stay below about a gigabyte."""
    words = 2 * (len(operators) // 64 + len(tensors) // 64 + 2)
    return min(1_000_000, 150_000_000 // (8 * words + 150))


def _pieces(graph: dict[str, Any]) -> list[tuple[list[int], list[int]]]:
    """Operators and tensors of every part; a cut ends one part and begins the next."""
    n, uses = len(graph["inputs"]), _uses(graph)
    found = cuts(graph)
    stage = [0] * n
    rank = {o: k for k, o in enumerate(_order(graph, uses))}
    for o in range(n):
        stage[o] = sum(rank[c] < rank[o] for c in found)
    pieces: list[tuple[list[int], list[int]]] = []
    for k in range(len(found) + 1):
        operators = [o for o in range(n) if stage[o] == k]
        if not operators:
            continue
        last = found[k] if k < len(found) else -1
        inside = set(operators)
        tensors = [
            t
            for t, p in enumerate(graph["producer"])
            if (p in inside and p != last) or (p < 0 and uses[t] and uses[t][0] in inside)
        ]
        if k:
            operators = [found[k - 1], *operators]
            tensors += graph["outputs"][found[k - 1]]
        pieces.append((operators, sorted(tensors)))
    return pieces

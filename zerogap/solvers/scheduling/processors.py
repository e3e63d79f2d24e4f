"""List schedules of a DAG on heterogeneous processors: HEFT and CPOP."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import END, MACHINE, NONE, START, UNLIMITED
from zerogap.solvers.scheduling.shape import bare

#: Names of the rules (Topcuoglu, Hariri, Wu 2002).
RULES = ("heft", "cpop")


@dataclass(frozen=True)
class Graph:
    """A DAG of tasks that run on any processor, with a communication between every two.

    Parameters
    ----------
    times : ndarray, shape (tasks of the DAG, processors)
    task : ndarray, shape (tasks of the DAG,)
        Their numbers in the instance.
    before, after : list of list of tuple
        (task of the DAG, task of communication, its time) by task of the DAG.
    order : list of int
        Topological.
    """

    times: np.ndarray
    task: np.ndarray
    before: list[list[tuple[int, int, int]]] = field(repr=False)
    after: list[list[tuple[int, int, int]]] = field(repr=False)
    order: list[int] = field(repr=False)


def graph(shop: Workshop) -> Graph | None:
    """The instance as such a DAG: communications take no time where both ends share a processor.

    A communication is a task without demands between two others: a mode a processor without time,
    tied by rules to both ends, and a last one that crosses.
    """
    if not bare(shop) or shop.objective != {"makespan": 1} or (shop.resource_kind != MACHINE).any():
        return None
    if (shop.precedence_of != END).any() or (shop.precedence_to != START).any():
        return None
    if shop.precedence_lag.any() or (shop.precedence_most != UNLIMITED).any():
        return None
    p = shop.resources
    uses = np.diff(shop.first_demand)
    first, count = shop.first_mode[:-1], np.diff(shop.first_mode)
    works = uses[first] > 0
    if p < 1 or (count != np.where(works, p, p + 1)).any() or not works.any():
        return None
    if (uses != np.repeat(works, count)).any():
        return None
    expected = np.tile(np.arange(p), int(works.sum()))
    if (shop.demand_resource != expected).any():
        return None
    return _edges(shop, works)


def _edges(shop: Workshop, works: np.ndarray) -> Graph | None:
    p = shop.resources
    tasks = np.flatnonzero(works)
    number = np.full(shop.tasks, NONE)
    number[tasks] = np.arange(len(tasks))
    into: dict[int, list[int]] = {}
    out: dict[int, list[int]] = {}
    for a, b in zip(shop.precedence_before.tolist(), shop.precedence_after.tolist()):
        if works[a] == works[b]:
            return None
        (out if works[b] else into).setdefault(a if works[b] else b, []).append(
            b if works[b] else a
        )
    before: list[list[tuple[int, int, int]]] = [[] for _ in tasks]
    after: list[list[tuple[int, int, int]]] = [[] for _ in tasks]
    rules = set(zip(shop.rule_mode.tolist(), shop.rule_then.tolist()))
    expected = set()
    for c in np.flatnonzero(~works).tolist():
        if len(into.get(c, ())) != 1 or len(out.get(c, ())) != 1:
            return None
        a, b, m = into[c][0], out[c][0], int(shop.first_mode[c])
        if shop.mode_duration[m : m + p].any():
            return None
        for k in range(p):
            expected |= {(m + k, int(shop.first_mode[t]) + k) for t in (a, b)}
        time = int(shop.mode_duration[m + p])
        before[number[b]].append((int(number[a]), c, time))
        after[number[a]].append((int(number[b]), c, time))
    if rules != expected:
        return None
    left = [len(row) for row in before]
    order = [t for t, k in enumerate(left) if k == 0]
    for t in order:
        for b, _, _ in after[t]:
            left[b] -= 1
            if left[b] == 0:
                order.append(b)
    times = shop.mode_duration[shop.first_mode[tasks][:, None] + np.arange(p)]
    return Graph(times, tasks, before, after, order) if len(order) == len(tasks) else None


def schedule(shop: Workshop, dag: Graph, name: str) -> Plan:
    """HEFT: by upward rank, to the processor that ends first, gaps used. CPOP: by the sum of both
    ranks among the ready, tasks of the critical path all on its fastest processor."""
    mean = dag.times.mean(axis=1)
    up, down = np.zeros(len(mean)), np.zeros(len(mean))
    for t in reversed(dag.order):
        up[t] = mean[t] + max((c + up[b] for b, _, c in dag.after[t]), default=0.0)
    for t in dag.order:
        down[t] = max((down[a] + mean[a] + c for a, _, c in dag.before[t]), default=0.0)
    if name == "heft":
        # Positive mean times make every rank larger than those of the successors; ties go by order.
        place = np.argsort(dag.order)
        row = sorted(range(len(mean)), key=lambda t: (-up[t], place[t]))
        return _place(shop, dag, row, {})
    critical = _critical(dag, up + down)
    fastest = int(dag.times[critical].sum(axis=0).argmin())
    ready = [t for t in dag.order if not dag.before[t]]
    left = [len(r) for r in dag.before]
    row = []
    while ready:
        t = max(ready, key=lambda t: (up[t] + down[t], -t))
        ready.remove(t)
        row.append(t)
        for b, _, _ in dag.after[t]:
            left[b] -= 1
            if left[b] == 0:
                ready.append(b)
    return _place(shop, dag, row, dict.fromkeys(critical, fastest))


def _critical(dag: Graph, rank: np.ndarray) -> list[int]:
    """A path of the largest rank, from an entry on."""
    t = max((t for t in dag.order if not dag.before[t]), key=lambda t: rank[t])
    path = [t]
    while dag.after[t]:
        t = max((b for b, _, _ in dag.after[t]), key=lambda b: rank[b])
        path.append(t)
    return path


def _place(shop: Workshop, dag: Graph, row: list[int], forced: dict[int, int]) -> Plan:
    p = dag.times.shape[1]
    busy: list[list[tuple[int, int]]] = [[] for _ in range(p)]
    start, end, on = ([0] * len(row) for _ in range(3))
    for t in row:
        best = None
        for k in (forced[t],) if t in forced else range(p):
            from_ = max((end[a] + (c if on[a] != k else 0) for a, _, c in dag.before[t]), default=0)
            d = int(dag.times[t, k])
            s = _gap(busy[k], from_, d)
            if best is None or s + d < best[1]:
                best = (s, s + d, k)
        assert best is not None
        start[t], end[t], on[t] = best
        busy[on[t]].append((start[t], end[t]))
        busy[on[t]].sort()
    begin, done, mode = (np.zeros(shop.tasks, dtype=np.int64) for _ in range(3))
    begin[dag.task], done[dag.task], mode[dag.task] = start, end, on
    for t, edges in enumerate(dag.before):
        for a, c, time in edges:
            near = on[a] == on[t]
            begin[c], mode[c] = end[a], on[a] if near else p
            done[c] = begin[c] + (0 if near else time)
    return Plan(begin, done, mode)


def _gap(busy: list[tuple[int, int]], start: int, duration: int) -> int:
    """First start from `start` on between what a processor does already."""
    for a, b in busy:
        if start + duration <= a:
            return start
        start = max(start, b)
    return start

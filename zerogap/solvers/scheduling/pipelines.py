"""Reference schedules of pipeline-parallel training: 1F1B, ZB-H1 and ZB-H2."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import (
    AT_END,
    AT_START,
    END,
    MACHINE,
    NONE,
    RESERVOIR,
    START,
    UNLIMITED,
)
from zerogap.solvers.scheduling.shape import bare

#: Names of the schedules (Qi, Wan, Huang, Lin 2024: Zero Bubble Pipeline Parallelism).
SCHEDULES = ("1f1b", "zb-h1", "zb-h2")


@dataclass(frozen=True)
class Pipeline:
    """The tasks of a pipeline by pass, micro-batch and stage.

    Parameters
    ----------
    passes : ndarray, shape (3, batches, stages)
        Forward, backward-input and backward-weight tasks.
    lag : dict of tuple to int
        Least time between tasks that follow each other.
    memory : ndarray, shape (stages,)
        Activations that a stage holds at most.
    """

    passes: np.ndarray
    lag: dict[tuple[int, int], int]
    memory: np.ndarray


def pipeline(shop: Workshop) -> Pipeline | None:
    """The instance as a pipeline: per batch a chain F … F B … B with a W behind every B.

    A stage is a machine; the batch's F, B and W of a stage share it, and F takes from a reservoir
    of the stage what W gives back.
    """
    n = shop.tasks
    if not bare(shop) or shop.objective != {"span": 1}:
        return None
    if shop.modes != n or not shop.jobs or n % (3 * shop.jobs) or (shop.task_job == NONE).any():
        return None
    ends = (shop.precedence_of == END).all() and (shop.precedence_to == START).all()
    if not ends or (shop.precedence_most != UNLIMITED).any() or (shop.precedence_lag < 0).any():
        return None
    stage, level, sign = (np.full(n, NONE) for _ in range(3))
    for m, r, a, at in zip(
        shop.demand_mode.tolist(), shop.demand_resource.tolist(),
        shop.demand_amount.tolist(), shop.demand_at.tolist(),
    ):  # fmt: skip
        t = int(shop.mode_task[m])
        if shop.resource_kind[r] == MACHINE and stage[t] == NONE:
            stage[t] = r
        elif shop.resource_kind[r] == RESERVOIR and level[t] == NONE:
            if (a, at) not in ((1, AT_START), (-1, AT_END)):
                return None
            level[t], sign[t] = r, 0 if a == 1 else 2
        else:
            return None
    if (stage == NONE).any() or (shop.resource_low > shop.resource_level).any():
        return None
    kind = np.where(sign == NONE, 1, sign)
    return _chains(shop, stage, level, kind)


def _chains(
    shop: Workshop, stage: np.ndarray, level: np.ndarray, kind: np.ndarray
) -> Pipeline | None:
    lag = {
        (a, b): d
        for a, b, d in zip(
            shop.precedence_before.tolist(), shop.precedence_after.tolist(),
            shop.precedence_lag.tolist(),
        )
    }  # fmt: skip
    count = shop.tasks // (3 * shop.jobs)
    follow: dict[int, dict[int, int]] = {}
    for a, b in lag:
        if kind[b] in follow.setdefault(a, {}):
            return None
        follow[a][int(kind[b])] = b
    entered = {b for _, b in lag}
    passes = np.zeros((3, shop.jobs, count), dtype=np.int64)
    order = np.full(count, NONE)
    for j in range(shop.jobs):
        heads = [t for t in np.flatnonzero(shop.task_job == j).tolist() if t not in entered]
        if len(heads) != 1 or kind[heads[0]] != 0:
            return None
        t, row = heads[0], []
        for k in range(2 * count):
            after = follow.get(t, {})
            if t is None or kind[t] != (k >= count):
                return None
            row.append(t)
            if k >= count:
                w = after.get(2)
                if w is None:
                    return None
                passes[2, j, 2 * count - 1 - k] = w
            t = after.get(int(k + 1 >= count), -1) if k + 1 < 2 * count else -1
            if k + 1 < 2 * count and t < 0:
                return None
        passes[0, j], passes[1, j] = row[:count], row[count:][::-1]
        own = stage[passes[:, j]]
        order = own[0] if j == 0 else order
        if (own != order).any() or (level[passes[0, j]] != level[passes[2, j]]).any():
            return None
    if len(np.unique(passes)) != shop.tasks or len(lag) != shop.jobs * (3 * count - 1):
        return None
    pool = level[passes[0, 0]]
    memory = shop.resource_capacity[pool] - shop.resource_level[pool]
    apart = len(np.unique(pool)) == count and len(np.unique(order)) == count
    return Pipeline(passes, lag, memory) if apart and memory.min() >= 1 else None


def least_span(shop: Workshop, line: Pipeline) -> int:
    """No stage's span is shorter: its work and the wait for its first backward pass.

    A stage begins with a forward pass, and no backward pass of it starts earlier than the shortest
    way from a batch's forward to its backward pass takes. Until then only forward passes can run
    there, each of which holds an activation that nothing gives back before a backward pass: as many
    as the memory holds. The rest of that time the stage is idle within its span.
    """
    _, batches, stages = line.passes.shape
    duration = shop.mode_duration  # one mode a task
    best = 0
    way = np.zeros(batches, dtype=np.int64)  # from the end of F to the start of B, stage by stage
    for k in reversed(range(stages)):
        ahead, back, _ = line.passes[:, :, k]
        for j in range(batches):
            f, b = int(ahead[j]), int(back[j])
            if k == stages - 1:
                way[j] = line.lag[f, b]
                continue
            g, c = int(line.passes[0, j, k + 1]), int(line.passes[1, j, k + 1])
            way[j] += line.lag[f, g] + duration[g] + duration[c] + line.lag[c, b]
        wait = int((duration[ahead] + way).min())
        busy = int(np.sort(duration[ahead])[::-1][: int(line.memory[k])].sum())
        work = int(duration[line.passes[:, :, k]].sum())
        best = max(best, work + max(0, wait - busy))
    return best


def schedule(shop: Workshop, line: Pipeline, name: str) -> Plan:
    """A reference schedule, every stage acting as soon as it may.

    A stage prefers forward to backward passes. It starts a forward pass while fewer than a number
    of batches are between their forward and backward pass there — what remains of the pipeline
    (1F1B, ZB-H1), or nearly twice that (ZB-H2) — and its memory allows. 1F1B does the weights'
    pass right behind the backward one; the others when there is nothing else to do.
    """
    _, batches, stages = line.passes.shape
    duration = shop.mode_duration  # one mode a task
    ahead = stages - np.arange(stages)
    limit = 2 * ahead - 1 if name == "zb-h2" else ahead
    start = np.zeros(shop.tasks, dtype=np.int64)
    ready: list[list[list[tuple[int, int]]]] = [[[], [], []] for _ in range(stages)]
    ready[0][0] = [(0, j) for j in range(batches)]
    flight, held, free = [0] * stages, [0] * stages, [0] * stages
    events = [(0, 0)]
    seen = set(events)

    def wake(time: int, k: int) -> None:
        if (time, k) not in seen:
            seen.add((time, k))
            heapq.heappush(events, (time, k))

    while events:
        now, k = heapq.heappop(events)
        seen.discard((now, k))
        if free[k] > now:
            continue
        queue = ready[k]
        pick = [bool(q) and q[0][0] <= now for q in queue]
        pick[0] = pick[0] and flight[k] < limit[k] and held[k] < line.memory[k]
        order = (2, 0, 1) if name == "1f1b" else (0, 1, 2)
        what = next((x for x in order if pick[x]), None)
        if what is None:
            continue
        _, j = heapq.heappop(queue[what])
        t = int(line.passes[what, j, k])
        start[t] = now
        end = free[k] = now + int(duration[t])
        flight[k] += (1, -1, 0)[what]
        held[k] += (1, 0, -1)[what]
        wake(end, k)
        for to, at in _next(what, k, stages):
            later = end + line.lag[t, int(line.passes[to, j, at])]
            heapq.heappush(ready[at][to], (later, j))
            wake(later, at)
    end_of = start + duration
    return Plan(start, end_of, np.zeros(shop.tasks, dtype=np.int64))


def _next(what: int, k: int, stages: int) -> list[tuple[int, int]]:
    """Passes of the same batch that wait for this one, with their stages."""
    if what == 0:
        return [(0, k + 1)] if k + 1 < stages else [(1, k)]
    if what == 1:
        return [(2, k)] + ([(1, k - 1)] if k else [])
    return []

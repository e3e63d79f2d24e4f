"""Generators of random workshops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.scheduling.builder import Builder
from zerogap.models.scheduling.instance import Workshop


def _whole(low: int = 1, **values: Any) -> list[int]:
    made = []
    for field, value in values.items():
        try:
            number = integer(value)
        except ValueError as error:
            raise InstanceError(f"is {value!r}: {error}", field=field) from None
        if number < low:
            raise InstanceError(f"is {number}, expected {low} or more", field=field)
        made.append(number)
    return made


def workshop(
    seed: int = 0,
    jobs: int = 10,
    machines: int = 5,
    families: int = 3,
    shifts: bool = True,
    setups: bool = True,
) -> Workshop:
    """A workshop with groups of machines, setups by family, shifts, a worker pool and due dates.

    Every job has 2 … 4 tasks in a chain; a task runs on one of 1 … 3 machines, its duration is
    uniform in 2 … 20, 30 % longer on the slower ones, and half of the tasks need a worker as well.
    Closings of 16 follow every 40 time units; half of the tasks are paused by them. Setups are
    uniform in 1 … 9 between families and 0 within. Due dates are uniform between once and three
    times the work of the job; the objective is weighted tardiness plus the makespan.

    Parameters
    ----------
    seed, jobs, machines, families : int
    shifts, setups : bool
    """
    jobs, machines, families = _whole(jobs=jobs, machines=machines, families=families)
    rng = np.random.default_rng(seed)
    b = Builder(f"workshop-{jobs}x{machines}-{seed}")
    count = [int(rng.integers(2, 5)) for _ in range(jobs)]
    total = 22 * sum(count)
    # Closings as far as the work can reach, so that no plan escapes them.
    closed = [(40 + 56 * k, 56 + 56 * k) for k in range(total // 56 + 1)] if shifts else []
    for m in range(machines):
        b.add_machine(f"machine {m}", closed=closed)
        if setups:
            for f in range(families):
                for g in range(families):
                    if f != g:
                        b.add_setup(m, f, g, int(rng.integers(1, 10)))
    workers = b.add_resource("renewable", "workers", max(1, machines // 2))
    for j in range(jobs):
        tasks = []
        times = rng.integers(2, 21, count[j]).tolist()
        due = int(rng.integers(sum(times), 3 * sum(times) + 1))
        b.add_job(f"job {j}", due=due, weight=int(rng.integers(1, 4)))
        for k, d in enumerate(times):
            family = int(rng.integers(families)) if setups else None
            t = b.add_task(f"{j}.{k}", job=j, family=family, pause=bool(rng.random() < 0.5))
            staffed = rng.random() < 0.5
            for place, m in enumerate(
                rng.permutation(machines)[: int(rng.integers(1, 4))].tolist()
            ):
                slow = d if place == 0 else d * 13 // 10
                b.add_mode(t, slow, {m: 1, workers: 1} if staffed else [m])
            tasks.append(t)
        for a, c in zip(tasks, tasks[1:]):
            b.add_precedence(a, c)
    return b.objective("tardiness").objective("makespan").build()


def pipeline(
    seed: int = 0,
    stages: int = 4,
    batches: int = 8,
    forward: int = 1,
    backward: int = 1,
    weight: int = 1,
    transfer: int = 0,
    memory: int | None = None,
) -> Workshop:
    """Pipeline-parallel training: forward, backward-input and backward-weight passes.

    Every stage is a machine with a reservoir of `memory` activations: a forward pass takes one at
    its start, a backward-weight pass gives it back at its end. Minimised is the longest span of a
    stage; the bubble is that minus ``batches * (forward + backward + weight)``.

    Parameters
    ----------
    seed : int
        Not used: the instance is no random one.
    stages, batches : int
    forward, backward, weight : int
        Durations of the passes.
    transfer : int
        Time to the next stage.
    memory : int, optional
        Activations that a stage can hold, the number of stages if None (that of 1F1B).
    """
    stages, batches = _whole(stages=stages, batches=batches)
    forward, backward, weight, transfer = _whole(
        0, forward=forward, backward=backward, weight=weight, transfer=transfer
    )
    (held,) = _whole(memory=stages if memory is None else memory)
    b = Builder(f"pipeline-{stages}x{batches}")
    for p in range(stages):
        b.add_machine(f"stage {p}")
    for p in range(stages):
        b.add_resource("reservoir", f"memory {p}", held, low=0, level=0)
    for j in range(batches):
        b.add_job(f"batch {j}")
        steps = []
        for p in range(stages):
            steps.append(b.add_task(f"F{j}.{p}", job=j))
            m = b.add_mode(steps[-1], forward, [p])
            b.add_demand(m, {stages + p: 1}, at="start")
        for p in reversed(range(stages)):
            steps.append(b.add_task(f"B{j}.{p}", job=j, modes=[(backward, p)]))
            w = b.add_task(f"W{j}.{p}", job=j)
            m = b.add_mode(w, weight, [p])
            b.add_demand(m, {stages + p: -1}, at="end")
            b.add_precedence(steps[-1], w)
        for k, (a, c) in enumerate(zip(steps, steps[1:])):
            b.add_precedence(a, c, 0 if k == stages - 1 else transfer)
    return b.objective("span").build()


def soc(
    seed: int = 0,
    tasks: int = 20,
    processors: int = 4,
    edges: float = 0.2,
    communication: float = 0.5,
) -> Workshop:
    """A DAG of tasks on heterogeneous processors with communication between them.

    Durations are uniform in 5 … 50 a task times a factor uniform in 0.5 … 1.5 a processor. Every
    pair of tasks within ten places of a random order is an edge with the probability `edges`; its
    communication, `communication` times a number uniform in 5 … 50, is a task without a machine
    that takes no time if both ends run on the same processor.

    Parameters
    ----------
    seed, tasks, processors : int
    edges, communication : float
    """
    tasks, processors = _whole(tasks=tasks, processors=processors)
    rng = np.random.default_rng(seed)
    b = Builder(f"soc-{tasks}x{processors}-{seed}")
    for p in range(processors):
        b.add_machine(f"processor {p}")
    work = rng.integers(5, 51, tasks)
    modes = []
    for t in range(tasks):
        b.add_task(f"task {t}")
        speed = rng.uniform(0.5, 1.5, processors)
        times = np.maximum(1, np.round(work[t] * speed)).astype(int).tolist()
        modes.append([b.add_mode(t, d, [p]) for p, d in enumerate(times)])
    for t in range(tasks):
        for s in range(max(0, t - 10), t):
            if rng.random() >= edges:
                continue
            time = max(1, round(communication * int(rng.integers(5, 51))))
            c = b.add_task(f"{s} to {t}")
            # One mode a processor without time, one that crosses: rules tie them to both ends.
            near = [b.add_mode(c, 0) for _ in range(processors)]
            b.add_mode(c, time)
            for p in range(processors):
                b.add_rule(near[p], [modes[s][p]])
                b.add_rule(near[p], [modes[t][p]])
            b.add_precedence(s, c)
            b.add_precedence(c, t)
    return b.build()


GENERATORS: dict[str, Callable[..., Workshop]] = {
    "workshop": workshop,
    "pipeline": pipeline,
    "soc": soc,
}

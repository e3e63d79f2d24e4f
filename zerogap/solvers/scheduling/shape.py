"""Which special case an instance is, read from the encoding: what the fast kernels know.

A shape says *all* that the instance asks for, so that whatever a kernel makes is a plan of the
instance; features a kernel does not know leave an instance without that shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.scheduling import Workshop
from zerogap.models.scheduling.fields import MACHINE, NONE, SAME_MODE, UNLIMITED
from zerogap.models.scheduling.validate import enough

#: Kernels count times in 32 bits.
_LARGE = 2**29
GOALS = {"makespan": 0, "completion": 1, "tardiness": 2, "tardy": 3}
#: Last goal that the flow-shop kernels know.
_SUMS = 2


@dataclass(frozen=True)
class Chains:
    """Jobs that are chains of tasks, each of which one machine does; makespan or a sum over jobs.

    Parameters
    ----------
    first : ndarray, shape (jobs + 1,)
        Where the tasks of a job begin in `task`.
    task : ndarray
        Tasks, job by job in their order.
    job : ndarray, shape (jobs,)
        Job of the instance, for weights and due dates.
    no_wait : bool
    goal : int
        As in `GOALS`.
    weight, due : ndarray, shape (jobs,)
    """

    first: np.ndarray
    task: np.ndarray
    no_wait: bool
    goal: int
    weight: np.ndarray
    due: np.ndarray


@dataclass(frozen=True)
class Flow:
    """A flow shop: every job visits the machines of a line in one order.

    Parameters
    ----------
    chains : Chains
    times : ndarray, shape (jobs, machines)
    machine : ndarray, shape (factories, machines)
    permutation : bool
        Whether all machines must serve the jobs in the same sequence.
    setup, initial : ndarray or None
        By machine of the line and pair of jobs, and before the first job.
    """

    chains: Chains
    times: np.ndarray
    machine: np.ndarray
    permutation: bool
    setup: np.ndarray | None
    initial: np.ndarray | None


@dataclass(frozen=True)
class Hybrid:
    """A hybrid flow shop: stages of machines that are alike.

    Parameters
    ----------
    chains : Chains
    times : ndarray, shape (jobs, stages)
    machines : list of ndarray
        Machines of every stage.
    """

    chains: Chains
    times: np.ndarray
    machines: list[np.ndarray]


def bare(shop: Workshop) -> bool:
    """Whether tasks, modes, resources and precedences are all there is: no windows, no setups."""
    none = ("latest_start", "deadline", "fixed_start", "fixed_mode")
    return (
        all((getattr(shop, f"task_{name}") == NONE).all() for name in none)
        and not any(
            getattr(shop, name).any()
            for name in ("task_optional", "task_release", "task_earliest_end", "job_release")
        )
        and bool((shop.job_deadline == NONE).all() and (shop.resource_setup == NONE).all())
        and not any(
            len(getattr(shop, name))
            for name in ("closing_begin", "relation_kind", "choice_task", "sequence_first")
        )
        and shop.horizon >= enough(shop)
    )


def plain(shop: Workshop) -> bool:
    """Whether all tasks are required and without windows, each on one machine without closings."""
    none = (
        "task_latest_start", "task_deadline", "task_fixed_start", "task_fixed_mode", "job_deadline"
    )  # fmt: skip
    zero = ("task_optional", "task_release", "task_earliest_end", "job_release")
    return (
        all((getattr(shop, name) == NONE).all() for name in none)
        and all((getattr(shop, name) == 0).all() for name in zero)
        and not len(shop.closing_begin)
        and not len(shop.rule_mode)
        and not len(shop.choice_task)
        and len(shop.demand_mode) == shop.modes
        and bool((np.diff(shop.first_demand) == 1).all())
        and bool((shop.resource_kind == MACHINE).all())
        and len(shop.objective) == 1
        and next(iter(shop.objective.items())) in {(name, 1) for name in GOALS}
        and shop.horizon >= enough(shop)
        and enough(shop) <= _LARGE
    )


def chains(shop: Workshop) -> Chains | None:
    """The jobs as chains, if precedences are nothing else."""
    a, b = shop.precedence_before, shop.precedence_after
    most = shop.precedence_most
    waits = (most == UNLIMITED).all()
    if not plain(shop) or len(np.unique(a)) < len(a) or len(np.unique(b)) < len(b):
        return None
    if (shop.precedence_of != 1).any() or (shop.precedence_to != 0).any():
        return None
    if shop.precedence_lag.any() or not (waits or (most == 0).all()):
        return None
    after = np.full(shop.tasks, NONE)
    after[a] = b
    heads = np.setdiff1d(np.arange(shop.tasks), b)
    task, first = [], [0]
    for t in heads.tolist():
        while t != NONE:
            task.append(t)
            t = int(after[t])
        first.append(len(task))
    if len(task) != shop.tasks:
        return None
    starts = np.array(first)
    order = np.array(task)
    job = shop.task_job[order]
    goal = GOALS[next(iter(shop.objective))]
    own = job[starts[:-1]]
    if (job != np.repeat(own, np.diff(starts))).any():
        return None
    weight, due = np.ones(len(own), dtype=np.int64), np.zeros(len(own), dtype=np.int64)
    if goal or len(shop.sequence_first):
        if (own == NONE).any() or len(np.unique(own)) < len(own):
            return None
        if goal:
            weight, due = shop.job_weight[own], shop.job_due[own].copy()
            if goal > 1:
                weight = np.where(due == NONE, 0, weight)
                due[due == NONE] = 0
    return Chains(starts, order, not waits, goal, weight, due)


def flow(shop: Workshop) -> Flow | None:
    """The instance as a flow shop in one or several factories."""
    c = chains(shop)
    if c is None or c.goal > _SUMS:
        return None
    lengths, count = np.diff(c.first), np.diff(shop.first_mode)
    m, factories = int(lengths[0]), int(count[0])
    if (lengths != m).any() or (count != factories).any():
        return None
    grid = c.task.reshape(-1, m)
    modes = shop.first_mode[grid][:, :, None] + np.arange(factories)
    machine, times = shop.demand_resource[modes], shop.mode_duration[modes]
    if (machine != machine[:1]).any() or (times != times[:, :, :1]).any():
        return None
    line = machine[0].T  # factories × machines
    if len(np.unique(line)) < line.size:
        return None
    if not _one_factory(shop, grid, factories):
        return None
    tied = _tied(shop, line)
    if tied is None or (c.no_wait and (c.goal or not tied or shop.setup_time.size)):
        return None
    if factories > 1 and not tied:
        return None
    setup = initial = None
    which = shop.resource_setup[line]
    if (which != NONE).any():
        if factories > 1 or not tied:
            return None
        family = shop.task_family[grid]
        n = len(grid)
        setup = np.zeros((m, n, n), dtype=np.int64)
        initial = np.zeros((m, n), dtype=np.int64)
        for k in range(m):
            if which[0, k] != NONE:
                f = family[:, k]
                setup[k] = shop.setup_time[which[0, k]][np.ix_(f, f)]
                initial[k] = shop.setup_initial[which[0, k], f]
    return Flow(c, times[:, :, 0], line, tied, setup, initial)


def _one_factory(shop: Workshop, grid: np.ndarray, factories: int) -> bool:
    """Whether relations say that a job stays in its factory, and nothing else."""
    if (shop.relation_kind != SAME_MODE).any():
        return False
    if factories == 1:
        return not len(shop.relation_kind)
    chain = np.full(shop.tasks, NONE)
    chain[grid.reshape(-1)] = np.repeat(np.arange(len(grid)), grid.shape[1])
    if (chain[shop.relation_first] != chain[shop.relation_second]).any():
        return False
    linked = {frozenset(pair) for pair in zip(shop.relation_first, shop.relation_second)}
    return all(frozenset((a, b)) in linked for row in grid.tolist() for a, b in zip(row, row[1:]))


def _tied(shop: Workshop, line: np.ndarray) -> bool | None:
    """Whether the machines of every factory serve in the same sequence; None: only some do."""
    if not len(shop.sequence_first):
        return line.shape[1] == 1
    of = np.full(shop.resources, NONE)
    for f, row in enumerate(line):
        of[row] = f
    a, b = of[shop.sequence_first], of[shop.sequence_second]
    if (a != b).any() or (a == NONE).any():
        return None
    from zerogap.models.scheduling.exact.parts import sequence_groups

    groups = sequence_groups(shop)
    return (
        True if all(len(g) == line.shape[1] for g in groups) and len(groups) == len(line) else None
    )


def hybrid(shop: Workshop) -> Hybrid | None:
    """The instance as a hybrid flow shop."""
    c = chains(shop)
    if c is None or c.no_wait or c.goal > _SUMS:
        return None
    if len(shop.relation_kind) or len(shop.sequence_first):
        return None
    lengths = np.diff(c.first)
    if (lengths != lengths[0]).any() or (shop.resource_setup != NONE).any():
        return None
    grid = c.task.reshape(-1, int(lengths[0]))
    if "cost" in shop.objective:
        return None
    machines = []
    for k in range(grid.shape[1]):
        column = grid[:, k]
        a, b = shop.first_mode[column], shop.first_mode[column + 1]
        if (b - a != b[0] - a[0]).any():
            return None
        modes = a[:, None] + np.arange(b[0] - a[0])
        used, times = np.sort(shop.demand_resource[modes]), shop.mode_duration[modes]
        if (used != used[:1]).any() or (times != times[:, :1]).any():
            return None
        if len(np.unique(used[0])) < used.shape[1]:
            return None
        machines.append(shop.demand_resource[modes[0]])
    every = np.concatenate(machines)
    if len(np.unique(every)) < len(every):
        return None
    return Hybrid(c, shop.mode_duration[shop.first_mode[grid]], machines)


def parallel(shop: Workshop) -> bool:
    """Whether the instance only assigns tasks to machines: nothing holds between tasks."""
    return (
        plain(shop)
        and shop.objective == {"makespan": 1}
        and not len(shop.precedence_lag)
        and not len(shop.relation_kind)
        and not len(shop.sequence_first)
        and bool((shop.resource_setup == NONE).all())
        and bool((shop.mode_duration > 0).all())
    )


def job_shop(shop: Workshop) -> Chains | None:
    """The chains of a (flexible) job-shop, which has kernels of its own."""
    c = chains(shop)
    if c is None or c.no_wait or len(shop.relation_kind) or len(shop.sequence_first):
        return None
    if (shop.resource_setup != NONE).any():
        return None
    pairs = shop.mode_task * shop.resources + shop.demand_resource
    return c if len(np.unique(pairs)) == len(pairs) else None

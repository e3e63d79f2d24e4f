"""The class files of the machine-scheduling literature: integers, the class named by an option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import MACHINE, RELATIONS
from zerogap.models.scheduling.formats.numbers import Numbers, stem
from zerogap.models.scheduling.formats.projects import read_mplib, read_patterson, read_psplib
from zerogap.models.scheduling.instance import Workshop

_SAME_MODE = RELATIONS.index("same mode")


def shop_of(
    duration: np.ndarray,
    machine: np.ndarray,
    count: np.ndarray,
    tasks: int,
    job: np.ndarray,
    machines: int,
    *,
    chain: bool = True,
    no_wait: bool = False,
    permutation: bool = False,
    **columns: Any,
) -> Workshop:
    """A shop whose modes each use one machine.

    Parameters
    ----------
    duration, machine : ndarray, shape (modes,)
    count : ndarray, shape (tasks,)
        Modes of every task.
    tasks : int
    job : ndarray, shape (tasks,)
        Tasks of a job stand together, in their order.
    machines : int
    chain, no_wait, permutation : bool
        Tasks of a job one after the other, without waiting, in the same sequence everywhere.
    **columns
        Further fields of the instance.
    """
    if chain:
        before = np.flatnonzero(job[1:] == job[:-1])
        columns["precedence_before"], columns["precedence_after"] = before, before + 1
        if no_wait:
            columns["precedence_most"] = np.zeros(len(before), dtype=np.int64)
    if permutation and machines > 1:
        columns.setdefault("sequence_first", np.arange(machines - 1))
        columns.setdefault("sequence_second", np.arange(1, machines))
    columns.setdefault("job_release", np.zeros(int(job.max()) + 1, dtype=np.int64))
    return Workshop(
        task_job=job,
        mode_task=np.repeat(np.arange(tasks), count),
        mode_duration=duration,
        demand_mode=np.arange(len(duration)),
        demand_resource=machine,
        resource_kind=np.full(machines, MACHINE),
        **columns,
    )


def _grid(times: np.ndarray, **more: Any) -> Workshop:
    """Every job on every machine, in the machines' order."""
    n, m = times.shape
    return shop_of(
        times.reshape(-1),
        np.tile(np.arange(m), n),
        np.ones(n * m, dtype=np.int64),
        n * m,
        np.repeat(np.arange(n), m),
        m,
        **more,
    )


def _flow(numbers: Numbers, name: str, **more: Any) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    return _grid(numbers.table(n, m, "durations"), name=name, **more)


def _tardiness(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    due = numbers.take(n, "due dates")
    times = numbers.table(n, m, "durations")
    return _grid(times, name=name, permutation=True, job_due=due, objective="tardiness")


def _setups(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    times = numbers.table(n, m, "durations", low=1)
    setup = numbers.take(n * n * m, "setups").reshape(m, n, n)
    return _grid(
        times,
        name=name,
        permutation=True,
        task_family=np.repeat(np.arange(n), m),
        resource_setup=np.arange(m),
        setup_time=setup,
    )


def _hybrid(numbers: Numbers, name: str) -> Workshop:
    n, stages = numbers.count("jobs"), numbers.count("stages")
    machines = numbers.take(stages, "machines", low=1, high=10**5)
    times = numbers.table(n, stages, "durations").reshape(-1)
    first = np.concatenate(([0], np.cumsum(machines)))
    count = np.tile(machines, n)
    stage = [np.arange(first[k], first[k + 1]) for k in range(stages)]
    return shop_of(
        np.repeat(times, count),
        np.tile(np.concatenate(stage), n),
        count,
        n * stages,
        np.repeat(np.arange(n), stages),
        int(machines.sum()),
        name=name,
    )


def _parallel(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    times = numbers.table(n, m, "durations").reshape(-1)
    count = np.full(n, m)
    machine = np.tile(np.arange(m), n)
    return shop_of(times, machine, count, n, np.arange(n), m, name=name)


def _distributed(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    factories = numbers.count("factories", high=10**4)
    times = numbers.table(n, m, "durations")
    first = np.arange(factories)[None, None, :] * m + np.arange(m)[None, :, None]
    before = np.flatnonzero(np.arange(1, n * m) % m != 0)
    leads = np.flatnonzero(np.arange(1, factories * m) % m != 0)
    return shop_of(
        np.repeat(times.reshape(-1), factories),
        np.broadcast_to(first, (n, m, factories)).reshape(-1),
        np.full(n * m, factories),
        n * m,
        np.repeat(np.arange(n), m),
        m * factories,
        name=name,
        relation_kind=np.full(len(before), _SAME_MODE),
        relation_first=before,
        relation_second=before + 1,
        sequence_first=leads,
        sequence_second=leads + 1,
    )


def _flexible(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    lengths = numbers.take(n, "tasks", low=1, high=10**6)
    tasks = int(lengths.sum())
    times = numbers.table(tasks, m, "durations")
    allowed = times > 0
    for t in np.flatnonzero(~allowed.any(axis=1)):
        line = numbers.line(int((t - tasks) * m))
        raise InstanceError(f"task {t} has no mode", file=numbers.file, line=line)
    return shop_of(
        times[allowed],
        np.nonzero(allowed)[1],
        allowed.sum(axis=1),
        tasks,
        np.repeat(np.arange(n), lengths),
        m,
        name=name,
    )


def _job(numbers: Numbers, name: str) -> Workshop:
    n, m = numbers.count("jobs"), numbers.count("machines")
    times = numbers.table(n, m, "durations").reshape(-1)
    machine = numbers.table(n, m, "machines", low=1, high=m).reshape(-1) - 1
    count = np.ones(n * m, dtype=np.int64)
    return shop_of(times, machine, count, n * m, np.repeat(np.arange(n), m), m, name=name)


def _open(numbers: Numbers, name: str) -> Workshop:
    """An open shop: a job's tasks in any order, one at a time, which a machine of its own says."""
    n, m = numbers.count("jobs"), numbers.count("machines")
    times = numbers.table(n, m, "durations").reshape(-1)
    tasks = n * m
    job = np.repeat(np.arange(n), m)
    names = [f"machine {k}" for k in range(m)] + [f"job {j}" for j in range(n)]
    return Workshop(
        name=name,
        task_job=job,
        job_release=np.zeros(n, dtype=np.int64),
        mode_task=np.arange(tasks),
        mode_duration=times,
        demand_mode=np.repeat(np.arange(tasks), 2),
        demand_resource=np.stack((np.tile(np.arange(m), n), m + job), axis=1).reshape(-1),
        resource_kind=np.full(m + n, MACHINE),
        resource_name=names,
    )


READERS: dict[str, Callable[[Numbers, str], Workshop]] = {
    "jsp": _job,
    "fjsp": _flexible,
    "pfsp": lambda v, name: _flow(v, name, permutation=True),
    "npfsp": _flow,
    "nw-pfsp": lambda v, name: _flow(v, name, permutation=True, no_wait=True),
    "sdst-pfsp": _setups,
    "tct-pfsp": lambda v, name: _flow(v, name, permutation=True, objective="completion"),
    "tt-pfsp": _tardiness,
    "hfsp": _hybrid,
    "pmp": _parallel,
    "osp": _open,
    "dpfsp": _distributed,
}
TEXTS: dict[str, Callable[..., Workshop]] = {
    "rcpsp": read_patterson,
    "mmrcpsp": read_psplib,
    "rcmpsp": read_mplib,
}
PROBLEMS = (*READERS, *TEXTS)


def read_class(text: str, *, file: str, problem: str | None = None) -> Workshop:
    """A file of one of the classes; the option ``problem`` names which.

    Raises
    ------
    InstanceError
        With the line of the number that is missing, superfluous or out of range.
    """
    if problem is None:
        raise InstanceError(
            f"numbers of a class: say which by --option problem=… ({', '.join(PROBLEMS)})",
            file=file,
        )
    if problem in TEXTS:
        return TEXTS[problem](text, file=file)
    numbers = Numbers(text, file)
    shop = READERS[problem](numbers, stem(file))
    numbers.finish()
    return shop

"""What fields must keep together: calendars, demands, windows, precedences; the horizon."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import (
    BLOCKING,
    DURING,
    END,
    LARGEST,
    MACHINE,
    NONE,
    RENEWABLE,
    RESERVOIR,
    START,
    UNLIMITED,
)


def horizon(shop: Any, given: Any) -> int:
    """When everything must have ended: as given, or late enough to cut nothing off.

    Some best schedule ends by `enough`; without a horizon of the instance's own, four times that
    is its end, so that constraints of a user's have room.

    Raises
    ------
    InstanceError
        If times add up beyond what the objective can count.
    """
    need = enough(shop)
    if given is None:
        last = 4 * need
    else:
        whole = isinstance(given, int | np.integer) and not isinstance(given, bool)
        if not whole or not 0 <= given <= LARGEST:
            raise InstanceError(f"is {given!r}, expected 0 … 2**60", field="horizon")
        last = int(given)
    factor = 0
    jobs = sum(shop.job_weight.tolist()) + shop.jobs + 1
    for name, weight in shop.objective.items():
        count = {
            "makespan": 1,
            "lateness": 2,
            "span": 1,
            "idle": shop.resources,
            "stability": shop.tasks,
            "setup_time": shop.tasks,
        }.get(name, jobs)
        factor += weight * count
    costs = sum(shop.mode_cost.tolist()) * shop.objective.get("cost", 0)
    if shop.setup_cost.size:
        largest = int(shop.setup_cost.max()) * len(shop.demand_mode)
        costs += largest * shop.objective.get("setup_cost", 0)
    if max(last, need) * max(1, factor) + costs > LARGEST:
        raise InstanceError("times and weights add up beyond 2**60", field="horizon")
    return last


def enough(shop: Any) -> int:
    """A time by which some best schedule ends.

    Beyond the last number of the instance that names a moment, the world does not change any more,
    and a moment at which no task runs, no machine is set up and no lag is waited for can be cut
    out of a schedule without making any objective worse; the other moments are counted here.
    """
    moments = [0]
    for name in ("release", "latest_start", "earliest_end", "deadline", "fixed_start", "planned"):
        moments.append(_most(getattr(shop, f"task_{name}")))
    for name in ("release", "due", "deadline"):
        moments.append(_most(getattr(shop, f"job_{name}")))
    moments.append(_most(shop.closing_end))
    longest = np.zeros(shop.tasks, dtype=np.int64)
    np.maximum.at(longest, shop.mode_task, shop.mode_duration)
    total = max(moments) + sum(longest.tolist())
    total += sum(abs(v) for v in shop.precedence_lag.tolist())
    total += sum(abs(v) for v in shop.precedence_most.tolist() if v != UNLIMITED)
    if shop.setup_time.size:
        most = int(shop.setup_time.max()) + int(shop.setup_initial.max(initial=0))
        total += most * int((shop.resource_setup[shop.demand_resource] != NONE).sum())
    return max(1, total)


def _most(values: np.ndarray) -> int:
    return int(values.max(initial=0))


def validate(shop: Any) -> None:
    """Everything that makes an instance contradict itself, one line each."""
    _resources(shop)
    _demands(shop)
    _setups(shop)
    _relations(shop)
    _fixed(shop)
    _due(shop)
    first = heads(shop)
    _windows(shop, first)


def _resources(shop: Any) -> None:
    machines = shop.resource_kind == MACHINE
    bad = np.flatnonzero(machines & (shop.resource_capacity != 1))
    if bad.size:
        raise InstanceError(
            f"{shop.label('resource', bad[0])} is a machine of capacity "
            f"{shop.resource_capacity[bad[0]]}, expected 1 (or kind renewable)",
            field="resources",
        )
    low, level, top = shop.resource_low, shop.resource_level, shop.resource_capacity
    reservoir = shop.resource_kind == RESERVOIR
    bad = np.flatnonzero(reservoir & ((level < low) | (level > top)))
    if bad.size:
        r = bad[0]
        raise InstanceError(
            f"{shop.label('resource', r)} begins with level {level[r]}, expected {low[r]} … "
            f"{top[r]}",
            field="resources",
        )
    for i in np.flatnonzero(shop.closing_begin >= shop.closing_end):
        raise InstanceError(
            f"closing {i} of {shop.label('resource', shop.closing_resource[i])} ends at "
            f"{shop.closing_end[i]}, not after it begins at {shop.closing_begin[i]}",
            field="closings",
        )
    for i in np.flatnonzero(shop.resource_kind[shop.closing_resource] > RENEWABLE):
        raise InstanceError(
            f"closing {i} is of {shop.label('resource', shop.closing_resource[i])}, expected a "
            "machine or a renewable resource",
            field="closings",
        )
    for a, b in zip(shop.sequence_first.tolist(), shop.sequence_second.tolist()):
        if (shop.resource_kind[[a, b]] != MACHINE).any():
            raise InstanceError("only machines have a sequence", field="sequences")
    ordered = np.unique(np.concatenate((shop.sequence_first, shop.sequence_second)))
    task = shop.mode_task[shop.demand_mode]
    for r in ordered.tolist():
        tasks = np.unique(task[shop.demand_resource == r])
        job = shop.task_job[tasks]
        twice = np.bincount(job[job != NONE], minlength=1) > 1
        if twice.any():
            raise InstanceError(
                f"{shop.label('job', int(np.argmax(twice)))} visits "
                f"{shop.label('resource', r)} more than once",
                field="sequences",
            )


def _demands(shop: Any) -> None:
    kind = shop.resource_kind[shop.demand_resource]
    amount, at = shop.demand_amount, shop.demand_at
    for what, bad in (
        ("a moment, which only reservoirs have", (kind != RESERVOIR) & (at != DURING)),
        ("no moment start or end", (kind == RESERVOIR) & (at == DURING)),
        ("a negative amount", (kind != RESERVOIR) & (amount < 0)),
        ("another amount than 1 on a machine", (kind == MACHINE) & (amount != 1)),
    ):
        if bad.any():
            i = int(np.argmax(bad))
            raise InstanceError(
                f"{shop.label('mode', shop.demand_mode[i])} has {what} on "
                f"{shop.label('resource', shop.demand_resource[i])}",
                field="demands",
            )
    key = shop.demand_mode * (shop.resources + 1) + shop.demand_resource
    key = np.sort(key[kind != RESERVOIR])
    if (np.diff(key) == 0).any():
        m = int(key[int(np.argmax(np.diff(key) == 0))]) // (shop.resources + 1)
        raise InstanceError(f"{shop.label('mode', m)} names a resource twice", field="demands")
    too_much = (kind != RESERVOIR) & (amount > shop.resource_capacity[shop.demand_resource])
    impossible = np.zeros(shop.modes, dtype=bool)
    impossible[shop.demand_mode[too_much]] = True
    possible = np.zeros(shop.tasks, dtype=bool)
    possible[shop.mode_task[~impossible]] = True
    bad = np.flatnonzero(~possible & (shop.task_optional == 0))
    if bad.size:
        i = int(np.argmax(too_much & (shop.mode_task[shop.demand_mode] == bad[0])))
        r = int(shop.demand_resource[i])
        raise InstanceError(
            f"{shop.label('task', bad[0])} demands {amount[i]} of {shop.label('resource', r)}, "
            f"whose capacity is {shop.resource_capacity[r]}",
            field="demands",
        )


def _setups(shop: Any) -> None:
    with_setup = shop.resource_setup != NONE
    bad = np.flatnonzero(with_setup & (shop.resource_kind != MACHINE))
    if bad.size:
        raise InstanceError(
            f"{shop.label('resource', bad[0])} has setups, expected of a machine only",
            field="resources",
        )
    on = with_setup[shop.demand_resource]
    task = shop.mode_task[shop.demand_mode]
    for what, wrong in (
        ("no family", shop.task_family[task] == NONE),
        ("duration 0", shop.mode_duration[shop.demand_mode] == 0),
    ):
        if (on & wrong).any():
            i = int(np.argmax(on & wrong))
            raise InstanceError(
                f"{shop.label('task', task[i])} has {what} on "
                f"{shop.label('resource', shop.demand_resource[i])}, which has setups",
                field="tasks",
            )


def _relations(shop: Any) -> None:
    for i in np.flatnonzero(shop.precedence_before == shop.precedence_after):
        raise InstanceError(
            f"precedence {i} of {shop.label('task', shop.precedence_before[i])} is on itself",
            field="precedences",
        )
    for i in np.flatnonzero(shop.precedence_lag > shop.precedence_most):
        raise InstanceError(
            f"precedence {i} has lag {shop.precedence_lag[i]} above the largest, "
            f"{shop.precedence_most[i]}",
            field="precedences",
        )
    seen = set()
    for kind, a, b in zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    ):
        if a == b:
            raise InstanceError(f"of {shop.label('task', a)} with itself", field="relations")
        if kind == BLOCKING:
            if a in seen:
                raise InstanceError(
                    f"{shop.label('task', a)} blocks for two tasks", field="relations"
                )
            seen.add(a)
    owner = shop.mode_task
    if (owner[shop.rule_mode] == owner[shop.rule_then]).any():
        raise InstanceError("names two modes of one task", field="rules")
    if (shop.task_optional[shop.choice_task] == 0).any():
        t = shop.choice_task[int(np.argmax(shop.task_optional[shop.choice_task] == 0))]
        raise InstanceError(f"{shop.label('task', t)} is not optional", field="choices")


def _fixed(shop: Any) -> None:
    count = np.diff(shop.first_mode)
    bad = np.flatnonzero(shop.task_fixed_mode >= count)
    if bad.size:
        raise InstanceError(
            f"{shop.label('task', bad[0])} is fixed in mode {shop.task_fixed_mode[bad[0]]} of "
            f"{count[bad[0]]}",
            field="tasks",
        )


def _due(shop: Any) -> None:
    parts = {"tardiness", "tardy", "earliness", "lateness"} & set(shop.objective)
    if parts and not (shop.job_due != NONE).any():
        raise InstanceError(f"{sorted(parts)[0]} needs due dates of jobs", field="objective")


def heads(shop: Any) -> np.ndarray:
    """Earliest (start, end) of every task by windows and precedences alone, shape (tasks, 2).

    Computed once an instance, since it does not change; the array cannot be written to.

    Raises
    ------
    InstanceError
        For a cycle of precedences that takes time, or lags that contradict each other.
    """
    if "_heads" in shop.__dict__:
        return shop.__dict__["_heads"]
    shortest = np.minimum.reduceat(shop.mode_duration, shop.first_mode[:-1])
    early = np.zeros((shop.tasks, 2), dtype=np.int64)
    early[:, START] = shop.task_release
    has_job = shop.task_job != NONE
    early[has_job, START] = np.maximum(
        early[has_job, START], shop.job_release[shop.task_job[has_job]]
    )
    early[:, END] = np.maximum(shop.task_earliest_end, early[:, START] + shortest)
    value = early.reshape(-1).tolist()
    out: list[list[tuple[int, int]]] = [[] for _ in value]
    for a, b, length in arcs(shop, shortest):
        out[a].append((b, length))
    longest(shop, value, out)
    made = np.array(value, dtype=np.int64).reshape(-1, 2)
    made.setflags(write=False)
    shop.__dict__["_heads"] = made
    return made


def arcs(shop: Any, shortest: np.ndarray) -> list[tuple[int, int, int]]:
    """(from, to, least distance) between moments 2 task + (0: start, 1: end)."""
    made = [(2 * t, 2 * t + 1, int(d)) for t, d in enumerate(shortest.tolist())]
    optional = shop.task_optional.astype(bool)
    # A pause makes a task longer; without one its longest mode limits its end.
    longest = np.maximum.reduceat(shop.mode_duration, shop.first_mode[:-1]).tolist()
    tight = shop.task_pause == 0
    rows = zip(
        shop.precedence_before.tolist(),
        shop.precedence_after.tolist(),
        shop.precedence_of.tolist(),
        shop.precedence_to.tolist(),
        shop.precedence_lag.tolist(),
        shop.precedence_most.tolist(),
    )
    backward = set()
    for a, b, of, to, lag, most in rows:
        if optional[a] or optional[b]:
            continue
        made.append((2 * a + of, 2 * b + to, lag))
        if most != UNLIMITED:
            made.append((2 * b + to, 2 * a + of, -most))
        if most != UNLIMITED or lag < 0 or of == START or to == END:
            backward |= {a, b}
    made.extend((2 * t + 1, 2 * t, -longest[t]) for t in backward if tight[t])
    return made


def longest(shop: Any, value: list[int], out: list[list[tuple[int, int]]]) -> None:
    """Longest paths in place: in topological order where there is one, else by relaxation."""
    indegree = [0] * len(value)
    for edges in out:
        for b, _ in edges:
            indegree[b] += 1
    ready = [v for v, d in enumerate(indegree) if d == 0]
    done = 0
    while ready:
        a = ready.pop()
        done += 1
        for b, length in out[a]:
            value[b] = max(value[b], value[a] + length)
            indegree[b] -= 1
            if indegree[b] == 0:
                ready.append(b)
    if done == len(value):
        return
    parent = [-1] * len(value)
    count = [0] * len(value)
    active = list(range(len(value)))
    inside = [True] * len(value)
    while active:
        following = []
        for a in active:
            inside[a] = False
            for b, length in out[a]:
                if value[a] + length > value[b]:
                    value[b] = value[a] + length
                    parent[b] = a
                    count[b] += 1
                    if count[b] > len(value):
                        _cycle(shop, parent, b, out)
                    if not inside[b]:
                        inside[b] = True
                        following.append(b)
        active = following


def _cycle(shop: Any, parent: list[int], at: int, out: list[list[tuple[int, int]]]) -> None:
    seen: set[int] = set()
    while at not in seen:
        seen.add(at)
        at = parent[at]
    cycle = [at]
    while parent[cycle[-1]] != at:
        cycle.append(parent[cycle[-1]])
    cycle.reverse()
    tasks = list(dict.fromkeys(v // 2 for v in cycle))
    lengths = []
    for a, b in zip(cycle, cycle[1:] + cycle[:1]):
        lengths.append(max(length for to, length in out[a] if to == b))
    names = " → ".join(shop.label("task", t) for t in [*tasks[:6], tasks[0]])
    if min(lengths) < 0:
        raise InstanceError(f"lags contradict each other: {names}", field="precedences")
    raise InstanceError(f"cycle of positive length: {names}", field="precedences")


def deadlines(shop: Any) -> np.ndarray:
    """Latest end of every task by its own and its job's deadline and the horizon."""
    late = np.full(shop.tasks, shop.horizon, dtype=np.int64)
    own = shop.task_deadline != NONE
    late[own] = np.minimum(late[own], shop.task_deadline[own])
    has_job = shop.task_job != NONE
    job = np.where(has_job, shop.task_job, 0)
    if shop.jobs:
        of_job = np.where(has_job, shop.job_deadline[job], NONE)
        late = np.where(of_job != NONE, np.minimum(late, of_job), late)
    return late


def _windows(shop: Any, first: np.ndarray) -> None:
    late = deadlines(shop)
    required = shop.task_optional == 0
    for what, bad in (
        (
            "cannot end before {e}, its latest end is {d}",
            required & (first[:, END] > late),
        ),
        (
            "cannot start before {s}, its latest start is {l}",
            required
            & (shop.task_latest_start != NONE)
            & (first[:, START] > shop.task_latest_start),
        ),
        (
            "is fixed to start at {f}, it cannot start before {s}",
            required & (shop.task_fixed_start != NONE) & (first[:, START] > shop.task_fixed_start),
        ),
    ):
        if bad.any():
            t = int(np.argmax(bad))
            values = {
                "s": first[t, START],
                "e": first[t, END],
                "d": late[t],
                "l": shop.task_latest_start[t],
                "f": shop.task_fixed_start[t],
            }
            raise InstanceError(f"{shop.label('task', t)} {what.format(**values)}", field="tasks")
    if len(shop.closing_begin):
        _openings(shop, first, late, required)


def _openings(shop: Any, first: np.ndarray, late: np.ndarray, required: np.ndarray) -> None:
    """Whether every required task finds room between the closings in one of its modes."""
    from zerogap.models.scheduling.solution import calendar, earliest

    touched = np.isin(shop.demand_resource, np.unique(shop.closing_resource))
    tasks = np.unique(shop.mode_task[shop.demand_mode[touched]])
    # Behind the last closing everything is open: most tasks have their room there.
    shortest = np.minimum.reduceat(shop.mode_duration, shop.first_mode[:-1])
    behind = np.maximum(first[:, START], int(shop.closing_end.max())) + shortest
    for t in tasks[required[tasks] & (behind[tasks] > late[tasks])].tolist():
        limit = int(late[t])
        for m in range(shop.first_mode[t], shop.first_mode[t + 1]):
            d = int(shop.mode_duration[m])
            _, end = earliest(calendar(shop, m), int(first[t, 0]), d, bool(shop.task_pause[t]))
            if end <= limit:
                break
        else:
            raise InstanceError(
                f"{shop.label('task', t)} finds no opening in its calendars before {limit}",
                field="closings",
            )

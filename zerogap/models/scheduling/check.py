"""The checker, from the definition alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan


def check(shop: Workshop, plan: Plan) -> int:
    """Recompute the objective of a plan from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint.
    """
    here = _present(shop, plan)
    _windows(shop, plan, here)
    mode = np.where(here, shop.first_mode[:-1] + plan.mode, 0)
    _durations(shop, plan, here, mode)
    _precedences(shop, plan, here)
    _relations(shop, plan, here, mode)
    hold = _holds(shop, plan, here)
    use = _uses(shop, here, mode)
    setup = _machines(shop, plan, hold, use)
    _renewables(shop, plan, hold, use)
    _budgets(shop, use)
    _reservoirs(shop, plan, use)
    _sequences(shop, plan, use)
    return objective(shop, plan, here, mode, use, setup)


def _refuse(message: str, constraint: str, where: Any = None, by: int | None = None) -> None:
    raise InfeasibleSolution(message, constraint=constraint, where=where, by=by)


def _present(shop: Workshop, plan: Plan) -> np.ndarray:
    if len(plan.start) != shop.tasks:
        _refuse(f"{len(plan.start)} starts for {shop.tasks} tasks", "length")
    count = np.diff(shop.first_mode)
    for t in np.flatnonzero(plan.mode >= count):
        _refuse(f"{shop.label('task', t)} has no mode {plan.mode[t]}", "mode", int(t))
    here = plan.mode >= 0
    for t in np.flatnonzero(~here & (shop.task_optional == 0)):
        _refuse(f"{shop.label('task', t)} is left out", "presence", int(t))
    for t in np.flatnonzero(~here & ((plan.start != -1) | (plan.end != -1))):
        _refuse(f"{shop.label('task', t)} is left out but has times", "presence", int(t))
    for t in np.flatnonzero(here & (plan.start < 0)):
        _refuse(f"{shop.label('task', t)} starts at {plan.start[t]}", "range", int(t))
    fixed = here & (shop.task_fixed_mode >= 0) & (plan.mode != shop.task_fixed_mode)
    for t in np.flatnonzero(fixed):
        _refuse(f"{shop.label('task', t)} is fixed in another mode", "fixed", int(t))
    return here


def _windows(shop: Workshop, plan: Plan, here: np.ndarray) -> None:
    start, end = plan.start, plan.end
    has = shop.task_job >= 0
    job = np.where(has, shop.task_job, 0)
    none = np.full(shop.tasks, -1)
    released = np.where(has, shop.job_release[job], 0) if shop.jobs else none
    latest = np.where(has, shop.job_deadline[job], -1) if shop.jobs else none
    for constraint, bad, what in (
        ("release", start < shop.task_release, "starts at {s}, before its release"),
        ("release", start < released, "starts at {s}, before the release of its job"),
        (
            "latest start",
            (shop.task_latest_start >= 0) & (start > shop.task_latest_start),
            "starts at {s}, after its latest start",
        ),
        ("earliest end", end < shop.task_earliest_end, "ends at {e}, before its earliest end"),
        (
            "deadline",
            (shop.task_deadline >= 0) & (end > shop.task_deadline),
            "ends at {e}, after its deadline",
        ),
        ("deadline", (latest >= 0) & (end > latest), "ends at {e}, after its job's deadline"),
        ("horizon", end > shop.horizon, "ends at {e}, after the horizon"),
        (
            "fixed",
            (shop.task_fixed_start >= 0) & (start != shop.task_fixed_start),
            "starts at {s}, not when it is fixed",
        ),
    ):
        bad = bad & here
        if bad.any():
            t = int(np.argmax(bad))
            text = what.format(s=start[t], e=end[t])
            _refuse(f"{shop.label('task', t)} {text}", constraint, t)


def _durations(shop: Workshop, plan: Plan, here: np.ndarray, mode: np.ndarray) -> None:
    duration = shop.mode_duration[mode]
    closed = np.zeros(shop.resources, dtype=bool)
    closed[shop.closing_resource] = True
    touched = np.zeros(shop.modes, dtype=bool)
    touched[shop.demand_mode[closed[shop.demand_resource]]] = True
    simple = here & ~touched[mode]
    for t in np.flatnonzero(simple & (plan.end - plan.start != duration)):
        _refuse(
            f"{shop.label('task', t)} takes {plan.end[t] - plan.start[t]}, expected {duration[t]}",
            "duration",
            int(t),
        )
    of: dict[int, list[tuple[int, int]]] = {}
    for r, a, b in zip(
        shop.closing_resource.tolist(), shop.closing_begin.tolist(), shop.closing_end.tolist()
    ):
        of.setdefault(r, []).append((a, b))
    suspects = np.flatnonzero(here & touched[mode])
    if len(suspects) > 1000:
        suspects = suspects[~_surely_worked(shop, plan, suspects, mode[suspects], closed)]
    for x in suspects.tolist():
        m = int(mode[x])
        used = shop.demand_resource[shop.first_demand[m] : shop.first_demand[m + 1]].tolist()
        breaks = [c for r in used for c in of.get(r, ())]
        _worked(shop, x, int(plan.start[x]), int(plan.end[x]), int(duration[x]), breaks)


def _surely_worked(
    shop: Workshop, plan: Plan, tasks: np.ndarray, mode: np.ndarray, closed: np.ndarray
) -> np.ndarray:
    """Which of many tasks keep the closings of their one closed resource; the rest is looked at.

    By sums over closings that do not overlap: none holds the start, those that begin before the
    end have ended before it, and together they make up for what is not worked.
    """
    sure = np.zeros(len(tasks), dtype=bool)
    demands = np.flatnonzero(closed[shop.demand_resource])
    count = np.bincount(shop.demand_mode[demands], minlength=shop.modes)
    only = np.full(shop.modes, -1)
    only[shop.demand_mode[demands]] = shop.demand_resource[demands]
    only[count != 1] = -1
    for r in np.unique(only[mode]).tolist():
        rows = np.flatnonzero(shop.closing_resource == r)
        rows = rows[np.argsort(shop.closing_begin[rows], kind="stable")]
        a, b = shop.closing_begin[rows], shop.closing_end[rows]
        if r < 0 or (a[1:] <= b[:-1]).any():
            continue
        of = np.flatnonzero(only[mode] == r)
        start, end = plan.start[tasks[of]], plan.end[tasks[of]]
        total = np.concatenate(([0], np.cumsum(b - a)))
        begun = np.searchsorted(a, start, "right")  # closings that began by the start
        met = np.searchsorted(a, end, "left")  # closings that began before the end
        open_start = (begun == 0) | (start >= b[np.maximum(begun, 1) - 1])
        open_end = (met <= begun) | (end > b[np.maximum(met, 1) - 1])
        lost = np.where(met > begun, total[met] - total[np.minimum(begun, met)], 0)
        may = (shop.task_pause[tasks[of]] == 1) | (met <= begun)
        worked = end - start - lost == shop.mode_duration[mode[of]]
        sure[of] = open_start & open_end & may & worked
    return sure


def _worked(
    shop: Workshop, t: int, start: int, end: int, duration: int, breaks: list[tuple[int, int]]
) -> None:
    """One task against the closings of its resources, in whatever order and overlap they come."""
    name = shop.label("task", t)
    for a, b in breaks:
        if a <= start < b:
            _refuse(f"{name} starts at {start}, when it is closed from {a} to {b}", "calendar", t)
        if not shop.task_pause[t] and a < end and start < b:
            _refuse(f"{name} runs from {start} to {end}, closed from {a} to {b}", "calendar", t)
    lost, seen = 0, start
    for a, b in sorted(breaks):
        a, b = max(a, seen), min(b, end)
        if b > a:
            lost += b - a
            seen = b
    if duration > 0 and any(a < end <= b for a, b in breaks):
        _refuse(f"{name} ends at {end}, within a closing", "calendar", t)
    if end - start - lost != duration:
        _refuse(f"{name} is worked on for {end - start - lost}, expected {duration}", "duration", t)


def _precedences(shop: Workshop, plan: Plan, here: np.ndarray) -> None:
    a, b = shop.precedence_before, shop.precedence_after
    first = np.where(shop.precedence_of == 1, plan.end[a], plan.start[a])
    second = np.where(shop.precedence_to == 1, plan.end[b], plan.start[b])
    both = here[a] & here[b]
    gap = second - first
    limited = shop.precedence_most <= 2**60
    bad = both & ((gap < shop.precedence_lag) | (limited & (gap > shop.precedence_most)))
    if bad.any():
        i = int(np.argmax(bad))
        least, most = shop.precedence_lag[i], shop.precedence_most[i]
        want = f"at least {least}" + (f", at most {most}" if limited[i] else "")
        _refuse(
            f"{shop.label('task', b[i])} comes {gap[i]} after {shop.label('task', a[i])}, "
            f"expected {want}",
            "precedence",
            (int(a[i]), int(b[i])),
        )


def _relations(shop: Workshop, plan: Plan, here: np.ndarray, mode: np.ndarray) -> None:
    rows = zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    )
    words = ("blocking", "same mode", "same resource", "different resource", "together")
    for kind, a, b in rows:
        both = here[a] and here[b]
        if kind == 0:
            bad = both and plan.start[b] < plan.end[a]
        elif kind == 1:
            bad = both and plan.mode[a] != plan.mode[b]
        elif kind == 2:
            bad = both and _on(shop, mode[a]) != _on(shop, mode[b])
        elif kind == 3:
            bad = both and bool(_on(shop, mode[a]) & _on(shop, mode[b]))
        else:
            bad = here[a] != here[b]
        if bad:
            _refuse(
                f"{shop.label('task', a)} and {shop.label('task', b)} break {words[kind]!r}",
                words[kind],
                (a, b),
            )
    allowed: dict[tuple[int, int], set[int]] = {}
    for m, then in zip(shop.rule_mode.tolist(), shop.rule_then.tolist()):
        allowed.setdefault((m, int(shop.mode_task[then])), set()).add(then)
    for (m, t), modes in allowed.items():
        s = int(shop.mode_task[m])
        if here[s] and here[t] and mode[s] == m and int(mode[t]) not in modes:
            _refuse(f"{shop.label('mode', m)} forbids the mode of {shop.label('task', t)}", "rule")
    groups: dict[int, list[int]] = {}
    for g, t in zip(shop.choice_group.tolist(), shop.choice_task.tolist()):
        groups.setdefault(g, []).append(t)
    for g, tasks in groups.items():
        if sum(bool(here[t]) for t in tasks) != 1:
            _refuse(f"group {g} has not exactly one task present", "choice", g)


def _on(shop: Workshop, mode: int) -> set[int]:
    used = shop.demand_resource[shop.first_demand[mode] : shop.first_demand[mode + 1]]
    return set(used[shop.resource_kind[used] == 0].tolist())


def _holds(shop: Workshop, plan: Plan, here: np.ndarray) -> np.ndarray:
    """Until when every task holds its resources: its end, or the start that it blocks for."""
    hold = plan.end.copy()
    for kind, a, b in zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    ):
        if kind == 0 and here[a] and here[b]:
            hold[a] = plan.start[b]
    return hold


def _uses(shop: Workshop, here: np.ndarray, mode: np.ndarray) -> np.ndarray:
    """Demands that the plan takes up."""
    chosen = np.zeros(shop.modes, dtype=bool)
    chosen[mode[here]] = True
    return np.flatnonzero(chosen[shop.demand_mode])


def _machines(
    shop: Workshop, plan: Plan, hold: np.ndarray, use: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """No two tasks at a time, and the setups between; returns (machine, first, second) of setups.

    The first task of a machine comes after -1.
    """
    use = use[shop.resource_kind[shop.demand_resource[use]] == 0]
    machine = shop.demand_resource[use]
    task = shop.mode_task[shop.demand_mode[use]]
    order = np.lexsort((task, hold[task], plan.start[task], machine))
    machine, task = machine[order], task[order]
    same = machine[1:] == machine[:-1]
    a, b = task[:-1], task[1:]
    which = shop.resource_setup[machine]
    wait = np.zeros(len(a), dtype=np.int64)
    need = same & (which[1:] >= 0)
    family = shop.task_family
    wait[need] = shop.setup_time[which[1:][need], family[a[need]], family[b[need]]]
    overlap = np.where(same, hold[a] + wait - plan.start[b], 0)
    if overlap.size and overlap.max() > 0:
        i = int(np.argmax(overlap))
        _refuse(
            f"{shop.label('resource', machine[i])}: {shop.label('task', b[i])} starts at "
            f"{plan.start[b[i]]}, held by {shop.label('task', a[i])} until {hold[a[i]]}"
            + (f" and set up for {wait[i]}" if wait[i] else ""),
            "machine",
            (int(a[i]), int(b[i])),
            int(overlap[i]),
        )
    before = np.concatenate(([-1], np.where(same, a, -1))) if len(task) else task
    first = (before < 0) & (which >= 0)
    initial = np.zeros(len(task), dtype=np.int64)
    initial[first] = shop.setup_initial[which[first], family[task[first]]]
    late = np.where(first, initial - plan.start[task], 0)
    if late.size and late.max() > 0:
        i = int(np.argmax(late))
        _refuse(
            f"{shop.label('resource', machine[i])}: {shop.label('task', task[i])} starts at "
            f"{plan.start[task[i]]}, before its first setup of {initial[i]}",
            "setup",
            int(task[i]),
        )
    return machine, before, task


def _renewables(shop: Workshop, plan: Plan, hold: np.ndarray, use: np.ndarray) -> None:
    use = use[shop.resource_kind[shop.demand_resource[use]] == 1]
    resource = shop.demand_resource[use]
    task = shop.mode_task[shop.demand_mode[use]]
    amount = shop.demand_amount[use]
    busy = (hold[task] > plan.start[task]) & (amount > 0)
    resource, task, amount = resource[busy], task[busy], amount[busy]
    where = np.concatenate((resource, resource))
    time = np.concatenate((plan.start[task], hold[task]))
    change = np.concatenate((amount, -amount))
    order = np.lexsort((change, time, where))
    level = np.cumsum(change[order])  # every resource ends at 0, so that one sum serves all
    over = level - shop.resource_capacity[where[order]]
    if over.size and over.max() > 0:
        i = int(np.argmax(over))
        r = int(where[order][i])
        _refuse(
            f"{shop.label('resource', r)}: {level[i]} in use at {time[order][i]}, capacity "
            f"{shop.resource_capacity[r]}",
            "capacity",
            r,
            int(over[i]),
        )


def _budgets(shop: Workshop, use: np.ndarray) -> None:
    use = use[shop.resource_kind[shop.demand_resource[use]] == 2]
    total = [0] * shop.resources
    for r, amount in zip(shop.demand_resource[use].tolist(), shop.demand_amount[use].tolist()):
        total[r] += amount
    for r, amount in enumerate(total):
        if shop.resource_kind[r] == 2 and amount > shop.resource_capacity[r]:
            _refuse(
                f"{shop.label('resource', r)}: {amount} used of {shop.resource_capacity[r]}",
                "budget",
                r,
                amount - int(shop.resource_capacity[r]),
            )


def _reservoirs(shop: Workshop, plan: Plan, use: np.ndarray) -> None:
    """The level after all changes of a moment stays within its bounds."""
    use = use[shop.resource_kind[shop.demand_resource[use]] == 3]
    changes: dict[int, dict[int, int]] = {}
    for i in use.tolist():
        t = int(shop.mode_task[shop.demand_mode[i]])
        time = int(plan.start[t] if shop.demand_at[i] == 1 else plan.end[t])
        row = changes.setdefault(int(shop.demand_resource[i]), {})
        row[time] = row.get(time, 0) + int(shop.demand_amount[i])
    for r, row in changes.items():
        level = int(shop.resource_level[r])
        for time in sorted(row):
            level += row[time]
            if not shop.resource_low[r] <= level <= shop.resource_capacity[r]:
                _refuse(
                    f"{shop.label('resource', r)}: level {level} at {time}, expected "
                    f"{shop.resource_low[r]} … {shop.resource_capacity[r]}",
                    "level",
                    r,
                )


def _sequences(shop: Workshop, plan: Plan, use: np.ndarray) -> None:
    """No two jobs strictly one way round on a machine and the other way on its partner."""
    if not len(shop.sequence_first):
        return
    placed: dict[int, dict[int, tuple[int, int]]] = {}
    for i in use.tolist():
        t = int(shop.mode_task[shop.demand_mode[i]])
        if shop.task_job[t] >= 0:
            row = placed.setdefault(int(shop.demand_resource[i]), {})
            row[int(shop.task_job[t])] = (int(plan.start[t]), int(plan.end[t]))
    for a, b in zip(shop.sequence_first.tolist(), shop.sequence_second.tolist()):
        first, second = placed.get(a, {}), placed.get(b, {})
        jobs = sorted(first.keys() & second.keys(), key=first.__getitem__)
        highest, group, last = (-1, -1), (-1, -1), None
        for j in jobs:
            if first[j] != last:
                highest, last = max(highest, group), first[j]
            if second[j] < highest:
                _refuse(
                    f"{shop.label('job', j)} overtakes between {shop.label('resource', a)} and "
                    f"{shop.label('resource', b)}",
                    "sequence",
                    j,
                )
            group = max(group, second[j])


def objective(
    shop: Workshop,
    plan: Plan,
    here: np.ndarray,
    mode: np.ndarray,
    use: np.ndarray,
    setup: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> int:
    """The weighted sum, part by part from its definition."""
    done: dict[int, int] = {}
    for t in np.flatnonzero(here & (shop.task_job >= 0)).tolist():
        j = int(shop.task_job[t])
        done[j] = max(done.get(j, 0), int(plan.end[t]))
    total = 0
    for name, weight in shop.objective.items():
        if name == "makespan":
            value = int(plan.end[here].max(initial=0))
        elif name == "cost":
            value = sum(shop.mode_cost[mode[here]].tolist())
        elif name == "stability":
            known = here & (shop.task_planned >= 0)
            value = int(np.abs(plan.start - shop.task_planned)[known].sum())
        elif name in ("setup_time", "setup_cost"):
            value = _setups(shop, setup, name)
        elif name in ("span", "idle"):
            value = _spans(shop, plan, use, name)
        else:
            value = _of_jobs(shop, done, name)
        total += weight * value
    return total


def _of_jobs(shop: Workshop, done: dict[int, int], name: str) -> int:
    value = 0
    late = []
    for j, end in done.items():
        weight, due = int(shop.job_weight[j]), int(shop.job_due[j])
        if name == "completion":
            value += weight * end
        elif name == "flow":
            value += weight * (end - int(shop.job_release[j]))
        elif due < 0:
            continue
        elif name == "tardiness":
            value += weight * max(0, end - due)
        elif name == "tardy":
            value += weight * (end > due)
        elif name == "earliness":
            value += weight * max(0, due - end)
        else:
            late.append(end - due)
    return max(late, default=0) if name == "lateness" else value


def _setups(shop: Workshop, setup: tuple, name: str) -> int:
    value = 0
    for r, a, b in zip(*(rows.tolist() for rows in setup)):
        which = int(shop.resource_setup[r])
        if which < 0:
            continue
        family = int(shop.task_family[b])
        if a < 0:
            value += int(shop.setup_initial[which, family]) if name == "setup_time" else 0
        else:
            value += int(getattr(shop, name)[which, shop.task_family[a], family])
    return value


def _spans(shop: Workshop, plan: Plan, use: np.ndarray, name: str) -> int:
    spans: dict[int, tuple[int, int]] = {}
    work = 0
    for i in use.tolist():
        r = int(shop.demand_resource[i])
        if shop.resource_kind[r] != 0:
            continue
        t = int(shop.mode_task[shop.demand_mode[i]])
        start, end = int(plan.start[t]), int(plan.end[t])
        a, b = spans.get(r, (start, end))
        spans[r] = (min(a, start), max(b, end))
        work += end - start
    lengths = [b - a for a, b in spans.values()]
    return max(lengths, default=0) if name == "span" else sum(lengths) - work

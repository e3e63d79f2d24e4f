"""The exact model of a shop for CP-SAT."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.jobshop.exact.horizon import beyond, last_useful, shortest
from zerogap.models.jobshop.instance import SUMS, FlexibleJobShop, Shop, latest
from zerogap.models.jobshop.solution import Schedule, assigned


def build(
    shop: Shop,
    *,
    upper: int | None = None,
    lower: int | None = None,
    fixed: Schedule | None = None,
    free: np.ndarray | None = None,
    horizon: int | None = None,
) -> Model:
    """Interval model: one no-overlap a machine, optional intervals where machines are chosen.

    Parameters
    ----------
    shop : JobShop or FlexibleJobShop
    upper, lower : int, optional
        Known bounds of the objective; `upper` itself stays allowed.
    fixed, free : Schedule and ndarray of bool, optional
        A neighbourhood: between operations that are not `free`, the orders on machines (and their
        machines) stay those of `fixed`.
    horizon : int, optional
        When everything must have ended; for models that get constraints of the user's. Without it
        the model uses what holds for the plain problem alone: that some best schedule ends by the
        time in which all operations can be done one after the other (and, for the makespan, by
        `upper`). Nothing else in the model rests on the plain problem: heads and tails are those of
        the job alone, and there is neither dominance nor symmetry breaking.

    Returns
    -------
    Model
        Its `variables`:

        - ``"start"``, ``"end"``: lists, one entry an operation, in the order of the instance;
          ``"operation"`` maps (job, k) to the operation's index.
        - ``"interval"``: one an operation; for flexible shops one an alternative.
        - ``"machine"``: per machine the list of intervals that may run on it; add an interval of
          your own and a no-overlap for a maintenance window.
        - ``"presence"``: for flexible shops one literal an alternative (None where there is no
          choice), else empty.
        - ``"makespan"``, ``"tardiness"`` or ``"tardy"`` (lists, one a job) or ``"lateness"``, as
          the objective needs; and ``"objective"``.

        With `horizon`, its `reach` is what a schedule that ends later is worth at least.

    Raises
    ------
    InstanceError
        If the horizon is too short for the plain problem or beyond `latest`.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    reach = None
    if horizon is None:
        horizon = last_useful(shop, upper)
    else:
        if not last_useful(shop, None) <= horizon <= latest(shop):
            raise InstanceError(
                f"is {horizon}, expected {last_useful(shop, None)} … {latest(shop)}",
                field="horizon",
            )
        # By definition nothing ends after `latest`: such a horizon cuts nothing off.
        reach = beyond(shop, horizon) if horizon < latest(shop) else None
    flexible = isinstance(shop, FlexibleJobShop)
    first, job = shop.first.tolist(), shop.job.tolist()
    release = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    per_machine: list[list[Any]] = [[] for _ in range(shop.machines)]
    heads, tails = _windows(shop, release)
    start, end, interval, presence = [], [], [], []
    for x in range(shop.operations):
        s = model.new_int_var(heads[x], max(heads[x], horizon - tails[x]), f"start{x}")
        start.append(s)
        if flexible:
            size, literals, optional = _alternatives(model, shop, x, s, per_machine)
            presence.extend(literals)
            interval.extend(optional)
            end.append(s + size)
        else:
            d = int(shop.duration[x])
            end.append(s + d)
            interval.append(model.new_fixed_size_interval_var(s, d, f"operation{x}"))
            per_machine[shop.machine[x]].append(interval[x])
    for x in range(1, shop.operations):
        if job[x] == job[x - 1]:
            model.add(start[x] >= end[x - 1])
    for intervals in per_machine:
        if len(intervals) > 1:
            model.add_no_overlap(intervals)
    variables: dict[str, Any] = {
        "start": start,
        "end": end,
        "interval": interval,
        "machine": per_machine,
        "presence": presence,
        "operation": {(job[x], x - first[job[x]]): x for x in range(shop.operations)},
    }
    last = [end[x - 1] for x in first[1:]]
    auxiliary = _objective(model, shop, last, horizon, lower, upper, variables)
    if fixed is not None and free is not None:
        _fix(model, shop, fixed, free, start, end, presence)
    return Model(
        model=model,
        variables=variables,
        read=lambda value: _read(shop, value, start, presence),
        hint=lambda schedule: _hint(shop, schedule, start, presence, auxiliary),
        reach=reach,
    )


# Domains hold for every schedule, user's constraints or not: no operation begins before its job's
# release and the shortest work before it, none ends so late that the shortest work behind it does
# not fit before the horizon; whatever the horizon cuts off, `reach` says.
def _windows(shop: Shop, release: list[int]) -> tuple[list[int], list[int]]:
    """Earliest start by the job alone, and work of the job from the operation on."""
    size = shortest(shop)
    before = np.cumsum(size) - size
    head = before - before[shop.first[:-1]][shop.job] + np.asarray(release)[shop.job]
    after = np.append(before, before[-1] + size[-1])
    tail = after[shop.first[1:]][shop.job] - before
    return head.tolist(), tail.tolist()


def _alternatives(model, shop, x, start, per_machine) -> tuple[Any, list[Any], list[Any]]:
    """Intervals of one operation; its size, and a literal and an interval an alternative."""
    options = range(shop.choice[x], shop.choice[x + 1])
    if len(options) == 1:
        d = int(shop.duration[options[0]])
        only = model.new_fixed_size_interval_var(start, d, f"operation{x}")
        per_machine[shop.machine[options[0]]].append(only)
        return d, [None], [only]
    literals = [model.new_bool_var(f"alternative{i}") for i in options]
    model.add_exactly_one(literals)
    intervals = []
    for i, literal in zip(options, literals):
        d = int(shop.duration[i])
        intervals.append(
            model.new_optional_fixed_size_interval_var(start, d, literal, f"operation{x}_{i}")
        )
        per_machine[shop.machine[i]].append(intervals[-1])
    # The size is a linear expression: no auxiliary variable that a hint could forget.
    size = sum(int(shop.duration[i]) * b for i, b in zip(options, literals))
    return size, literals, intervals


def _objective(model, shop, last, horizon, lower, upper, variables) -> list[Any]:
    """Adds the objective; returns its auxiliary variables in the order `_values` gives them."""
    if shop.objective == "makespan":
        low = max(0, lower or 0)
        makespan = model.new_int_var(low, max(low, horizon), "makespan")
        for e in last:
            model.add(makespan >= e)
        model.minimize(makespan)
        variables["makespan"] = variables["objective"] = makespan
        return [makespan]
    auxiliary = []
    due = [] if shop.due is None else shop.due.tolist()
    weight = [1] * shop.jobs if shop.weight is None else shop.weight.tolist()
    if shop.objective == "lateness":
        low = -max(due) if lower is None else lower
        high = max(low, horizon - min(due))
        total = model.new_int_var(low, high, "lateness")
        for e, d in zip(last, due):
            model.add(total >= e - d)
        variables["lateness"] = total
        auxiliary = [total]
    elif shop.objective == "flow":
        release = [0] * shop.jobs if shop.release is None else shop.release.tolist()
        total = sum(w * (e - r) for w, e, r in zip(weight, last, release))
    elif shop.objective == "tardy":
        auxiliary = [model.new_bool_var(f"tardy{j}") for j in range(shop.jobs)]
        for literal, e, d in zip(auxiliary, last, due):
            model.add(e <= d).only_enforce_if(~literal)
        total = sum(w * b for w, b in zip(weight, auxiliary))
        variables["tardy"] = auxiliary
    else:
        for j, e in enumerate(last):
            t = model.new_int_var(0, max(0, horizon - due[j]), f"tardiness{j}")
            model.add(t >= e - due[j])
            auxiliary.append(t)
        total = sum(w * t for w, t in zip(weight, auxiliary))
        variables["tardiness"] = auxiliary
    if shop.objective in SUMS:
        model.add(total >= max(0, lower or 0))
    if upper is not None:
        model.add(total <= int(upper))
    model.minimize(total)
    variables["objective"] = total
    return auxiliary


def _fix(model, shop, fixed, free, start, end, presence) -> None:
    """Keep orders (and machines) between operations that are not free."""
    machine = shop.machine if fixed.machine is None else fixed.machine
    if isinstance(shop, FlexibleJobShop):
        for x in np.flatnonzero(~free).tolist():
            for i in range(shop.choice[x], shop.choice[x + 1]):
                if presence[i] is not None:
                    model.add(presence[i] == int(shop.machine[i] == machine[x]))
    kept = np.flatnonzero(~free)
    order = kept[np.lexsort((kept, fixed.start[kept], machine[kept]))]
    for a, b in zip(order[:-1].tolist(), order[1:].tolist()):
        if machine[a] == machine[b]:
            model.add(start[b] >= end[a])


def _read(shop: Shop, value, start, presence) -> Schedule:
    machine = shop.machine
    if isinstance(shop, FlexibleJobShop):
        machine = np.empty(shop.operations, dtype=np.int32)
        for x in range(shop.operations):
            for i in range(shop.choice[x], shop.choice[x + 1]):
                if presence[i] is None or value(presence[i]):
                    machine[x] = shop.machine[i]
    return Schedule(np.array([int(value(s)) for s in start]), machine, shop.first)


def _hint(shop, schedule, start, presence, auxiliary) -> Iterable[tuple[Any, int]]:
    """Every variable's value under a schedule: a hint that leaves one out may be lost."""
    yield from zip(start, schedule.start.tolist())
    if isinstance(shop, FlexibleJobShop):
        operation = np.repeat(np.arange(shop.operations), np.diff(shop.choice))
        taken = (shop.machine == schedule.machine[operation]).tolist()
        for literal, on in zip(presence, taken):
            if literal is not None:
                yield literal, int(on)
    _, size = assigned(shop, schedule)
    yield from zip(auxiliary, _values(shop, (schedule.start + size)[shop.first[1:] - 1]))


def _values(shop: Shop, end: np.ndarray) -> list[int]:
    """Values of the objective's auxiliary variables when the jobs end so."""
    if shop.objective == "makespan":
        return [int(end.max())]
    if shop.objective == "flow":
        return []
    late = end - shop.due
    if shop.objective == "lateness":
        return [int(late.max())]
    return (late > 0 if shop.objective == "tardy" else np.maximum(0, late)).astype(int).tolist()

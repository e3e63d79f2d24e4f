"""The disjunctive formulation for HiGHS: an order for every two operations that share a machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.jobshop.exact.horizon import last_useful, shortest
from zerogap.models.jobshop.instance import SUMS, FlexibleJobShop, Shop
from zerogap.models.jobshop.solution import Schedule, assigned

#: Beyond so many pairs of operations nothing is proven in any useful time.
PAIRS = 20_000
#: Times beyond this, times HiGHS's tolerance, are no longer small against a unit.
LATEST = 10**6
#: HiGHS's bounds are taken to be off by so much, in units of the objective, which is an integer.
SLACK = 0.01


def build(shop: Shop, *, upper: int | None = None) -> Model:
    """Mixed-integer program of Manne (1960), with a binary an alternative where there are several.

    Valid for the plain problem alone: the big constants are the end of some best schedule
    (`last_useful`, an argument that a user's constraint breaks). Errors of HiGHS's tolerances only
    relax the disjunctions, so that bounds can become weaker by them but not wrong; numerical noise
    of the bound itself is covered by `SLACK`.

    Parameters
    ----------
    shop : JobShop or FlexibleJobShop
    upper : int, optional
        A makespan that is known to be possible; says nothing with other objectives.

    Returns
    -------
    Model
        Its `variables`: ``start`` (by operation), ``alternative`` (by index of the alternatives,
        where an operation has several), ``before`` (by pairs of operations), ``objective``.

    Raises
    ------
    InstanceError
        If there are more than `PAIRS` disjunctions, or times beyond `LATEST`.
    """
    import pyomo.environ as pyo

    horizon = last_useful(shop, upper)
    due = [0] if shop.due is None else shop.due.tolist()
    if max(horizon, *map(abs, due)) > LATEST:
        raise InstanceError(f"times go beyond {LATEST}; use backend=cp-sat", field="backend")
    parts = _Parts(shop, horizon)
    model = pyo.ConcreteModel()
    n = shop.operations
    model.start = pyo.Var(range(n), bounds=lambda m, x: (parts.head[x], parts.latest(x)))
    model.alternative = pyo.Var(parts.choices, domain=pyo.Binary)
    model.before = pyo.Var(list(parts.pairs), domain=pyo.Binary)
    model.rules = pyo.ConstraintList()
    for x in range(n):
        options = parts.options[x]
        if len(options) > 1:
            model.rules.add(sum(model.alternative[i] for i in options) == 1)
    length = [parts.length(model, x) for x in range(n)]
    for x in range(1, n):
        if parts.job[x] == parts.job[x - 1]:
            model.rules.add(model.start[x] >= model.start[x - 1] + length[x - 1])
    for (x, y), both in parts.pairs.items():
        for i, k in both:
            _disjunction(model, parts, x, y, i, k)
    last = [model.start[x - 1] + length[x - 1] for x in shop.first[1:].tolist()]
    extra = _objective(pyo, model, shop, last, horizon)

    def hint(schedule: Schedule) -> Iterator[tuple[Any, float]]:
        yield from _hint(shop, parts, model, schedule, extra)

    variables = {
        "start": model.start,
        "alternative": model.alternative,
        "before": model.before,
        "objective": model.objective,
    }
    return Model(
        model, variables, lambda value: _read(shop, parts, model, value), hint, slack=SLACK
    )


class _Parts:
    """What the formulation is made of, by index."""

    def __init__(self, shop: Shop, horizon: int):
        choice = (
            shop.choice.tolist()
            if isinstance(shop, FlexibleJobShop)
            else list(range(shop.operations + 1))
        )
        self.options = [range(a, b) for a, b in zip(choice[:-1], choice[1:])]
        self.choices = [i for options in self.options if len(options) > 1 for i in options]
        self.machine, self.duration = shop.machine.tolist(), shop.duration.tolist()
        self.job = shop.job.tolist()
        size = shortest(shop)
        before = np.cumsum(size) - size
        release = np.zeros(shop.jobs, np.int64) if shop.release is None else shop.release
        self.head = (before - before[shop.first[:-1]][shop.job] + release[shop.job]).tolist()
        after = np.append(before, before[-1] + size[-1])
        self.tail = (after[shop.first[1:]][shop.job] - before).tolist()
        self.horizon = horizon
        self.pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
        on: list[list[tuple[int, int]]] = [[] for _ in range(shop.machines)]
        for x, options in enumerate(self.options):
            for i in options:
                on[self.machine[i]].append((x, i))
        for here in on:
            for b, (y, k) in enumerate(here):
                for x, i in here[:b]:
                    # Operations of one job are ordered by it.
                    if self.job[x] != self.job[y]:
                        self.pairs.setdefault((x, y), []).append((i, k))
        if len(self.pairs) > PAIRS:
            raise InstanceError(
                f"{len(self.pairs)} pairs of operations share a machine, expected at most {PAIRS} "
                "(use backend=cp-sat)",
                field="backend",
            )

    def latest(self, x: int) -> int:
        """Latest start of an operation in a schedule that ends by the horizon."""
        return max(self.head[x], self.horizon - self.tail[x])

    def length(self, model: Any, x: int) -> Any:
        """The duration that an operation has."""
        options = self.options[x]
        if len(options) == 1:
            return self.duration[options[0]]
        return sum(self.duration[i] * model.alternative[i] for i in options)


def _disjunction(model: Any, parts: _Parts, x: int, y: int, i: int, k: int) -> None:
    """If both run on the machine of alternatives i and k, one ends before the other begins."""
    absent = 0
    for z, a in ((x, i), (y, k)):
        if len(parts.options[z]) > 1:
            absent += 1 - model.alternative[a]
    first = model.before[x, y]
    for a, b, d, other in (
        (x, y, parts.duration[i], 1 - first),
        (y, x, parts.duration[k], first),
    ):
        large = parts.latest(a) + d - parts.head[b]
        if large > 0:
            model.rules.add(model.start[b] >= model.start[a] + d - large * (other + absent))


def _objective(pyo: Any, model: Any, shop: Shop, last: list[Any], horizon: int) -> Any:
    """Adds the objective; returns its auxiliary variables, one a job or one."""
    weight = [1] * shop.jobs if shop.weight is None else shop.weight.tolist()
    due = [] if shop.due is None else shop.due.tolist()
    jobs = range(shop.jobs)
    extra: Any = None
    if shop.objective == "flow":
        release = [0] * shop.jobs if shop.release is None else shop.release.tolist()
        total = sum(w * (e - r) for w, e, r in zip(weight, last, release))
    elif shop.objective in SUMS:
        tardy = shop.objective == "tardy"
        model.late = extra = pyo.Var(jobs, domain=pyo.Binary if tardy else pyo.NonNegativeReals)
        for j, e in enumerate(last):
            beyond = max(0, horizon - due[j])
            model.rules.add(e - due[j] <= (beyond * extra[j] if tardy else extra[j]))
        total = sum(w * extra[j] for j, w in enumerate(weight))
    else:
        model.most = extra = pyo.Var()
        for j, e in enumerate(last):
            model.rules.add(extra >= e - (due[j] if shop.objective == "lateness" else 0))
        total = extra
    model.objective = pyo.Objective(expr=total, sense=pyo.minimize)
    return extra


def _read(shop: Shop, parts: _Parts, model: Any, value: Any) -> Schedule:
    """The schedule of the order that the starts are in, every operation as early as it allows."""
    wanted = [value(model.start[x]) for x in range(shop.operations)]
    chosen = [
        options[0] if len(options) == 1 else max(options, key=lambda i: value(model.alternative[i]))
        for options in parts.options
    ]
    at, stop = shop.first[:-1].tolist(), shop.first[1:].tolist()
    ready = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    free = [0] * shop.machines
    start = np.zeros(shop.operations, dtype=np.int64)
    open_ = set(range(shop.jobs))
    while open_:
        j = min(open_, key=lambda j: (wanted[at[j]], wanted[at[j]] + parts.duration[chosen[at[j]]]))
        x, i = at[j], chosen[at[j]]
        m = parts.machine[i]
        start[x] = max(ready[j], free[m])
        ready[j] = free[m] = int(start[x]) + parts.duration[i]
        at[j] += 1
        if at[j] == stop[j]:
            open_.remove(j)
    machine = np.array([parts.machine[i] for i in chosen], dtype=np.int32)
    return Schedule(start, machine, shop.first)


def _hint(
    shop: Shop, parts: _Parts, model: Any, schedule: Schedule, extra: Any
) -> Iterator[tuple[Any, float]]:
    """Every variable's value under a schedule."""
    machine, size = assigned(shop, schedule)
    start, end = schedule.start.tolist(), (schedule.start + size).tolist()
    for x, s in enumerate(start):
        yield model.start[x], s
    for x, options in enumerate(parts.options):
        if len(options) > 1:
            for i in options:
                yield model.alternative[i], int(parts.machine[i] == machine[x])
    for x, y in parts.pairs:
        yield model.before[x, y], int((start[x], end[x]) <= (start[y], end[y]))
    last = [end[x - 1] for x in shop.first[1:].tolist()]
    if shop.objective == "makespan":
        yield extra, max(last)
    elif shop.objective == "lateness":
        assert shop.due is not None
        yield extra, max(e - d for e, d in zip(last, shop.due.tolist()))
    elif shop.objective != "flow":
        assert shop.due is not None
        for j, (e, d) in enumerate(zip(last, shop.due.tolist())):
            yield extra[j], int(e > d) if shop.objective == "tardy" else max(0, e - d)

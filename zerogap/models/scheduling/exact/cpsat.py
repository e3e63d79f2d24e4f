"""The exact model of a workshop for CP-SAT."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.scheduling.exact import objective, order, parts, resources
from zerogap.models.scheduling.exact.parts import State
from zerogap.models.scheduling.fields import (
    BLOCKING,
    DIFFERENT_RESOURCE,
    MACHINE,
    NONE,
    SAME_MODE,
    SAME_RESOURCE,
    START,
    TOGETHER,
    UNLIMITED,
)
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan, calendar
from zerogap.models.scheduling.validate import deadlines, enough, heads

Value = Callable[[State], int]


class Draft:
    """A CP-SAT model while it is written, every variable with its value in a plan."""

    def __init__(self, shop: Workshop, cp: Any, horizon: int, full: bool):
        self.shop = shop
        self.cp = cp
        self.horizon = horizon
        self.hints: list[tuple[Any, Value]] = []
        self.first = heads(shop)
        self.late = np.minimum(deadlines(shop), horizon)
        self.start: list[Any] = []
        self.end: list[Any] = []
        self.hold: list[Any] = []
        self.presence: list[Any] = []
        self.mode: list[Any] = [None] * shop.modes
        self.interval: list[Any] = [None] * shop.modes
        self.groups = [] if full else parts.parallel(shop)
        self.grouped = {t for _, tasks in self.groups for t in tasks}
        self.blocks = parts.blocks_for(shop)

    def integer(self, low: int, high: int, name: str, value: Value) -> Any:
        """An integer variable."""
        variable = self.cp.new_int_var(low, max(low, high), name)
        self.hints.append((variable, lambda s: min(max(value(s), low), max(low, high))))
        return variable

    def literal(self, name: str, value: Value) -> Any:
        """A Boolean variable."""
        variable = self.cp.new_bool_var(name)
        self.hints.append((variable, lambda s: int(value(s))))
        return variable

    def both(self, *tasks: int) -> list[Any]:
        """Literals that say that these tasks are present; none for those that always are."""
        return [self.presence[t] for t in tasks if self.presence[t] is not None]

    def when(self, constraint: Any, literals: list[Any]) -> None:
        """Enforce a constraint only where all literals hold."""
        if literals:
            constraint.only_enforce_if(literals)


def build(
    shop: Workshop,
    *,
    upper: int | None = None,
    lower: int | None = None,
    full: bool = False,
    fixed: Plan | None = None,
    free: np.ndarray | None = None,
) -> Model:
    """Interval model: one optional interval a mode, no-overlap a machine, circuits for setups.

    Parameters
    ----------
    shop : Workshop
    upper, lower : int, optional
        Known bounds of the objective; `upper` itself stays allowed.
    full : bool
        For models that get constraints of the user's: machines that are alike keep a literal each,
        and the horizon is the instance's own, which cuts nothing off by definition.
    fixed, free : Plan and ndarray of bool, optional
        A neighbourhood: tasks that are not `free` keep their modes, and two of them that use a
        machine or a renewable resource in turn keep their order.

    Returns
    -------
    Model
        Its `variables`:

        - ``"start"``, ``"end"``: one a task; ``"presence"``: literal, None if it is required;
        - ``"mode"``: one literal a mode of the instance, None if its task has no other and is
          required; ``"interval"``: one a mode;
        - ``"resource"``: the intervals of every machine and renewable resource;
        - ``"task"``, ``"job"``, ``"machine"``: numbers by name;
        - the parts of the objective by name, and ``"objective"``.
    """
    from ortools.sat.python import cp_model

    cp = cp_model.CpModel()
    horizon = shop.horizon if full else min(shop.horizon, enough(shop))
    draft = Draft(shop, cp, horizon, full)
    for t in range(shop.tasks):
        _task(draft, t)
    _holds(draft)
    for t in range(shop.tasks):
        _intervals(draft, t)
    _precedences(draft)
    _relations(draft)
    of = resources.build(draft)
    sequences = order.build(draft)
    variables: dict[str, Any] = {
        "start": draft.start,
        "end": draft.end,
        "presence": draft.presence,
        "mode": draft.mode,
        "interval": draft.interval,
        "resource": of,
        "task": _numbers(shop.task_name),
        "job": _numbers(shop.job_name),
        "machine": _numbers(shop.resource_name),
    }
    variables |= objective.build(draft, sequences, upper, lower)
    if fixed is not None and free is not None:
        order.keep(draft, fixed, free)
    return Model(
        model=cp,
        variables=variables,
        read=lambda value: _read(draft, value),
        hint=lambda plan: _hint(draft, plan),
    )


def _numbers(names: tuple[str, ...]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names) if name}


def _modes(draft: Draft, t: int) -> list[int]:
    a, b = draft.shop.first_mode[t : t + 2].tolist()
    return [a] if t in draft.grouped else list(range(a, b))


def _task(draft: Draft, t: int) -> None:
    shop, cp = draft.shop, draft.cp
    modes = _modes(draft, t)
    durations = [int(shop.mode_duration[m]) for m in modes]
    optional = bool(shop.task_optional[t])
    here = draft.literal(f"present{t}", lambda s: s.here[t]) if optional else None
    draft.presence.append(here)
    low, high = int(draft.first[t, START]), int(draft.late[t]) - min(durations)
    if shop.task_latest_start[t] != NONE:
        high = min(high, int(shop.task_latest_start[t]))
    if shop.task_fixed_start[t] != NONE:
        low, high = max(low, int(shop.task_fixed_start[t])), min(high, shop.task_fixed_start[t])
    if low > high:
        # An optional task whose window is empty is absent; a required one has no solution.
        cp.add_bool_or([] if here is None else [~here])
        high = low
    start = draft.integer(low, int(high), f"start{t}", lambda s: s.start[t] if s.here[t] else low)
    draft.start.append(start)
    if len(modes) == 1:
        draft.mode[modes[0]] = here
    else:
        for m in modes:
            draft.mode[m] = draft.literal(f"mode{m}", partial(_chosen, t, m))
        literals = [draft.mode[m] for m in modes]
        cp.add_exactly_one([*literals, *([] if here is None else [~here])])
    if shop.task_fixed_mode[t] != NONE:
        for m in modes:
            if m != shop.first_mode[t] + shop.task_fixed_mode[t]:
                cp.add(draft.mode[m] == 0)
    paused = bool(shop.task_pause[t]) and any(calendar(shop, m) for m in modes)
    if len(set(durations)) == 1 and not paused:
        end = start + durations[0]
    else:
        most = int(draft.late[t])
        end = draft.integer(
            low + min(durations),
            max(most, low + min(durations)),
            f"end{t}",
            lambda s: s.end[t] if s.here[t] else low + min(durations),
        )
    draft.end.append(end)
    for m, d in zip(modes, durations):
        _calendar(draft, t, m, d, paused and bool(calendar(shop, m)))
        if not (paused and calendar(shop, m)) and (len(set(durations)) > 1 or paused):
            draft.when(cp.add(end == start + d), _literal(draft, m))
    enforced = draft.both(t)
    if shop.task_earliest_end[t] > low + min(durations):
        draft.when(cp.add(end >= int(shop.task_earliest_end[t])), enforced)
    if max(durations) > min(durations) or paused:
        draft.when(cp.add(end <= int(draft.late[t])), enforced)


def _chosen(t: int, m: int, s: State) -> int:
    return s.here[t] and s.mode[t] == m


def _starts_before(t: int, time: int, s: State) -> int:
    return s.here[t] and s.start[t] < time


def _ends_after(t: int, time: int, s: State) -> int:
    return not s.here[t] or s.end[t] > time


def _held(t: int, absent: int, s: State) -> int:
    return s.hold[t] if s.here[t] else absent


def _lasts(t: int, m: int, other: int, s: State) -> int:
    return s.hold[t] - s.start[t] if _chosen(t, m, s) else other


def _literal(draft: Draft, mode: int) -> list[Any]:
    literal = draft.mode[mode]
    return [] if literal is None else [literal]


def _calendar(draft: Draft, t: int, m: int, duration: int, paused: bool) -> None:
    """Starts that the closings of a mode leave, and the end that its breaks push out."""
    from ortools.sat.python import cp_model

    shop, cp = draft.shop, draft.cp
    closed = calendar(shop, m)
    if not closed:
        return
    start, end, on = draft.start[t], draft.end[t], _literal(draft, m)
    open_, at = [], 0
    for a, b in closed:
        last = a - 1 if paused or duration == 0 else a - duration
        if last >= at:
            open_.append([at, last])
        at = b
    open_.append([at, max(at, draft.horizon)])
    domain = cp_model.Domain.from_intervals(open_)
    draft.when(cp.add_linear_expression_in_domain(start, domain), on)
    if not paused:
        return
    if duration == 0:
        draft.when(cp.add(end == start), on)
        return
    lost: Any = 0
    for a, b in closed:
        if a >= draft.horizon:
            break
        name = f"{m}_{a}"
        before = draft.literal(f"before{name}", partial(_starts_before, t, a))
        after = draft.literal(f"after{name}", partial(_ends_after, t, b))
        for constraint, literal in (
            (cp.add(start <= a - 1), before),
            (cp.add(start >= a), ~before),
            (cp.add(end >= b + 1), after),
            (cp.add(end <= a), ~after),
        ):
            constraint.only_enforce_if([literal, *on])
        # Started before and ended after: the break lies within (never neither, as start <= end).
        lost += (b - a) * (before + after - 1)
    draft.when(cp.add(end == start + duration + lost), on)


def _holds(draft: Draft) -> None:
    """When tasks let go of their resources."""
    for t in range(draft.shop.tasks):
        b = draft.blocks.get(t)
        if b is None:
            draft.hold.append(draft.end[t])
            continue
        draft.when(draft.cp.add(draft.start[b] >= draft.end[t]), draft.both(t, b))
        low = int(draft.first[t, 0])
        hold = draft.integer(low, draft.horizon, f"hold{t}", partial(_held, t, low))
        draft.when(draft.cp.add(hold == draft.start[b]), draft.both(t, b))
        if draft.presence[b] is not None:
            literals = [~draft.presence[b], *draft.both(t)]
            draft.when(draft.cp.add(hold == draft.end[t]), literals)
        draft.hold.append(hold)


def _intervals(draft: Draft, t: int) -> None:
    shop, cp = draft.shop, draft.cp
    for m in _modes(draft, t):
        d = int(shop.mode_duration[m])
        on = draft.mode[m]
        plain = t not in draft.blocks and not (shop.task_pause[t] and calendar(shop, m))
        if plain:
            draft.interval[m] = (
                cp.new_fixed_size_interval_var(draft.start[t], d, f"interval{m}")
                if on is None
                else cp.new_optional_fixed_size_interval_var(draft.start[t], d, on, f"interval{m}")
            )
            continue
        hold = draft.hold[t]
        size = draft.integer(
            d,
            draft.horizon,
            f"size{m}",
            partial(_lasts, t, m, d),
        )
        draft.interval[m] = (
            cp.new_interval_var(draft.start[t], size, hold, f"interval{m}")
            if on is None
            else cp.new_optional_interval_var(draft.start[t], size, hold, on, f"interval{m}")
        )


def _precedences(draft: Draft) -> None:
    shop = draft.shop
    rows = zip(
        shop.precedence_before.tolist(),
        shop.precedence_after.tolist(),
        shop.precedence_of.tolist(),
        shop.precedence_to.tolist(),
        shop.precedence_lag.tolist(),
        shop.precedence_most.tolist(),
    )
    for a, b, of, to, lag, most in rows:
        first = draft.end[a] if of else draft.start[a]
        second = draft.end[b] if to else draft.start[b]
        literals = draft.both(a, b)
        if lag == most:
            draft.when(draft.cp.add(second == first + lag), literals)
            continue
        draft.when(draft.cp.add(second >= first + lag), literals)
        if most != UNLIMITED:
            draft.when(draft.cp.add(second <= first + most), literals)


def _relations(draft: Draft) -> None:
    shop, cp = draft.shop, draft.cp
    rows = zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    )
    for kind, a, b in rows:
        if kind == TOGETHER:
            x = 1 if draft.presence[a] is None else draft.presence[a]
            y = 1 if draft.presence[b] is None else draft.presence[b]
            cp.add(x == y)
        elif kind == SAME_MODE:
            one, two = _modes(draft, a), _modes(draft, b)
            for k in range(max(len(one), len(two))):
                _agree(draft, one[k : k + 1], two[k : k + 1], a, b)
        elif kind == SAME_RESOURCE:
            sets: dict[tuple, tuple[list[int], list[int]]] = {}
            for place, t in enumerate((a, b)):
                for m in _modes(draft, t):
                    sets.setdefault(_machines(shop, m), ([], []))[place].append(m)
            for one, two in sets.values():
                _agree(draft, one, two, a, b)
        elif kind == DIFFERENT_RESOURCE:
            for m in _modes(draft, a):
                for n in _modes(draft, b):
                    if set(_machines(shop, m)) & set(_machines(shop, n)):
                        cp.add_bool_or([~x for x in (*_literal(draft, m), *_literal(draft, n))])
        else:
            assert kind == BLOCKING
    allowed: dict[tuple[int, int], list[int]] = {}
    for m, then in zip(shop.rule_mode.tolist(), shop.rule_then.tolist()):
        allowed.setdefault((m, int(shop.mode_task[then])), []).append(then)
    for (m, t), modes in allowed.items():
        if not any(draft.mode[n] is None for n in modes):
            clause = [draft.mode[n] for n in modes] + [~x for x in _literal(draft, m)]
            cp.add_bool_or(clause + [~x for x in draft.both(t)])
    groups: dict[int, set[int]] = {}
    for g, t in zip(shop.choice_group.tolist(), shop.choice_task.tolist()):
        groups.setdefault(g, set()).add(t)
    for tasks in groups.values():
        cp.add_exactly_one([draft.presence[t] for t in tasks])


def _agree(draft: Draft, one: list[int], two: list[int], a: int, b: int) -> None:
    """Either task in one of its modes `one`/`two` means that the other is as well, or absent."""
    for these, those, t in ((one, two, b), (two, one, a)):
        if any(draft.mode[m] is None for m in those):
            continue
        absent = [~x for x in draft.both(t)]
        for m in these:
            clause = [draft.mode[n] for n in those] + [~x for x in _literal(draft, m)]
            draft.cp.add_bool_or(clause + absent)


def _machines(shop: Workshop, mode: int) -> tuple[int, ...]:
    used = shop.demand_resource[shop.first_demand[mode] : shop.first_demand[mode + 1]]
    return tuple(sorted(used[shop.resource_kind[used] == MACHINE].tolist()))


def _read(draft: Draft, value: Callable[[Any], float]) -> Plan:
    shop = draft.shop
    start = [int(value(s)) for s in draft.start]
    end = [int(value(e)) for e in draft.end]
    mode = []
    for t in range(shop.tasks):
        here = draft.presence[t] is None or value(draft.presence[t])
        modes = _modes(draft, t)
        chosen = NONE
        if here:
            chosen = next((k for k, m in enumerate(modes) if _on(draft, m, value)), 0)
        mode.append(chosen)
        if not here:
            start[t] = end[t] = NONE
    if draft.groups:
        parts.coloured(shop, start, end, mode)
    return Plan(np.array(start), np.array(end), np.array(mode))


def _on(draft: Draft, mode: int, value: Callable[[Any], float]) -> bool:
    return draft.mode[mode] is None or bool(value(draft.mode[mode]))


def _hint(draft: Draft, plan: Plan) -> list[tuple[Any, float]]:
    state = State(draft.shop, plan)
    return [(variable, value(state)) for variable, value in draft.hints]

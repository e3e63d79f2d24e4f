"""The objective in the CP-SAT model."""

from __future__ import annotations

import math
from typing import Any

from zerogap.models.scheduling.exact import parts
from zerogap.models.scheduling.exact.order import Arcs
from zerogap.models.scheduling.fields import MACHINE, NONE

_OF_JOBS = {"completion", "flow", "tardiness", "tardy", "earliness", "lateness"}


def build(draft: Any, arcs: Arcs, upper: int | None, lower: int | None) -> dict[str, Any]:
    """The parts that the instance weighs, their sum minimised; returns variables by name."""
    shop, cp = draft.shop, draft.cp
    made: dict[str, Any] = {}
    ends = _completions(draft) if _OF_JOBS & set(shop.objective) else {}
    total: Any = 0
    terms: list[tuple[int, Any]] = []
    for name, weight in shop.objective.items():
        if name == "makespan":
            value = _makespan(draft)
        elif name in _OF_JOBS:
            value = _of_jobs(draft, ends, name)
        elif name == "cost":
            value = sum(
                int(c) * (1 if draft.mode[m] is None else draft.mode[m])
                for m, c in enumerate(shop.mode_cost.tolist())
                if c and int(shop.mode_task[m]) not in draft.grouped
            ) + sum(
                int(shop.mode_cost[shop.first_mode[t]])
                * (1 if draft.presence[t] is None else draft.presence[t])
                for t in draft.grouped
            )
        elif name in ("setup_time", "setup_cost"):
            value = _setups(draft, arcs, name)
        elif name == "stability":
            value = _stability(draft)
        else:
            value = _spans(draft, name)
        made[name] = value
        total += weight * value
        terms.append((weight, value))
    if list(shop.objective.values()) == [1] and not isinstance(total, int):
        objective = total
    else:
        bound = 2**61
        objective = cp.new_int_var(-bound, bound, "objective")
        cp.add(objective == total)
        draft.hints.append((objective, lambda s: _worth(draft, terms, s)))
    if upper is not None:
        cp.add(objective <= math.floor(upper))
    if lower is not None:
        cp.add(objective >= math.ceil(lower))
    cp.minimize(objective)
    return {**made, "objective": objective}


def _worth(draft: Any, terms: list[tuple[int, Any]], s: Any) -> int:
    """Value of the sum in a plan, from the values of its parts' variables."""
    values = {variable.index: value for variable, value in draft.hints}
    return sum(weight * _evaluate(part, values, s) for weight, part in terms)


def _evaluate(part: Any, values: dict, s: Any) -> int:
    from ortools.sat.python import cp_model

    if isinstance(part, int):
        return part
    flat = cp_model.FlatIntExpr(part)
    return flat.offset + sum(c * values[v.index](s) for v, c in zip(flat.vars, flat.coeffs))


def _makespan(draft: Any) -> Any:
    shop, cp = draft.shop, draft.cp
    low = max((int(draft.first[t, 1]) for t in range(shop.tasks) if not shop.task_optional[t]),
              default=0)  # fmt: skip
    value = draft.integer(
        low, draft.horizon, "makespan",
        lambda s: max((e for e, h in zip(s.end, s.here) if h), default=0),
    )  # fmt: skip
    followed = _followed(shop)
    for t in range(shop.tasks):
        if t not in followed:
            draft.when(cp.add(value >= draft.end[t]), draft.both(t))
    return value


def _followed(shop: Any) -> set[int]:
    """Required tasks that a required task must follow: they never end last."""
    needed = shop.task_optional == 0
    a, b = shop.precedence_before, shop.precedence_after
    rows = needed[a] & needed[b] & (shop.precedence_of == 1) & (shop.precedence_lag >= 0)
    return set(a[rows].tolist())


def _completions(draft: Any) -> dict[int, tuple[Any, list[Any]]]:
    """End of every job that has tasks, and the literals of which one holds if it counts."""
    shop, cp = draft.shop, draft.cp
    needed = shop.task_optional == 0
    job = shop.task_job
    rows = (
        needed[shop.precedence_before]
        & needed[shop.precedence_after]
        & (shop.precedence_of == 1)
        & (shop.precedence_lag >= 0)
        & (job[shop.precedence_before] == job[shop.precedence_after])
    )
    followed = set(shop.precedence_before[rows].tolist())
    of: dict[int, list[int]] = {}
    for t, j in enumerate(job.tolist()):
        if j != NONE and t not in followed:
            of.setdefault(j, []).append(t)
    made: dict[int, tuple[Any, list[Any]]] = {}
    for j, tasks in of.items():
        literals = [draft.presence[t] for t in tasks]
        active = [] if any(x is None for x in literals) else literals
        if len(tasks) == 1 and not active:
            made[j] = (draft.end[tasks[0]], [])
            continue
        terms = []
        for t in tasks:
            if draft.presence[t] is None:
                terms.append(draft.end[t])
                continue
            term = draft.integer(
                0, draft.horizon, f"done{t}", lambda s, t=t: s.end[t] if s.here[t] else 0
            )
            cp.add(term == draft.end[t]).only_enforce_if(draft.presence[t])
            cp.add(term == 0).only_enforce_if(~draft.presence[t])
            terms.append(term)
        end = draft.integer(0, draft.horizon, f"job{j}", lambda s, j=j: s.done.get(j, 0))
        cp.add_max_equality(end, terms)
        made[j] = (end, active)
    return made


def _active(draft: Any, j: int, literals: list[Any]) -> Any:
    """Literal that says whether a job with optional tasks alone counts."""
    cache = draft.__dict__.setdefault("active", {})
    if j not in cache:
        cache[j] = draft.literal(f"active{j}", lambda s: j in s.done)
        draft.cp.add_max_equality(cache[j], literals)
    return cache[j]


def _of_jobs(draft: Any, ends: dict, name: str) -> Any:
    shop, cp = draft.shop, draft.cp
    if name == "lateness":
        return _lateness(draft, ends)
    total: Any = 0
    for j, (end, literals) in ends.items():
        weight, due = int(shop.job_weight[j]), int(shop.job_due[j])
        release = int(shop.job_release[j])
        if name in ("completion", "flow"):
            total += weight * end
            if name == "flow" and release:
                here = 1 if not literals else _active(draft, j, literals)
                total -= weight * release * here
            continue
        if due == NONE or not weight:
            continue
        if name == "tardiness":
            late = draft.integer(
                0, max(0, draft.horizon - due), f"late{j}",
                lambda s, j=j, due=due: max(0, s.done.get(j, 0) - due),
            )  # fmt: skip
            cp.add(late >= end - due)
            total += weight * late
        elif name == "tardy":
            late = draft.literal(f"tardy{j}", lambda s, j=j, due=due: s.done.get(j, 0) > due)
            cp.add(end <= due).only_enforce_if(~late)
            total += weight * late
        else:
            early = draft.integer(
                0, due, f"early{j}",
                lambda s, j=j, due=due: max(0, due - s.done[j]) if j in s.done else 0,
            )  # fmt: skip
            here = [_active(draft, j, literals)] if literals else []
            draft.when(cp.add(early >= due - end), here)
            total += weight * early
    return total


def _lateness(draft: Any, ends: dict) -> Any:
    shop, cp = draft.shop, draft.cp
    jobs = [j for j in ends if shop.job_due[j] != NONE]
    due = {j: int(shop.job_due[j]) for j in jobs}
    low = -max(due.values(), default=0)
    value = draft.integer(
        low, draft.horizon, "lateness",
        lambda s: max((s.done[j] - due[j] for j in jobs if j in s.done), default=0),
    )  # fmt: skip
    absent = []
    for j in jobs:
        end, literals = ends[j]
        here = [_active(draft, j, literals)] if literals else []
        draft.when(cp.add(value >= end - due[j]), here)
        absent.append([~x for x in here])
    if all(absent):
        draft.when(cp.add(value >= 0), [x for row in absent for x in row])
    return value


def _setups(draft: Any, arcs: Arcs, name: str) -> Any:
    shop = draft.shop
    total: Any = 0
    for r, a, b, literal in arcs:
        which, family = int(shop.resource_setup[r]), shop.task_family
        if a == NONE:
            value = int(shop.setup_initial[which, family[b]]) if name == "setup_time" else 0
        else:
            value = int(getattr(shop, name)[which, family[a], family[b]])
        if value:
            total += value * literal
    return total


def _stability(draft: Any) -> Any:
    shop, cp = draft.shop, draft.cp
    total: Any = 0
    for t, planned in enumerate(shop.task_planned.tolist()):
        if planned == NONE:
            continue
        away = draft.integer(
            0, max(draft.horizon, planned), f"away{t}",
            lambda s, t=t, p=planned: abs(s.start[t] - p) if s.here[t] else 0,
        )  # fmt: skip
        draft.when(cp.add(away >= draft.start[t] - planned), draft.both(t))
        draft.when(cp.add(away >= planned - draft.start[t]), draft.both(t))
        total += away
    return total


def _spans(draft: Any, name: str) -> Any:
    """Longest span of a machine, or all spans without the work in them."""
    shop, cp = draft.shop, draft.cp
    longest = draft.integer(
        0, draft.horizon, "span", lambda s: max(_span_of(shop, s).values(), default=0)
    )
    total: Any = 0
    for r, uses in enumerate(parts.by_resource(shop)):
        if shop.resource_kind[r] != MACHINE or not uses:
            continue
        opened = draft.integer(0, draft.horizon, f"opened{r}", lambda s, r=r: _edge(s, r, 0))
        closed = draft.integer(0, draft.horizon, f"closed{r}", lambda s, r=r: _edge(s, r, 1))
        cp.add(closed >= opened)
        for t, m, _ in uses:
            on = [] if draft.mode[m] is None else [draft.mode[m]]
            draft.when(cp.add(opened <= draft.start[t]), on)
            draft.when(cp.add(closed >= draft.end[t]), on)
            if name == "idle":
                total -= _work(draft, t, m, on)
        if name == "idle":
            total += closed - opened
        else:
            cp.add(longest >= closed - opened)
    return longest if name == "span" else total


def _work(draft: Any, t: int, m: int, on: list[Any]) -> Any:
    """Time between start and end of a task on a machine if it uses it in this mode."""
    if not draft.shop.task_pause[t]:
        return int(draft.shop.mode_duration[m]) * (on[0] if on else 1)
    if not on:
        return draft.end[t] - draft.start[t]
    used = draft.integer(
        0, draft.horizon, f"work{m}",
        lambda s: s.end[t] - s.start[t] if s.here[t] and s.mode[t] == m else 0,
    )  # fmt: skip
    draft.cp.add(used == draft.end[t] - draft.start[t]).only_enforce_if(on)
    draft.cp.add(used == 0).only_enforce_if(~on[0])
    return used


def _edge(s: Any, r: int, side: int) -> int:
    tasks = [t for t in s.after.get(r, ()) if t != NONE]
    if not tasks:
        return 0
    return max(s.end[t] for t in tasks) if side else min(s.start[t] for t in tasks)


def _span_of(shop: Any, s: Any) -> dict[int, int]:
    return {r: _edge(s, r, 1) - _edge(s, r, 0) for r in s.after}

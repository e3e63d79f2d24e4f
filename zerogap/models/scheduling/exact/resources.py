"""Machines, renewable resources, budgets and reservoirs in the CP-SAT model."""

from __future__ import annotations

from typing import Any

from zerogap.models.scheduling.exact import parts
from zerogap.models.scheduling.fields import AT_START, CONSUMABLE, MACHINE, RENEWABLE


def build(draft: Any) -> list[list[Any]]:
    """The constraint of every resource; returns the intervals of each."""
    shop, cp = draft.shop, draft.cp
    rows = parts.by_resource(shop)
    of: list[list[Any]] = [[] for _ in rows]
    pooled = {r for machines, _ in draft.groups for r in machines}
    for machines, tasks in draft.groups:
        intervals = [draft.interval[shop.first_mode[t]] for t in tasks]
        cp.add_cumulative(intervals, [1] * len(intervals), len(machines))
        for t in tasks:
            _room(draft, t, tasks, machines)
        for r in machines:
            of[r] = intervals
    for r, uses in enumerate(rows):
        kind, capacity = shop.resource_kind[r], int(shop.resource_capacity[r])
        if r in pooled or not uses:
            continue
        if kind in (MACHINE, RENEWABLE):
            needed = [(m, int(shop.demand_amount[i])) for _, m, i in uses]
            of[r] = [draft.interval[m] for m, amount in needed if 0 < amount <= capacity]
            amounts = [amount for _, amount in needed if 0 < amount <= capacity]
            for m, amount in needed:
                if amount > capacity:
                    _too_much(draft, m)
            if kind == MACHINE and len(of[r]) > 1:
                cp.add_no_overlap(of[r])
            elif kind == RENEWABLE and of[r]:
                cp.add_cumulative(of[r], amounts, capacity)
        elif kind == CONSUMABLE:
            fixed = sum(int(shop.demand_amount[i]) for _, m, i in uses if draft.mode[m] is None)
            terms = [
                int(shop.demand_amount[i]) * draft.mode[m]
                for _, m, i in uses
                if draft.mode[m] is not None
            ]
            cp.add(sum(terms) + fixed <= capacity)
        else:
            _reservoir(draft, r, uses)
    return of


def _room(draft: Any, t: int, tasks: list[int], machines: list[int]) -> None:
    """A task without duration needs a free moment of a machine, which a cumulative does not see."""
    shop, cp = draft.shop, draft.cp
    if shop.mode_duration[shop.first_mode[t]] > 0:
        return
    # Among tasks that have the moment strictly inside, fewer than there are machines.
    inside = []
    for u in tasks:
        if u == t or shop.mode_duration[shop.first_mode[u]] == 0:
            continue
        left = draft.literal(
            f"left{t}_{u}",
            lambda s, u=u: s.here[t] and s.here[u] and s.start[t] <= s.start[u],
        )
        right = draft.literal(
            f"right{t}_{u}",
            lambda s, u=u: (
                s.here[t] and s.here[u] and s.start[t] > s.start[u] and s.start[t] >= s.end[u]
            ),
        )
        both = draft.both(t, u)
        cp.add(draft.start[t] <= draft.start[u]).only_enforce_if([left, *both])
        cp.add(draft.start[t] >= draft.end[u]).only_enforce_if([right, *both])
        cp.add_at_most_one([left, right])
        covers = draft.literal(
            f"covers{t}_{u}",
            lambda s, u=u: s.here[t] and s.here[u] and s.start[u] < s.start[t] < s.end[u],
        )
        cp.add_bool_or([left, right, covers, *(~x for x in both)])
        inside.append(covers)
    if len(inside) >= len(machines):
        cp.add(sum(inside) <= len(machines) - 1)


def _too_much(draft: Any, m: int) -> None:
    """A mode that needs more than there is: never for any time; in no time it needs nothing."""
    chosen = [] if draft.mode[m] is None else [draft.mode[m]]
    if draft.shop.mode_duration[m] > 0:
        draft.cp.add_bool_or([~c for c in chosen])
    elif not isinstance(size := draft.interval[m].size_expr(), int):
        draft.cp.add(size <= 0).only_enforce_if(chosen)


def _reservoir(draft: Any, r: int, uses: list[tuple[int, int, int]]) -> None:
    shop = draft.shop
    times, changes, active = [], [], []
    for t, m, i in uses:
        times.append(draft.start[t] if shop.demand_at[i] == AT_START else draft.end[t])
        changes.append(int(shop.demand_amount[i]))
        active.append(1 if draft.mode[m] is None else draft.mode[m])
    level = int(shop.resource_level[r])
    draft.cp.add_reservoir_constraint_with_active(
        times,
        changes,
        active,
        int(shop.resource_low[r]) - level,
        int(shop.resource_capacity[r]) - level,
    )

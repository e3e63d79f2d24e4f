"""Orders on machines in the CP-SAT model: setups, same sequences, neighbourhoods."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling.exact import parts
from zerogap.models.scheduling.fields import MACHINE, NONE
from zerogap.models.scheduling.solution import Plan

#: (machine, first task or -1, second task, literal) of every setup that can happen.
Arcs = list[tuple[int, int, int, Any]]


def build(draft: Any) -> Arcs:
    """Circuits on machines with setups, pairwise orders on machines with the same sequence."""
    shop = draft.shop
    rows = parts.by_resource(shop)
    shared: dict[int, dict[tuple[int, int], Any]] = {}
    groups = parts.sequence_groups(shop)
    for group in groups:
        if _alike(draft, group, rows) and (shop.resource_setup[group] != NONE).any():
            literals: dict[tuple[int, int], Any] = {}
            shared |= dict.fromkeys(group, literals)
        else:
            _pairs(draft, group, rows)
    arcs: Arcs = []
    for r, uses in enumerate(rows):
        if shop.resource_setup[r] != NONE and uses:
            _circuit(draft, r, uses, shared.get(r), arcs)
    for group in groups:
        for r in group:
            if r in shared and shop.resource_setup[r] == NONE and rows[r]:
                _circuit(draft, r, rows[r], shared[r], [])
    return arcs


def _certain(modes: list[Any]) -> bool:
    """Whether a required task has one mode alone, which uses the machine."""
    return len(modes) == 1 and modes[0] is None


def _alike(draft: Any, group: list[int], rows: list) -> bool:
    """Whether all machines of a group serve the same jobs, each by a required task of one mode."""
    shop = draft.shop
    jobs = set()
    for r in group:
        for t, m, _ in rows[r]:
            # Without duration several tasks may share a moment, and a circuit would order them.
            if draft.mode[m] is not None or shop.task_job[t] == NONE or not shop.mode_duration[m]:
                return False
        jobs.add(tuple(sorted(int(shop.task_job[t]) for t, _, _ in rows[r])))
    return len(jobs) == 1


def _circuit(draft: Any, r: int, uses: list, shared: dict | None, arcs: Arcs) -> None:
    shop, cp = draft.shop, draft.cp
    which = int(shop.resource_setup[r])
    tasks: dict[int, list[Any]] = {}
    for t, m, _ in uses:
        tasks.setdefault(t, []).append(draft.mode[m])
    nodes = {t: k + 1 for k, t in enumerate(tasks)}
    family = shop.task_family
    edges = []
    known = shared is not None and bool(shared)

    def arc(a: int, b: int) -> Any:
        key = tuple(NONE if t == NONE else int(shop.task_job[t]) for t in (a, b))
        if shared is not None and key in shared:
            return shared[key]
        literal = draft.literal(
            f"arc{r}_{a}_{b}",
            lambda s: s.after.get(r, {}).get(a, -2) == b,
        )
        if shared is not None:
            shared[key] = literal
        return literal

    for a in (NONE, *tasks):
        for b in (*tasks, NONE):
            if a == b:
                continue
            literal = arc(a, b)
            edges.append((nodes.get(a, 0), nodes.get(b, 0), literal))
            if b == NONE:
                continue
            if a == NONE:
                wait = 0 if which == NONE else int(shop.setup_initial[which, family[b]])
                if wait:
                    cp.add(draft.start[b] >= wait).only_enforce_if(literal)
            else:
                wait = 0 if which == NONE else int(shop.setup_time[which, family[a], family[b]])
                cp.add(draft.start[b] >= draft.hold[a] + wait).only_enforce_if(literal)
            arcs.append((r, a, b, literal))
    for t, modes in tasks.items():
        if _certain(modes):
            continue
        used = modes[0] if len(modes) == 1 else draft.literal(
            f"on{r}_{t}", lambda s, t=t: t in s.after.get(r, {})
        )  # fmt: skip
        if len(modes) > 1:
            cp.add(sum(modes) == used)
        edges.append((nodes[t], nodes[t], ~used))
    if all(not _certain(modes) for modes in tasks.values()):
        empty = draft.literal(f"empty{r}", lambda s: r not in s.after)
        edges.append((0, 0, empty))
    if not known:
        cp.add_circuit(edges)


def _pairs(draft: Any, group: list[int], rows: list) -> None:
    """One literal a pair of jobs on each pair of tied machines, one for the group if it can be."""
    shop, cp = draft.shop, draft.cp
    visits: dict[int, dict[int, tuple[int, list[Any]]]] = {r: {} for r in group}
    for r in group:
        for t, m, _ in rows[r]:
            if shop.task_job[t] != NONE:
                visits[r].setdefault(int(shop.task_job[t]), (t, []))[1].append(draft.mode[m])
    # One literal a pair of jobs serves the whole group if every machine serves all its jobs; else
    # two machines that are tied have one of their own.
    whole = len({frozenset(v) for v in visits.values()}) == 1
    if whole and all(_certain(modes) for v in visits.values() for _, modes in v.values()):
        ties = [group]
    else:
        inside = set(group)
        pairs = zip(shop.sequence_first.tolist(), shop.sequence_second.tolist())
        ties = [[a, b] for a, b in pairs if a in inside]
    for machines in ties:
        jobs = sorted(set.intersection(*(set(visits[r]) for r in machines)))
        for i, j in enumerate(jobs):
            for k in jobs[i + 1 :]:
                _pair(draft, cp, machines, visits, j, k)


def _pair(draft: Any, cp: Any, machines: list[int], visits: dict, j: int, k: int) -> None:
    tasks = [(visits[r][j], visits[r][k]) for r in machines]

    def first(s: Any) -> bool:
        """Strictly before on one of the machines; ties are free."""
        for (a, _), (b, _) in tasks:
            if s.here[a] and s.here[b]:
                x, y = (s.start[a], s.end[a]), (s.start[b], s.end[b])
                if x != y:
                    return x < y
        return True

    before = draft.literal(f"first{machines[0]}_{j}_{k}", first)
    # The order counts only where both jobs are on all machines of the tie.
    present: list[Any] = []
    for (a, one), (b, two) in tasks:
        for t, modes in ((a, one), (b, two)):
            if _certain(modes):
                continue
            if len(modes) == 1:
                present.append(modes[0])
            else:
                used = draft.literal(f"uses{machines[0]}_{t}_{j}_{k}", _uses(draft, t, modes))
                cp.add(sum(modes) == used)
                present.append(used)
    for (a, _), (b, _) in tasks:
        cp.add(draft.end[a] <= draft.start[b]).only_enforce_if([before, *present])
        cp.add(draft.end[b] <= draft.start[a]).only_enforce_if([~before, *present])


def _uses(draft: Any, t: int, modes: list[Any]) -> Any:
    of = [m for m in range(*draft.shop.first_mode[t : t + 2].tolist()) if draft.mode[m] in modes]
    return lambda s: s.here[t] and s.mode[t] in of


def keep(draft: Any, plan: Plan, free: np.ndarray) -> None:
    """Outside of a neighbourhood: modes stay, and neighbours in time keep their order."""
    shop, cp = draft.shop, draft.cp
    state = parts.State(shop, plan)
    rows: dict[int, list[int]] = {}
    for t in np.flatnonzero(~free).tolist():
        if draft.presence[t] is not None:
            cp.add(draft.presence[t] == int(state.here[t]))
        if not state.here[t]:
            continue
        m = state.mode[t]
        if draft.mode[m] is not None and t not in draft.grouped:
            cp.add(draft.mode[m] == 1)
        for i in range(shop.first_demand[m], shop.first_demand[m + 1]):
            r = int(shop.demand_resource[i])
            if shop.resource_kind[r] == MACHINE and t not in draft.grouped:
                rows.setdefault(r, []).append(t)
            elif shop.resource_kind[r] != MACHINE or t in draft.grouped:
                rows.setdefault(-1, []).append(t)
    pooled = sorted(set(rows.pop(-1, ())), key=lambda t: state.start[t])
    for tasks in rows.values():
        tasks.sort(key=lambda t: (state.start[t], state.hold[t], t))
        for a, b in zip(tasks, tasks[1:]):
            cp.add(draft.end[a] <= draft.start[b])
    _keep_pooled(draft, state, pooled)


def _keep_pooled(draft: Any, state: Any, tasks: list[int]) -> None:
    """Tasks of shared capacity: what began after another's end still does, nearest pairs only."""
    ends = sorted(tasks, key=lambda t: state.end[t])
    at = 0
    recent: list[int] = []
    for b in tasks:
        while at < len(ends) and state.end[ends[at]] <= state.start[b]:
            recent.append(ends[at])
            at += 1
        for a in recent[-8:]:
            if a != b:
                draft.cp.add(draft.end[a] <= draft.start[b])

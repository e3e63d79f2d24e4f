"""Workshops by plain enumeration: every presence, mode and start up to the horizon."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling import Builder, Plan, Workshop

FAMILY = "scheduling"
METHODS = ("auto", "exact", "kernel")
REFUSALS = ("no kernel knows",)
#: Plans that are enumerated at most.
LARGEST = 20_000
PARTS = (
    "completion", "flow", "tardiness", "tardy", "earliness", "lateness", "setup_time", "setup_cost",
    "cost", "span", "idle", "stability",
)  # fmt: skip


def draw(rng: np.random.Generator) -> tuple[Workshop, dict]:
    """A tiny workshop, every feature on with probability 1/4."""
    while True:
        try:
            kind = rng.random()
            shares = (
                (0.2, _shop), (0.4, _project), (0.45, _pipe), (0.5, _graph), (0.55, _open),
                (1, _draw),
            )  # fmt: skip
            shop = next(make for share, make in shares if kind < share)(rng)
        except InstanceError:
            continue  # the features drawn contradict each other
        if size(shop) <= LARGEST:
            name = str(rng.choice(("learned", "spt", "slack", "mis")))
            return shop, {"rule": name} if rng.random() < 0.25 else {}


def _draw(rng: np.random.Generator) -> Workshop:
    on = lambda chance=0.25: bool(rng.random() < chance)  # noqa: E731
    upto = lambda most, least=0: int(rng.integers(least, most + 1))  # noqa: E731
    b = Builder()
    n, machines, jobs = upto(4, 1), upto(3, 1), upto(3)
    horizon = upto(12, 6)
    setups = on()
    kinds = ["machine"] * machines
    for _ in range(machines):
        b.add_machine(closed=[_span(rng, horizon)] if on() else [])
    if setups:
        for m in range(machines):
            for f, g in itertools.product((None, 0, 1), (0, 1)):
                b.add_setup(m, f, g, upto(3) if f is not None or on() else 0, upto(3))
    for kind in ("renewable", "consumable", "reservoir"):
        if on():
            capacity = upto(3, 1)
            extra: dict[str, Any] = {}
            if kind == "reservoir":
                extra = {"low": upto(1) - 1, "level": upto(capacity)}
            closed = [_span(rng, horizon)] if kind == "renewable" and on() else []
            b.add_resource(kind, "", capacity, closed=closed, **extra)
            kinds.append(kind)
    for _ in range(jobs):
        dates = {
            "release": upto(3) if on() else None,
            "due": upto(horizon) if on(0.6) else None,
            "deadline": upto(horizon + 3, 3) if on(0.1) else None,
            "weight": upto(3) if on() else None,
        }
        b.add_job(**dates)
    multi, zero, optional = on(0.4), on(), on()
    modes = []
    for _ in range(n):
        t = b.add_task(
            job=upto(jobs - 1) if jobs and on(0.8) else None,
            release=upto(4) if on() else None,
            latest_start=upto(horizon) if on(0.1) else None,
            earliest_end=upto(horizon) if on(0.1) else None,
            deadline=upto(horizon, 2) if on(0.1) else None,
            optional=optional and on(0.5),
            pause=on(),
            family=upto(1) if setups else None,
            fixed_start=upto(4) if on(0.05) else None,
            planned=upto(horizon) if on() else None,
        )
        for _ in range(upto(3, 1) if multi else 1):
            m = b.add_mode(t, upto(4, 0 if zero and not setups else 1), cost=upto(3))
            modes.append((t, m))
            if on(0.9):
                for r in rng.permutation(machines)[: 2 if on(0.2) else 1].tolist():
                    b.add_demand(m, r)
            for r, kind in enumerate(kinds):
                if kind == "machine" or on(0.4):
                    continue
                if kind == "reservoir":
                    amount = upto(2, 1) * int(rng.choice([-1, 1]))
                    b.add_demand(m, {r: amount}, at=str(rng.choice(["start", "end"])))
                else:
                    b.add_demand(m, {r: upto(2)})
    _ties(b, rng, on, upto, n, machines, modes)
    if on():
        for part in rng.permutation(PARTS)[: upto(3, 1)].tolist():
            b.objective(part, upto(3, 1))
        if on():
            b.objective("makespan", upto(3, 1))
    if on(0.8):
        b.horizon(horizon)
    return b.build()


def _shop(rng: np.random.Generator) -> Workshop:
    """A tiny instance of a class that has kernels of its own."""
    on = lambda chance=0.25: bool(rng.random() < chance)  # noqa: E731
    jobs, stages = [(2, 2), (3, 1), (4, 1), (1, 3)][int(rng.integers(4))]
    lines = int(rng.integers(1, 3))
    kind = str(rng.choice(["flow", "hybrid", "job", "distributed"]))
    setups, no_wait = kind == "flow" and on(), kind == "flow" and on()
    permutation = kind == "distributed" or setups or no_wait or (kind == "flow" and on(0.5))
    b = Builder()
    count = 1 if kind in ("flow", "job") else lines
    machines = [[b.add_machine() for _ in range(count)] for _ in range(stages)]
    if setups:
        for k in range(stages):
            for f, g in itertools.product((None, *range(jobs)), range(jobs)):
                b.add_setup(machines[k][0], f, g, int(rng.integers(0, 3)))
    for j in range(jobs):
        b.add_job(due=int(rng.integers(0, 8)), weight=int(rng.integers(0, 3)))
        route = rng.permutation(stages).tolist() if kind == "job" else range(stages)
        before = None
        for k in route:
            d = int(rng.integers(1 if setups or on(0.8) else 0, 4))
            t = b.add_task(job=j, family=j if setups else None)
            for m in machines[k]:
                b.add_mode(t, d, m)
            if before is not None:
                b.add_precedence(before, t, 0, 0 if no_wait else None)
                if kind == "distributed":
                    b.add_relation("same mode", before, t)
            before = t
    if permutation:
        for row, after in itertools.pairwise(machines):
            for m, n in zip(row, after):
                b.add_same_sequence(m, n)
    if not no_wait:
        b.objective(str(rng.choice(["makespan", "completion", "tardiness", "tardy"])))
    return b.build()


def _project(rng: np.random.Generator) -> Workshop:
    """A tiny project: modes, renewable resources, budgets, machines, releases, lags; makespan."""
    on = lambda chance=0.25: bool(rng.random() < chance)  # noqa: E731
    upto = lambda most, least=0: int(rng.integers(least, most + 1))  # noqa: E731
    b = Builder()
    n, pools, budgets = upto(4, 2), upto(2, 1), upto(1)
    machine = b.add_machine() if on() else None
    resources = [b.add_resource("renewable", "", upto(4, 2)) for _ in range(pools)]
    resources += [b.add_resource("consumable", "", upto(5, 1)) for _ in range(budgets)]
    job = b.add_job(release=upto(2)) if on() else None
    multi = on(0.5)
    for _ in range(n):
        t = b.add_task(job=job, release=upto(2) if on() else None)
        for _ in range(upto(3, 1) if multi else 1):
            m = b.add_mode(t, upto(3, 0 if on() else 1))
            b.add_demand(m, {r: upto(4 if on() else 2) for r in resources})
            if machine is not None and on():
                b.add_demand(m, machine)
    pairs = list(itertools.combinations(rng.permutation(n).tolist(), 2))
    rng.shuffle(pairs)
    for a, c in pairs[: upto(n)]:
        b.add_precedence(int(a), int(c), lag=upto(2) if on() else 0)
    return b.build()


def _pipe(rng: np.random.Generator) -> Workshop:
    """A tiny pipeline, at times with a release that makes it none."""
    b = Builder()
    stages, batches = [(1, 1), (2, 1), (1, 2)][int(rng.integers(3))]
    machine = [b.add_machine() for _ in range(stages)]
    memory = [b.add_resource("reservoir", "", int(rng.integers(1, 3))) for _ in range(stages)]
    times = rng.integers(0 if rng.random() < 0.3 else 1, 3, 3).tolist()
    for j in range(batches):
        b.add_job(release=int(rng.random() < 0.2))
        chain = []
        for k in range(stages):
            chain.append(b.add_task(job=j))
            b.add_demand(b.add_mode(chain[-1], times[0], [machine[k]]), {memory[k]: 1}, at="start")
        for k in reversed(range(stages)):
            chain.append(b.add_task(job=j, modes=[(times[1], machine[k])]))
            w = b.add_task(job=j)
            b.add_demand(b.add_mode(w, times[2], [machine[k]]), {memory[k]: -1}, at="end")
            b.add_precedence(chain[-1], w)
        for a, c in itertools.pairwise(chain):
            b.add_precedence(a, c, int(rng.random() < 0.3))
    return b.objective("span").build()


def _graph(rng: np.random.Generator) -> Workshop:
    """Two tasks on two processors with a communication, at times with a rule less."""
    b = Builder()
    for _ in range(2):
        b.add_machine()
    ends = [b.add_task(), b.add_task()]
    modes = [[b.add_mode(t, int(rng.integers(1, 5)), [p]) for p in range(2)] for t in ends]
    c = b.add_task()
    for p in range(2):
        near = b.add_mode(c, 0)
        for row in modes:
            if rng.random() < 0.9:
                b.add_rule(near, [row[p]])
    b.add_mode(c, int(rng.integers(0, 4)))
    b.add_precedence(ends[0], c)
    b.add_precedence(c, ends[1])
    return b.build()


def _open(rng: np.random.Generator) -> Workshop:
    """Tasks that share machines alone, in no order; the bound is the optimum or below it."""
    b = Builder()
    machines = [b.add_machine() for _ in range(3)]
    for _ in range(int(rng.integers(2, 5))):
        task = b.add_task(release=int(rng.integers(3)) if rng.random() < 0.2 else None)
        for _ in range(1 + int(rng.random() < 0.1)):
            count = int(rng.choice((1, 2, 3), p=(0.2, 0.7, 0.1)))
            used = rng.choice(machines, count, replace=False).tolist()
            b.add_demand(b.add_mode(task, int(rng.integers(1, 4))), dict.fromkeys(used, 1))
    return b.build()


def _span(rng: np.random.Generator, horizon: int) -> tuple[int, int]:
    a = int(rng.integers(0, horizon))
    return a, a + int(rng.integers(1, 4))


def _ties(b: Builder, rng: Any, on: Any, upto: Any, n: int, machines: int, modes: list) -> None:
    pairs = list(itertools.permutations(range(n), 2))
    rng.shuffle(pairs)
    for a, c in pairs[: upto(2)] if pairs else ():
        lag = int(rng.integers(-3, 4)) if on() else 0
        most = lag + upto(3) if on() else None
        ends = [str(rng.choice(["start", "end"])) for _ in range(2)] if on() else ["end", "start"]
        b.add_precedence(a, c, lag, most, of=ends[0], to=ends[1])
    kinds = ("blocking", "same mode", "same resource", "different resource", "together")
    if pairs and on():
        a, c = pairs[upto(len(pairs) - 1)]
        b.add_relation(str(rng.choice(kinds)), int(a), int(c))
    if machines > 1 and on():
        b.add_same_sequence(0, 1)
    if len(modes) > 1 and on(0.15):
        m, k = rng.choice(len(modes), 2, replace=False).tolist()
        if modes[m][0] != modes[k][0]:
            b.add_rule(modes[m][1], [modes[k][1]])
    flexible = [t for t, given in enumerate(b._rows["task"]["optional"]) if given]
    if len(flexible) > 1 and on(0.5):
        b.add_alternatives(flexible[: upto(3, 1)])


def last(shop: Workshop) -> int:
    """Up to which end plans are enumerated: the horizon, or the end of all work one by one."""
    moments = [
        0,
        *shop.task_release.tolist(),
        *shop.task_latest_start.tolist(),
        *shop.task_earliest_end.tolist(),
        *shop.task_deadline.tolist(),
        *shop.task_fixed_start.tolist(),
        *shop.task_planned.tolist(),
        *shop.job_release.tolist(),
        *shop.job_due.tolist(),
        *shop.job_deadline.tolist(),
        *shop.closing_end.tolist(),
    ]
    work = sum(max(d for d, _ in _modes(shop, t)) for t in range(shop.tasks))
    work += sum(map(abs, shop.precedence_lag.tolist()))
    work += sum(abs(v) for v in shop.precedence_most.tolist() if v <= 2**60)
    if shop.setup_time.size:
        most = int(shop.setup_time.max()) + int(shop.setup_initial.max())
        work += most * len(shop.demand_mode)
    return min(shop.horizon, max(moments) + work)


def _modes(shop: Workshop, t: int) -> list[tuple[int, int]]:
    return [(int(shop.mode_duration[m]), m) for m in range(*shop.first_mode[t : t + 2].tolist())]


def options(shop: Workshop, t: int) -> list[tuple[int, int, int]]:
    """(mode, start, end) of a task that windows, calendars and capacities alone allow."""
    made = [(-1, -1, -1)] if shop.task_optional[t] else []
    end_of_time = last(shop)
    for k, (duration, m) in enumerate(_modes(shop, t)):
        if shop.task_fixed_mode[t] not in (-1, k):
            continue
        for start in range(end_of_time + 1):
            end = _end(shop, t, m, duration, start, end_of_time)
            if end is not None and end <= end_of_time and _window(shop, t, start, end):
                made.append((k, start, end))
    return made


def _end(shop: Workshop, t: int, m: int, duration: int, start: int, limit: int) -> int | None:
    """Moment by moment: closed or open."""
    used = [int(r) for r, k in zip(shop.demand_resource, shop.demand_mode) if k == m]
    shut = lambda time: any(  # noqa: E731
        r in used and a <= time < b
        for r, a, b in zip(shop.closing_resource, shop.closing_begin, shop.closing_end)
    )
    if shut(start):
        return None
    time = start
    while duration:
        if time > limit:
            return None
        if not shut(time):
            duration -= 1
        elif not shop.task_pause[t]:
            return None
        time += 1
    return time


def _window(shop: Workshop, t: int, start: int, end: int) -> bool:
    j = int(shop.task_job[t])
    return (
        start >= shop.task_release[t]
        and (shop.task_latest_start[t] < 0 or start <= shop.task_latest_start[t])
        and end >= shop.task_earliest_end[t]
        and (shop.task_deadline[t] < 0 or end <= shop.task_deadline[t])
        and (shop.task_fixed_start[t] < 0 or start == shop.task_fixed_start[t])
        and (j < 0 or start >= shop.job_release[j])
        and (j < 0 or shop.job_deadline[j] < 0 or end <= shop.job_deadline[j])
    )


def size(shop: Workshop) -> int:
    """Plans to look at."""
    return int(np.prod([max(1, len(options(shop, t))) for t in range(shop.tasks)], dtype=float))


def _demands(shop: Workshop, t: int, k: int) -> list[tuple[int, int, int]]:
    m = int(shop.first_mode[t]) + k
    return [
        (int(r), int(a), int(at))
        for mode, r, a, at in zip(
            shop.demand_mode, shop.demand_resource, shop.demand_amount, shop.demand_at
        )
        if mode == m
    ]


def value(shop: Workshop, chosen: list[tuple[int, int, int]]) -> int | None:
    """The objective of (mode, start, end) by task, None if the plan is not allowed."""
    here = [k >= 0 for k, _, _ in chosen]
    start, end = [s for _, s, _ in chosen], [e for _, _, e in chosen]
    demands = [_demands(shop, t, k) if here[t] else [] for t, (k, _, _) in enumerate(chosen)]
    kind = shop.resource_kind.tolist()
    on = [{r for r, _, _ in row if kind[r] == 0} for row in demands]
    hold = list(end)
    for i in range(len(shop.precedence_before)):
        a, b = int(shop.precedence_before[i]), int(shop.precedence_after[i])
        if here[a] and here[b]:
            x = end[a] if shop.precedence_of[i] else start[a]
            y = end[b] if shop.precedence_to[i] else start[b]
            if not shop.precedence_lag[i] <= y - x <= shop.precedence_most[i]:
                return None
    for i in range(len(shop.relation_kind)):
        a, b = int(shop.relation_first[i]), int(shop.relation_second[i])
        what = int(shop.relation_kind[i])
        if what == 4:
            if here[a] != here[b]:
                return None
        elif here[a] and here[b]:
            if what == 0 and start[b] < end[a]:
                return None
            if what == 0:
                hold[a] = start[b]
            if what == 1 and chosen[a][0] != chosen[b][0]:
                return None
            if (what == 2 and on[a] != on[b]) or (what == 3 and on[a] & on[b]):
                return None
    if not _rules(shop, chosen, here):
        return None
    lines = {}
    setup = {"setup_time": 0, "setup_cost": 0}
    for r, what in enumerate(kind):
        users = [t for t in range(shop.tasks) if any(q == r for q, _, _ in demands[t])]
        if what == 0:
            users.sort(key=lambda t: (start[t], hold[t], t))
            lines[r] = users
            if not _line(shop, r, users, start, hold, setup):
                return None
        elif not _level(shop, r, what, users, demands, start, end, hold):
            return None
    for a, b in zip(shop.sequence_first.tolist(), shop.sequence_second.tolist()):
        if not _sequence(shop, lines[a], lines[b], start, end):
            return None
    return _objective(shop, chosen, here, start, end, lines, setup)


def _rules(shop: Workshop, chosen: list, here: list[bool]) -> bool:
    taken = {int(shop.first_mode[t]) + k for t, (k, _, _) in enumerate(chosen) if here[t]}
    for m in set(shop.rule_mode.tolist()) & taken:
        then = [int(n) for k, n in zip(shop.rule_mode, shop.rule_then) if k == m]
        for t in {int(shop.mode_task[n]) for n in then}:
            if here[t] and not taken & {n for n in then if shop.mode_task[n] == t}:
                return False
    for g in set(shop.choice_group.tolist()):
        members = {int(t) for k, t in zip(shop.choice_group, shop.choice_task) if k == g}
        if sum(here[t] for t in members) != 1:
            return False
    return True


def _line(shop: Workshop, r: int, users: list, start: list, hold: list, setup: dict) -> bool:
    which = int(shop.resource_setup[r])
    family = shop.task_family
    for i, t in enumerate(users):
        wait = 0
        if which >= 0 and i == 0:
            wait = int(shop.setup_initial[which, family[t]])
            setup["setup_time"] += wait
        elif which >= 0:
            wait = int(shop.setup_time[which, family[users[i - 1]], family[t]])
            setup["setup_time"] += wait
            setup["setup_cost"] += int(shop.setup_cost[which, family[users[i - 1]], family[t]])
        if start[t] < (hold[users[i - 1]] if i else 0) + wait:
            return False
    return True


def _level(shop, r, what, users, demands, start, end, hold) -> bool:
    capacity = int(shop.resource_capacity[r])
    amount = {t: [(a, at) for q, a, at in demands[t] if q == r] for t in users}
    if what == 2:
        return sum(a for rows in amount.values() for a, _ in rows) <= capacity
    times = sorted({start[t] for t in users} | {end[t] for t in users})
    for time in times:
        if what == 1:
            level = sum(a for t in users for a, _ in amount[t] if start[t] <= time < hold[t])
            if level > capacity:
                return False
        else:
            level = int(shop.resource_level[r]) + sum(
                a for t in users for a, at in amount[t] if (start[t] if at == 1 else end[t]) <= time
            )
            changed = any(
                (start[t] if at == 1 else end[t]) == time for t in users for _, at in amount[t]
            )
            if changed and not int(shop.resource_low[r]) <= level <= capacity:
                return False
    return True


def _sequence(shop: Workshop, one: list, two: list, start: list, end: list) -> bool:
    place = lambda line: {  # noqa: E731
        int(shop.task_job[t]): (start[t], end[t]) for t in line if shop.task_job[t] >= 0
    }
    first, second = place(one), place(two)
    jobs = first.keys() & second.keys()
    return not any(first[j] < first[k] and second[k] < second[j] for j in jobs for k in jobs)


def _objective(shop, chosen, here, start, end, lines, setup) -> int:
    done = {}
    for t in range(shop.tasks):
        j = int(shop.task_job[t])
        if here[t] and j >= 0:
            done[j] = max(done.get(j, 0), end[t])
    due = {j: int(shop.job_due[j]) for j in done if shop.job_due[j] >= 0}
    weight = shop.job_weight.tolist()
    used = [line for line in lines.values() if line]
    lengths = [max(end[t] for t in line) - min(start[t] for t in line) for line in used]
    work = sum(end[t] - start[t] for line in used for t in line)
    modes = [int(shop.first_mode[t]) + k for t, (k, _, _) in enumerate(chosen) if here[t]]
    parts = {
        "makespan": lambda: max([e for e, h in zip(end, here) if h], default=0),
        "completion": lambda: sum(weight[j] * e for j, e in done.items()),
        "flow": lambda: sum(weight[j] * (e - int(shop.job_release[j])) for j, e in done.items()),
        "tardiness": lambda: sum(weight[j] * max(0, done[j] - d) for j, d in due.items()),
        "tardy": lambda: sum(weight[j] * (done[j] > d) for j, d in due.items()),
        "earliness": lambda: sum(weight[j] * max(0, d - done[j]) for j, d in due.items()),
        "lateness": lambda: max([done[j] - d for j, d in due.items()], default=0),
        "setup_time": lambda: setup["setup_time"],
        "setup_cost": lambda: setup["setup_cost"],
        "cost": lambda: sum(int(shop.mode_cost[m]) for m in modes),
        "span": lambda: max(lengths, default=0),
        "idle": lambda: sum(lengths) - work,
        "stability": lambda: sum(
            abs(start[t] - int(p)) for t, p in enumerate(shop.task_planned) if p >= 0 and here[t]
        ),
    }
    return sum(w * parts[name]() for name, w in shop.objective.items())


def _plan(chosen: list[tuple[int, int, int]]) -> Plan:
    mode, start, end = (np.array(column) for column in zip(*chosen))
    return Plan(start, end, mode)


def plans(shop: Workshop) -> Iterator[tuple[int, list]]:
    """All allowed plans with their objective."""
    for chosen in _partial(shop, [options(shop, t) for t in range(shop.tasks)], []):
        worth = value(shop, chosen)
        if worth is not None:
            yield worth, chosen


def _partial(shop: Workshop, choices: list, chosen: list) -> Iterator[list]:
    """Cut what two tasks of plain end-to-start precedences already forbid."""
    t = len(chosen)
    if t == shop.tasks:
        yield list(chosen)
        return
    rows = [
        (int(a), int(b), int(lag))
        for a, b, of, to, lag in zip(
            shop.precedence_before, shop.precedence_after, shop.precedence_of, shop.precedence_to,
            shop.precedence_lag,
        )
        if of == 1 and to == 0 and max(a, b) == t
    ]  # fmt: skip
    for option in choices[t]:
        chosen.append(option)
        if all(
            chosen[a][0] < 0 or chosen[b][0] < 0 or chosen[b][1] - chosen[a][2] >= lag
            for a, b, lag in rows
        ):
            yield from _partial(shop, choices, chosen)
        chosen.pop()


def optimum(
    shop: Workshop, options: dict, allowed: Callable[[Plan], bool] | None = None
) -> tuple[Any, Any]:
    """Best value and plan that `allowed` accepts."""
    best, plan = None, None
    for worth, chosen in plans(shop):
        if (best is None or worth < best) and (allowed is None or allowed(_plan(chosen))):
            best, plan = worth, _plan(chosen)
    return best, plan


def solution(shop: Workshop, rng: np.random.Generator, options: dict) -> Plan | None:
    """A random one of the first thousand allowed plans."""
    some = list(itertools.islice(plans(shop), 1000))
    return _plan(some[int(rng.integers(len(some)))][1]) if some else None


def extension(shop: Workshop, rng: np.random.Generator, options: dict) -> Any:
    """A clock time, a distance of two starts, a latest end, or a forbidden mode."""
    what = str(rng.choice(["clock", "apart", "end", "mode"]))
    if shop.horizon > last(shop):  # plans after the horizon of the enumeration may be the best
        what = str(rng.choice(["end", "mode"]))
    a, b = (int(rng.integers(shop.tasks)) for _ in range(2))
    limit = int(rng.integers(0, last(shop) + 1))
    m = int(rng.integers(shop.modes))

    def extend(model: Any) -> None:
        cp, v = model.model, model.variables
        if what == "clock":
            row = cp.add(v["start"][a] >= limit)
        elif what == "apart":
            row = cp.add(v["start"][b] >= v["start"][a] + limit // 2)
        elif what == "end":
            row = cp.add(v["end"][a] <= limit)
        elif v["mode"][m] is not None:
            cp.add(v["mode"][m] == 0)
            return
        else:
            cp.add_bool_or([])
            return
        used = {"apart": (a, b)}.get(what, (a,))
        literals = [v["presence"][t] for t in used if v["presence"][t] is not None]
        if literals:
            row.only_enforce_if(literals)

    def allowed(plan: Plan) -> bool:
        if what == "mode":
            t = int(shop.mode_task[m])
            return int(plan.mode[t]) != m - int(shop.first_mode[t])
        if plan.mode[a] < 0 or (what == "apart" and plan.mode[b] < 0):
            return True
        if what == "clock":
            return bool(plan.start[a] >= limit)
        if what == "apart":
            return bool(plan.start[b] >= plan.start[a] + limit // 2)
        return bool(plan.end[a] <= limit)

    return extend, allowed, ("auto", "exact")


def variants(shop: Workshop, rng: np.random.Generator, options: dict) -> Iterator[Any]:
    """Weights of the objective scaled; the file that it is written to read again."""
    from zerogap.models.scheduling.formats.json import decode, encode

    factor = int(rng.integers(2, 5))
    columns = shop.columns()
    columns["objective"] = {p: factor * w for p, w in shop.objective.items()}
    yield Workshop(**columns), lambda v: factor * v
    yield decode(_told(encode(shop)), file="<variant>"), lambda v: v


def _told(data: dict) -> Any:
    import json

    from zerogap.models.told import Told

    return Told(json.loads(json.dumps(data)))

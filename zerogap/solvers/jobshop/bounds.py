"""Lower bounds.

All are of relaxations: they hold for every schedule of the shop, whatever incumbent there is, and
with constraints of a user's, which only take schedules away.
"""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, JobShop, Shop, shortest_work
from zerogap.models.jobshop.exact.horizon import alone
from zerogap.solvers.jobshop.schedules import by_tails, searchable


def trivial(shop: Shop) -> int:
    """Longest job, largest machine load (or mean load where machines are chosen).

    For other objectives: what it is if no job ever waits.
    """
    if shop.objective != "makespan":
        return alone(shop)  # objectives are regular: no job ends before it would alone
    work = shortest_work(shop)
    release = np.zeros(shop.jobs, dtype=np.int64) if shop.release is None else shop.release
    bound = int((work + release).max())
    if isinstance(shop, FlexibleJobShop):
        # All work, each operation at its shortest, runs on `machines` machines one at a time.
        load = int(work.sum())
        return max(bound, -(-load // shop.machines))
    order = np.argsort(shop.machine, kind="stable")
    # A machine does one operation at a time, none before 0.
    loads = np.zeros(shop.machines, dtype=np.int64)
    np.add.at(loads, shop.machine[order], shop.duration[order])
    return max(bound, int(loads.max()))


def heads_and_tails(shop: JobShop) -> tuple[np.ndarray, np.ndarray]:
    """Earliest start and time left behind the end of every operation, by its job alone."""
    before = np.cumsum(shop.duration) - shop.duration
    job = shop.job
    head = before - before[shop.first[:-1]][job]
    if shop.release is not None:
        head = head + shop.release[job]
    work = np.add.reduceat(shop.duration, shop.first[:-1])
    tail = work[job] - (before - before[shop.first[:-1]][job]) - shop.duration
    return head, tail


def machine_bound(shop: JobShop, *, carlier: bool = True) -> int:
    """Largest one-machine bound: preemptive (Jackson) on all, Carlier's optimum on the largest."""
    from zerogap._ext.jobshop.bounds import OneMachine

    head, tail = heads_and_tails(shop)
    order = np.argsort(shop.machine, kind="stable")
    ranges = np.split(order, np.cumsum(np.bincount(shop.machine, minlength=shop.machines))[:-1])
    # One machine alone, all others without limit: a head is the job's release and the work before
    # the operation, a tail the work behind it, in every schedule; Carlier may stop with a bound.
    machines = [OneMachine(head[x], shop.duration[x], tail[x]) for x in ranges if len(x)]
    preemptive = [machine.preemptive() for machine in machines]
    bound = max(preemptive)
    if not carlier:
        return bound
    for machine, value in sorted(zip(machines, preemptive), key=lambda pair: -pair[1]):
        # Carlier's optimum exceeds Jackson's bound by less than the largest duration.
        if value + int(shop.duration.max()) <= bound:
            break
        bound = max(bound, machine.carlier(2000))
    return bound


def assignment_bound(shop: FlexibleJobShop) -> int:
    """Makespan below which no choice of machines fits, even in shares (a linear program).

    The duals of the program weigh the machines; the bound is then computed anew, in integers.
    """
    from zerogap.solvers.backends.highs import Rows
    from zerogap.solvers.backends.lp import Lp

    n = len(shop.machine)
    choice, machine = shop.choice.tolist(), shop.machine.tolist()
    duration = shop.duration.tolist()
    on: list[dict[int, float]] = [{} for _ in range(shop.machines)]
    for i, (m, d) in enumerate(zip(machine, duration)):
        on[m][i] = float(d)
    rows = [(dict.fromkeys(range(a, b), 1.0), 1.0, 1.0) for a, b in zip(choice[:-1], choice[1:])]
    rows += [({**here, n: -1.0}, -math.inf, 0.0) for here in on]
    cost = np.zeros(n + 1)
    cost[n] = 1
    program = Lp(Rows.of(rows), cost, np.zeros(n + 1), np.full(n + 1, math.inf))
    if program.solve(5.0) != "optimal":
        return 0
    weights = np.maximum(0.0, -program.duals[shop.operations :])
    if not weights.sum() > 0:
        return 0
    weight = [int(w) for w in weights / weights.sum() * 10**6]
    return _weighed(shop, weight)


def _weighed(shop: FlexibleJobShop, weight: list[int]) -> int:
    """The bound that weights of machines prove.

    A machine is idle before the least head and behind the least tail of what may run on it. So with
    makespan C its load is at most max(0, C - head - tail), while loads times weights add up to at
    least the cheapest alternative of every operation, whatever machines are chosen: for any weights
    that are not negative no C is possible for which the first sum is below the second.
    """
    size = np.minimum.reduceat(shop.duration, shop.choice[:-1])
    before = np.cumsum(size) - size
    job = shop.job
    head = before - before[shop.first[:-1]][job]
    if shop.release is not None:
        head = head + shop.release[job]
    work = np.add.reduceat(size, shop.first[:-1])
    tail = work[job] - (before - before[shop.first[:-1]][job]) - size
    operation = np.repeat(np.arange(shop.operations), np.diff(shop.choice))
    idle = []
    for m in range(shop.machines):
        mine = operation[shop.machine == m]
        idle.append(int(head[mine].min() + tail[mine].min()) if len(mine) else 0)
    machine, duration = shop.machine.tolist(), shop.duration.tolist()
    choice = shop.choice.tolist()
    needed = sum(
        min(weight[machine[i]] * duration[i] for i in range(a, b))
        for a, b in zip(choice[:-1], choice[1:])
    )
    low, high = 0, sum(duration) + max(idle)
    while low < high:
        middle = (low + high) // 2
        if sum(w * max(0, middle - h) for w, h in zip(weight, idle)) < needed:
            low = middle + 1
        else:
            high = middle
    return low


def opening(shop: Shop) -> int:
    """The best bound that takes milliseconds (the trivial one for very large shops)."""
    bound = trivial(shop)
    if isinstance(shop, FlexibleJobShop):
        if shop.objective == "makespan" and len(shop.machine) <= 20_000:
            bound = max(bound, assignment_bound(shop))
        return bound
    if not isinstance(shop, JobShop) or shop.operations > 20_000:
        return bound
    if shop.objective == "makespan":
        bound = max(bound, machine_bound(shop))
    elif shop.objective == "lateness" and searchable(shop):
        # The makespan of `by_tails` is the largest lateness plus a constant, schedule by schedule.
        longer, shift = by_tails(shop)
        assert isinstance(longer, JobShop)
        bound = max(bound, machine_bound(longer) - shift)
    return bound

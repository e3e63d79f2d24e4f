"""Flexible shops begun from a choice of machines that loads them evenly.

Where many jobs share few machines the largest load decides the makespan, and a search that moves
one operation of a critical path at a time hardly ever evens the loads out. A linear program does at
once; what is left is the order, and a search of the order alone with the machines as they are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, Schedule, Shop
from zerogap.solvers.jobshop import rules
from zerogap.solvers.jobshop.islands import Island, Plans
from zerogap.solvers.jobshop.schedules import alternatives

#: Share of the remaining time for the order with fixed machines.
SHARE = 0.12
#: Only where the bound of the loads is at least this share of the best makespan.
LOADED = 0.75
#: Larger programs take longer than they are worth.
ALTERNATIVES = 50_000
#: A share of an operation that counts as all of it.
_WHOLE = 0.999
#: Steps of evening out at most.
_STEPS = 300


class Ordered(Plans):
    """A kernel of the order alone, on machines that are chosen.

    Its schedules name the machines, so that they are schedules of the whole shop as they are.
    """

    def __init__(self, shop: FlexibleJobShop, taken: np.ndarray, seed: int, target: int):
        from zerogap._ext.jobshop.flexible import FlexibleSearch

        fixed = FlexibleJobShop(
            shop.machine[taken], shop.duration[taken], np.arange(shop.operations + 1), shop.first,
            shop.machines, release=shop.release,
        )  # fmt: skip
        super().__init__(fixed, FlexibleSearch(*alternatives(fixed), seed=seed, target=target))
        super().inject(rules.schedule(fixed, rules.rule("mwkr")))

    def inject(self, schedule: Schedule) -> None:
        """Others' schedules are of no use: their machines are not these."""


def islands(shop: Shop, *, bound: Any, objective: Any, seed: int, count: int) -> list[Island]:
    """Kernels of the order alone, each for an even choice of machines of its own.

    None where nothing is to be chosen or the loads do not decide: where `bound` is far below the
    `objective` so far.
    """
    if not isinstance(shop, FlexibleJobShop) or shop.objective != "makespan":
        return []
    if not shop.operations < len(shop.machine) <= ALTERNATIVES:
        return []
    if bound is None or objective is None or bound < LOADED * objective:
        return []
    made: list[Island] = []
    for i in range(count):
        taken = choice(shop, seed * 1009 + i)
        if taken is None:
            break
        made.append(Ordered(shop, taken, seed * 1009 + i, int(bound)))
    return made


def choice(shop: FlexibleJobShop, seed: int) -> np.ndarray | None:
    """An alternative for every operation, such that the largest load is small.

    The linear program of the loads leaves at most an operation a machine in shares; these go where
    they weigh least, then operations move and change places while the largest load falls. Among
    programs of equal value random costs choose.
    """
    rng = np.random.default_rng(seed)
    shares = _shares(shop, rng)
    if shares is None:
        return None
    bounds = shop.choice.tolist()
    machine, duration = shop.machine.tolist(), shop.duration.tolist()
    load = [0] * shop.machines
    taken = [-1] * shop.operations
    for x, (a, b) in enumerate(zip(bounds, bounds[1:])):
        i = a + int(np.argmax(shares[a:b]))
        if shares[i] > _WHOLE:
            taken[x] = i
            load[machine[i]] += duration[i]
    open_ones = [x for x in range(shop.operations) if taken[x] < 0]
    for x in sorted(open_ones, key=lambda x: -duration[bounds[x]]):
        likely = [i for i in range(bounds[x], bounds[x + 1]) if shares[i] > 1e-6]
        i = min(likely, key=lambda i: load[machine[i]] + duration[i])
        taken[x] = i
        load[machine[i]] += duration[i]
    chosen = np.array(taken, dtype=np.int64)
    even(shop, chosen, np.array(load, dtype=np.int64))
    return chosen


def _shares(shop: FlexibleJobShop, rng: np.random.Generator) -> np.ndarray | None:
    from zerogap.solvers.backends.highs import Rows
    from zerogap.solvers.backends.lp import Lp

    n = len(shop.machine)
    choice, duration = shop.choice.tolist(), shop.duration.tolist()
    on: list[dict[int, float]] = [{} for _ in range(shop.machines)]
    for i, m in enumerate(shop.machine.tolist()):
        on[m][i] = float(duration[i])
    rows = [(dict.fromkeys(range(a, b), 1.0), 1.0, 1.0) for a, b in zip(choice[:-1], choice[1:])]
    rows += [({**here, n: -1.0}, -math.inf, 0.0) for here in on]
    # Together the random costs weigh less than a unit of load.
    cost = np.append(rng.random(n) * shop.duration / (1 + int(shop.duration.sum())), 1.0)
    program = Lp(Rows.of(rows), cost, np.zeros(n + 1), np.full(n + 1, math.inf))
    if program.solve(5.0) != "optimal":
        return None
    return program.values[:n]


def even(shop: FlexibleJobShop, taken: np.ndarray, load: np.ndarray) -> None:
    """Lower the largest load by moving an operation off its machine, alone or for another.

    Changes `taken` and `load`; ends where no such step helps.
    """
    duration, machine = shop.duration, shop.machine
    count = np.diff(shop.choice)
    operation = np.repeat(np.arange(shop.operations), count)
    for _ in range(_STEPS):
        full = int(np.argmax(load))
        top = int(load[full])
        mine = np.flatnonzero(machine[taken] == full)
        best = top
        step: tuple[tuple[int, int], ...] | None = None
        for x in mine[count[mine] > 1].tolist():
            others = np.arange(shop.choice[x], shop.choice[x + 1])
            others = others[machine[others] != full]
            after = np.maximum(load[machine[others]] + duration[others], top - duration[taken[x]])
            k = int(np.argmin(after)) if len(after) else -1
            if k >= 0 and after[k] < best:
                best, step = int(after[k]), ((x, int(others[k])),)
            for i in others.tolist():
                swap = _exchange(shop, operation, taken, load, x, i, best)
                if swap is not None:
                    best, step = swap[0], ((x, i), swap[1])
        if step is None:
            return
        for x, i in step:
            load[machine[taken[x]]] -= duration[taken[x]]
            taken[x] = i
            load[machine[i]] += duration[i]


def _exchange(
    shop: FlexibleJobShop,
    operation: np.ndarray,
    taken: np.ndarray,
    load: np.ndarray,
    x: int,
    i: int,
    best: int,
) -> tuple[int, tuple[int, int]] | None:
    """The best operation that makes room on the machine of alternative `i` for `x`, if any.

    It goes to the machine that `x` leaves; returns the larger of the two loads afterwards, below
    `best`, and the operation with its alternative.
    """
    full, other = shop.machine[taken[x]], shop.machine[i]
    back = np.flatnonzero((shop.machine == full) & (shop.machine[taken[operation]] == other))
    back = back[operation[back] != x]
    if not len(back):
        return None
    y = operation[back]
    after = np.maximum(
        load[full] - shop.duration[taken[x]] + shop.duration[back],
        load[other] + shop.duration[i] - shop.duration[taken[y]],
    )
    k = int(np.argmin(after))
    return (int(after[k]), (int(y[k]), int(back[k]))) if after[k] < best else None

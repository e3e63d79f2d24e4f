"""Shops that the tabu search does not know: other objectives than the makespan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop
from zerogap.models.jobshop.solution import assigned
from zerogap.solvers.jobshop import rules
from zerogap.solvers.search import Search


def descend(shop: Shop, search: Search, prove: Callable[..., Any]) -> None:
    """Randomised dispatching, then CP-SAT on all threads, windows in between if it stalls."""
    redispatch(shop, search, seconds=0.05 * search.remaining)
    turn = max(2.0, 0.2 * search.remaining)
    while search.open:
        prove(shop, search, workers=search.threads, seconds=turn)
        if search.open:
            windows(shop, search, seconds=turn)
        turn *= 2


def redispatch(shop: Shop, search: Search, seconds: float = float("inf")) -> None:
    """Dispatching with noise on the priorities of several rules."""
    if isinstance(shop, FlexibleJobShop):
        return
    search.drive(
        Restarts(shop, search.seed),
        solution=lambda k: Schedule(k.best(), None, shop.first),
        source="dispatch",
        seconds=seconds,
    )


class Restarts:
    """Kernel of randomised dispatching: rule, delay and noise are drawn anew every time."""

    def __init__(self, shop: JobShop, seed: int):
        from zerogap.models.jobshop import check

        self.shop = shop
        self.check = check
        self.kernel = rules.dispatcher(shop)
        self.rng = np.random.default_rng(seed)
        due = shop.objective == "tardiness"
        self.names = (
            ("learned", "edd", "mwkr", "spt", "winq") if due else ("learned", "mwkr", "mor")
        )
        self.urgency = (0.0, 0.1, 0.5) if due else (0.0,)
        self.objective: int | None = None
        self.iterations = 0
        self.seconds = 0.0
        self.start: np.ndarray | None = None

    def run(self, seconds: float = float("inf"), iterations: int = -1) -> bool:
        """Draw schedules for a slice."""
        import time

        begun = time.monotonic()
        while iterations != 0:
            rule = rules.rule(
                str(self.rng.choice(self.names)), float(self.rng.choice([0, 0.1, 0.3]))
            )
            mixed = rule.linear + rules.rule("edd").linear * self.rng.choice(self.urgency)
            _, start = self.kernel.run(
                mixed,
                rule.hidden,
                delay=rule.delay,
                noise=float(self.rng.choice([0, 0.1, 0.3])),
                seed=int(self.rng.integers(2**31)),
            )
            value = self.check(self.shop, Schedule(start))
            if self.objective is None or value < self.objective:
                self.objective, self.start = value, start
            self.iterations += 1
            iterations -= 1
            if time.monotonic() - begun >= seconds:
                break
        self.seconds += time.monotonic() - begun
        return True

    def best(self) -> np.ndarray | None:
        """Start times of the best schedule."""
        return self.start


def windows(shop: Shop, search: Search, seconds: float) -> None:
    """CP-SAT on a window of time or a few machines; what is outside keeps its order."""
    from zerogap.models.jobshop.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    end = search.elapsed + seconds
    size = min(shop.operations, 100)
    while search.open and search.elapsed < end:
        schedule = search.solution
        before = search.objective
        machine, _ = assigned(shop, schedule)
        if search.rng.random() < 0.5:
            order = np.argsort(schedule.start, kind="stable")
            at = int(search.rng.integers(max(1, shop.operations - size + 1)))
            free = np.zeros(shop.operations, dtype=bool)
            free[order[at : at + size]] = True
        else:
            load = max(1, round(size * shop.machines / shop.operations))
            free = np.isin(machine, search.rng.permutation(shop.machines)[:load])
        model = build(shop, upper=before, fixed=schedule, free=free)
        word = cpsat.improve(
            model,
            search,
            seconds=min(3.0, max(0.1, end - search.elapsed)),
            workers=search.threads,
            bounds=False,
            source="cp-sat window",
        )
        # Windows that are solved to the end may grow, those that are not must shrink.
        if word == "optimal":
            size = min(shop.operations, int(size * 1.1) + 1)
        else:
            size = max(20, size * 4 // 5)

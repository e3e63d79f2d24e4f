"""Schedules by randomised rules, and CP-SAT on windows of a schedule."""

from __future__ import annotations

import time

import numpy as np

from zerogap.models.jobshop import Schedule, Shop
from zerogap.models.jobshop.instance import DUE
from zerogap.models.jobshop.solution import assigned
from zerogap.solvers.jobshop import rules
from zerogap.solvers.jobshop.schedules import value_of
from zerogap.solvers.search import Search


def redispatch(
    shop: Shop, search: Search, seconds: float = float("inf"), iterations: int | None = None
) -> None:
    """Dispatching with noise on the priorities of several rules."""
    search.drive(
        Restarts(shop, search.seed, search.options["rule"]),
        solution=lambda k: k.best(),
        source="dispatch",
        seconds=seconds,
        iterations=iterations,
    )


class Restarts:
    """Kernel of randomised dispatching: rule, delay and noise are drawn anew every time."""

    def __init__(self, shop: Shop, seed: int, favourite: str = "learned"):
        self.shop = shop
        self.build = rules.builder(shop)
        self.rng = np.random.default_rng(seed)
        self.due = shop.objective in DUE and shop.due is not None
        self.names = (
            (favourite, "mwkr", "mor", "spt")
            if not self.due
            else (*("atc", "atc", "atc", favourite, "edd", "mwkr", "spt", "winq"),)
        )
        self.objective: int | None = None
        self.iterations = 0
        self.seconds = 0.0
        self.schedule: Schedule | None = None

    def run(self, seconds: float = float("inf"), iterations: int = -1) -> bool:
        """Draw schedules for a slice."""
        begun = time.monotonic()
        while iterations != 0:
            schedule = self.build(
                self._rule(), float(self.rng.choice([0, 0.1, 0.3])), int(self.rng.integers(2**31))
            )
            value = value_of(self.shop, schedule)
            if self.objective is None or value < self.objective:
                self.objective, self.schedule = value, schedule
            self.iterations += 1
            iterations -= 1
            if time.monotonic() - begun >= seconds:
                break
        self.seconds += time.monotonic() - begun
        return True

    def _rule(self) -> rules.Rule:
        """A rule, with a delay; with due dates now and then mixed with their urgency."""
        name = str(self.rng.choice(self.names))
        rule = rules.rule(name, float(self.rng.choice([0, 0.1, 0.3])))
        if name == "atc":
            ahead = float(self.rng.choice([0.5, 1, 2, 4, 8]))
            return rules.Rule(rule.linear, delay=rule.delay, urgency=ahead)
        if not self.due:
            return rule
        share = self.rng.choice((0.0, 0.1, 0.5))
        return rules.Rule(rule.linear + rules.rule("edd").linear * share, rule.hidden, rule.delay)

    def best(self) -> Schedule | None:
        """The best schedule."""
        return self.schedule


def windows(shop: Shop, search: Search, seconds: float, workers: int | None = None) -> None:
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
        # The orders that are kept make the model a part of the problem: no bound of it is one of
        # the whole (`bounds=False`), and nothing better than `upper` in it says nothing.
        model = build(shop, upper=before, fixed=schedule, free=free)
        word = cpsat.improve(
            model,
            search,
            seconds=min(3.0, max(0.1, end - search.elapsed)),
            workers=search.threads if workers is None else workers,
            bounds=False,
            source="cp-sat window",
        )
        # Windows that are solved to the end may grow, those that are not must shrink.
        if word == "optimal":
            size = min(shop.operations, int(size * 1.1) + 1)
        else:
            size = max(20, size * 4 // 5)

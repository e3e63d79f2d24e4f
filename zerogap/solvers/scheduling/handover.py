"""Job-shops of this family by the kernels, bounds and models of the family that is about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.solvers.scheduling.islands import Island, drive, in_background
from zerogap.solvers.scheduling.shape import Chains
from zerogap.solvers.search import Search

#: The other family's objectives by the shape's goals; without releases flow is completion.
_GOALS = ("makespan", "flow", "tardiness", "tardy")


class Handover:
    """A job-shop of this family as one of the family that has kernels for it.

    Parameters
    ----------
    shop : Workshop
    chains : Chains
    """

    def __init__(self, shop: Workshop, chains: Chains):
        from zerogap.models.jobshop import FlexibleJobShop, JobShop

        self.shop, self.task = shop, chains.task
        count = np.diff(shop.first_mode)[self.task]
        self.choice = np.concatenate(([0], np.cumsum(count)))
        modes = np.repeat(shop.first_mode[self.task] - self.choice[:-1], count) + np.arange(
            self.choice[-1]
        )
        machine, duration = shop.demand_resource[modes], shop.mode_duration[modes]
        self.machine = machine
        kind: Any = FlexibleJobShop
        arrays: tuple = (machine, duration, self.choice, chains.first, shop.resources)
        if (count == 1).all():
            kind, arrays = JobShop, (machine, duration, chains.first, shop.resources)
        dates = {"due": chains.due, "weight": chains.weight} if chains.goal else {}
        self.jobs: Any = kind(*arrays, objective=_GOALS[chains.goal], **dates)

    def plan(self, schedule: Any) -> Plan:
        """A plan from the other family's schedule."""
        n = len(self.task)
        mode = np.zeros(n, dtype=np.int64)
        if schedule.machine is not None:
            operation = np.repeat(np.arange(n), np.diff(self.choice))
            taken = np.flatnonzero(self.machine == np.asarray(schedule.machine)[operation])
            mode = taken - self.choice[:-1]
        start, end, of = (np.zeros(n, dtype=np.int64) for _ in range(3))
        start[self.task], of[self.task] = schedule.start, mode
        end = start + self.shop.mode_duration[self.shop.first_mode[:-1] + of]
        return Plan(start, end, of)

    def schedule(self, plan: Plan) -> Any:
        """The other family's schedule from a plan."""
        from zerogap.models.jobshop import JobShop, Schedule

        start = plan.start[self.task]
        if isinstance(self.jobs, JobShop):
            return Schedule(start, None, self.jobs.first)
        machine = self.machine[self.choice[:-1] + plan.mode[self.task]]
        return Schedule(start, machine, self.jobs.first)

    def opening(self, search: Search, favourite: str | None = None) -> None:
        """Bounds and dispatched schedules of the other family, one by the favourite rule if any.

        Both are about the same set of plans and the same objective, so that its bounds hold here.
        """
        from zerogap.solvers.jobshop import OPENERS, URGENT, bounds, rules

        search.tighten(bounds.opening(self.jobs), "bounds")
        for name, delay in OPENERS if self.jobs.objective == "makespan" else URGENT:
            chosen = favourite if favourite and name == "learned" else name
            schedule = rules.schedule(self.jobs, rules.rule(chosen, delay))
            search.offer(self.plan(schedule), "dispatch")

    def islands(self, search: Search, count: int) -> list[Island]:
        """The other family's kernels from the incumbent."""
        from zerogap.solvers.jobshop.islands import make

        view: Any = SimpleNamespace(
            seed=search.seed,
            bound=search.bound,
            hint=self.schedule(search.hint),
            remaining=search.remaining,
            iterations=search.iterations,
        )
        return [self._island(make(self.jobs, view, i)) for i in range(count)]

    def _island(self, kernel: Any) -> Island:
        return Island(
            kernel,
            lambda k: self.plan(k.schedule()),
            lambda k, plan: k.inject(self.schedule(plan)),
            "tabu search" if self.jobs.objective == "makespan" else "annealing",
        )

    def even(self, search: Search, count: int) -> None:
        """Search the order alone where evenly loaded machines make good plans."""
        from zerogap.solvers.jobshop import balanced

        if search.iterations is not None:
            return
        kernels = balanced.islands(
            self.jobs, bound=search.bound, objective=search.objective, seed=search.seed, count=count
        )
        made = [self._island(kernel) for kernel in kernels]
        drive(search, made, seconds=balanced.SHARE * search.remaining)

    def finish(self, search: Search, found: list[Island]) -> None:
        """Kernels and CP-SAT with the shares of time and threads that the other family found."""
        with in_background(search, found[1:]):
            self.turn(search, search.remaining)
        if search.open:
            drive(search, found)

    def turn(self, search: Search, seconds: float | None) -> None:
        """CP-SAT's part of so many seconds, of one thread."""
        from zerogap.solvers import jobshop

        share = jobshop.PROOF_SHARE if jobshop.provable(self.jobs) else jobshop.BOUND_SHARE
        if self.jobs.operations <= jobshop.UNPROVABLE:
            self.prove(search, seconds=None if seconds is None else share * seconds)

    def prove(self, search: Search, *, seconds: float | None) -> str:
        """CP-SAT with one worker on the other family's model: to prove, or for a bound."""
        from zerogap.models.jobshop.exact.cpsat import build
        from zerogap.solvers import jobshop
        from zerogap.solvers.backends import cpsat

        # Both families' problems have the same plans and objectives, so claims carry over; see
        # `jobshop.prove` for what a cut-off and a snapshot of the bounds leave true.
        bound = not jobshop.provable(self.jobs)
        model = build(self.jobs, upper=search.objective, lower=search.bound)
        read: Callable = model.read
        hint: Callable = model.hint
        model = replace(
            model,
            read=lambda value: self.plan(read(value)),
            hint=lambda plan: hint(self.schedule(plan)),
        )
        return cpsat.improve(
            model,
            search,
            seconds=seconds,
            workers=1,
            hint=bound,
            cutoff=not bound,
            parameters=jobshop.BOUND if bound else jobshop.STRONG,
        )

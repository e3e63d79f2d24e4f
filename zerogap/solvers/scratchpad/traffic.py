"""Networks: schedule, replacement and addresses for the least traffic (or the least peak)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.scratchpad import Network
from zerogap.models.scratchpad.exact import cpsat as formulation
from zerogap.models.scratchpad.exact import pyomo as program
from zerogap.solvers.backends import cpsat as backend
from zerogap.solvers.backends import highs
from zerogap.solvers.scratchpad import greedy, place, relax
from zerogap.solvers.scratchpad.segments import Divided
from zerogap.solvers.search import Search

#: Nodes of the placement kernel for one schedule, before and after the relaxation is solved.
QUICK, LONG = 20_000, 400_000
#: Schedules of least cost that are tried for addresses before the exact model takes over.
SCHEDULES = 24
#: Operators beyond which the exact model is not built for schedule and addresses together.
SMALL = 24
#: Tensors times steps beyond which the time-indexed models are not built.
LARGEST = 60_000


def auto(net: Network, search: Search) -> None:
    """Relaxation, placement, and for what stays open the exact model."""
    problem = kernel(net, search)
    if problem is None or not search.open:
        return
    if len(net.inputs) <= SMALL or (search.extend is not None and _buildable(net, search)):
        backend.improve(formulation.build(net, search.extend is None), search)


def exact(net: Network, search: Search) -> None:
    """The exact model alone, cold."""
    if _admit(net, search) and _buildable(net, search):
        backend.improve(formulation.build(net, search.extend is None), search, hint=False)


def mip(net: Network, search: Search) -> None:
    """The integer program without addresses, cold by HiGHS; its plans are placed by first fit.

    It knows no peak: that goes to the exact model.
    """
    if net.objective == "peak":
        exact(net, search)
    elif _admit(net, search) and _buildable(net, search):
        highs.improve(program.build(net, search.extend is None), search, hint=False)


def baseline(net: Network, search: Search, name: str) -> None:
    """What a step-by-step runtime does: `lru`, `belady`, `fewest`; or one part done well.

    ``topological`` keeps the order of the file and replaces optimally, ``greedy`` takes the
    smallest memory next and replaces by next use.
    """
    if not _admit(net, search):
        return
    rule = {"lru": "lru", "best-fit": "lru", "fewest": "fewest"}.get(name, "belady")
    order = greedy.order_of(net)
    if name == "greedy" and net.order is None:
        order = greedy.smallest_first(net)
    if net.objective == "peak":
        _offer_without_replacement(net, search, order, name)
        return
    plan = greedy.Allocator(net, order, rule).run()
    if plan is not None:
        search.offer(plan, name)
    if name == "topological":
        fixed = relax.relax(net)
        scheduling = Divided({**fixed.graph, "order": order}, seed=search.seed)
        Addresses(fixed, search).follow(scheduling, name)


def kernel(net: Network, search: Search) -> relax.Relaxation | None:
    """Baselines as a start, the relaxation to its optimum, and addresses for its schedules."""
    if not _admit(net, search):
        return None
    if net.objective == "traffic":
        for rule in ("belady", "lru"):
            plan = greedy.Allocator(net, greedy.order_of(net), rule).run()
            if plan is not None:
                search.offer(plan, rule)
            if not search.open:
                return None
    problem = relax.relax(net)
    addresses = Addresses(problem, search)
    scheduling = Divided(problem.graph, seed=search.seed)
    addresses.follow(scheduling, "scheduling")
    if search.open and scheduling.best() is not None:
        addresses.persist(scheduling)
    return problem


def _admit(net: Network, search: Search) -> bool:
    """Refuse capacities below a working set; bound by what no plan can avoid."""
    worst, need = net.largest_working_set()
    room = net.capacity_units * net.alignment
    if net.capacity is not None and need > room:
        # An operator's tensors are all there while it runs, in any schedule.
        search.prove_infeasible(
            f"operator {net.operators[worst]!r} needs {need} bytes, capacity {room} "
            f"({need - room} missing)",
            "working set",
        )
        return False
    # The peak is no less than any working set; compulsory traffic is in every plan by definition.
    search.tighten(need if net.objective == "peak" else net.compulsory, "working set")
    return search.open


def _buildable(net: Network, search: Search) -> bool:
    tensors, steps = len(net.size), len(net.inputs)
    if tensors * steps > LARGEST:
        size = f"{tensors} tensors × {steps} steps"
        search.messages.append(f"{size} are too many for a time-indexed model")
        return False
    return True


def _offer_without_replacement(net: Network, search: Search, order: list[int], source: str) -> None:
    rows = relax.spans(relax.relax(net), np.array(order, dtype=np.int32), [[] for _ in order])
    plan = place.place(net, np.array(order, dtype=np.int32), rows, iterations=len(rows))
    if plan is not None:
        search.offer(plan, source)


class Addresses:
    """Follows the scheduling kernel and finds addresses for what it finds.

    Parameters
    ----------
    problem : Relaxation
    search : Search
    """

    def __init__(self, problem: relax.Relaxation, search: Search):
        self.problem = problem
        self.net = problem.net
        self.search = search
        self.scale = self.net.alignment if self.net.objective == "peak" else 1
        self.offset = 0 if self.net.objective == "peak" else problem.fixed

    def follow(self, scheduling: Divided, source: str, seconds: float = math.inf) -> None:
        """Run the kernel to its end, placing each better schedule at once."""
        seen = None
        begun = self.search.elapsed
        budget = self.search.iterations
        more = True
        while more and self.search.open and self.search.elapsed - begun < seconds:
            if budget is not None and scheduling.iterations >= budget:
                break
            limit = -1 if budget is None else min(2000, budget - scheduling.iterations)
            more = scheduling.run(0.1 if budget is None else math.inf, limit)
            if scheduling.objective is not None and scheduling.objective != seen:
                seen = scheduling.objective
                self.place(scheduling.best(), source, QUICK)
            if source == "scheduling":
                self.tighten(scheduling.bound, source)

    def tighten(self, bound: int, source: str) -> None:
        """Hand over a bound of the relaxation.

        It holds for every plan: the relaxation drops addresses alone, the kernel keeps its own
        incumbent (no cut-off of others' comes in), and added constraints only take plans away.
        """
        self.search.tighten(bound * self.scale + self.offset, source)

    def place(self, found: Any, source: str, nodes: int, seed: int = 0) -> bool:
        """Addresses for one schedule; offers the plan."""
        schedule, evictions = found
        rows = relax.spans(self.problem, schedule, evictions)
        kernel = place.placing(self.net, schedule, rows, seed=seed)
        # An iteration limit promises repeatable runs: then nodes alone decide.
        patience = math.inf if self.search.iterations is not None else 10.0
        deadline = self.search.elapsed + min(patience, self.search.remaining / 4)
        while kernel.iterations < nodes and self.search.open and self.search.elapsed < deadline:
            if not kernel.run(0.1, nodes - kernel.iterations):
                break
        plan = place.plan(self.net, schedule, rows, kernel)
        if plan is None:
            return False
        self.search.offer(plan, source)
        return True

    def persist(self, scheduling: Divided) -> None:
        """Other schedules of the least cost, for one of which addresses may exist."""
        search = self.search
        costs = scheduling.costs
        if self.place(scheduling.best(), "placing", LONG):
            return
        for k in range(1, SCHEDULES):
            if not search.open:
                return
            width = 256 if k % 2 else 4096
            seed = search.seed + k
            other = Divided(self.problem.graph, width=width, widest=width, seed=seed, costs=costs)
            while search.open and other.run(0.1):
                pass
            same = other.costs == costs
            if same and self.place(other.best(), "placing", LONG, seed=seed):
                return

"""Parallel machines with the makespan as an assignment: orders on a machine do not matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan


def build(shop: Workshop, *, upper: int | None = None, lower: int | None = None) -> Model:
    """One literal a mode, the load of every machine at most the makespan.

    For instances whose tasks are all required, need one machine each, and have nothing between
    them: then every assignment is a plan in which no machine ever rests, and the makespan is its
    largest load.

    Parameters
    ----------
    shop : Workshop
    upper, lower : int, optional
        Known bounds of the makespan; `upper` itself stays allowed.

    Returns
    -------
    Model
        Its `variables`: ``"mode"``, one literal a mode; ``"makespan"`` and ``"objective"``.
    """
    from ortools.sat.python import cp_model

    cp = cp_model.CpModel()
    literals = [cp.new_bool_var(f"mode{m}") for m in range(shop.modes)]
    longest = np.maximum.reduceat(shop.mode_duration, shop.first_mode[:-1])
    high = int(longest.sum()) if upper is None else upper
    makespan = cp.new_int_var(0 if lower is None else lower, high, "makespan")
    for t in range(shop.tasks):
        cp.add_exactly_one(literals[shop.first_mode[t] : shop.first_mode[t + 1]])
    for r in range(shop.resources):
        modes = shop.demand_mode[shop.demand_resource == r].tolist()
        cp.add(sum(int(shop.mode_duration[m]) * literals[m] for m in modes) <= makespan)
    cp.minimize(makespan)
    return Model(
        model=cp,
        variables={"mode": literals, "makespan": makespan, "objective": makespan},
        read=lambda value: _read(shop, literals, value),
        hint=lambda plan: _hint(shop, literals, makespan, plan),
    )


def _read(shop: Workshop, literals: list[Any], value: Callable[[Any], float]) -> Plan:
    chosen = np.array([bool(value(x)) for x in literals])
    modes = np.flatnonzero(chosen)
    return in_turn(shop, modes - shop.first_mode[:-1])


def in_turn(shop: Workshop, mode: np.ndarray) -> Plan:
    """The plan in which every machine does its tasks one after the other from time 0."""
    modes = shop.first_mode[:-1] + mode
    machine = shop.demand_resource[shop.first_demand[modes]]
    free = np.zeros(shop.resources, dtype=np.int64)
    start = np.zeros(shop.tasks, dtype=np.int64)
    for t, r in enumerate(machine.tolist()):
        start[t] = free[r]
        free[r] += shop.mode_duration[modes[t]]
    return Plan(start, start + shop.mode_duration[modes], mode)


def _hint(shop: Workshop, literals: list[Any], makespan: Any, plan: Plan) -> list[tuple[Any, int]]:
    chosen = set((shop.first_mode[:-1] + plan.mode).tolist())
    pairs = [(x, int(m in chosen)) for m, x in enumerate(literals)]
    return [*pairs, (makespan, int(plan.end.max(initial=0)))]

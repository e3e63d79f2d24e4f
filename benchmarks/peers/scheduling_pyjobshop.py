"""Peer: PyJobShop over CP-SAT."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import (
    CONSUMABLE,
    END,
    MACHINE,
    NONE,
    RENEWABLE,
    SAME_MODE,
    UNLIMITED,
)

#: What the result line names the versions of.
PACKAGES = ("pyjobshop",)

#: Parts of the objective by PyJobShop's names.
PARTS = {
    "makespan": "weight_makespan",
    "completion": "weight_total_flow_time",
    "flow": "weight_total_flow_time",
    "tardiness": "weight_total_tardiness",
    "tardy": "weight_tardy_jobs",
    "earliness": "weight_total_earliness",
    "setup_time": "weight_total_setup_time",
}


def solve(shop: Workshop, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Build PyJobShop's model with what it knows of the encoding, and let CP-SAT solve it."""
    model = build(shop)
    result = model.solve(
        "ortools", time_limit=time_limit, display=False, num_workers=threads, random_seed=seed
    )
    status = {"OPTIMAL": "optimal", "FEASIBLE": "feasible", "INFEASIBLE": "infeasible"}.get(
        result.status.name, "unknown"
    )
    if result.best is None or not result.best.tasks or status not in ("optimal", "feasible"):
        return {"objective": None, "bound": None, "status": status, "solution": None}
    tasks = result.best.tasks
    plan = Plan(
        np.array([x.start for x in tasks]),
        np.array([x.end for x in tasks]),
        np.array([x.mode for x in tasks]) - shop.first_mode[:-1],
    )
    return {
        "objective": int(result.objective),
        "bound": float(result.lower_bound),
        "status": status,
        "solution": plan,
    }


def build(shop: Workshop) -> Any:
    """The instance as PyJobShop's users would write it."""
    from pyjobshop import Model

    unknown = set(shop.objective) - set(PARTS)
    if unknown or len(shop.closing_begin) or len(shop.rule_mode) or len(shop.choice_task):
        raise ValueError("this peer is written for the fifteen classes")
    model = Model()
    resources: list[Any] = []
    for r, kind in enumerate(shop.resource_kind.tolist()):
        capacity = int(shop.resource_capacity[r])
        if kind == MACHINE:
            resources.append(model.add_machine())
        elif kind == RENEWABLE:
            resources.append(model.add_renewable(capacity))
        elif kind == CONSUMABLE:
            resources.append(model.add_consumable(capacity))
        else:
            raise ValueError("PyJobShop has no reservoirs")
    jobs = [
        model.add_job(
            weight=int(w), release_date=int(r), **({} if d == NONE else {"due_date": int(d)})
        )
        for w, r, d in zip(shop.job_weight, shop.job_release, shop.job_due)
    ]
    tasks = [model.add_task(job=None if j == NONE else jobs[j]) for j in shop.task_job.tolist()]
    modes = []
    for m, (t, d) in enumerate(zip(shop.mode_task.tolist(), shop.mode_duration.tolist())):
        rows = slice(shop.first_demand[m], shop.first_demand[m + 1])
        used = [resources[r] for r in shop.demand_resource[rows].tolist()]
        kinds = shop.resource_kind[shop.demand_resource[rows]]
        amounts = np.where(kinds == MACHINE, 0, shop.demand_amount[rows]).tolist()
        modes.append(model.add_mode(tasks[t], used, d, amounts))
    _between(shop, model, tasks, modes)
    _orders(shop, model, tasks, resources)
    weights = {PARTS[part]: weight for part, weight in shop.objective.items()}
    model.set_objective(**weights)
    return model


def _between(shop: Workshop, model: Any, tasks: list[Any], modes: list[Any]) -> None:
    rows = zip(
        shop.precedence_before.tolist(),
        shop.precedence_after.tolist(),
        shop.precedence_of.tolist(),
        shop.precedence_to.tolist(),
        shop.precedence_lag.tolist(),
        shop.precedence_most.tolist(),
    )
    for a, b, of, to, lag, most in rows:
        if of != END or to == END or most not in (lag, UNLIMITED):
            raise ValueError("this peer is written for the fifteen classes")
        if most == lag:
            model.add_end_at_start(tasks[a], tasks[b], lag)
        else:
            model.add_end_before_start(tasks[a], tasks[b], lag)
    for kind, a, b in zip(
        shop.relation_kind.tolist(), shop.relation_first.tolist(), shop.relation_second.tolist()
    ):
        if kind != SAME_MODE:
            raise ValueError("this peer is written for the fifteen classes")
        for x, y in zip(
            range(shop.first_mode[a], shop.first_mode[a + 1]),
            range(shop.first_mode[b], shop.first_mode[b + 1]),
        ):
            model.add_mode_dependency(modes[x], [modes[y]])


def _orders(shop: Workshop, model: Any, tasks: list[Any], resources: list[Any]) -> None:
    of: list[dict[int, int]] = [{} for _ in resources]
    for m, r in zip(shop.demand_mode.tolist(), shop.demand_resource.tolist()):
        t = int(shop.mode_task[m])
        of[r][int(shop.task_job[t])] = t
    for a, b in zip(shop.sequence_first.tolist(), shop.sequence_second.tolist()):
        both = sorted(of[a].keys() & of[b].keys())
        model.add_same_sequence(
            resources[a],
            resources[b],
            [tasks[of[a][j]] for j in both],
            [tasks[of[b][j]] for j in both],
        )
    for r, which in enumerate(shop.resource_setup.tolist()):
        if which == NONE:
            continue
        for t in of[r].values():
            for u in of[r].values():
                wait = int(shop.setup_time[which, shop.task_family[t], shop.task_family[u]])
                if t != u and wait:
                    model.add_setup_time(resources[r], tasks[t], tasks[u], wait)

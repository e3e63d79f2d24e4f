"""Priority rules: weights of the dispatcher's features, fixed by hand or learned."""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop


@dataclass(frozen=True)
class Rule:
    """A priority for `zerogap._ext.jobshop.dispatch.Dispatcher`.

    Parameters
    ----------
    linear : ndarray of float64
        A weight a feature.
    hidden : ndarray of float64, optional
        Rows of a hidden layer: output weight, offset, input weights.
    delay : float
        How far a machine may wait for a better operation, 0 … 1.
    """

    linear: np.ndarray
    hidden: np.ndarray | None = None
    delay: float = 0.0


#: Static rules by their usual names; features not named weigh nothing. Ties go to the shorter queue
#: position, which is arbitrary but repeatable.
STATIC: dict[str, dict[str, float]] = {
    "spt": {"duration": -1},
    "lpt": {"duration": 1},
    "mwkr": {"work": 1},  # most work remaining after the operation
    "lwkr": {"work": -1},
    "mor": {"operations": 1},  # most operations remaining
    "lor": {"operations": -1},
    "fifo": {"wait": 1},
    "est": {"idle": -1},
    "ect": {"idle": -1, "duration": -1},
    "winq": {"queue": -1},  # least work in the next queue
    "edd": {"slack": -1},  # minimum slack; of use with due dates
}


def rule(name: str, delay: float | None = None) -> Rule:
    """A rule by name, ``learned`` or one of `STATIC`.

    Raises
    ------
    InstanceError
        If there is no such rule.
    """
    from zerogap._ext.jobshop.dispatch import NAMES

    if name == "learned":
        found = learned()
    elif name in STATIC:
        weights = STATIC[name]
        found = Rule(np.array([weights.get(feature, 0.0) for feature in NAMES]))
    else:
        known = ", ".join(("learned", *STATIC))
        raise InstanceError(f"{name!r} is not one of {known}", field="option rule")
    return found if delay is None else Rule(found.linear, found.hidden, delay)


@cache
def learned() -> Rule:
    """The rule in ``learned.json``, which `zerogap train jobshop` makes."""
    return parse(json.loads(resources.files(__package__).joinpath("learned.json").read_text()))


def parse(data: dict[str, Any]) -> Rule:
    """A rule from the weights file's contents."""
    from zerogap._ext.jobshop.dispatch import NAMES

    if data["features"] != list(NAMES):
        raise InstanceError("weights are of other features; train again", field="learned.json")
    hidden = np.array(data["hidden"], dtype=np.float64).reshape(-1, len(NAMES) + 2)
    return Rule(np.array(data["linear"], dtype=np.float64), hidden, float(data["delay"]))


def dispatcher(shop: JobShop) -> Any:
    """The kernel that builds schedules of a shop."""
    from zerogap._ext.jobshop.dispatch import Dispatcher
    from zerogap.solvers.jobshop.schedules import arrays

    return Dispatcher(*arrays(shop), shop.due, shop.weight)


def schedule(shop: Shop, chosen: Rule, *, noise: float = 0.0, seed: int = 0) -> Schedule:
    """One schedule by a rule; a flexible shop takes the machine that ends its operation first."""
    if isinstance(shop, FlexibleJobShop):
        return greedy(shop)
    kernel = dispatcher(shop)
    _, start = kernel.run(chosen.linear, chosen.hidden, delay=chosen.delay, noise=noise, seed=seed)
    return Schedule(start, None, shop.first)


def greedy(shop: FlexibleJobShop) -> Schedule:
    """Job with most work remaining among those ready first, on the machine that ends it first."""
    start = np.zeros(shop.operations, dtype=np.int64)
    machine = np.zeros(shop.operations, dtype=np.int32)
    free = [0] * shop.machines
    ready = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    options = [
        list(zip(shop.machine[a:b].tolist(), shop.duration[a:b].tolist()))
        for a, b in zip(shop.choice[:-1].tolist(), shop.choice[1:].tolist())
    ]
    shortest = np.minimum.reduceat(shop.duration, shop.choice[:-1])
    left = np.add.reduceat(shortest, shop.first[:-1]).tolist()
    following = shop.first[:-1].tolist()
    queue = [(ready[j], -left[j], j) for j in range(shop.jobs)]
    heapq.heapify(queue)
    while queue:
        _, _, j = heapq.heappop(queue)
        x = following[j]
        end, m, d = min((max(ready[j], free[m]) + d, m, d) for m, d in options[x])
        start[x], machine[x] = end - d, m
        ready[j] = free[m] = end
        left[j] -= int(shortest[x])
        following[j] += 1
        if following[j] < shop.first[j + 1]:
            heapq.heappush(queue, (end, -left[j], j))
    return Schedule(start, machine, shop.first)

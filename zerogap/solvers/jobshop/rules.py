"""Priority rules: weights of the dispatchers' features, fixed by hand or learned."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop

#: Beyond so many operations times jobs a schedule of a flexible shop takes seconds.
_MANY = 2 * 10**9


@dataclass(frozen=True)
class Rule:
    """A priority for the dispatchers.

    Parameters
    ----------
    linear : ndarray of float64
        A weight a feature.
    hidden : ndarray of float64, optional
        Rows of a hidden layer: output weight, offset, input weights.
    delay : float
        How far a machine may wait for a better operation, 0 … 1.
    urgency : float
        If positive, apparent tardiness costs that look so many mean durations ahead decide.
    """

    linear: np.ndarray
    hidden: np.ndarray | None = None
    delay: float = 0.0
    urgency: float = 0.0


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
#: Apparent tardiness costs: how far they look ahead, in mean durations.
ATC = 3.0


def rule(name: str, delay: float | None = None) -> Rule:
    """A rule by name: ``learned``, ``atc``, one of `STATIC`, or a file of weights.

    Raises
    ------
    InstanceError
        If there is no such rule, or the file holds none.
    """
    from zerogap._ext.jobshop.dispatch import NAMES

    if name == "learned":
        found = learned()
    elif name == "atc":
        found = Rule(np.zeros(len(NAMES)), urgency=ATC)
    elif name in STATIC:
        weights = STATIC[name]
        found = Rule(np.array([weights.get(feature, 0.0) for feature in NAMES]))
    elif is_file(name):
        found = _of_file(name, _stamp(name))
    else:
        known = ", ".join(("learned", "atc", *STATIC))
        raise InstanceError(
            f"{name!r} is not one of {known}, and no file of weights", field="option rule"
        )
    return found if delay is None else replace(found, delay=delay)


@cache
def learned() -> Rule:
    """The rule in ``learned.json``, which `zerogap train jobshop` makes."""
    text = resources.files(__package__).joinpath("learned.json").read_text()
    return parse(json.loads(text), "learned.json")


def _stamp(path: str) -> tuple[int, int]:
    """What tells that a file has changed."""
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise InstanceError(f"cannot be read: {error.strerror}", file=path) from None
    return stat.st_mtime_ns, stat.st_size


@cache
def _of_file(path: str, stamp: tuple[int, int]) -> Rule:
    return parse(contents(path), path)


def contents(path: str) -> Any:
    """What the JSON of a file of weights holds.

    Raises
    ------
    InstanceError
        If it cannot be read.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InstanceError(f"cannot be read: {error.strerror}", file=path) from None
    except (ValueError, RecursionError) as error:
        raise InstanceError(f"is no file of weights: not JSON ({error})", file=path) from None


def is_file(name: str) -> bool:
    """Whether the name of a rule is a file's."""
    return name.endswith(".json") or Path(name).is_file()


def parse(data: Any, file: str) -> Rule:
    """A rule from the contents of a file of weights, as `zerogap train jobshop` writes it.

    Raises
    ------
    InstanceError
        With the key at fault.
    """
    from zerogap._ext.jobshop.dispatch import NAMES

    if not isinstance(data, dict):
        raise InstanceError("expected a JSON object with features, linear, hidden", file=file)
    for key in ("features", "linear"):
        if key not in data:
            raise InstanceError("is missing", file=file, field=key)
    if data["features"] != list(NAMES):
        raise InstanceError(
            "are not those of this version; train again", file=file, field="features"
        )
    linear = numbers(data["linear"], file, "linear")
    hidden = numbers(data.get("hidden", []), file, "hidden").reshape(-1)
    width = len(NAMES) + 2
    if linear.shape != (len(NAMES),) or len(hidden) % width:
        raise InstanceError(
            f"has shape {linear.shape}, expected {len(NAMES)} weights (and rows of {width})",
            file=file,
            field="linear",
        )
    delay = data.get("delay", 0.0)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 1:
        raise InstanceError(f"is {delay!r}, expected 0 … 1", file=file, field="delay")
    return Rule(linear, hidden.reshape(-1, width), float(delay))


def numbers(values: Any, file: str, key: str) -> np.ndarray:
    """An array of finite numbers, else an `InstanceError` that names the key."""
    try:
        weights = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InstanceError("expected numbers", file=file, field=key) from None
    if not np.isfinite(weights).all():
        raise InstanceError("expected finite numbers", file=file, field=key)
    return weights


Build = Callable[[Rule, float, int], Schedule]


def builder(shop: Shop) -> Build:
    """What builds schedules of a shop: ``build(rule, noise, seed)``."""
    if isinstance(shop, JobShop):
        ordinary = dispatcher(shop)
        general: Any = None if shop.due is None else flexible(shop)

        def build(chosen: Rule, noise: float, seed: int) -> Schedule:
            if chosen.urgency and general is not None:
                start, _ = _run(general, chosen, noise, seed)
            else:
                _, start = ordinary.run(
                    chosen.linear, chosen.hidden, delay=chosen.delay, noise=noise, seed=seed
                )
            return Schedule(start, shop.machine, shop.first)

        return build
    if shop.operations * shop.jobs > _MANY:
        return lambda chosen, noise, seed: greedy(shop)
    kernel = flexible(shop)
    return lambda chosen, noise, seed: Schedule(*_run(kernel, chosen, noise, seed), shop.first)


def _run(kernel: Any, chosen: Rule, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return kernel.run(
        chosen.linear,
        chosen.hidden,
        delay=chosen.delay,
        noise=noise,
        seed=seed,
        urgency=chosen.urgency,
    )


def dispatcher(shop: JobShop) -> Any:
    """The kernel that builds schedules of an ordinary shop."""
    from zerogap._ext.jobshop.dispatch import Dispatcher
    from zerogap.solvers.jobshop.schedules import arrays

    return Dispatcher(*arrays(shop), shop.due, shop.weight)


def flexible(shop: Shop) -> Any:
    """The kernel that builds schedules and chooses machines."""
    from zerogap._ext.jobshop.assigning import FlexibleDispatcher
    from zerogap.solvers.jobshop.schedules import alternatives

    return FlexibleDispatcher(*alternatives(shop), shop.due, shop.weight)


def schedule(shop: Shop, chosen: Rule, *, noise: float = 0.0, seed: int = 0) -> Schedule:
    """One schedule by a rule."""
    return builder(shop)(chosen, noise, seed)


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

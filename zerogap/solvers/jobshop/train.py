"""Training of the dispatching rule: an evolution strategy on the mean makespan of random shops.

The rule scores candidates by a linear function of the dispatcher's features plus a small hidden
layer. A linear rule and its delay are found first (from most work remaining), then the hidden layer
is trained on top, both by covariance matrix adaptation (Hansen 2016) on shops that no public
benchmark contains.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.jobshop import JobShop
from zerogap.models.jobshop.generate import taillard
from zerogap.solvers.jobshop import rules

#: Sizes of the training shops; every third one in two stages (first half of the machines first).
SIZES = ((15, 15), (20, 15), (20, 20), (30, 15), (30, 20), (40, 15), (50, 20))
UNITS = 6


def shops(seed: int, count: int) -> list[JobShop]:
    """Training shops: Taillard's, and the same in two stages."""
    made = []
    for i in range(count):
        jobs, machines = SIZES[i % len(SIZES)]
        shop = taillard(seed * 10_007 + i, jobs, machines, high=99)
        made.append(two_stage(shop) if i % 3 == 2 else shop)
    return made


def two_stage(shop: JobShop) -> JobShop:
    """The same shop with the first half of the machines visited before the others."""
    machine = shop.machine.reshape(shop.jobs, -1)
    order = np.argsort(machine >= shop.machines // 2, axis=1, kind="stable")
    return JobShop(
        np.take_along_axis(machine, order, axis=1).reshape(-1),
        shop.duration,
        shop.first,
        shop.machines,
    )


def unpack(vector: np.ndarray, features: int) -> rules.Rule:
    """A rule from the vector that is evolved: linear weights, delay, hidden layer."""
    linear, rest = vector[:features], vector[features + 1 :]
    delay = float(np.clip(vector[features], 0.0, 1.0))
    return rules.Rule(linear, rest.reshape(-1, features + 2), delay)


def cost(rule: rules.Rule, kernels: Sequence[tuple[Any, float]]) -> float:
    """Mean makespan relative to what each kernel's second entry says."""
    total = 0.0
    for kernel, bound in kernels:
        makespan, _ = kernel.run(rule.linear, rule.hidden, delay=rule.delay)
        total += makespan / bound
    return total / len(kernels)


def measured(shop: JobShop) -> tuple[Any, float]:
    """The shop's dispatcher, and the makespan of most work remaining as the measure."""
    kernel = rules.dispatcher(shop)
    return kernel, float(kernel.run(rules.rule("mwkr").linear)[0])


def evolve(
    objective: Callable[[np.ndarray, int], float],
    mean: np.ndarray,
    step: float,
    generations: int,
    rng: np.random.Generator,
    log: Callable[[str], None],
    until: float,
) -> np.ndarray:
    """Minimise by covariance matrix adaptation; `objective` gets the generation's number too."""
    n = len(mean)
    offspring = 24 + int(3 * np.log(n))
    parents = offspring // 2
    weights = np.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    mass = 1 / (weights**2).sum()
    rate_path = (4 + mass / n) / (n + 4 + 2 * mass / n)
    rate_step = (mass + 2) / (n + mass + 5)
    rate_one = 2 / ((n + 1.3) ** 2 + mass)
    rate_rank = min(1 - rate_one, 2 * (mass - 2 + 1 / mass) / ((n + 2) ** 2 + mass))
    damping = 1 + 2 * max(0, np.sqrt((mass - 1) / (n + 1)) - 1) + rate_step
    expected = np.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    path, step_path, covariance = np.zeros(n), np.zeros(n), np.eye(n)
    for generation in range(generations):
        if time.monotonic() > until:
            break
        values, basis = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 1e-20))
        draws = rng.standard_normal((offspring, n)) @ (basis * root).T
        costs = np.array([objective(mean + step * d, generation) for d in draws])
        best = draws[np.argsort(costs, kind="stable")[:parents]]
        shift = weights @ best
        mean = mean + step * shift
        whitened = basis @ ((basis.T @ shift) / root)
        step_path = (1 - rate_step) * step_path
        step_path += np.sqrt(rate_step * (2 - rate_step) * mass) * whitened
        length = np.linalg.norm(step_path)
        steady = length / np.sqrt(1 - (1 - rate_step) ** (2 * (generation + 1)))
        moving = steady < (1.4 + 2 / (n + 1)) * expected
        path = (1 - rate_path) * path
        path += moving * np.sqrt(rate_path * (2 - rate_path) * mass) * shift
        covariance = (
            (1 - rate_one - rate_rank) * covariance
            + rate_one * np.outer(path, path)
            + rate_rank * (best.T * weights) @ best
        )
        step *= float(np.exp((rate_step / damping) * (length / expected - 1)))
        if generation % 10 == 0:
            log(f"generation {generation}: best {costs.min():.4f}, step {step:.3f}")
    return mean


def train(
    output: str | None = None,
    *,
    seed: int = 0,
    generations: int = 150,
    count: int = 28,
    seconds: float = float("inf"),
    echo: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train the rule; ``zerogap train jobshop``.

    Parameters
    ----------
    output : path, optional
        Where the weights are written; without it they are shown only. The package's own are
        ``zerogap/solvers/jobshop/learned.json``.
    seed : int
        Seed of the training shops and of the search.
    generations : int
        Of each of the two stages.
    count : int
        Shops a generation; every generation draws new ones, so that none is learned by heart.
    seconds : float
        Limit on the wall clock; with it the weights depend on the machine.
    echo : callable
        Gets lines of progress.

    Returns
    -------
    dict
        The weights, how they were made, and the mean makespan of this and of the static rules (each
        with its best delay), relative to most work remaining, on shops held out.
    """
    from zerogap._ext.jobshop.dispatch import NAMES

    features = len(NAMES)
    rng = np.random.default_rng(seed)
    begun = time.monotonic()
    batch: dict[int, list[tuple[Any, float]]] = {}

    def objective(vector: np.ndarray, generation: int) -> float:
        if generation not in batch:
            batch.clear()
            drawn = shops(seed * 1_000_003 + generation + 1, count)
            batch[generation] = [measured(s) for s in drawn]
        return cost(unpack(vector, features), batch[generation])

    start = np.zeros(features + 1)
    start[NAMES.index("work")], start[features] = 1.0, 0.3
    linear = evolve(objective, start, 0.5, generations, rng, echo, begun + seconds / 2)
    batch.clear()
    layer = 0.1 * rng.standard_normal((UNITS, features + 2))
    layer[:, 0] = 0.0
    both = np.concatenate((linear, layer.reshape(-1)))
    final = evolve(objective, both, 0.15, generations, rng, echo, begun + seconds)
    held = [measured(s) for s in shops(987_654_321, 70)]
    chosen = min((linear, final), key=lambda v: cost(unpack(v, features), held))
    rule = unpack(chosen, features)
    data = {
        "features": list(NAMES),
        "linear": np.round(rule.linear, 6).tolist(),
        "hidden": [] if rule.hidden is None else np.round(rule.hidden, 6).tolist(),
        "delay": round(rule.delay, 6),
        "seed": seed,
        "generations": generations,
        "count": count,
        "held_out": {
            "learned": round(cost(rule, held), 4),
            **{name: round(best_delay(name, held), 4) for name in rules.STATIC},
        },
    }
    deliver(data, output, echo)
    return data


def deliver(data: dict[str, Any], output: str | None, echo: Callable[[str], None]) -> None:
    """Write what was learned to a file, or show it."""
    text = json.dumps(data, indent=1)
    if output is None:
        echo(text)
    else:
        Path(output).write_text(text + "\n")


def best_delay(name: str, kernels: Sequence[tuple[Any, float]]) -> float:
    """Cost of a static rule under the best of four delays."""
    return min(cost(rules.rule(name, delay), kernels) for delay in (0.0, 0.1, 0.3, 1.0))

"""Training of the priority rule on small random shops of many classes.

Covariance matrix adaptation (Hansen 2016) on the mean cost of the dispatched plans, 0 for that of
the best static rule and 1 for that of the middle one, over shops that no public benchmark contains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zerogap.models.scheduling import Workshop
from zerogap.models.scheduling.fields import MACHINE, RENEWABLE
from zerogap.models.scheduling.formats.classes import shop_of
from zerogap.models.scheduling.generate import workshop
from zerogap.solvers.jobshop.train import deliver, evolve
from zerogap.solvers.scheduling import priorities
from zerogap.solvers.scheduling.priorities import CONTEXTS, NAMES, STATIC, WINDOWS, Dispatcher, Rule

#: Machines and jobs of the training shops, largest.
MACHINES, JOBS = 10, 30
GOALS = ("makespan", "completion", "tardiness")
#: Cost of a rule that leads to no plan.
WORST = 3.0


def _size(rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(8, JOBS + 1)), int(rng.integers(3, MACHINES + 1))


def _dates(rng: np.random.Generator, times: np.ndarray, goal: str) -> dict[str, Any]:
    """The objective, with due dates between the work of a job and what all take on a machine."""
    if goal != "tardiness":
        return {"objective": goal}
    work = times.sum(axis=1)
    high = work + rng.uniform(0.3, 1.2) * times.sum(axis=0).max()
    weight = rng.integers(1, 4, len(times))
    return {"objective": goal, "job_due": rng.integers(work, high + 1), "job_weight": weight}


def _shop(
    rng: np.random.Generator, *, same: bool, alternatives: int, goals: Sequence[str] = GOALS,
    setups: bool = False, **more: Any,
) -> Workshop:  # fmt: skip
    """A (flexible) job or flow shop, up to `alternatives` machines a task (alike in flow shops)."""
    n, m = _size(rng)
    times = rng.integers(1, 100, (n, m))
    goal = goals[int(rng.integers(len(goals)))]
    tasks = n * m
    if alternatives == 1:
        row = np.arange(m)
        machine = np.stack([row if same else rng.permutation(m) for _ in range(n)]).reshape(-1)
        count, duration = np.ones(tasks, dtype=np.int64), times.reshape(-1)
        machines = m
    elif same:  # a hybrid flow shop
        lanes = rng.integers(1, alternatives + 1, m)
        first = np.concatenate(([0], np.cumsum(lanes)))
        count = np.tile(lanes, n)
        stage = [np.arange(first[k], first[k + 1]) for k in range(m)]
        machine, duration = np.tile(np.concatenate(stage), n), np.repeat(times.reshape(-1), count)
        machines = int(first[-1])
    else:
        count = rng.integers(1, alternatives + 1, tasks)
        machine = np.concatenate([rng.permutation(m)[:c] for c in count])
        count = np.minimum(count, m)
        slow = rng.uniform(1.0, 1.5, len(machine))
        duration = np.ceil(np.repeat(times.reshape(-1), count) * slow).astype(np.int64)
        machines = m
    job = np.repeat(np.arange(n), m)
    if setups:
        more |= {"task_family": job, "resource_setup": np.arange(m)}
        more["setup_time"] = rng.integers(1, 1 + int(rng.choice((10, 50, 125))), (m, n, n))
    return shop_of(
        duration, machine, count, tasks, job, machines, **_dates(rng, times, goal), **more
    )


def _open(rng: np.random.Generator) -> Workshop:
    n, m = _size(rng)
    tasks, job = n * m, np.repeat(np.arange(n), m)
    return Workshop(
        task_job=job,
        job_release=np.zeros(n, dtype=np.int64),
        mode_task=np.arange(tasks),
        mode_duration=rng.integers(1, 100, tasks),
        demand_mode=np.repeat(np.arange(tasks), 2),
        demand_resource=np.stack((np.tile(np.arange(m), n), m + job), axis=1).reshape(-1),
        resource_kind=np.full(m + n, MACHINE),
    )


def _parallel(rng: np.random.Generator) -> Workshop:
    n, m = 3 * int(rng.integers(8, JOBS + 1)), int(rng.integers(2, MACHINES + 1))
    times = rng.integers(1, 100, (n, m)).reshape(-1)
    count, machine = np.full(n, m), np.tile(np.arange(m), n)
    return shop_of(times, machine, count, n, np.arange(n), m)


def _project(rng: np.random.Generator, modes: int) -> Workshop:
    """Tasks in a random order, each waiting for up to three of the ten before it; pools."""
    n, pools = int(rng.integers(30, 91)), int(rng.integers(2, 5))
    pairs = sorted(
        {
            (int(rng.integers(max(0, b - 10), b)), b)
            for b in range(1, n)
            for _ in range(int(rng.integers(0, 4)))
        }
    )
    count = rng.integers(1, modes + 1, n)
    total = int(count.sum())
    amount = rng.integers(0, 11, (total, pools))
    used = amount > 0
    edge = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Workshop(
        mode_task=np.repeat(np.arange(n), count),
        mode_duration=rng.integers(1, 11, total),
        demand_mode=np.nonzero(used)[0],
        demand_resource=np.nonzero(used)[1],
        demand_amount=amount[used],
        resource_kind=np.full(pools, RENEWABLE),
        resource_capacity=rng.integers(10, 31, pools),
        precedence_before=edge[:, 0],
        precedence_after=edge[:, 1],
    )


def _general(rng: np.random.Generator) -> Workshop:
    jobs, machines = _size(rng)
    return workshop(int(rng.integers(2**31)), jobs, machines, shifts=bool(rng.integers(2)))


CLASSES: tuple[Callable[[np.random.Generator], Workshop], ...] = (
    lambda rng: _shop(rng, same=False, alternatives=1),
    lambda rng: _shop(rng, same=True, alternatives=1),
    lambda rng: _shop(rng, same=True, alternatives=1, permutation=True),
    lambda rng: _shop(
        rng, same=True, alternatives=1, goals=GOALS[:1], permutation=True, no_wait=True
    ),
    lambda rng: _shop(
        rng, same=True, alternatives=1, goals=GOALS[:1], permutation=True, setups=True
    ),
    lambda rng: _shop(rng, same=False, alternatives=4),
    lambda rng: _shop(rng, same=True, alternatives=4),
    _open,
    _parallel,
    lambda rng: _project(rng, 1),
    lambda rng: _project(rng, 3),
    _general,
)


def shops(seed: int, count: int) -> list[Workshop]:
    """Training shops, the classes by turns."""
    return [CLASSES[i % len(CLASSES)](np.random.default_rng([seed, i])) for i in range(count)]


def statics() -> list[tuple[str, Rule]]:
    """Every static rule with every window."""
    return [(name, priorities.static(name, window)) for name in STATIC for window in WINDOWS]


class Measured:
    """A shop's dispatcher and what static rules make of it.

    Parameters
    ----------
    shop : Workshop

    Attributes
    ----------
    static : dict of float
        Cost of each static rule with its best window.
    """

    def __init__(self, shop: Workshop) -> None:
        self.dispatcher = Dispatcher(shop)
        costs: dict[str, float] = {}
        for name, rule in statics():
            costs[name] = min(costs.get(name, np.inf), self._cost(rule))
        self.least = min(costs.values())
        # Rules differ by parts of a hundred in makespans and many times over in tardiness.
        self.scale = max(1.0, float(np.median(list(costs.values()))) - self.least)
        self.static = {name: self._relative(cost) for name, cost in costs.items()}

    def _cost(self, rule: Rule) -> float:
        made = self.dispatcher.run(rule)
        return np.inf if made is None else float(made[0])

    def cost(self, rule: Rule) -> float:
        """Cost of a rule: 0 as the best static one, 1 as the middle one, at most `WORST`."""
        return self._relative(self._cost(rule))

    def _relative(self, cost: float) -> float:
        return min(WORST, (cost - self.least) / self.scale)


def unpack(vector: np.ndarray) -> Rule:
    """A rule from the vector that is evolved: weights, windows."""
    size = len(CONTEXTS) * len(NAMES)
    return Rule(vector[:size].reshape(len(CONTEXTS), len(NAMES)), vector[size:])


def mean(rule: Rule, held: Sequence[Measured]) -> float:
    """Mean cost of a rule."""
    return float(np.mean([m.cost(rule) for m in held]))


def train(
    output: str | None = None,
    *,
    seed: int = 0,
    generations: int = 250,
    count: int = 30,
    pool: int = 300,
    seconds: float = float("inf"),
    echo: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Train the rule; ``zerogap train scheduling``.

    Parameters
    ----------
    output : path, optional
        Where the weights are written; without it they are shown only. The package's own are
        ``zerogap/solvers/scheduling/learned.json``.
    seed : int
        Seed of the training shops and of the search.
    generations : int
    count : int
        Shops a generation, drawn anew for each.
    pool : int
        Shops that they are drawn from.
    seconds : float
        Limit on the wall clock; with it the weights depend on the machine.
    echo : callable
        Gets lines of progress.

    Returns
    -------
    dict
        The weights, how they were made, and the mean cost of this and of the static rules (each
        with its best window, shop by shop) on shops held out.
    """
    until = time.monotonic() + seconds
    rng = np.random.default_rng(seed)
    known = [Measured(shop) for shop in shops(seed + 1, pool)]
    chosen: dict[int, np.ndarray] = {}

    def objective(vector: np.ndarray, generation: int) -> float:
        if generation not in chosen:
            chosen.clear()
            chosen[generation] = rng.permutation(pool)[:count]
        return mean(unpack(vector), [known[i] for i in chosen[generation]])

    start = priorities.static("mwkr", 0.2)
    first = np.concatenate((start.weights.reshape(-1), start.window))
    rule = unpack(np.round(evolve(objective, first, 0.3, generations, rng, echo, until), 6))
    held = [Measured(shop) for shop in shops(987_654_321, 100)]
    data = {
        "features": list(NAMES),
        "contexts": list(CONTEXTS),
        "weights": rule.weights.tolist(),
        "window": rule.window.tolist(),
        "seed": seed,
        "generations": generations,
        "count": count,
        "pool": pool,
        "held_out": {
            "learned": round(mean(rule, held), 4),
            **{name: round(float(np.mean([m.static[name] for m in held])), 4) for name in STATIC},
        },
    }
    deliver(data, output, echo)
    return data

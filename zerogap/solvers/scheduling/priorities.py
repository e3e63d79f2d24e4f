"""Dispatching by priorities read from the encoding: static rules by name, and a learned one.

A task's priority is the sum of its features times weights; the weights of a learned rule are again
sums over what the instance is like (`contexts`). Whatever starts next is what has most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling import Plan, Workshop
from zerogap.models.scheduling.fields import END, MACHINE, NONE, RENEWABLE
from zerogap.solvers.jobshop import rules
from zerogap.solvers.scheduling import shape
from zerogap.solvers.scheduling.lists import arrays, listable
from zerogap.solvers.scheduling.shape import Flow

#: Features of a task, each scaled to about 0 … 1 over the instance.
NAMES = (
    "duration",  # of its shortest mode
    "spread",  # of the durations of its modes
    "tail",  # longest way from its start to the end of the instance
    "head",  # longest way from time 0 to its start
    "work",  # of its job
    "steps",  # tasks on the longest way behind it
    "followers",  # tasks that wait for it alone or among others
    "position",  # its duration and that of its followers
    "load",  # of the busiest resource it may use
    "ahead",  # the same of its followers
    "share",  # of renewable resources it holds, times its duration
    "due",  # date of its job
    "slack",  # from the end of its longest way to that date
    "release",
    "weight",  # of its job
    "ratio",  # of that weight to the longest way behind it
    "slope",  # whether the later tasks of its job are the longer ones (Palmer 1965)
    "choices",  # one over the number of its modes
    "setup",  # mean setup before its family
)
#: What the instance is like, each 0 … 1.
CONTEXTS = (
    "always", "sum", "due", "alternatives", "pooled", "setups", "free", "alike", "permutation",
    "no wait",
)  # fmt: skip
#: Static rules by their usual names; features not named weigh nothing.
STATIC: dict[str, dict[str, float]] = {
    "spt": {"duration": -1},
    "lpt": {"duration": 1},
    "mwkr": {"tail": 1},  # most work remaining: latest finishing time where nothing is due
    "lwkr": {"tail": -1},
    "mor": {"steps": 1},
    "lor": {"steps": -1},
    "fifo": {"head": -1, "release": -1},
    "edd": {"due": -1},
    "slack": {"slack": -1},
    "wspt": {"ratio": 1},
    "mis": {"followers": 1},  # most immediate successors
    "grpw": {"position": 1},  # greatest rank positional weight
    "palmer": {"slope": 1},
}
#: Windows that every rule is tried with, in mean durations: 0 is a schedule without delay,
#: negative one by serial generation.
WINDOWS = (0.0, 0.3, -1.0)
#: From so many mean durations on, a window is a serial generation.
SERIAL = 2.0
#: Tasks up to which time decides what is chosen among; beyond, ranks alone do.
TIMED = 6_000


@dataclass(frozen=True)
class Rule:
    """A priority rule.

    Parameters
    ----------
    weights : ndarray of float64, shape (contexts, features)
    window : ndarray of float64, shape (contexts,)
        How much later than the first that can a task may start, in mean durations; `SERIAL` or more
        and negative sums are serial generation.
    """

    weights: np.ndarray
    window: np.ndarray


def static(name: str, window: float = 0.0) -> Rule:
    """A rule of `STATIC`."""
    weights = np.zeros((len(CONTEXTS), len(NAMES)))
    windows = _constant(window)
    for feature, weight in STATIC[name].items():
        weights[0, NAMES.index(feature)] = weight
    return Rule(weights, windows)


def _constant(window: float) -> np.ndarray:
    """The same window whatever the instance is like."""
    windows = np.zeros(len(CONTEXTS))
    windows[0] = window
    return windows


def tried(rule: Rule) -> list[Rule]:
    """A rule with its own window and with those of `WINDOWS`."""
    return [rule, *(replace(rule, window=_constant(w)) for w in WINDOWS)]


def foreign(name: str) -> bool:
    """Whether the rules of job-shops know nothing of a rule: a name or a file of this family's."""
    if name in STATIC:
        return name not in rules.STATIC
    if not rules.is_file(name):
        return False
    data = rules.contents(name)
    return isinstance(data, dict) and "contexts" in data


def rule(name: str) -> Rule:
    """A rule by name: ``learned``, one of `STATIC`, or a file of weights.

    Raises
    ------
    InstanceError
        If there is no such rule, or the file holds none.
    """
    if name == "learned":
        return learned()
    if name in STATIC:
        return static(name)
    if not rules.is_file(name):
        names = ", ".join(("learned", *STATIC))
        raise InstanceError(
            f"{name!r} is not one of {names}, and no file of weights", field="option rule"
        )
    return parse(rules.contents(name), name)


@cache
def learned() -> Rule:
    """The rule in ``learned.json``, which `zerogap train scheduling` makes."""
    text = resources.files(__package__).joinpath("learned.json").read_text()
    return parse(json.loads(text), "learned.json")


def parse(data: Any, file: str) -> Rule:
    """A rule from the contents of a file of weights, as `zerogap train scheduling` writes it.

    Raises
    ------
    InstanceError
        With the key at fault.
    """
    if not isinstance(data, dict):
        raise InstanceError(
            "expected a JSON object with features, contexts, weights, window", file=file
        )
    for key in ("features", "contexts", "weights", "window"):
        if key not in data:
            raise InstanceError("is missing", file=file, field=key)
    for key, names in (("features", NAMES), ("contexts", CONTEXTS)):
        if data[key] != list(names):
            raise InstanceError("are not those of this version; train again", file=file, field=key)
    weights = _numbers(data["weights"], (len(CONTEXTS), len(NAMES)), file, "weights")
    return Rule(weights, _numbers(data["window"], (len(CONTEXTS),), file, "window"))


def _numbers(values: Any, form: tuple[int, ...], file: str, key: str) -> np.ndarray:
    made = rules.numbers(values, file, key)
    if made.shape != form:
        raise InstanceError(f"has shape {made.shape}, expected {form}", file=file, field=key)
    return made


# ---- what a rule looks at ------------------------------------------------------------------------


class Ways:
    """Longest ways through the precedences, by the shortest modes.

    Parameters
    ----------
    shop : Workshop

    Attributes
    ----------
    duration, head, tail : ndarray of float64, shape (tasks,)
        Of the shortest mode; from time 0 to the start; from the start to the end of everything.
    steps : ndarray of float64, shape (tasks,)
        Tasks on the longest way behind the task, itself among them.
    """

    def __init__(self, shop: Workshop) -> None:
        self.before, self.after = shop.precedence_before, shop.precedence_after
        self.duration = np.minimum.reduceat(shop.mode_duration, shop.first_mode[:-1]).astype(float)
        gap = np.where(shop.precedence_of == END, self.duration[self.before], 0.0)
        gap = np.maximum(0.0, gap + shop.precedence_lag)
        levels = list(self._levels(shop.tasks))
        self.head = shop.task_release.astype(float)
        for edges in levels:
            a, b = self.before[edges], self.after[edges]
            np.maximum.at(self.head, b, self.head[a] + gap[edges])
        self.tail, self.steps = self.duration.copy(), np.ones(shop.tasks)
        for edges in reversed(levels):
            a, b = self.before[edges], self.after[edges]
            np.maximum.at(self.tail, a, gap[edges] + self.tail[b])
            np.maximum.at(self.steps, a, 1 + self.steps[b])

    def _levels(self, tasks: int) -> Iterator[np.ndarray]:
        """Precedences by the level of their first task; those on circles of lags are left out."""
        order = np.argsort(self.before, kind="stable")
        first = np.concatenate(([0], np.cumsum(np.bincount(self.before, minlength=tasks))))
        waits = np.bincount(self.after, minlength=tasks)
        level = np.flatnonzero(waits == 0)
        while level.size:
            count = first[level + 1] - first[level]
            shift = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
            edges = order[np.repeat(first[level], count) + shift]
            if edges.size:
                yield edges
            reached = self.after[edges]
            np.subtract.at(waits, reached, 1)
            level = np.unique(reached)
            level = level[waits[level] == 0]


def _scaled(values: np.ndarray) -> np.ndarray:
    """Divided by the largest size."""
    top = float(np.abs(values).max(initial=0.0))
    return values / top if top > 0 else values


def features(shop: Workshop, ways: Ways) -> np.ndarray:
    """What a rule may look at, by task.

    Parameters
    ----------
    shop : Workshop
    ways : Ways
        Its own.

    Returns
    -------
    ndarray of float64, shape (tasks, features)
        In the order of `NAMES`.
    """
    d, n = ways.duration, shop.tasks
    length = max(1.0, float((ways.head + ways.tail).max()))
    count = np.diff(shop.first_mode)
    longest = np.maximum.reduceat(shop.mode_duration, shop.first_mode[:-1])
    job = np.where(shop.task_job == NONE, shop.jobs, shop.task_job)
    followers = np.bincount(ways.before, minlength=n).astype(float)
    behind = np.bincount(ways.before, weights=d[ways.after], minlength=n)
    load = _load(shop, d)
    ahead = np.zeros(n)
    np.maximum.at(ahead, ways.before, load[ways.after])
    due = np.append(shop.job_due, NONE)[job].astype(float)
    has = due != NONE
    work = np.bincount(job, weights=d, minlength=shop.jobs + 1)
    own = np.where(job == shop.jobs, d, work[job])
    weight = np.append(shop.job_weight, 1)[job].astype(float)
    return np.stack((
        _scaled(d), _scaled(longest - d), ways.tail / length, ways.head / length, _scaled(own),
        _scaled(ways.steps), _scaled(followers), _scaled(d + behind), load, ahead,
        _share(shop), np.where(has, _scaled(np.where(has, due, 0.0)), 0.0),
        np.where(has, (due - ways.head - ways.tail) / length, 0.0),
        _scaled(shop.task_release.astype(float)), _scaled(weight),
        _scaled(weight / np.maximum(1.0, ways.tail)), _slope(ways, job, shop.jobs), 1.0 / count,
        _setup(shop),
    ), axis=1)  # fmt: skip


def _load(shop: Workshop, d: np.ndarray) -> np.ndarray:
    """Load of the busiest resource that a task may use, each task's work shared by its modes."""
    kind = shop.resource_kind[shop.demand_resource]
    timed = (kind == MACHINE) | (kind == RENEWABLE)
    mode, resource = shop.demand_mode[timed], shop.demand_resource[timed]
    task = shop.mode_task[mode]
    room = np.maximum(1, shop.resource_capacity[resource])
    part = np.where(kind[timed] == MACHINE, 1.0, shop.demand_amount[timed] / room)
    part = part * shop.mode_duration[mode] / np.diff(shop.first_mode)[task]
    load = _scaled(np.bincount(resource, weights=part, minlength=shop.resources))
    made = np.zeros(shop.tasks)
    np.maximum.at(made, task, load[resource])
    return made


def _share(shop: Workshop) -> np.ndarray:
    """Share of pools that a task holds in the mean over its modes, times its duration."""
    pooled = shop.resource_kind[shop.demand_resource] == RENEWABLE
    mode, resource = shop.demand_mode[pooled], shop.demand_resource[pooled]
    part = shop.demand_amount[pooled] / np.maximum(1, shop.resource_capacity[resource])
    part = part * shop.mode_duration[mode] / np.diff(shop.first_mode)[shop.mode_task[mode]]
    return _scaled(np.bincount(shop.mode_task[mode], weights=part, minlength=shop.tasks))


def _slope(ways: Ways, job: np.ndarray, jobs: int) -> np.ndarray:
    """-1 … 1: durations of the job's tasks weighed by their places in it."""
    back = ways.steps
    top = np.ones(jobs + 1)
    np.maximum.at(top, job, back)
    place = np.where(top[job] > 1, 1 - 2 * (back - 1) / np.maximum(1, top[job] - 1), 0.0)
    moment = np.bincount(job, weights=place * ways.duration, minlength=jobs + 1)
    mass = np.bincount(job, weights=ways.duration, minlength=jobs + 1)
    return np.where(job == jobs, 0.0, (moment / np.maximum(1.0, mass))[job])


def _setup(shop: Workshop) -> np.ndarray:
    """Mean setup before the family of a task, over all matrices."""
    if not shop.setup_time.size:
        return np.zeros(shop.tasks)
    mean = np.append(shop.setup_time.mean(axis=(0, 1)), 0.0)
    return _scaled(mean[shop.task_family])


def contexts(shop: Workshop, ways: Ways, flow: Flow | None) -> np.ndarray:
    """What the instance is like, in the order of `CONTEXTS`; float64, shape (contexts,).

    *alike* is 1 where each resource is used at one step of the jobs only, as in flow shops.
    """
    parts = {name: weight for name, weight in shop.objective.items() if weight}
    sums = any(name in parts for name in ("completion", "flow"))
    dates = any(name in parts for name in ("tardiness", "tardy", "earliness", "lateness"))
    held = shop.resource_kind[shop.demand_resource]
    pooled = float((held == RENEWABLE).mean()) if len(held) else 0.0
    waiting = len(np.unique(shop.precedence_after)) / shop.tasks
    return np.array([
        1.0, float(sums), float(dates), 1 - shop.tasks / shop.modes, pooled,
        float(bool(shop.setup_time.any())), 1 - waiting, _alike(shop, ways),
        float(flow is not None), float(flow is not None and flow.chains.no_wait),
    ])  # fmt: skip


def _alike(shop: Workshop, ways: Ways) -> float:
    """How little the steps at which a resource is used differ."""
    steps = ways.steps[shop.mode_task[shop.demand_mode]]
    if not len(steps) or steps.std() == 0:
        return 0.0
    count = np.maximum(1, np.bincount(shop.demand_resource, minlength=shop.resources))
    mean = np.bincount(shop.demand_resource, weights=steps, minlength=shop.resources) / count
    return 1 - float(np.sqrt(((steps - mean[shop.demand_resource]) ** 2).mean()) / steps.std())


# ---- plans ---------------------------------------------------------------------------------------


class Dispatcher:
    """Plans of one workshop by rules; what rules look at is read once.

    Parameters
    ----------
    shop : Workshop
    """

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.ways = Ways(shop)
        self.features = features(shop, self.ways)
        self.unit = max(1.0, float(shop.mode_duration.mean()))
        self.flow = shape.flow(shop)
        self.kernel: Any = None
        if self.flow is not None and not (self.flow.permutation or self.flow.chains.no_wait):
            self.flow = None
        self.contexts = contexts(shop, self.ways, self.flow)
        if self.flow is None and listable(shop):
            from zerogap._ext.scheduling.list import ListSearch

            horizon = min(shop.horizon, 2**58)
            self.kernel = ListSearch(arrays(shop), horizon=horizon, target=-(2**60))

    @property
    def knows(self) -> bool:
        """Whether there is a kernel for the instance."""
        return self.flow is not None or self.kernel is not None

    def run(self, rule: Rule) -> tuple[int, Plan] | None:
        """Objective and plan of a rule, None if no plan comes of its order."""
        rank = -self.features @ (self.contexts @ rule.weights)
        if self.flow is not None:
            return in_order(self.flow, rank)
        window = float(self.contexts @ rule.window)
        timed = 0 <= window < SERIAL and self.shop.tasks <= TIMED
        return self.by_rank(rank, window * self.unit if timed else -1.0)

    def best(self, rule: Rule) -> tuple[int, Plan] | None:
        """The best plan of a rule with its own window and those of `WINDOWS`."""
        made = [self.run(each) for each in (tried(rule) if self.flow is None else [rule])]
        return min((m for m in made if m is not None), key=lambda m: m[0], default=None)

    def by_rank(self, rank: np.ndarray, window: float) -> tuple[int, Plan] | None:
        """Objective and plan of ranks, as of `ListSearch.dispatch`."""
        found = None if self.kernel is None else self.kernel.dispatch(rank, window)
        return None if found is None else (found[0], Plan(*found[1]))


def in_order(flow: Flow, rank: np.ndarray) -> tuple[int, Plan]:
    """Jobs of a permutation flow shop by the mean rank of their tasks, each where it ends first."""
    from zerogap._ext.scheduling.flow import FlowSearch
    from zerogap.solvers.scheduling.islands import flow_plan

    c = flow.chains
    order = np.argsort(rank[c.task].reshape(flow.times.shape).mean(axis=1), kind="stable")
    lines: list[list[int]] = [[] for _ in flow.machine]
    factories, machines = flow.machine.shape
    done = np.zeros((factories, machines))
    for j in order.tolist():
        ends = done.copy()
        moment = np.zeros(factories)
        for k in range(machines):
            moment = np.maximum(moment, ends[:, k]) + flow.times[j, k]
            ends[:, k] = moment
        chosen = int(np.argmin(moment))
        done[chosen] = ends[chosen]
        lines[chosen].append(j)
    kernel = FlowSearch(
        flow.times, setup=flow.setup, initial=flow.initial, no_wait=c.no_wait,
        factories=factories, goal=c.goal, weight=c.weight, due=np.minimum(c.due, 2**30),
        seed=0, target=-(2**60),
    )  # fmt: skip
    kernel.inject(lines)
    objective = kernel.objective
    assert objective is not None
    return objective, flow_plan(flow, kernel)


def plan(shop: Workshop, chosen: Rule) -> Plan:
    """The best plan of a rule over the windows.

    Raises
    ------
    InstanceError
        If no plan comes of its order, or no dispatcher knows the instance.
    """
    dispatcher = Dispatcher(shop)
    if not dispatcher.knows:
        raise InstanceError("no dispatcher knows this instance (use auto or exact)", field="method")
    found = dispatcher.best(chosen)
    if found is None:
        raise InstanceError("leads to no plan of this instance", field="option rule")
    return found[1]


def opening(shop: Workshop) -> tuple[int, Plan] | None:
    """The best plan of the rules that a search begins with; None where that takes too long."""
    if shop.tasks > TIMED:
        return None
    dispatcher = Dispatcher(shop)
    made = [dispatcher.best(learned())]
    # Latest starts by due date and longest way, in serial generation.
    job = np.where(shop.task_job == NONE, shop.jobs, shop.task_job)
    due = np.maximum(0, np.append(shop.job_due, 0)[job])
    made.append(dispatcher.by_rank(due - dispatcher.ways.tail, -1.0))
    return min((m for m in made if m is not None), key=lambda m: m[0], default=None)

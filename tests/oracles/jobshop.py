"""Job-shops by plain enumeration: every order of the operations, every choice of machines.

All objectives are regular, so that some best schedule starts every operation as early as an order
of all of them allows. With constraints that ask for later starts (closings, clock times, setups,
deadlines) the schedules are those in which every start is as early as *order and constraint* allow;
each of the constraints drawn here only ever forbids starting earlier, or ending later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zerogap.models.jobshop.instance import FlexibleJobShop, JobShop
from zerogap.models.jobshop.solution import Schedule

FAMILY = "jobshop"
METHODS = ("auto", "kernel", "exact", "dispatch")
#: Orders × choices that are enumerated at most.
LARGEST = 20_000
OBJECTIVES = ("makespan", "tardiness", "flow", "tardy", "lateness")


def draw(rng: np.random.Generator) -> tuple[Any, dict]:
    """A tiny shop, every feature on with probability 1/4."""
    on = lambda: bool(rng.random() < 0.25)  # noqa: E731
    while True:
        jobs, machines = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        lengths = rng.integers(1, 4, jobs)
        first = np.concatenate(([0], np.cumsum(lengths)))
        n = int(first[-1])
        flexible = on()
        count = rng.integers(1, machines + 1, n) if flexible else np.ones(n, dtype=int)
        if orders(lengths.tolist()) * int(np.prod(count)) <= LARGEST:
            break
    reentrant = on()
    machine: list[int] = []
    for j in range(jobs):
        route = rng.permutation(machines)
        for k, c in enumerate(count[first[j] : first[j + 1]].tolist()):
            if flexible:
                machine.extend(rng.permutation(machines)[:c].tolist())
            elif reentrant or k >= machines:
                machine.append(int(rng.integers(machines)))
            else:
                machine.append(int(route[k]))
    duration = rng.integers(1, int(rng.choice([3, 9, 60])), len(machine))
    if on():
        duration[rng.random(len(machine)) < 0.4] = 0
    objective = str(rng.choice(OBJECTIVES[1:])) if rng.random() < 0.5 else "makespan"
    work = int(duration.sum())
    release = rng.integers(0, work + 2, jobs) if on() else None
    due = None
    if objective not in ("makespan", "flow") or on():
        due = rng.integers(-work if on() else 0, work + 2, jobs)
    weight = rng.integers(0, 5, jobs) if on() else None
    common = {"release": release, "due": due, "weight": weight, "objective": objective}
    options = {"backend": "highs"} if on() else {}
    if on():
        options["rule"] = str(rng.choice(["atc", "edd", "spt", "mwkr"]))
    if flexible:
        choice = np.concatenate(([0], np.cumsum(count)))
        return FlexibleJobShop(machine, duration, choice, first, machines, **common), options
    return JobShop(machine, duration, first, machines, **common), options


def orders(lengths: list[int]) -> int:
    """In how many ways chains of these lengths can be merged."""
    total, ways = 0, 1
    for length in lengths:
        for k in range(1, length + 1):
            total += 1
            ways = ways * total // k
    return ways


def alternatives(shop: Any) -> list[list[tuple[int, int]]]:
    """(machine, duration) pairs of every operation."""
    pairs = list(zip(shop.machine.tolist(), shop.duration.tolist()))
    if isinstance(shop, FlexibleJobShop):
        return [pairs[a:b] for a, b in zip(shop.choice[:-1], shop.choice[1:])]
    return [[pair] for pair in pairs]


def schedules(shop: Any, earliest: Callable[..., int] | None = None) -> Iterator[Schedule]:
    """All schedules that an order of all operations gives, each operation as early as it can."""
    options = alternatives(shop)
    first = shop.first.tolist()
    jobs, n = len(first) - 1, first[-1]
    release = [0] * jobs if shop.release is None else shop.release.tolist()
    start, chosen = [0] * n, [0] * n

    def append(at, ready, free, last, left):
        if not left:
            yield Schedule(list(start), list(chosen), shop.first)
            return
        for j in range(jobs):
            x = at[j]
            if x == first[j + 1]:
                continue
            for m, d in options[x]:
                s = max(ready[j], free[m])
                if earliest is not None:
                    s = earliest(x, m, d, s, last[m])
                    if s is None:
                        continue
                start[x], chosen[x] = s, m
                yield from append(
                    [a + (i == j) for i, a in enumerate(at)],
                    [s + d if i == j else t for i, t in enumerate(ready)],
                    [s + d if i == m else t for i, t in enumerate(free)],
                    [(x, s + d) if i == m else t for i, t in enumerate(last)],
                    left - 1,
                )

    yield from append(first[:-1], release, [0] * shop.machines, [None] * shop.machines, n)


def value(shop: Any, schedule: Schedule) -> int:
    """The objective, job by job from the definition."""
    ends = []
    options = alternatives(shop)
    for j in range(len(shop.first) - 1):
        x = int(shop.first[j + 1]) - 1
        m = None if schedule.machine is None else int(schedule.machine[x])
        d = next(d for k, d in options[x] if m is None or k == m)
        ends.append(int(schedule.start[x]) + d)
    if shop.objective == "makespan":
        return max(ends)
    total = 0
    for j, end in enumerate(ends):
        w = 1 if shop.weight is None else int(shop.weight[j])
        if shop.objective == "flow":
            total += w * (end - (0 if shop.release is None else int(shop.release[j])))
        elif shop.objective == "tardy":
            total += w * (end > int(shop.due[j]))
        elif shop.objective == "tardiness":
            total += w * max(0, end - int(shop.due[j]))
    if shop.objective == "lateness":
        return max(end - int(d) for end, d in zip(ends, shop.due))
    return total


def optimum(shop: Any, options: dict, allowed: Any = None) -> tuple[Any, Any]:
    """Best value and schedule; schedules are built by `allowed.earliest` if there is one."""
    best, chosen = None, None
    for schedule in schedules(shop, getattr(allowed, "earliest", None)):
        if allowed is not None and not allowed(schedule):
            continue
        worth = value(shop, schedule)
        if best is None or worth < best:
            best, chosen = worth, schedule
    return best, chosen


def solution(shop: Any, rng: np.random.Generator, options: dict) -> Schedule:
    """Operations in a random order on random machines, with random waits now and then."""
    choices = alternatives(shop)
    at = shop.first[:-1].tolist()
    ready = [0] * shop.jobs if shop.release is None else shop.release.tolist()
    free = [0] * shop.machines
    start = np.zeros(shop.operations, dtype=np.int64)
    machine = np.zeros(shop.operations, dtype=np.int32)
    open_ = list(range(shop.jobs))
    wait = int(rng.choice([0, 0, 3]))
    while open_:
        j = int(rng.choice(open_))
        x = at[j]
        m, d = choices[x][int(rng.integers(len(choices[x])))]
        start[x] = max(ready[j], free[m]) + int(rng.integers(wait + 1))
        machine[x] = m
        ready[j] = free[m] = int(start[x]) + d
        at[j] += 1
        if at[j] == shop.first[j + 1]:
            open_.remove(j)
    return Schedule(start, machine if isinstance(shop, FlexibleJobShop) else None, shop.first)


class Extra:
    """One constraint of a user's: for CP-SAT, as a predicate, as the earliest start it leaves."""

    def __init__(self, shop: Any, rng: np.random.Generator):
        self.shop = shop
        work = int(shop.duration.sum()) + (0 if shop.release is None else int(shop.release.max()))
        kinds = ("closing", "clock", "deadline", "setup", "end")
        self.kind = str(rng.choice(kinds))
        self.machine = int(rng.integers(shop.machines))
        far = int(rng.choice([1, 1, 3, 12])) * (work + 1)
        self.begin = int(rng.integers(0, work + 2))
        self.length = int(rng.integers(1, far + 2))
        self.operation = int(rng.integers(shop.operations))
        self.job = int(rng.integers(shop.jobs))
        self.limit = int(rng.integers(0, 2 * work + 3))
        self.options = alternatives(shop)

    def extend(self, model: Any) -> None:
        """Add it to the model as the documentation tells users to."""
        cp, v = model.model, model.variables
        on = v["machine"][self.machine]
        if self.kind == "closing":
            closed = cp.new_fixed_size_interval_var(self.begin, self.length, "closed")
            cp.add_no_overlap([*on, closed])
        elif self.kind == "clock":
            cp.add(v["start"][self.operation] >= self.length)
        elif self.kind == "deadline":
            cp.add(v["end"][int(self.shop.first[self.job + 1]) - 1] <= self.limit)
        elif self.kind == "end":
            for end in v["end"]:
                cp.add(end <= self.limit)
        else:
            self._setups(cp, v)

    def _setups(self, cp: Any, v: Any) -> None:
        """Operations of different jobs on the machine stand `length` apart."""
        shop = self.shop
        job = shop.job.tolist()
        spans = []
        for x, pairs in enumerate(self.options):
            for k, (m, d) in enumerate(pairs):
                if m == self.machine:
                    i = x if not isinstance(shop, FlexibleJobShop) else int(shop.choice[x]) + k
                    literal = v["presence"][i] if v["presence"] else None
                    spans.append((x, v["start"][x], d, literal))
        for a in range(len(spans)):
            for b in range(a):
                (x, s, d, p), (y, t, e, q) = spans[a], spans[b]
                if job[x] == job[y]:
                    continue
                before = cp.new_bool_var(f"before{x}_{y}")
                both = [z for z in (p, q) if z is not None]
                cp.add(t >= s + d + self.length).only_enforce_if([before, *both])
                cp.add(s >= t + e + self.length).only_enforce_if([~before, *both])

    def earliest(self, x: int, m: int, d: int, s: int, last: Any) -> int | None:
        """The earliest start from `s` on that the constraint leaves."""
        if self.kind == "closing" and m == self.machine:
            # CP-SAT's no-overlap also keeps an operation without duration out of the inside.
            if s < self.begin + self.length and s + d > self.begin:
                return self.begin + self.length
        elif self.kind == "clock" and x == self.operation:
            return max(s, self.length)
        elif self.kind == "setup" and m == self.machine:
            return max([s, *(t for t in [self._after(x, last)] if t is not None)])
        return s

    def _after(self, x: int, last: Any) -> int | None:
        if last is None or self.shop.job[last[0]] == self.shop.job[x]:
            return None
        return int(last[1]) + self.length

    def __call__(self, schedule: Schedule) -> bool:
        """Whether a schedule keeps the constraint."""
        shop = self.shop
        spans = []
        for x, s in enumerate(schedule.start.tolist()):
            m = None if schedule.machine is None else int(schedule.machine[x])
            m, d = next(pair for pair in self.options[x] if m is None or pair[0] == m)
            spans.append((m, s, s + d, int(shop.job[x])))
        if self.kind == "clock":
            return spans[self.operation][1] >= self.length
        if self.kind == "deadline":
            return spans[int(shop.first[self.job + 1]) - 1][2] <= self.limit
        if self.kind == "end":
            return all(end <= self.limit for _, _, end, _ in spans)
        here = [span for span in spans if span[0] == self.machine]
        if self.kind == "closing":
            return all(e <= self.begin or s >= self.begin + self.length for _, s, e, _ in here)
        return all(
            a[3] == b[3] or a[2] + self.length <= b[1] or b[2] + self.length <= a[1]
            for i, a in enumerate(here)
            for b in here[:i]
        )


def extension(shop: Any, rng: np.random.Generator, options: dict) -> Any:
    """A random constraint, the same as a predicate, and the methods that know it."""
    options.pop("backend", None)  # HiGHS refuses constraints of the user's
    extra = Extra(shop, rng)
    return extra.extend, extra, ("auto", "exact")


def variants(shop: Any, rng: np.random.Generator, options: dict) -> Iterator[tuple[Any, Any]]:
    """Machines renumbered, jobs permuted, times scaled."""
    same = lambda value: value  # noqa: E731
    relabel = rng.permutation(shop.machines)
    yield _with(shop, machine=relabel[shop.machine]), same
    yield _permuted(shop, rng.permutation(shop.jobs)), same
    factor = int(rng.integers(2, 6))
    dates = {
        field: factor * getattr(shop, field)
        for field in ("duration", "release", "due")
        if getattr(shop, field) is not None
    }
    scaled = same if shop.objective == "tardy" else lambda value: factor * value
    yield _with(shop, **dates), scaled


def _with(shop: Any, **changes: Any) -> Any:
    fields = ["machine", "duration", "first", "machines", "release", "due", "weight", "objective"]
    if isinstance(shop, FlexibleJobShop):
        fields.insert(2, "choice")
    return type(shop)(**{**{f: getattr(shop, f) for f in fields}, **changes})


def _permuted(shop: Any, order: np.ndarray) -> Any:
    """The jobs in another order."""
    spans = [np.arange(shop.first[j], shop.first[j + 1]) for j in order]
    operations = np.concatenate(spans)
    changes: dict[str, Any] = {"first": np.cumsum([0] + [len(span) for span in spans])}
    for field in ("release", "due", "weight"):
        if getattr(shop, field) is not None:
            changes[field] = getattr(shop, field)[order]
    rows = operations
    if isinstance(shop, FlexibleJobShop):
        groups = [np.arange(shop.choice[x], shop.choice[x + 1]) for x in operations]
        rows = np.concatenate(groups)
        changes["choice"] = np.cumsum([0] + [len(group) for group in groups])
    return _with(shop, machine=shop.machine[rows], duration=shop.duration[rows], **changes)

"""The bars of the family `scheduling`: ``python benchmarks/scheduling_bars.py BAR …``.

Bars: large (100,000 tasks with setups and calendars: seconds to the first checked schedule),
pipeline (published schedules and zero bubble), reschedule (a machine fails among 5,000 tasks), soc
(HEFT beside the solver), rules (the learned priority beside every static one, in all classes),
plants (the same on 5,000 tasks, beside CP-SAT). One line a figure; times are wall clock.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

import zerogap as zg
from zerogap.bench import bars
from zerogap.models.scheduling import Workshop, reschedule
from zerogap.models.scheduling.formats.classes import PROBLEMS
from zerogap.solvers.scheduling import priorities, references, train


def _note(args: argparse.Namespace, bar: str, **values: object) -> None:
    print(bar, values, flush=True)
    if args.results:
        bars.append(args.results, bar, **values)


def _plant(jobs: int, machines: int, seed: int) -> Workshop:
    """Four tasks a job in a chain, each on one or two machines, ten families of setups a machine,
    a closing of 16 in every 56, half of the tasks paused by them; weighted tardiness + makespan."""
    rng = np.random.default_rng(seed)
    n, families = 4 * jobs, 10
    times = rng.integers(2, 21, n)
    count = rng.integers(1, 3, n)
    task = np.repeat(np.arange(n), count)
    first = rng.integers(0, machines, n)
    second = np.cumsum(count)[count == 2] - 1
    resource = np.repeat(first, count)
    resource[second] = (resource[second] + rng.integers(1, machines, len(second))) % machines
    days = int(3 * times.sum() / machines) // 56 + 2
    night = 40 + 56 * np.arange(days)
    setup = rng.integers(1, 10, (machines, families, families))
    setup[:, np.arange(families), np.arange(families)] = 0
    chain = np.arange(n).reshape(jobs, 4)
    work = times.reshape(jobs, 4).sum(axis=1)
    return Workshop(
        name=f"plant-{n}x{machines}-{seed}",
        resource_kind=np.zeros(machines, dtype=int), resource_setup=np.arange(machines),
        closing_resource=np.repeat(np.arange(machines), days),
        closing_begin=np.tile(night, machines), closing_end=np.tile(night + 16, machines),
        job_due=rng.integers(work, int(4 * times.sum() / machines)),
        job_weight=rng.integers(1, 4, jobs),
        task_job=np.repeat(np.arange(jobs), 4), task_pause=rng.integers(0, 2, n),
        task_family=rng.integers(0, families, n),
        mode_task=task, mode_duration=np.repeat(times, count),
        demand_mode=np.arange(len(task)), demand_resource=resource,
        precedence_before=chain[:, :3].ravel(), precedence_after=chain[:, 1:].ravel(),
        setup_time=setup, objective={"tardiness": 1, "makespan": 1},
    )  # fmt: skip


def large(args: argparse.Namespace) -> None:
    """100,000 tasks on 100 machines, setups by family, calendars, made from arrays."""
    shop = _plant(25_000, 100, args.seed)
    result = zg.solve(shop, time_limit=args.limit or 10.0, threads=1, seed=args.seed)
    first = next(point.time for point in result.trace if point.objective is not None)
    assert zg.check(shop, result.solution) == result.objective
    _note(args, "large", tasks=shop.tasks, machines=100, first_seconds=round(first, 2),
          status=str(result.status), objective=result.objective)  # fmt: skip


def pipeline(args: argparse.Namespace) -> None:
    """Passes of equal length; memory of 1F1B (p activations a stage) and twice that."""
    for stages, batches in ((8, 24), (16, 64), (32, 256)):
        for factor in (1, 2):
            line = zg.generate(
                "scheduling", "pipeline", stages=stages, batches=batches, memory=factor * stages
            )
            named = {
                name.replace("-", "_"): zg.check(line, references.plan(line, name))
                for name in ("1f1b", "zb-h1", "zb-h2")
            }
            begun = time.perf_counter()
            result = zg.solve(line, time_limit=args.limit or 10.0, threads=1, seed=args.seed)
            _note(args, "pipeline", stages=stages, batches=batches, memory=factor * stages,
                  status=str(result.status), objective=result.objective, bound=result.bound,
                  bubble=result.objective - 3 * batches, **named,
                  seconds=round(time.perf_counter() - begun, 2))  # fmt: skip


def repair(args: argparse.Namespace) -> None:
    """A machine is down for a while: the old order repaired, and what two seconds make of it."""
    from zerogap.solvers.scheduling.lists import repaired

    for seed in range(args.seed, args.seed + 3):
        shop = _plant(1250, 50, seed)
        old = zg.solve(shop, time_limit=4, threads=1, seed=seed, method="kernel").solution
        now, length = int(np.median(old.start)), int(old.end.max()) // 10
        columns = shop.columns()
        for name, value in (("resource", 0), ("begin", now), ("end", now + length)):
            columns[f"closing_{name}"] = np.append(columns[f"closing_{name}"], value)
        # What runs on the failed machine at that moment is done before it fails.
        of = shop.demand_resource[shop.first_demand[shop.first_mode[:-1] + old.mode]]
        running = (of == 0) & (old.start < now) & (old.end > now)
        at = int(old.end[running].max(initial=now))
        columns["closing_begin"][-1] = at
        columns["closing_end"][-1] = at + length
        later = reschedule(Workshop(**columns), old, at, stability=args.stability)
        begun = time.perf_counter()
        start = repaired(later, old)
        assert start is not None
        limit = (args.limit or 2.0) - (time.perf_counter() - begun)
        result = zg.solve(later, time_limit=limit, threads=1, seed=seed, start=start)
        value = zg.check(later, start)
        points = [p.time for p in result.trace if p.objective is not None and p.objective < value]
        _note(args, "reschedule", tasks=shop.tasks, seed=seed,
              left=int((later.task_fixed_start < 0).sum()), repaired=value,
              objective=result.objective, better_after=points[0] if points else None,
              seconds=round((args.limit or 2.0) - limit + result.time, 2))  # fmt: skip


def soc(args: argparse.Namespace) -> None:
    """Mean of the makespans over HEFT's, with the bounds."""
    ratios, heft_gap, proven = [], [], 0
    for seed in range(args.seed, args.seed + args.count):
        shop = zg.generate("scheduling", "soc", seed=seed)
        heft = zg.check(shop, references.plan(shop, "heft"))
        result = zg.solve(shop, time_limit=args.limit or 1.0, threads=1, seed=seed)
        ratios.append(result.objective / heft)
        heft_gap.append(heft / result.bound - 1)
        proven += result.status == "optimal"
    _note(args, "soc", sets=args.count, below_heft=round(1 - float(np.mean(ratios)), 4),
          proven=proven, heft_above_bound=round(float(np.mean(heft_gap)), 4),
          seconds_each=args.limit or 1.0)  # fmt: skip


def _by_rule(shop: Workshop) -> dict[str, list[float]]:
    """Objectives by rule with every window, the learned one's own too; infinite without a plan."""
    dispatcher = priorities.Dispatcher(shop)
    made: dict[str, list[float]] = {}
    learned = [("learned", rule) for rule in priorities.tried(priorities.learned())]
    for name, rule in [*learned, *train.statics()]:
        found = dispatcher.run(rule)
        made.setdefault(name, []).append(float("inf") if found is None else float(found[0]))
    return made


def rules(args: argparse.Namespace) -> None:
    """Mean gap to the best known values of one plan a file, every fourth file of each class."""
    data = Path(os.environ["ZEROGAP_DATA"]) / "scheduling"
    with open(Path(__file__).parent / "published" / "scheduling-900s.csv", newline="") as stream:
        known = {
            (r["problem"], r["instance"]): float(r["best_known"]) for r in csv.DictReader(stream)
        }
    for problem in PROBLEMS:
        folder, gaps = problem.upper(), []
        for file in sorted((data / folder).iterdir())[::4]:
            best = known[folder, file.stem]
            if best > 0:
                found = _by_rule(zg.read(str(file), family="scheduling", problem=problem))
                gaps.append({name: np.array(value) / best - 1 for name, value in found.items()})
        # Of the windows that which is best for the class.
        means = {
            name: round(float(np.mean([g[name] for g in gaps], axis=0).min()), 4)
            for name in gaps[0]
        }
        _note(args, "rules", problem=problem, files=len(gaps), **means)


def plants(args: argparse.Namespace) -> None:
    """5,000 tasks with setups and closings: a plan by each rule, and CP-SAT's after 30 seconds."""
    for seed in range(args.seed, args.seed + 3):
        shop = _plant(1250, 50, seed)
        begun = time.perf_counter()
        priorities.plan(shop, priorities.learned())
        seconds = round(time.perf_counter() - begun, 3)
        cold = zg.solve(shop, method="exact", time_limit=args.limit or 30.0, threads=1, seed=seed)
        found = {name: min(values) for name, values in _by_rule(shop).items()}
        _note(args, "plants", tasks=shop.tasks, seed=seed, seconds=seconds,
              cp_sat=cold.objective, limit=args.limit or 30.0, **found)  # fmt: skip


BARS = {
    "large": large, "pipeline": pipeline, "reschedule": repair, "soc": soc, "rules": rules,
    "plants": plants,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bar", nargs="+", choices=sorted(BARS))
    parser.add_argument("--limit", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--stability", type=int, default=0)
    parser.add_argument("--results")
    args = parser.parse_args()
    for name in args.bar:
        BARS[name](args)


if __name__ == "__main__":
    main()

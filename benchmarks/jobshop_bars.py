"""Bars of job-shops that are no table of instances and methods.

``python benchmarks/jobshop_bars.py moves``     moves a second of the kernel, one thread (20 s)
``python benchmarks/jobshop_bars.py shares``    what CP-SAT should get, by size class (8 min)
``python benchmarks/jobshop_bars.py huge``      a million operations (1 min)
``python benchmarks/jobshop_bars.py rules``     one schedule a rule on every file of ta and dmu

``--json FILE`` after a bar's name appends result lines (rules).

Run it alone on two cores. Shops are made by Taillard's generator.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import zerogap as zg
from zerogap.bench import bars
from zerogap.solvers import jobshop
from zerogap.solvers.jobshop.schedules import arrays, sequence_of


def shop(jobs: int, machines: int, seed: int):
    """A shop as Taillard (1993) made his."""
    return zg.generate("jobshop", "taillard", jobs=jobs, machines=machines, seed=seed)


def moves(seconds: float = 5) -> None:
    """Accepted moves of the tabu search a second."""
    from zerogap._ext.jobshop.tabu import TabuSearch

    for jobs, machines in ((15, 15), (20, 20), (30, 20), (100, 20)):
        one = shop(jobs, machines, 1)
        start = zg.solve(one, method="dispatch", time_limit=10).solution
        kernel = TabuSearch(
            *arrays(one), sequence_of(one, start.start), seed=1, members=8, target=0
        )
        begun = time.perf_counter()
        kernel.run(seconds)
        spent = time.perf_counter() - begun
        print(f"{jobs}x{machines}: {kernel.iterations / spent:,.0f} moves a second")


def shares(seconds: float = 10) -> None:
    """Makespan and bound for several shares of one of two threads, over the best seen of them."""
    for jobs, machines in ((10, 10), (15, 15), (20, 15), (30, 10), (30, 20)):
        runs: dict[float, list] = {}
        for seed in (1, 2):
            one = shop(jobs, machines, seed)
            for share in (0.0, 0.2, 0.5, 1.0):
                jobshop.PROOF_SHARE = jobshop.BOUND_SHARE = share
                runs.setdefault(share, []).append(zg.solve(one, time_limit=seconds, threads=2))
        pairs = list(zip(*runs.values(), strict=True))
        least = [min(r.objective for r in pair) for pair in pairs]
        highest = [max(r.bound for r in pair) for pair in pairs]
        for share, results in runs.items():
            above = sum(r.objective / m for r, m in zip(results, least, strict=True)) / 2 - 1
            below = 1 - sum(r.bound / m for r, m in zip(results, highest, strict=True)) / 2
            proven = sum(r.status == "optimal" for r in results)
            print(
                f"{jobs}x{machines} share {share:.1f}: {100 * above:.2f} % above the best, bound "
                f"{100 * below:.2f} % below the best, {proven} of 2 proven"
            )


def huge() -> None:
    """First and last schedule of a 1000×1000 shop within a minute, and the memory."""
    result = zg.solve(shop(1000, 1000, 1), time_limit=60, threads=2)
    first = next(p for p in result.trace if p.objective is not None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"first schedule {first.objective} after {first.time:.2f} s")
    print(f"{result.objective} after {result.time:.1f} s; peak memory {peak:.2f} GiB")


def rules() -> None:
    """The learned rule and the static ones, one schedule each, on every file of ta and dmu."""
    root = Path(os.environ.get("ZEROGAP_DATA", "")) / "jobshop" / "jsp"
    files = sorted([*root.glob("ta[0-9]*.txt"), *root.glob("dmu*.txt")])
    if not files:
        sys.exit("ZEROGAP_DATA holds no jobshop/jsp")
    found: dict[str, dict[str, int]] = {}
    for name in ("learned", "spt", "mwkr", "mor", "fifo", "est", "ect", "winq"):
        for file in files:
            made = zg.solve(zg.read(file), method="dispatch", rule=name, threads=1, time_limit=60)
            found.setdefault(name, {})[file.stem] = made.objective
        print(f"{name}: {sum(found[name].values()) / len(files):.1f}", flush=True)
        if "--json" in sys.argv:
            target = sys.argv[sys.argv.index("--json") + 1]
            bars.append(target, "rules", rule=name, makespans=found[name], threads=1)


if __name__ == "__main__":
    {"moves": moves, "shares": shares, "huge": huge, "rules": rules}[sys.argv[1]]()

"""COSMA's comparison: non-compulsory traffic against schedulers that decide step by step.

``python benchmarks/scratchpad_cosma.py --json FILE [--limit 10] [--factors 1 …] [--only NAME]``

Every network of ``$ZEROGAP_DATA/scratchpad/networks``, activations alone and with weights streamed
to their operators, at several capacities (times the largest working set). Baselines: the order of
the file and an order of least peak memory, each with evictions by next use (Belady), by last use
(LRU) and of the fewest bytes, all with real best-fit addresses chosen online. Every plan passes the
checker; a run with the same file goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from pathlib import Path

import zerogap as zg
from zerogap.bench import bars, runner
from zerogap.models.scratchpad import replay
from zerogap.solvers.scratchpad import greedy

RULES = ("belady", "lru", "fewest")


def least_peak(net, seconds: float) -> list[int]:
    """A schedule of least peak memory, as far as it is found in the time; else by a greedy rule."""
    result = zg.solve(
        dataclasses.replace(net, objective="peak", capacity=None),
        method="kernel", time_limit=seconds, threads=1,
    )  # fmt: skip
    found = result.solution
    return greedy.smallest_first(net) if found is None else found.schedule.tolist()


def measured(file: Path, weights: str, factor: float, limit: float) -> dict:
    """Bytes beyond the compulsory ones of every baseline and of ours."""
    net = zg.read(file, family="scratchpad", capacity=f"{factor}x", weights=weights)
    orders = {"file": greedy.order_of(net), "peak": least_peak(net, limit / 2)}
    line: dict = {"network": file.stem, "weights": weights, "factor": factor, "limit": limit}
    line |= {"capacity": int(net.capacity), "compulsory": int(net.compulsory)}
    for name, order in orders.items():
        for rule in RULES:
            plan = greedy.Allocator(net, order, rule).run()
            if plan is not None:
                zg.check(net, plan)
            line[f"{name}_{rule}"] = None if plan is None else replay(net, plan).avoidable
    result = zg.solve(net, time_limit=limit, threads=1)
    line["ours"] = None if result.objective is None else int(result.objective - net.compulsory)
    line["bound"] = int(result.bound - net.compulsory)
    return line | {"status": str(result.status.value), "seconds": round(result.time, 2)}


def main() -> None:
    """Run what the file of results does not hold yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=float, default=10)
    parser.add_argument("--factors", type=float, nargs="*", default=[1.0, 1.25, 1.5, 2.0])
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--json", required=True)
    args = parser.parse_args()
    root = Path(os.environ.get("ZEROGAP_DATA", "")) / "scratchpad" / "networks"
    files = sorted(root.glob("*.json"))
    if not files:
        sys.exit("ZEROGAP_DATA holds no scratchpad/networks")
    done = set()
    if Path(args.json).exists():
        for r in runner.read_results(args.json):
            done.add((r["network"], r["weights"], r["factor"]))
    for factor in args.factors:
        for file in files:
            for weights in ("ignore", "stream"):
                wanted = not args.only or file.stem in args.only
                if wanted and (file.stem, weights, factor) not in done:
                    line = measured(file, weights, factor, args.limit)
                    bars.append(args.json, "cosma", **line)
                    print({k: v for k, v in line.items() if k != "capacity"}, flush=True)


if __name__ == "__main__":
    main()

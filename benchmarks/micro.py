"""Seconds that every kernel needs for a fixed number of iterations, here and in another checkout.

``python benchmarks/micro.py`` prints a line a kernel; ``--against FOLDER`` runs the same in another
built checkout, turn by turn with this one, and prints the ratio of the medians. A change to a
kernel comes with these lines (see CONTRIBUTING).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Instance → iterations; about a second each on a machine of 2024.
RUNS = {
    "jobshop/ft10.txt": 1_500_000,
    "jobshop/la29.txt": 800_000,
    "jobshop/mini.fjs": 50_000,
    "routing/demo-n33.vrp": 200_000,
    "routing/demo-tw25.txt": 100_000,
    "routing/hfvrp.json": 400_000,
    "routing/pvrp-zc.json": 400_000,
    "routing/tsp.json": 500_000,
    "routing/pdptw.json": 200_000,
    "routing/gtsp.json": 300_000,
    "dag/er12.csv": 400_000,
    "fairclique/gnp-200-0.7.clq": 500_000,
    "matmul/333.json": 15_000_000,
    "matmul/333-rank23.txt": 500_000,
    "scratchpad/squeezenet.json": 800_000,
    "scratchpad/buffers-40.csv": 600_000,
    "treeprune": 500_000,
}

# Run inside the checkout that is measured; an option that it does not have yet is left out.
_ONE = """
import json, os, sys, time, zerogap as zg
name, iterations, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
path = os.path.join(folder, name)
one = zg.read(path) if os.path.isfile(path) else zg.generate(name, seed=3)
told = dict(method="kernel", threads=1, seed=7, time_limit=60)
only = {"catalogue": False} if name.startswith("matmul") else {}
try:  # what is imported and made at the first solve is no time of the kernel
    zg.solve(one, iterations=1, **told, **only)
except ValueError:
    only = {}
    zg.solve(one, iterations=1, **told)
begun = time.perf_counter()
result = zg.solve(one, iterations=iterations, **told, **only)
print(json.dumps([time.perf_counter() - begun, result.objective]))
"""


def seconds(checkout: Path, name: str, iterations: int) -> tuple[float, object]:
    """Wall time in s and objective of one kernel run in a checkout.

    Raises
    ------
    RuntimeError
        The run failed there.
    """
    done = subprocess.run(
        [sys.executable, "-c", _ONE, name, str(iterations), str(ROOT / "instances")],
        env={**os.environ, "PYTHONPATH": str(checkout)}, cwd=checkout,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name} in {checkout}: {done.stderr.strip().splitlines()[-1]}")
    spent, objective = json.loads(done.stdout)
    return spent, objective


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of every kernel at fixed iterations.")
    parser.add_argument("kernels", nargs="*", help="part of an instance's name; all if none")
    parser.add_argument("--against", type=Path, help="another checkout, with its kernels built")
    parser.add_argument("--turns", type=int, default=5, help="runs a kernel; medians are printed")
    given = parser.parse_args()
    places = [ROOT] if given.against is None else [ROOT, given.against.resolve()]
    for name, iterations in RUNS.items():
        if given.kernels and not any(k in name for k in given.kernels):
            continue
        try:
            turns = [[seconds(p, name, iterations) for p in places] for _ in range(given.turns)]
        except RuntimeError as error:
            print(error, flush=True)
            continue
        mid = [statistics.median(t[i][0] for t in turns) for i in range(len(places))]
        line = f"{name:28} {iterations:9} iterations  {mid[0]:7.3f} s  objective {turns[0][0][1]}"
        if given.against is not None:
            line += f"   there {mid[1]:7.3f} s  objective {turns[0][1][1]}  here/there "
            line += f"{mid[0] / mid[1]:.3f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()

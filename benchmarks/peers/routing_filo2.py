"""Peer: FILO2 (Accorsi, Vigo), a program that the environment variable ``FILO2`` names; CVRP only.

It knows iterations only. Two short runs measure what it needs before the first iteration and for
one; iterations grow slower on the way, by about half, which the scaling takes into account. A run
that misses the limit by more than 5 % is made again with its iterations scaled. The seconds of the
run that counts are in the result, since they are never just the limit.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from zerogap.models.routing import Routes, Routing

#: Iterations of the second trial, and how much longer one takes in a long run.
TRIAL, SLOWER = 2000, 1.5
#: Share by which a run may miss the limit, and how often it is made again for that.
CLOSE, AGAIN = 0.05, 3


def solve(instance: Routing, time_limit: float, threads: int = 1, seed: int = 0) -> dict:
    """Run FILO2 with as many iterations as should take `time_limit` seconds."""
    program = os.environ.get("FILO2")
    if not program:
        raise ValueError("set FILO2 to the path of the program")
    if instance.features() or instance.distance is not None or instance.offset != 0.5:
        raise ValueError("FILO2 solves the CVRP with rounded Euclidean distances only")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "instance.vrp"
        source.write_text(_vrp(instance))
        before, _ = _run(program, source, 1, seed)
        trial, _ = _run(program, source, TRIAL, seed)
        each = SLOWER * max(1e-6, (trial - before) / TRIAL)
        iterations = max(1, int((time_limit - before) / each))
        seconds, routes = _run(program, source, iterations, seed)
        for _ in range(AGAIN):
            if abs(seconds - time_limit) <= CLOSE * time_limit:
                break
            each = max(1e-9, (seconds - before) / iterations)
            iterations = max(1, int((time_limit - before) / each))
            seconds, routes = _run(program, source, iterations, seed)
    return {
        "objective": None,
        "status": "feasible",
        "solution": Routes.of(routes),
        "time": seconds,
        "messages": [f"{iterations} iterations, {seconds:.1f} s"],
    }


def _vrp(instance: Routing) -> str:
    places = [int(instance.depot_location[0]), *map(int, instance.client_location)]
    factor = instance.scale
    rows = [
        "NAME : instance",
        "TYPE : CVRP",
        f"DIMENSION : {len(places)}",
        "EDGE_WEIGHT_TYPE : EUC_2D",
        f"CAPACITY : {int(instance.capacity[0, 0])}",
        "NODE_COORD_SECTION",
    ]
    for k, p in enumerate(places, 1):
        rows.append(f"{k} {factor * instance.x[p]:.10g} {factor * instance.y[p]:.10g}")
    rows.append("DEMAND_SECTION")
    rows.append("1 0")
    rows += [f"{k} {int(q)}" for k, q in enumerate(instance.delivery[:, 0], 2)]
    return "\n".join([*rows, "DEPOT_SECTION", "1", "-1", "EOF", ""])


def _run(program: str, source: Path, iterations: int, seed: int) -> tuple[float, list[list[int]]]:
    out = source.parent / "out"
    begun = time.monotonic()
    subprocess.run(
        [program, str(source), "--outpath", f"{out}/", "--seed", str(seed),
         "--coreopt-iterations", str(iterations)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.monotonic() - begun
    routes = []
    for line in next(out.glob("*.sol")).read_text().splitlines():
        if line.startswith("Route"):
            routes.append([int(v) - 1 for v in line.split(":")[1].split()])
    return seconds, routes

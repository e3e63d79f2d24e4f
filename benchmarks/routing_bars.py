"""Bars of routing that are no table of instances and methods.

``python benchmarks/routing_bars.py large``    10,000 clients: first solution, memory (20 s)
``python benchmarks/routing_bars.py types``    the 23 types against CP-SAT, 7 clients (1 min)
``python benchmarks/routing_bars.py profiles [seeds] [peer seconds]``
    PVRP-P and PVRP-ZC, n = 60, 80, 100; m = 3, 5, 7; three distributions: ours at 1 s and 10 s, and
    PyVRP where peer seconds are given (54 instances a seed: 10 min, with PyVRP at 30 s 40 min).

Everything runs in one thread; run it alone.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import time
from pathlib import Path

import zerogap as zg
from zerogap.models.routing import TYPES, variant


def large(clients: int = 10_000, seconds: float = 20) -> None:
    """Time to the first checked solution, trace and peak memory without a dense matrix."""
    instance = zg.generate(
        "routing", "cvrp", seed=1, clients=clients, demand="small", route_size=20
    )
    result = zg.solve(instance, time_limit=seconds, threads=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first = result.trace[0]
    print(f"{clients} clients: first checked solution {first.objective} after {first.time:.2f} s")
    print(f"after {result.time:.1f} s {result.objective}; peak memory {peak:.0f} MiB")


def types(clients: int = 7) -> None:
    """Kernel alone against the proven optimum of every type."""
    for kind in TYPES:
        instance = variant(1, kind, clients)
        proof = zg.solve(instance, method="exact", time_limit=60, threads=1)
        kernel = zg.solve(instance, method="kernel", time_limit=0.5, threads=1)
        auto = zg.solve(instance, time_limit=60, threads=1)
        print(f"{kind:16} {proof.status} {proof.objective}; kernel {kernel.objective}; auto {auto}")


def profiles(seeds: int = 1, peer_seconds: float = 0) -> None:
    """Mean objectives of the profiled problems by kind and distribution."""
    peer = _peer("routing_pyvrp") if peer_seconds else None
    for kind in ("pvrp-p", "pvrp-zc"):
        for distribution in ("random", "angle", "cluster"):
            sums = [0.0, 0.0, 0.0]
            count = 0
            for n in (60, 80, 100):
                for m in (3, 5, 7):
                    for seed in range(1, seeds + 1):
                        instance = zg.generate(
                            "routing", kind, seed=seed, clients=n, vehicles=m,
                            distribution=distribution,
                        )  # fmt: skip
                        count += 1
                        for i, limit in enumerate((1.0, 10.0)):
                            result = zg.solve(instance, time_limit=limit, threads=1, seed=seed)
                            sums[i] += result.objective / instance.unit
                        if peer:
                            found = peer.solve(instance, peer_seconds, 1, seed)
                            sums[2] += zg.check(instance, found["solution"]) / instance.unit
            row = f"{kind} {distribution:8} 1 s {sums[0] / count:.4f}  10 s {sums[1] / count:.4f}"
            print(row + (f"  PyVRP {peer_seconds:g} s {sums[2] / count:.4f}" if peer else ""))


def _peer(name: str):
    path = Path(__file__).parent / "peers" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    begun = time.monotonic()
    arguments = [float(a) for a in sys.argv[2:]]
    if arguments:
        arguments[0] = int(arguments[0])
    {"large": large, "types": types, "profiles": profiles}[sys.argv[1]](*arguments)
    print(f"{time.monotonic() - begun:.0f} s")

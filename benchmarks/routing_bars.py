"""Bars of routing that are no table of instances and methods.

``python benchmarks/routing_bars.py large``    10,000 clients: first solution, memory (20 s)
``python benchmarks/routing_bars.py types``    the 23 types against CP-SAT, 7 clients (1 min)

Everything runs in one thread; run it alone.
"""

from __future__ import annotations

import resource
import sys
import time

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


if __name__ == "__main__":
    begun = time.monotonic()
    {"large": large, "types": types}[sys.argv[1]]()
    print(f"{time.monotonic() - begun:.0f} s")

"""Scratchpad: first ask whether no avoidable byte is needed, then how few.

The scheduling kernel solves the problem without addresses: its bound is a bound on the traffic.
The placement kernel looks for addresses of its schedules; where that succeeds for an optimal one,
the proof is complete. Otherwise the exact model decides schedule, residencies and addresses
at once.
"""

from __future__ import annotations

from typing import Any

from zerogap.models.scratchpad import Buffers, Network, Trace
from zerogap.solvers.scratchpad import memories, static, traffic
from zerogap.solvers.search import Search


def auto(instance: Network | Buffers | Trace, search: Search) -> None:
    """Kernels first; what they leave open goes to the exact model with their best as start."""
    if isinstance(instance, Trace):
        memories.auto(instance, search)
    elif isinstance(instance, Buffers):
        static.auto(instance, search)
    else:
        traffic.auto(instance, search)


def kernel(instance: Network | Buffers | Trace, search: Search) -> None:
    """Scheduling and placement kernels alone."""
    if isinstance(instance, Trace):
        memories.kernel(instance, search)
    elif isinstance(instance, Buffers):
        static.kernel(instance, search)
    else:
        traffic.kernel(instance, search)


def exact(instance: Network | Buffers | Trace, search: Search) -> None:
    """CP-SAT alone, cold."""
    if isinstance(instance, Trace):
        memories.exact(instance, search)
    elif isinstance(instance, Buffers):
        static.exact(instance, search)
    else:
        traffic.exact(instance, search)


def mip(instance: Network | Buffers | Trace, search: Search) -> None:
    """The plain integer program by HiGHS, cold."""
    if isinstance(instance, Trace):
        memories.exact(instance, search)
    elif isinstance(instance, Buffers):
        static.exact(instance, search)
    else:
        traffic.mip(instance, search)


def _baseline(name: str):
    def run(instance: Network | Buffers | Trace, search: Search) -> None:
        if isinstance(instance, Trace):
            memories.baseline(instance, search, "best-fit" if name == "best-fit" else "greedy")
            return
        module = static if isinstance(instance, Buffers) else traffic
        module.baseline(instance, search, name)

    run.__doc__ = f"Baseline {name!r}: one pass, no search."
    return run


METHODS = {
    "auto": auto,
    "kernel": kernel,
    "exact": exact,
    "mip": mip,
    "lru": _baseline("lru"),
    "belady": _baseline("belady"),
    "fewest": _baseline("fewest"),
    "topological": _baseline("topological"),
    "greedy": _baseline("greedy"),
    "best-fit": _baseline("best-fit"),
}
#: Methods that know the constraints which `extend` adds.
EXTENDABLE = ("auto", "exact", "mip")
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (("exact", {}), ("kernel", {}), ("mip", {}))

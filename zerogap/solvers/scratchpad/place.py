"""Addresses for given residencies, by the placement kernel."""

from __future__ import annotations

import math

import numpy as np

from zerogap._ext.scratchpad.place import Placing
from zerogap.models.scratchpad import Network, Plan, boxes
from zerogap.models.scratchpad.solution import chains
from zerogap.solvers.scratchpad.relax import Span


def placing(net: Network, schedule: np.ndarray, rows: list[Span], *, seed: int = 0) -> Placing:
    """The kernel that looks for addresses of these residencies, in units of the alignment."""
    blank = Plan(schedule, [(*row, 0) for row in rows])
    shapes = np.array(boxes(net, blank), dtype=np.int64).reshape(-1, 4)
    # What follows in place is one box, as large as its first.
    groups = chains(net, blank)
    begin = [shapes[chain[0], 0] for chain in groups]
    end = [shapes[chain[-1], 1] for chain in groups]
    size = [shapes[chain[0], 3] // net.alignment for chain in groups]
    minimise = net.objective == "peak"
    return Placing(begin, end, size, net.capacity_units, minimise, seed)


def plan(net: Network, schedule: np.ndarray, rows: list[Span], kernel: Placing) -> Plan | None:
    """The plan with the kernel's addresses, None while it has none."""
    offsets = kernel.best()
    if offsets is None:
        return None
    blank = Plan(schedule, [(*row, 0) for row in rows])
    address = np.zeros(len(rows), dtype=np.int64)
    for chain, offset in zip(chains(net, blank), offsets):
        address[chain] = int(offset) * net.alignment
    return Plan(schedule, [(*row, int(a)) for row, a in zip(rows, address)])


def place(
    net: Network,
    schedule: np.ndarray,
    rows: list[Span],
    *,
    seed: int = 0,
    seconds: float = math.inf,
    iterations: int = -1,
) -> Plan | None:
    """Look for addresses for so long; None if none were found."""
    kernel = placing(net, schedule, rows, seed=seed)
    kernel.run(seconds, iterations)
    return plan(net, schedule, rows, kernel)

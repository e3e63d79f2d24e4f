"""Between schedules and what the kernels work on: the machines' sequences of operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.jobshop import JobShop, Schedule


def arrays(shop: JobShop) -> tuple[Any, Any, Any, Any, int]:
    """What every kernel takes first: first, machine, duration, release, machines."""
    return shop.first, shop.machine, shop.duration, shop.release, shop.machines


def sequence_of(shop: JobShop, start: np.ndarray) -> np.ndarray:
    """Machine sequences of a schedule, machine after machine.

    Start, end, index is an order of all operations that agrees with the jobs, so no cycle can
    arise even among operations without duration.
    """
    return np.lexsort((start + shop.duration, start, shop.machine)).astype(np.int32)


def schedule_of(shop: JobShop, sequence: np.ndarray) -> Schedule:
    """The earliest schedule of machine sequences."""
    from zerogap._ext.jobshop.tabu import starts

    return Schedule(starts(*arrays(shop), sequence), None, shop.first)

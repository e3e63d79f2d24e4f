"""Lower bounds of the makespan."""

from __future__ import annotations

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, Shop, shortest_work


def trivial(shop: Shop) -> int:
    """Longest job, largest machine load (or mean load where machines are chosen).

    For tardiness: what every job is late by if it never waits.
    """
    work = shortest_work(shop)
    release = np.zeros(shop.jobs, dtype=np.int64) if shop.release is None else shop.release
    if shop.objective == "tardiness":
        late = np.maximum(0, release + work - shop.due)
        return int(late.sum() if shop.weight is None else (shop.weight * late).sum())
    bound = int((work + release).max())
    if isinstance(shop, FlexibleJobShop):
        load = int(work.sum())
        return max(bound, -(-load // shop.machines))
    order = np.argsort(shop.machine, kind="stable")
    loads = np.zeros(shop.machines, dtype=np.int64)
    np.add.at(loads, shop.machine[order], shop.duration[order])
    return max(bound, int(loads.max()))

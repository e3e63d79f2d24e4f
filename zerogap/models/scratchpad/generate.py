"""Generators: the networks of the literature, random ones, and the buffers of a training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.networks import NETWORKS, random


def training(
    seed: int = 0, *, layers: int = 100, capacity: int | None = None, objective: str | None = None
) -> Buffers:
    """Buffers of one step of training: forward through the layers, then backward.

    A layer takes four operators forward and eight backward. Forward each makes an activation that
    stays until it is read backward, and half of them a temporary; backward each makes a gradient
    that the next two operators read and, half of them, a temporary. About 22 buffers a layer, of
    1 to 64 KiB times 1, 2, 4 or 8.
    """
    rng = np.random.default_rng(seed)
    lower, upper, size = [], [], []
    forward, end = 4 * layers, 12 * layers

    def add(begin: int, until: int) -> None:
        lower.append(begin)
        upper.append(max(begin + 1, min(until, end + 2)))
        size.append(1024 * int(rng.integers(1, 65)) * 2 ** int(rng.integers(0, 4)))

    for step in range(forward):
        add(step, end - 2 * step)
        add(step, step + 2)
        if rng.random() < 0.5:
            add(step, step + 1)
    for step in range(forward, end):
        add(step, step + 3)
        if rng.random() < 0.5:
            add(step, step + 1)
    return Buffers(
        lower, upper, size, capacity, objective=objective or "height", name=f"training-{layers}"
    )


GENERATORS: dict[str, Callable[..., Any]] = {**NETWORKS, "random": random, "training": training}

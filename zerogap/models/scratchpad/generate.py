"""Generators: the networks of the literature, random ones, and the buffers of a training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.memories import Memory, Trace
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


def trace(
    seed: int = 0,
    *,
    layers: int = 12,
    share: float = 0.25,
    speedup: float = 4.0,
    bandwidth: float = 1.0,
    fast: int = 1,
) -> Trace:
    """A forward pass as an accelerator with a slow and a fast memory runs it.

    Every layer is two steps: a product of an activation with weights, and a pointwise step; the
    activation of every third layer is read again two layers on, and the weights of one layer in
    four are shared with the layer four before. Tensors have 1 to 64 KiB times 1, 2 or 4. A step
    takes its bytes at 256 bytes a unit of time, and compute of up to as long again; a use in fast
    memory saves all but 1 / `speedup` of its bytes' time.

    Parameters
    ----------
    layers : int
    share : float
        Capacity of each fast memory as a share of all bytes.
    speedup : float
        How much faster the first fast memory is; every further one half as much.
    bandwidth : float
        Of a channel, times the 256 bytes a unit of time at which steps read slow memory.
    fast : int
        Number of fast memories.
    """
    if layers < 1 or fast < 1:
        raise InstanceError("layers and fast are at least 1", field="layers")
    if not (share > 0 and speedup >= 1 and bandwidth > 0):
        raise InstanceError(
            "share and bandwidth are more than 0, speedup at least 1", field="share"
        )
    rng = np.random.default_rng(seed)
    size: list[int] = []
    producer: list[int] = []
    names: list[str] = []
    steps: list[list[int]] = []

    def new(name: str, step: int) -> int:
        size.append(1024 * int(rng.integers(1, 65)) * 2 ** int(rng.integers(0, 3)))
        producer.append(step)
        names.append(name)
        return len(size) - 1

    data = new("input", -1)
    weights: list[int] = []
    skips: list[int] = []
    for layer in range(layers):
        shared = layer >= 4 and rng.random() < 0.25
        weights.append(weights[layer - 4] if shared else new(f"w{layer}", -1))
        product = new(f"p{layer}", len(steps))
        steps.append([data, weights[layer], product])
        extra = [skips[layer - 2]] if layer >= 2 and layer % 3 == 2 else []
        result = new(f"a{layer}", len(steps))
        steps.append([product, *extra, result])
        skips.append(result)
        data = result
    time, rows = [], []
    for k, tensors in enumerate(steps):
        moved = [size[t] // 256 for t in tensors]
        time.append(sum(moved) + int(rng.integers(0, sum(moved) + 1)))
        for t, long in zip(tensors, moved):
            saved = [int(long * (1 - 1 / max(1.0, speedup / 2**m))) for m in range(fast)]
            rows.append([k, t, *saved])
    room = max(1024, int(share * sum(size)) // 1024 * 1024)
    memories = [Memory("hbm")]
    memories += [
        Memory(f"cmem{m}" if m else "cmem", room, max(1, int(256 * bandwidth)), 8, 256)
        for m in range(fast)
    ]
    output = np.zeros(len(size), dtype=bool)
    output[data] = True
    return Trace(
        tuple(memories),
        size,
        time,
        rows,
        producer,
        output,
        tensors=tuple(names),
        name=f"trace-{layers}-s{seed}",
    )


GENERATORS: dict[str, Callable[..., Any]] = {
    **NETWORKS,
    "random": random,
    "training": training,
    "trace": trace,
}

"""What less KV cache is worth: a model of the throughput of a search on a machine.

Decoding is bound by memory: every forward pass reads the weights once for the whole batch and the
KV cache of every search in it, and the batch holds as many searches as their caches find room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.solvers.treeprune.simulate import Run


@dataclass(frozen=True, slots=True)
class Machine:
    """Accelerator and model, as far as decoding depends on them.

    The defaults are a model of 34·10⁹ parameters of 16 bits with 48 layers of 8 KV heads of 128
    numbers (Code Llama 34B, Llemma 34B) on an accelerator of 94 GB at 3.9 TB/s (H100 NVL).

    Parameters
    ----------
    memory : float
        Bytes of the accelerator.
    bandwidth : float
        Bytes a second.
    weights : float
        Bytes of the model.
    token : float
        Bytes of KV cache a token.
    shared : bool
        Whether attention reads a shared prefix once (tree attention); else every leaf reads its
        whole path, as kernels without trees do, and only the room in memory is shared.
    """

    memory: float = 94e9
    bandwidth: float = 3.9e12
    weights: float = 68e9
    token: float = 2 * 2 * 48 * 8 * 128
    shared: bool = True

    def __post_init__(self) -> None:
        for name in ("memory", "bandwidth", "weights", "token"):
            if not getattr(self, name) > 0:
                raise InstanceError(
                    f"is {getattr(self, name)}, expected a positive number", field=name
                )
        if self.weights >= self.memory:
            raise InstanceError("leaves no memory for the KV cache", field="weights")


def batch(run: Run, machine: Machine) -> float:
    """Searches at a time: the room beside the weights over the largest cache of a search.

    Not rounded: searches of a queue are at different steps, so that on average a part fits too.
    """
    largest = max(step.kv_candidates for step in run.steps) * machine.token
    return (machine.memory - machine.weights) / largest


def throughput(run: Run, machine: Machine | None = None) -> float:
    """Searches a second of a queue of searches like this one.

    Step s decodes about t_s tokens a leaf (the new tokens over the new leaves), one forward pass a
    token; a pass takes (weights + batch · bytes read a search) / bandwidth. The cache grows from
    what was retained to the candidates during the step; the mean of both is read.

    Parameters
    ----------
    run : Run
        A simulated search.
    machine : Machine, optional

    Returns
    -------
    float
        Below one search at a time the cache does not fit: the rest is recomputed or swapped, which
        the model leaves out, so that small batches are flattered.
    """
    machine = machine or Machine()
    together = batch(run, machine)
    first = run.steps[0]
    seconds, before = 0.0, first.kv_candidates - first.tokens  # the prompt
    for step in run.steps:
        passes = step.tokens / step.leaves
        read = 0.5 * (before + step.kv_candidates) if machine.shared else step.path
        seconds += passes * (machine.weights + together * read * machine.token) / machine.bandwidth
        before = step.kv
    return together / seconds


def compared(runs: dict[str, list[Run]], machine: Machine | None = None) -> dict[str, float]:
    """Throughput of every policy over that of ``rebase``, means over its runs."""
    means = {
        name: float(np.mean([throughput(run, machine) for run in own]))
        for name, own in runs.items()
    }
    return {name: value / means["rebase"] for name, value in means.items()}

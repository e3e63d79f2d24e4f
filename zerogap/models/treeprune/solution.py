"""The solution: which leaves stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.base import InstanceError, frozen
from zerogap.models.treeprune.instance import TreePrune


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Which leaves stay.

    Parameters
    ----------
    keep : array_like of int32
        Indices of the kept leaves, each once; stored sorted.
    """

    keep: np.ndarray

    def __post_init__(self) -> None:
        keep = frozen(self.keep, np.int32, field="keep", shape=(None,), low=0)
        object.__setattr__(self, "keep", frozen(np.sort(keep), np.int32, field="keep"))


def retained(instance: TreePrune, keep: np.ndarray) -> np.ndarray:
    """Mask of the nodes that have a kept leaf at or below them."""
    parent = instance.parent.tolist()
    marked = bytearray(len(parent))
    for leaf in np.asarray(keep).tolist():
        node = leaf
        while node >= 0 and not marked[node]:
            marked[node] = 1
            node = parent[node]
    return np.frombuffer(bytes(marked), dtype=np.bool_)


def encode(solution: Kept) -> dict:
    """The solution as a JSON-able dict."""
    return {"keep": solution.keep.tolist()}


def decode(instance: TreePrune, data: dict) -> Kept:
    """The solution from a JSON dict; raises `InstanceError` if it is malformed."""
    if "keep" not in data:
        raise InstanceError("key 'keep' is missing", field="solution")
    return Kept(data["keep"])

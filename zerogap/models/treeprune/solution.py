"""The solution: which leaves stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError
from zerogap.models.treeprune.draft import Draft, Drafted, decode_draft, encode_draft
from zerogap.models.treeprune.instance import TreePrune


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Which leaves stay.

    Parameters
    ----------
    keep : array_like of int32
        Indices of the kept leaves, each once; stored sorted.
    names : tuple of str, optional
        Names of the tree's nodes, where it has some; solution files then hold those of the kept.
    """

    keep: np.ndarray
    names: tuple[str, ...] | None = field(default=None, repr=False)

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


def path_tokens(tree: TreePrune) -> np.ndarray:
    """Tokens from the root down to every node, itself included."""
    return path_sums(tree.parent, tree.tokens)


def path_sums(parent: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums of values from the root down to every node, by pointer doubling."""
    total, above = values.copy(), parent.copy()
    while (above >= 0).any():
        # Every round adds as many ancestors as are added already.
        total = total + np.where(above >= 0, total[above], 0)
        above = np.where(above >= 0, above[above], -1)
    return total


def node_costs(tree: TreePrune) -> np.ndarray:
    """What every node costs when it is retained: tokens or pages, 0 where it is held.

    With pages of b tokens and a path of s tokens down to a node, of e with it, the pages that end
    in the node are ⌊e/b⌋ − ⌊s/b⌋: all leaves below it share them, and nobody else does. A leaf
    whose e is no multiple of b has a page of its own besides.
    """
    cost = tree.tokens
    if tree.page:
        end = path_tokens(tree)
        cost = np.floor(end / tree.page) - np.floor((end - tree.tokens) / tree.page)
        cost[tree.leaves] += end[tree.leaves] % tree.page > 0
    if len(tree.held):
        cost = np.where(retained(tree, tree.held), 0.0, cost)
    return cost


def encode(solution: Any) -> dict:
    """The solution as a JSON-able dict."""
    if isinstance(solution, Drafted):
        return encode_draft(solution)
    data: dict[str, Any] = {"keep": solution.keep.tolist()}
    if solution.names is not None:
        data["names"] = [solution.names[v] for v in solution.keep.tolist()]
    return data


def decode(instance: Any, data: dict) -> Any:
    """The solution from a JSON dict; raises `InstanceError` if it is malformed."""
    if isinstance(instance, Draft):
        return decode_draft(instance, data)
    if "keep" not in data:
        raise InstanceError("key 'keep' is missing", field="solution")
    return Kept(data["keep"], instance.names)

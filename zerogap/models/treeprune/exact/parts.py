"""Exact formulations: CP-SAT over scaled integers, Pyomo over the numbers as they are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.solution import Kept, node_costs, retained

#: Integer objectives stay below this, so that CP-SAT's sums are exact.
_LARGEST = 2.0**50


class Parts:
    """What both formulations are made of."""

    def __init__(self, tree: TreePrune):
        self.tree = tree
        self.leaves: list[int] = tree.leaves.tolist()
        self.edges = [(v, a) for v, a in enumerate(tree.parent.tolist()) if a >= 0]
        self.members: dict[int, list[int]] = defaultdict(list)
        for leaf in self.leaves:
            if (k := int(tree.cluster[leaf])) >= 0:
                self.members[k].append(leaf)
        #: What a node costs when it is retained.
        self.cost: list[float] = node_costs(tree).tolist()
        weights = (tree.bonus * tree.coverage).tolist()
        #: Worth of the j-th kept leaf of a cluster, for every one that can exist and is worth it.
        self.covers = {
            (k, j): w
            for k, leaves in sorted(self.members.items())
            for j, w in enumerate(weights[: len(leaves)])
            if w > 0
        }

        #: The places of every cluster, those that are worth something.
        self.places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for key in self.covers:
            self.places[key[0]].append(key)

    def groups(self) -> Iterator[tuple[list[int], int, int | None]]:
        """Sets of leaves with the least and the largest number that may be kept."""
        tree = self.tree
        yield self.leaves, tree.min_leaves, tree.max_leaves
        if tree.every_tree:
            trees: dict[int, list[int]] = defaultdict(list)
            parent = tree.parent.tolist()
            root = [-1] * len(parent)
            for leaf in self.leaves:
                path = []
                node = leaf
                while parent[node] >= 0 and root[node] < 0:
                    path.append(node)
                    node = parent[node]
                top = root[node] if root[node] >= 0 else node
                for v in path:
                    root[v] = top
                trees[top].append(leaf)
            for leaves in trees.values():
                yield leaves, 1, None
        if tree.caps is not None:
            for k, leaves in sorted(self.members.items()):
                if tree.caps[k] >= 0:
                    yield leaves, 0, int(tree.caps[k])

    def values(self, solution: Kept) -> tuple[np.ndarray, dict[tuple[int, int], int]]:
        """Complete assignment of a solution: y by node, z by (cluster, place)."""
        counts: dict[int, int] = defaultdict(int)
        for k in self.tree.cluster[solution.keep].tolist():
            counts[k] += 1
        z = {(k, j): int(j < counts[k]) for k, j in self.covers}
        return retained(self.tree, solution.keep).astype(int), z


def scaling(values: list[float]) -> tuple[float, bool]:
    """A power of two that turns the values into integers, and whether exactly.

    The sum of their magnitudes, scaled, stays below 2^50.
    """
    total = math.fsum(map(abs, values))
    most = math.floor(math.log2(_LARGEST / total)) if total > 0 else 0
    need = max((_exponent(v) for v in values if v), default=0)
    return 2.0 ** min(most, max(need, 0)), need <= most


def _exponent(value: float) -> int:
    """Least e such that value · 2^e is an integer."""
    mantissa, denominator = value.as_integer_ratio()
    del mantissa
    return denominator.bit_length() - 1


def reader(parts: Parts, y: Any) -> Callable[[Callable[[Any], float]], Kept]:
    def read(value: Callable[[Any], float]) -> Kept:
        keep = np.array([i for i in parts.leaves if value(y[i]) > 0.5], dtype=np.int32)
        return Kept(keep, parts.tree.names)

    return read

"""The instance: a search tree whose nodes cost memory and whose leaves are worth something."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described

#: Largest magnitude of a reward, a token cost or a λ; keeps every sum far from overflow.
LARGEST = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class TreePrune:
    """Which leaves of a search tree to keep.

    Maximise Σ reward_i x_i − λ_b Σ tokens_v y_v + λ_d / K Σ_k Σ_{m ≤ n_k} coverage_m, where x says
    which leaves are kept, y_v whether node v has a kept leaf at or below it, n_k how many leaves
    of cluster k are kept, and K is the number of distinct clusters among the leaves.

    Parameters
    ----------
    parent : array_like of int32, shape (nodes,)
        Parent of every node, −1 for a root; any order of the nodes is accepted.
    reward : array_like of float64, shape (nodes,)
        Worth of every leaf, of either sign (log-probabilities); values at inner nodes are ignored.
    tokens : array_like of float64, shape (nodes,)
        Cost of every node when retained, >= 0, kept leaves included; with `page` whole tokens.
    cluster : array_like of int32, shape (nodes,), optional
        Cluster of every leaf, −1 for none; ids may have holes; inner nodes are ignored.
    lambda_b, lambda_d : float
        Weights of the cost and of the coverage, >= 0.
    budget : float, optional
        Hard limit on the tokens of the retained nodes.
    min_leaves, max_leaves : int
        Limits on the number of kept leaves (the default of the minimum is 1).
    mandatory : array_like of int, optional
        Leaves that have to be kept, such as finished trajectories.
    caps : int, mapping or array_like, optional
        Most kept leaves a cluster: one number for all, or by cluster id (−1: no limit).
    coverage : array_like of float, optional
        Weights of the first, second … kept leaf of a cluster, not increasing, >= 0.
    forest : bool
        Whether more than one root is meant (a batch of questions).
    every_tree : bool
        Whether every tree of a forest has to keep a leaf.
    name : str
        For people.
    page : int
        Tokens of a page of the KV cache. A retained node then costs the pages that end in it,
        counted along its path from the root, and a kept leaf one more if its path ends within a
        page; `budget` is in pages. 0: nodes cost their tokens.
    held : array_like of int, optional
        Nodes that stay anyway, for other requests, and so does all above them: they cost nothing.
    names : sequence of str, optional
        Names of the nodes; the result speaks in them too.

    Raises
    ------
    InstanceError
        If an array has the wrong length, a value is out of range or the parents form a cycle.
    """

    parent: np.ndarray
    reward: np.ndarray
    tokens: np.ndarray
    cluster: np.ndarray = None  # type: ignore[assignment]
    lambda_b: float = 1.0
    lambda_d: float = 0.0
    budget: float | None = None
    min_leaves: int = 1
    max_leaves: int | None = None
    mandatory: np.ndarray = None  # type: ignore[assignment]
    caps: np.ndarray | None = None
    coverage: np.ndarray = (1.0,)  # type: ignore[assignment]
    forest: bool = False
    every_tree: bool = False
    name: str = ""
    page: int = 0
    held: np.ndarray = None  # type: ignore[assignment]
    names: tuple[str, ...] | None = None
    leaves: np.ndarray = field(init=False, compare=False, repr=False)

    __repr__ = described

    def __post_init__(self) -> None:
        put = lambda key, value: object.__setattr__(self, key, value)  # noqa: E731
        parent = frozen(self.parent, np.int32, field="parent", shape=(None,), low=-1)
        n = len(parent)
        if n == 0:
            raise InstanceError("the tree is empty, expected at least one node", field="parent")
        put("parent", parent)
        for key, low in (("reward", -LARGEST), ("tokens", 0)):
            values = frozen(
                getattr(self, key), np.float64, field=key, shape=(n,), low=low, high=LARGEST
            )
            put(key, values)
        self._settle_pages(put)
        none = np.full(n, -1) if self.cluster is None else self.cluster
        put("cluster", frozen(none, np.int32, field="cluster", shape=(n,), low=-1))
        self._check_shape(parent)
        inner = np.zeros(n, dtype=bool)
        inner[parent[parent >= 0]] = True
        put("leaves", frozen(np.flatnonzero(~inner), np.int32, field="leaves"))
        for key in ("lambda_b", "lambda_d"):
            put(key, _number(getattr(self, key), key, LARGEST))
        if self.budget is not None:
            put("budget", None if self.budget == math.inf else _number(self.budget, "budget"))
        self._settle_counts(put)
        put("mandatory", self._settle_mandatory())
        put("caps", self._settle_caps())
        weights = frozen(
            self.coverage, np.float64, field="coverage", shape=(None,), low=0, high=LARGEST
        )
        if len(weights) == 0 or (np.diff(weights) > 0).any():
            raise InstanceError(
                "expected at least one weight, none larger than the one before", field="coverage"
            )
        put("coverage", weights)
        for key in ("forest", "every_tree"):
            put(key, bool(getattr(self, key)))
        put("name", str(self.name))

    def _settle_pages(self, put: Any) -> None:
        n = len(self.parent)
        put("page", _integer(self.page, "page"))
        if self.page:
            broken = np.flatnonzero(self.tokens != np.floor(self.tokens))
            if len(broken):
                raise InstanceError(
                    f"element {broken[0]} is {self.tokens[broken[0]]}, pages need whole tokens",
                    field="tokens",
                )
            if self.tokens.sum() > 2.0**53:
                raise InstanceError("are too many to be counted in pages", field="tokens")
        given = () if self.held is None else self.held
        held = frozen(given, np.int32, field="held", shape=(None,), low=0, high=n - 1)
        put("held", frozen(np.unique(held), np.int32, field="held"))
        if self.names is None:
            return
        names = tuple(self.names)
        if len(names) != n:
            raise InstanceError(f"{len(names)} names for {n} nodes", field="names")
        for i, name in enumerate(names):
            if not isinstance(name, str) or not name:
                raise InstanceError(f"element {i} is {name!r}, expected a text", field="names")
        if len(set(names)) != n:
            raise InstanceError("two nodes have one name", field="names")
        put("names", names)

    def _check_shape(self, parent: np.ndarray) -> None:
        n = len(parent)
        if (parent >= n).any():
            i = int(np.flatnonzero(parent >= n)[0])
            raise InstanceError(
                f"element {i} is {parent[i]}, expected a node below {n}", field="parent"
            )
        roots = np.flatnonzero(parent < 0)
        if len(roots) > 1 and not self.forest:
            raise InstanceError(
                f"nodes {roots[0]} and {roots[1]} are both roots; say forest=True for several",
                field="parent",
            )
        _check_cycles(parent)

    def _settle_counts(self, put: Any) -> None:
        low = _integer(self.min_leaves, "min_leaves")
        put("min_leaves", low)
        if self.max_leaves is not None:
            high = _integer(self.max_leaves, "max_leaves")
            if high < low:
                raise InstanceError(f"is {high}, below min_leaves = {low}", field="max_leaves")
            put("max_leaves", high)

    def _settle_mandatory(self) -> np.ndarray:
        given = () if self.mandatory is None else self.mandatory
        chosen = frozen(given, np.int32, field="mandatory", shape=(None,), low=0)
        n = len(self.parent)
        for node in chosen.tolist():
            if (
                node >= n
                or self.leaves[min(np.searchsorted(self.leaves, node), len(self.leaves) - 1)]
                != node
            ):
                raise InstanceError(f"node {node} is no leaf of the tree", field="mandatory")
        return frozen(np.unique(chosen), np.int32, field="mandatory")

    def _settle_caps(self) -> np.ndarray | None:
        if self.caps is None:
            return None
        ids = int(self.cluster.max(initial=-1)) + 1
        if ids > 10 * len(self.parent) + 1000:
            raise InstanceError(
                f"largest cluster id is {ids - 1}: number clusters densely to cap them",
                field="caps",
            )
        given: Any = self.caps
        if np.ndim(given) == 0 and not isinstance(given, Mapping):
            given = np.full(ids, _integer(given, "caps"))
        elif isinstance(given, Mapping):
            values = [-1] * ids
            for key, cap in given.items():
                k = _integer(key, "caps")
                if k < ids:
                    values[k] = _integer(cap, "caps")
            given = values
        caps = frozen(given, np.int32, field="caps", shape=(None,), low=-1)
        if len(caps) < ids:
            raise InstanceError(f"has {len(caps)} elements, expected {ids}", field="caps")
        return caps

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.parent)

    @property
    def roots(self) -> np.ndarray:
        """The nodes without a parent."""
        return np.flatnonzero(self.parent < 0)

    @property
    def clusters(self) -> np.ndarray:
        """The distinct cluster ids among the leaves, sorted; their number is K."""
        ids = np.unique(self.cluster[self.leaves])
        return ids[ids >= 0]

    @property
    def bonus(self) -> float:
        """λ_d / K, what the first kept leaf of a cluster brings at coverage weight 1."""
        count = len(self.clusters)
        return self.lambda_d / count if count else 0.0

    @property
    def plain(self) -> bool:
        """Whether nothing but rewards, costs and plain coverage matters: the published problem."""
        return (
            self.budget is None
            and self.max_leaves is None
            and self.min_leaves <= 1
            and self.caps is None
            and len(self.coverage) == 1
        )


def _check_cycles(parent: np.ndarray) -> None:
    n = len(parent)
    if (parent < np.arange(n)).all():
        return
    # Pointer doubling: after 2^k ≥ n steps upwards every node has left the tree, or is caught.
    above, steps = parent, 1
    while steps < n and (above >= 0).any():
        above = np.where(above >= 0, above[above], -1)
        steps *= 2
    if (above >= 0).any():
        i = int(np.flatnonzero(above >= 0)[0])
        raise InstanceError(f"node {i} lies on or below a cycle", field="parent")


def _number(value: Any, field: str, high: float = math.inf) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InstanceError(f"is {value!r}, expected a number", field=field) from None
    if not 0 <= number <= high or math.isinf(number):
        raise InstanceError(f"is {number}, expected 0 … {high:g}", field=field)
    return number


def _integer(value: Any, field: str) -> int:
    try:
        number = int(value)
        exact = number == float(value)
    except (TypeError, ValueError, OverflowError):
        raise InstanceError(f"is {value!r}, expected an integer", field=field) from None
    if not exact or not 0 <= number < 2**31:
        raise InstanceError(f"is {value}, expected an integer 0 … 2^31 - 1", field=field)
    return number

"""Draft trees of speculative decoding: which guessed tokens to have verified in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.treeprune.instance import LARGEST, _check_cycles, _integer, _number


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Candidates for a draft tree, and what it may cost.

    Maximise the expected accepted length Σ_v a_v − depth_cost × levels − latency[nodes] over the
    sets of candidates that hold every node's parent. Without `order`, a_v is the product of the
    probabilities on the path. With it, siblings are tried one after the other: a sibling counts
    only if those before it are in the tree, and a_v has the factor 1 − p for each of them.

    Parameters
    ----------
    parent : array_like of int32, shape (candidates,)
        Parent of every candidate, −1 for those that follow the verified text; any order.
    probability : array_like of float64, shape (candidates,)
        Of acceptance, 0 … 1: given that the parent is accepted and, with `order`, that the
        siblings before it are not.
    size : int
        Most nodes of the tree.
    depth_cost : float
        Price of a level (a pass of the draft model) in accepted tokens, >= 0.
    latency : array_like of float64, shape (size + 1,), optional
        Price of verifying 0, 1, … size nodes in one pass, >= 0.
    order : array_like of int32, shape (candidates,), optional
        Rank among the siblings, different for each.
    names : sequence of str, optional
        For people.
    name : str
        For people.

    Raises
    ------
    InstanceError
        If an array has the wrong length, a value is out of range or the parents form a cycle.
    """

    parent: np.ndarray
    probability: np.ndarray
    size: int
    depth_cost: float = 0.0
    latency: np.ndarray | None = None
    order: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    name: str = ""

    __repr__ = described

    def __post_init__(self) -> None:
        put = lambda key, value: object.__setattr__(self, key, value)  # noqa: E731
        parent = frozen(self.parent, np.int32, field="parent", shape=(None,), low=-1)
        n = len(parent)
        if (parent >= n).any():
            i = int(np.flatnonzero(parent >= n)[0])
            raise InstanceError(
                f"element {i} is {parent[i]}, expected a candidate below {n}", field="parent"
            )
        put("parent", parent)
        _check_cycles(parent)
        put(
            "probability",
            frozen(self.probability, np.float64, field="probability", shape=(n,), low=0, high=1),
        )
        put("size", _integer(self.size, "size"))
        put("depth_cost", _number(self.depth_cost, "depth_cost", LARGEST))
        if self.latency is not None:
            put(
                "latency",
                frozen(
                    self.latency,
                    np.float64,
                    field="latency",
                    shape=(self.size + 1,),
                    low=0,
                    high=LARGEST,
                ),
            )
        if self.order is not None:
            put("order", frozen(self.order, np.int32, field="order", shape=(n,)))
            pairs = np.column_stack([self.parent, self.order])
            if len(np.unique(pairs, axis=0)) != n:
                raise InstanceError("two siblings have one rank", field="order")
        if self.names is not None:
            names = tuple(self.names)
            if len(names) != n or not all(isinstance(w, str) and w for w in names):
                raise InstanceError(f"expected {n} texts", field="names")
            put("names", names)
        put("name", str(self.name))


@dataclass(frozen=True, slots=True, eq=False)
class Drafted:
    """A draft tree.

    Parameters
    ----------
    nodes : array_like of int32
        Its candidates, each once; stored sorted.
    names : tuple of str, optional
        Names of all candidates, where they have some.
    """

    nodes: np.ndarray
    names: tuple[str, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        nodes = frozen(self.nodes, np.int32, field="nodes", shape=(None,), low=0)
        object.__setattr__(self, "nodes", frozen(np.sort(nodes), np.int32, field="nodes"))


def chains(draft: Draft) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a node needs, how deep it is, and how likely it is accepted, if that is there.

    Returns
    -------
    needs : ndarray of int64
        The node that has to be there: the sibling before it, else the parent; −1 for none.
    depth : ndarray of int64
        From 1.
    accepted : ndarray of float64
    """
    n = len(draft.parent)
    parent, rank = draft.parent.tolist(), None if draft.order is None else draft.order.tolist()
    children: dict[int, list[int]] = {}
    for v, a in enumerate(parent):
        children.setdefault(a, []).append(v)
    needs, depth = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
    accepted = np.zeros(n)
    probability = draft.probability.tolist()
    front = [-1]
    while front:
        above = front.pop()
        group = children.get(above, [])
        arrives = 1.0 if above < 0 else float(accepted[above])
        if rank is not None:
            group = sorted(group, key=rank.__getitem__)
        last = above
        for v in group:
            depth[v] = 1 if above < 0 else depth[above] + 1
            accepted[v] = arrives * probability[v]
            needs[v] = last
            if rank is not None:
                arrives *= 1.0 - probability[v]
                last = v
        front += group
    return needs, depth, accepted


def encode_draft(solution: Drafted) -> dict:
    """The solution as a JSON-able dict."""
    data: dict[str, Any] = {"nodes": solution.nodes.tolist()}
    if solution.names is not None:
        data["names"] = [solution.names[v] for v in solution.nodes.tolist()]
    return data


def decode_draft(instance: Draft, data: dict) -> Drafted:
    """The solution from a JSON dict; raises `InstanceError` if it is malformed."""
    if "nodes" not in data:
        raise InstanceError("key 'nodes' is missing", field="solution")
    return Drafted(data["nodes"], instance.names)


_SETTINGS = ("size", "depth_cost", "latency", "order", "names", "name")


def instance_to_json(draft: Draft) -> dict[str, Any]:
    """A draft as a JSON-able dict; what is not set is left out."""
    data: dict[str, Any] = {"draft": 1, "size": draft.size}
    if draft.name:
        data["name"] = draft.name
    if draft.depth_cost:
        data["depth_cost"] = draft.depth_cost
    for key in ("latency", "order"):
        if getattr(draft, key) is not None:
            data[key] = getattr(draft, key).tolist()
    if draft.names is not None:
        data["names"] = list(draft.names)
    return data | {"parent": draft.parent.tolist(), "probability": draft.probability.tolist()}


def instance_of_json(data: dict) -> Draft:
    """A draft from the dict of `instance_to_json`."""
    given = {key: data[key] for key in _SETTINGS if data.get(key) is not None}
    return Draft(parent=data["parent"], probability=data["probability"], **given)

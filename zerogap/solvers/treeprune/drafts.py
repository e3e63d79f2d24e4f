"""Draft trees: the kernel is exact by itself; the backends serve users with constraints."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap._ext.treeprune.radix import grow_ordered, grow_priced
from zerogap.models.base import InstanceError
from zerogap.models.treeprune.draft import Draft, Drafted, chains
from zerogap.models.treeprune.exact import draft as models
from zerogap.solvers.backends import cpsat, highs
from zerogap.solvers.search import Search

#: Most entries of the table over nodes and sizes that siblings in order need.
TABLE = 2**27


def auto(draft: Draft, search: Search) -> None:
    """The kernel; with constraints of the user's it suggests a start to the backend."""
    kernel(draft, search)
    if search.extend is not None:
        backend(draft, search, hint=True)


def kernel(draft: Draft, search: Search) -> None:
    """The best tree of every depth and size."""
    nodes, value = best(draft)
    search.offer(Drafted(nodes, draft.names), "kernel", value)
    # Every depth and every number of nodes was tried, each with the best set that is closed: the
    # users' constraints, if any, only take sets away.
    search.tighten(value, "kernel")


def best(draft: Draft) -> tuple[np.ndarray, float]:
    """Nodes of a best draft tree, and what it is worth."""
    needs, depth, accepted = chains(draft)
    size = min(draft.size, len(needs))
    latency = np.zeros(size + 1) if draft.latency is None else draft.latency[: size + 1]
    latency = np.ascontiguousarray(latency)
    # Needed nodes first, so that equal values go to what the others need; those that need more than
    # `size` others are in no tree.
    order, after = _first(needs, size)
    place = np.full(len(needs) + 1, -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    arrays = (
        np.ascontiguousarray(depth[order], dtype=np.int32),
        np.ascontiguousarray(accepted[order]),
    )
    if draft.order is None:
        chosen, value = grow_priced(*arrays, size, draft.depth_cost, latency)
    else:
        if (len(order) + 1) * (size + 1) > TABLE:
            raise InstanceError(
                f"{len(order)} candidates and {size} nodes are beyond the kernel for siblings in "
                "order (method exact takes them)",
                field="size",
            )
        # Preorder of the chains: a node and what needs it are a range.
        chosen, value = grow_ordered(after, *arrays, size, draft.depth_cost, latency)
    return np.sort(order[chosen]).astype(np.int32), value


def _first(needs: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in preorder of what they need, and the end of the range that needs each."""
    needing: dict[int, list[int]] = {}
    for v, a in enumerate(needs.tolist()):
        needing.setdefault(a, []).append(v)
    order: list[int] = []
    end: list[int] = []
    stack = [(v, 1) for v in reversed(needing.get(-1, []))] if size else []
    open_: list[tuple[int, int]] = []  # place and length of the chains that are not closed
    while stack:
        v, length = stack.pop()
        while open_ and open_[-1][1] >= length:
            end[open_.pop()[0]] = len(order)
        open_.append((len(order), length))
        order.append(v)
        end.append(0)
        if length < size:
            stack += [(w, length + 1) for w in reversed(needing.get(v, []))]
    while open_:
        end[open_.pop()[0]] = len(order)
    return np.array(order, dtype=np.int64), np.array(end, dtype=np.int32)


def backend(draft: Draft, search: Search, hint: bool = False) -> Any:
    """One run of the chosen exact backend."""
    if search.options.get("backend") == "highs":
        return highs.improve(models.pyomo(draft), search, hint=hint or search.hint is not None)
    return cpsat.improve(models.cpsat(draft), search, hint=hint or search.hint is not None)

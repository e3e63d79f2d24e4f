"""Swaps in topological orders for any loss, and what can be said of the point where they end.

Deng, Bello, Aragam, Ravikumar, *Optimizing NOTEARS Objectives via Topological Swaps*, 2023: outside
two variables of the order change places; inside, the loss is minimised over the graphs that the
order allows. Dense least squares have a kernel of their own (`orders.topo`); here are the other
losses and scores of the family, and losses of the user's own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.solvers.dag.descent import minimise

#: Conditions count as met up to this share of the largest one at the empty graph.
TOLERANCE = 1e-5
#: A swap must lower the objective by this share of it.
GAIN = 1e-10

LOCAL, KKT, STOPPED = "local minimum", "KKT point", "stopped"


@dataclass(frozen=True)
class Certificate:
    """What is known of the point where the swaps ended.

    Parameters
    ----------
    kind : {"local minimum", "KKT point", "stopped"}
        *Local minimum*: no graph nearby is better (for scores of parent sets: none of the swaps
        is). *KKT point*: every condition of first order holds, of a loss that is not known to be
        convex. *Stopped*: a condition is violated, or the limits ended the swaps.
    violation : float
        The largest violated condition, relative to the largest one at the empty graph; NaN for
        scores of parent sets, which have no derivatives.
    edge : tuple of int or None
        The pair (i, j) that it belongs to.
    """

    kind: str
    violation: float = math.nan
    edge: tuple[int, int] | None = None

    def __str__(self) -> str:
        if math.isnan(self.violation):
            return self.kind
        where = f" at {self.edge[0]} → {self.edge[1]}" if self.edge else ""
        return f"{self.kind}: largest violated condition {self.violation:.1e}{where}"


@dataclass(frozen=True)
class Swapped:
    """Where the swaps of a user's loss ended.

    Parameters
    ----------
    order : ndarray of int64, shape (d,)
    weights : ndarray of float64, shape (d, d) or (d, d, m)
        ``weights[i, j]``: how i enters the equation of j; 0 where i comes after j.
    free : ndarray of float64
        The parameters that belong to no edge.
    objective : float
    certificate : Certificate
    swaps, tried : int
        Swaps made and tried.
    """

    order: np.ndarray
    weights: np.ndarray
    free: np.ndarray
    objective: float
    certificate: Certificate
    swaps: int
    tried: int


def reach(adjacency: np.ndarray) -> np.ndarray:
    """``[i, j]``: whether a directed path leads from i to j (from i to i: yes)."""
    paths = np.asarray(adjacency, bool) | np.eye(len(adjacency), dtype=bool)
    for k in range(len(paths)):
        paths |= paths[:, k : k + 1] & paths[k : k + 1]
    return paths


def conditions(weights: np.ndarray, gradient: np.ndarray, allowed: Any = None, *,
               lasso: float = 0.0, support: bool = False) -> np.ndarray:  # fmt: skip
    """How far every pair is from its condition of first order, 0 where it has none.

    Graphs near W keep its edges, so they may only add edges i → j without a path from j to i:
    exactly these pairs have conditions. ``|∂Q/∂W_ij| = 0``; with an l1 penalty
    ``|g + λ sign W_ij| = 0`` on edges and ``|g| ≤ λ`` elsewhere; with a price for every edge
    (`support`) a new edge costs more than any small weight gains, and only edges have conditions.

    Parameters
    ----------
    weights, gradient : ndarray, shape (d, d) or (d, d, m)
        Of the smooth part of the objective.
    allowed : ndarray of bool, shape (d, d), optional
        Pairs that may be edges.

    Returns
    -------
    ndarray, shape (d, d)
    """
    flat = weights.reshape(*weights.shape[:2], -1)
    slope = gradient.reshape(*weights.shape[:2], -1)
    edge = (flat != 0).any(axis=2)
    if lasso:
        on, off = np.abs(slope + lasso * np.sign(flat)), np.maximum(np.abs(slope) - lasso, 0)
        miss = np.where(flat != 0, on, off).max(axis=2)
    else:
        miss = np.abs(slope).max(axis=2)
    free = edge if support else ~reach(edge).T
    if allowed is not None:
        free = free & (np.asarray(allowed, bool) | edge)
    return np.where(free, miss, 0.0)


def judge(misses: np.ndarray, scale: float, *, convex: bool, ended: bool) -> Certificate:
    """The certificate of a point with these conditions.

    Convex losses: the differences to all graphs nearby lie in the pairs that have conditions, so a
    loss that is stationary in them is nowhere lower nearby.
    """
    at = np.unravel_index(int(np.argmax(misses)), misses.shape)
    share = float(misses[at]) / scale if scale > 0 else float(misses[at])
    edge = (int(at[0]), int(at[1])) if misses[at] > 0 else None
    if not ended or not share <= TOLERANCE:
        return Certificate(STOPPED, share, edge)
    return Certificate(LOCAL if convex else KKT, share, edge)


# ---- the family's own losses and scores ----------------------------------------------------------


def smooth(dag: Any, W: np.ndarray) -> np.ndarray:
    """Gradient of the loss of a `Dag` (penalty left out) at W."""
    if dag.loss == "logistic":
        return dag.data.T @ (1 / (1 + np.exp(-dag.data @ W)) - dag.data) / dag.observations
    R = W - np.eye(len(W))
    slope = dag.covariance @ R
    if dag.loss == "ls":
        return slope
    variances = np.einsum("ij,ij->j", slope, R)
    return dag.observations * slope / variances


def certificate(dag: Any, W: np.ndarray, *, ended: bool = True) -> Certificate:
    """What is known of a graph of a `Dag` (ls, gauss, logistic with any penalty).

    ``gauss`` is a sum of logarithms of convex functions of one variable's weights each, so a
    stationary point of it is a minimum over them as well.
    """
    allowed = dag.allowed & ~dag.before.T
    if dag.max_parents is not None:
        allowed &= ((W != 0).sum(axis=0) < dag.max_parents)[None, :]
    lasso = dag.weight if dag.penalty == "l1" else 0.0
    support = dag.weight > 0 and not lasso
    misses = conditions(W, smooth(dag, W), allowed, lasso=lasso, support=support)
    scale = float(np.abs(smooth(dag, np.zeros_like(W))).max())
    return judge(misses, scale, convex=True, ended=ended)


class Choice:
    """The best parents of every variable among its predecessors in an order, remembered.

    Parameters
    ----------
    local : callable
        ``local(j, predecessors)`` → (cost, parents); predecessors as a bit mask.
    variables : int
    """

    def __init__(self, local: Callable[[int, int], tuple[float, tuple[int, ...]]], variables: int):
        self.local, self.variables = local, variables
        self.known: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {}

    def of(self, j: int, before: int) -> tuple[float, tuple[int, ...]]:
        """Cost and parents of one variable behind a set."""
        key = (j, before)
        if key not in self.known:
            self.known[key] = self.local(j, before)
        return self.known[key]

    def costs(self, order: np.ndarray, first: int = 0, last: int | None = None) -> np.ndarray:
        """Costs of the variables at the places `first` … `last` of an order."""
        before = 0
        for j in order[:first].tolist():
            before |= 1 << j
        found = []
        for j in order[first : len(order) if last is None else last + 1].tolist():
            found.append(self.of(j, before)[0])
            before |= 1 << j
        return np.array(found)

    def parents(self, order: np.ndarray) -> list[list[int]]:
        """The chosen parents by variable."""
        chosen: list[list[int]] = [[] for _ in range(self.variables)]
        before = 0
        for j in order.tolist():
            chosen[j] = list(self.of(j, before)[1])
            before |= 1 << j
        return chosen


def pairs(d: int, weight: np.ndarray | None = None) -> list[tuple[int, int]]:
    """Pairs of places p < q, the most promising first: greatest weight, else nearest."""
    every = [(p, q) for q in range(d) for p in range(q)]
    if weight is None:
        return sorted(every, key=lambda pq: (pq[1] - pq[0], pq[0]))
    return sorted(every, key=lambda pq: (-weight[pq], pq[1] - pq[0], pq[0]))


def keeps(order: np.ndarray, before: np.ndarray | None) -> bool:
    """Whether an order obeys the pairs that must stand one before the other."""
    if before is None or not before.any():
        return True
    place = np.argsort(order)
    first, second = np.nonzero(before)
    return bool((place[first] < place[second]).all())


def descend(
    choice: Choice,
    order: np.ndarray,
    before: np.ndarray | None,
    most: int,
    tell: Callable[[np.ndarray, float], bool],
    promising: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[np.ndarray, bool, int]:
    """Swap as long as one of the `most` most promising swaps lowers the costs.

    Parameters
    ----------
    choice : Choice
    order : ndarray
        Where to begin.
    before : ndarray of bool, shape (d, d), optional
        Which variables must stand before which.
    most : int
        Swaps tried of every order.
    tell : callable
        ``tell(order, cost)`` takes every better order; False ends.
    promising : callable, optional
        ``promising(order)``: weight of the swap of every two places.

    Returns
    -------
    (order, ended, tried)
        `ended`: no swap of those tried lowers the costs.
    """
    d, tried = len(order), 0
    costs = choice.costs(order)
    if not tell(order, float(costs.sum())):
        return order, False, tried
    while True:
        ranked = pairs(d, None if promising is None else promising(order))
        for p, q in ranked[:most]:
            other = order.copy()
            other[p], other[q] = order[q], order[p]
            if not keeps(other, before):
                continue
            tried += 1
            changed = choice.costs(other, p, q)
            old = float(costs[p : q + 1].sum())
            if changed.sum() < old - GAIN * max(1.0, abs(old)):
                order, costs = other, costs.copy()
                costs[p : q + 1] = changed
                break
            if tried % 64 == 0 and not tell(order, float(costs.sum())):
                return order, False, tried
        else:
            return order, True, tried
        if not tell(order, float(costs.sum())):
            return order, False, tried


# ---- a loss of the user's own --------------------------------------------------------------------


def swap(
    loss: Callable[..., tuple],
    shape: tuple[int, ...],
    *,
    start: Any = None,
    order: Any = None,
    free: Any = (),
    initial: Any = 0.0,
    forbidden: Any = None,
    convex: bool = False,
    size_small: int = 100,
    size_large: int = 400,
    time_limit: float = 60.0,
    seed: int = 0,
) -> Swapped:
    """Minimise a loss of one's own over directed acyclic graphs by topological swaps.

    Parameters
    ----------
    loss : callable
        ``loss(weights)`` → (value, gradient), both of the shape `shape`; with `free`,
        ``loss(weights, free)`` → (value, gradient, gradient of the free parameters).
    shape : tuple of int
        (d, d), or (d, d, m) where m numbers say how i enters the equation of j, as the first layer
        of a network a variable does. All of them are 0 where i is no parent of j.
    start : array_like or Structure, optional
        Weights (or a graph) to begin with: what another method found, to be post-processed. The
        result is never worse, unless the graph has a cycle, which is refused.
    order : sequence of int, optional
        Order to begin with; random without `start` and `order`.
    free : array_like
        Start of parameters that belong to no edge.
    initial : float or array_like, optional
        Where weights begin that a swap newly allows. In networks all zero is a saddle point: give
        small random numbers of the shape `shape`.
    forbidden : array_like of bool, shape (d, d), optional
        Pairs that must not be edges.
    convex : bool
        Whether the loss is convex: then points that satisfy all conditions are local minima.
    size_small, size_large : int
        Swaps tried of every order: first so many with the greatest derivatives against the order,
        then so many.
    time_limit : float
        Seconds.
    seed : int
        Of the random order.

    Returns
    -------
    Swapped

    Raises
    ------
    InstanceError
        If shapes do not fit, the start has a cycle, or the loss returns something else or no finite
        number.
    """
    return _Swaps(loss, shape, free, initial, forbidden).run(
        start, order, convex, size_small, size_large, time_limit, np.random.default_rng(seed)
    )


class _Swaps:
    """The loss with its parameters in one vector, and the inner minimisation."""

    def __init__(
        self, loss: Callable[..., tuple], shape: tuple[int, ...], free: Any, initial: Any,
        forbidden: Any,
    ):  # fmt: skip
        if len(shape) not in (2, 3) or shape[0] != shape[1] or min(shape) < 1:
            raise InstanceError(f"is {shape}, expected (d, d) or (d, d, m)", field="shape")
        self.loss, self.shape, self.d = loss, tuple(shape), shape[0]
        self.free = np.array(free, float).ravel()
        try:
            self.initial = np.broadcast_to(np.asarray(initial, float), self.shape)
        except ValueError:
            raise InstanceError(
                f"has shape {np.shape(initial)}, expected {self.shape}", field="initial"
            ) from None
        self.allowed = ~np.eye(self.d, dtype=bool)
        if forbidden is not None:
            banned = np.asarray(forbidden, bool)
            if banned.shape != (self.d, self.d):
                raise InstanceError(
                    f"has shape {banned.shape}, expected {(self.d, self.d)}", field="forbidden"
                )
            self.allowed &= ~banned
        self.tried = 0

    def value(self, weights: np.ndarray, free: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Loss and gradients, as the user's function gives them, made sure of."""
        found = self.loss(weights, free) if len(self.free) else self.loss(weights)
        wanted = 3 if len(self.free) else 2
        if not isinstance(found, tuple) or len(found) != wanted:
            raise InstanceError(
                f"returned no tuple of {wanted}, expected (value, gradient"
                f"{', gradient of the free parameters' if wanted == 3 else ''})",
                field="loss",
            )
        value = float(found[0])
        slope = np.asarray(found[1], float)
        rest = np.asarray(found[2], float).ravel() if wanted == 3 else np.zeros(0)
        if slope.shape != self.shape or len(rest) != len(self.free):
            raise InstanceError(
                f"gradient has shape {slope.shape}, expected {self.shape}", field="loss"
            )
        if not (math.isfinite(value) and np.isfinite(slope).all() and np.isfinite(rest).all()):
            raise InstanceError("is not finite", field="loss")
        return value, slope, rest

    def place(self, order: np.ndarray) -> np.ndarray:
        """Which entries an order allows."""
        place = np.argsort(order)
        mask = self.allowed & (place[:, None] < place[None, :])
        return np.broadcast_to(
            mask.reshape(self.d, self.d, *[1] * (len(self.shape) - 2)), self.shape
        )

    def fitted(
        self, order: np.ndarray, weights: np.ndarray, free: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Minimum over the graphs of an order, from the given parameters on (L-BFGS)."""
        entries = self.place(order)
        size = int(entries.sum())

        def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            whole = np.zeros(self.shape)
            whole[entries] = x[:size]
            return whole, x[size:]

        def target(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope, rest = self.value(*unpack(x))
            return value, np.concatenate([slope[entries], rest])

        begin = np.concatenate([weights[entries], free])
        found, x = minimise(target, begin)
        return found, *unpack(x)

    def begin(
        self, start: Any, order: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """The first order and weights."""
        if start is None:
            weights = np.zeros(self.shape)
            first = rng.permutation(self.d) if order is None else np.asarray(order)
        else:
            weights = np.array(getattr(start, "adjacency", start), float)
            if weights.shape != self.shape:
                raise InstanceError(
                    f"has shape {weights.shape}, expected {self.shape}", field="start"
                )
            edge = (weights.reshape(self.d, self.d, -1) != 0).any(axis=2)
            first = topological(edge) if order is None else np.asarray(order)
            place = np.argsort(first)
            if (edge & (place[:, None] >= place[None, :])).any():
                raise InstanceError("has an edge against the order", field="start")
        if not np.array_equal(np.sort(first), np.arange(self.d)):
            raise InstanceError(f"is no permutation of {self.d} variables", field="order")
        return first.astype(np.int64), weights

    def run(
        self, start: Any, order: Any, convex: bool, small: int, large: int, seconds: float,
        rng: np.random.Generator,
    ) -> Swapped:  # fmt: skip
        """Swaps until none of those tried lowers the loss, or the time is over."""
        end = time.monotonic() + seconds
        best, weights = self.begin(start, order, rng)
        empty = self.value(np.zeros(self.shape), self.free)[1]
        if start is None:
            weights = np.where(self.place(best), self.initial, weights)
        value, weights, free = self.fitted(best, weights, self.free)
        swaps, ended = 0, False
        while not ended and time.monotonic() < end:
            ended = True
            for p, q in self.candidates(best, weights, free, small, max(small, large)):
                if time.monotonic() >= end:
                    ended = False
                    break
                other = best.copy()
                other[p], other[q] = best[q], best[p]
                self.tried += 1
                fresh = self.place(other) & ~self.place(best)
                found = self.fitted(other, np.where(fresh, self.initial, weights), free)
                if found[0] < value - 1e-9 * max(1.0, abs(value)):
                    best, (value, weights, free) = other, found
                    swaps, ended = swaps + 1, False
                    break
        _, slope, rest = self.value(weights, free)
        misses = conditions(weights, slope, self.allowed)
        if len(rest):  # parameters of no edge have conditions of their own
            misses[0, 0] = np.abs(rest).max()
        scale = float(np.abs(empty).max())
        proof = judge(misses, scale, convex=convex, ended=ended)
        return Swapped(best, weights, free, value, proof, swaps, self.tried)

    def candidates(
        self, order: np.ndarray, weights: np.ndarray, free: np.ndarray, small: int, large: int
    ) -> Iterator[tuple[int, int]]:
        """Places to swap, the greatest derivative of an edge against the order first."""
        slope = self.value(weights, free)[1].reshape(self.d, self.d, -1)
        strength = np.linalg.norm(slope, axis=2)[np.ix_(order, order)].T
        yield from pairs(self.d, strength)[: max(small, large)]


def topological(edge: np.ndarray) -> np.ndarray:
    """An order of a graph; raises InstanceError for a cycle."""
    left, order = edge.sum(axis=0), []
    ready = [int(j) for j in np.flatnonzero(left == 0)]
    while ready:
        i = ready.pop(0)
        order.append(i)
        for j in np.flatnonzero(edge[i]).tolist():
            left[j] -= 1
            if left[j] == 0:
                ready.append(j)
    if len(order) < len(edge):
        raise InstanceError("has a cycle, expected an acyclic graph", field="start")
    return np.array(order, np.int64)

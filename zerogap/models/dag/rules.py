"""What an instance says of its edges: names, required and forbidden ones, tiers, in-degrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError


class Ruled:
    """What every instance of the family says of its edges, derived from its fields."""

    __slots__ = ()
    names: tuple[str, ...]
    required: np.ndarray
    forbidden: np.ndarray
    tiers: np.ndarray | None
    max_parents: int | None

    @property
    def variables(self) -> int:
        """d, the number of variables."""
        return len(self.names)

    def take_rules(self, truth: np.ndarray | None) -> None:
        """Validate and freeze the fields of the rules."""
        put, d = object.__setattr__, self.variables
        put(self, "max_parents", check_limit(self.max_parents))
        for name in ("required", "forbidden"):
            put(self, name, check_edges(getattr(self, name), d, name, self.names))
        if self.tiers is not None:
            put(self, "tiers", frozen(self.tiers, np.int32, field="tiers", shape=(d,), low=-1))
        if truth is not None:
            put(self, "truth", frozen(truth, np.float64, field="truth", shape=(d, d)))
        self.check_rules()

    def check_rules(self) -> None:
        """Refuse rules that contradict each other, with the edges that do."""
        named = self.names
        required = {tuple(e) for e in self.required.tolist()}
        for i, j in self.forbidden.tolist():
            if (i, j) in required:
                raise InstanceError(
                    f"{named[i]} → {named[j]} is required and forbidden", field="forbidden"
                )
        if self.tiers is not None:
            for i, j in required:
                if self.tiers[i] > self.tiers[j] >= 0:
                    raise InstanceError(
                        f"{named[i]} → {named[j]} is required, but tier {self.tiers[i]} comes "
                        f"after tier {self.tiers[j]}: a cycle {named[i]} → {named[j]} ⇒ "
                        f"{named[i]}",
                        field="tiers",
                    )
        loop = cycle(required, self.variables)
        if loop:
            path = " → ".join(named[v] for v in loop)
            raise InstanceError(f"the required edges close the cycle {path}", field="required")
        if self.max_parents is not None and len(required):
            degree = np.bincount([j for _, j in required], minlength=self.variables)
            j = int(degree.argmax())
            if degree[j] > self.max_parents:
                raise InstanceError(
                    f"{named[j]} has {degree[j]} required parents, allowed are {self.max_parents}",
                    field="max_parents",
                )

    @property
    def loose(self) -> bool:
        """Whether some variables are in no tier while others are."""
        return self.tiers is not None and bool((self.tiers < 0).any())

    @property
    def allowed(self) -> np.ndarray:
        """Bool (d, d): edge i → j may be in the graph as far as lists and tiers say."""
        d = self.variables
        allowed = ~np.eye(d, dtype=bool)
        allowed[self.forbidden[:, 0], self.forbidden[:, 1]] = False
        if self.tiers is not None:
            tiers = self.tiers
            allowed &= (tiers[:, None] <= tiers[None, :]) | (tiers[None, :] < 0)
        return allowed

    @property
    def before(self) -> np.ndarray:
        """Bool (d, d), transitively closed: i precedes j in every order considered.

        Every graph that obeys the tiers has an order sorted by tiers, so nothing is lost; not so
        where some variable is in no tier and a path may lead through it from a higher tier to a
        lower one.
        """
        d = self.variables
        before = np.zeros((d, d), dtype=bool)
        before[self.required[:, 0], self.required[:, 1]] = True
        if self.tiers is not None and not self.loose:
            before |= self.tiers[:, None] < self.tiers[None, :]
        for k in range(d) if len(self.required) else ():
            before |= before[:, k, None] & before[None, k, :]
        return before


def check_limit(limit: Any) -> int | None:
    """An in-degree limit, None for none."""
    if limit is None:
        return None
    if isinstance(limit, bool) or int(limit) != limit or limit < 0:
        raise InstanceError(f"is {limit!r}, expected an integer >= 0", field="max_parents")
    return int(limit)


def check_names(names: Iterable[str], d: int) -> tuple[str, ...]:
    """Names of d variables, distinct and not empty; X1 … Xd if there are none."""
    known = tuple(str(name) for name in names)
    if not known:
        return tuple(f"X{j + 1}" for j in range(d))
    if len(known) != d:
        raise InstanceError(f"{len(known)} names for {d} variables", field="names")
    seen: set[str] = set()
    for j, name in enumerate(known):
        if not name.strip():
            raise InstanceError(f"the name of variable {j + 1} is missing", field="names")
        if name in seen:
            raise InstanceError(f"{name!r} stands twice", field="names")
        seen.add(name)
    return known


def check_edges(edges: Any, d: int, name: str, names: Sequence[str]) -> np.ndarray:
    """Edge list (m, 2) of distinct pairs of different variables."""
    raw = np.asarray(edges)
    if raw.size == 0:
        raw = np.empty((0, 2), dtype=np.int32)
    pairs = frozen(raw, np.int32, field=name, shape=(None, 2), low=0, high=d - 1)
    for i, j in pairs.tolist():
        if i == j:
            raise InstanceError(f"{names[i]} → {names[i]} is a loop", field=name)
    unique = np.unique(pairs, axis=0)
    unique.setflags(write=False)
    return unique


def cycle(edges: Iterable[tuple[int, int]], d: int) -> list[int]:
    """Vertices of a directed cycle, the first one repeated at the end; empty if there is none."""
    out: list[list[int]] = [[] for _ in range(d)]
    for i, j in edges:
        out[i].append(j)
    state = [0] * d
    for root in range(d):
        if state[root]:
            continue
        path, todo = [], [(root, iter(out[root]))]
        state[root] = 1
        path.append(root)
        while todo:
            for j in todo[-1][1]:
                if state[j] == 1:
                    return [*path[path.index(j) :], j]
                if state[j] == 0:
                    state[j] = 1
                    path.append(j)
                    todo.append((j, iter(out[j])))
                    break
            else:
                state[path.pop()] = 2
                todo.pop()
    return []

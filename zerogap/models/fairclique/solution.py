"""The solution: the vertices of a clique."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError
from zerogap.models.fairclique.instance import FairClique


@dataclass(frozen=True, slots=True)
class Clique:
    """A fair clique.

    Parameters
    ----------
    vertices : ndarray of int64
        Original ids, ascending.
    alternatives : tuple of ndarray
        Further cliques of the same objective, when all optimal ones were asked for.
    disjoint : tuple of ndarray
        Further cliques without a common vertex, each the best one of what those before it leave.
    names : tuple of str, optional
        Names of the graph's vertices by id, where they have some; solution files speak in them.
    """

    vertices: np.ndarray
    alternatives: tuple[np.ndarray, ...] = ()
    disjoint: tuple[np.ndarray, ...] = ()
    names: tuple[str, ...] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "vertices", _ids(self.vertices, "vertices"))
        others = tuple(_ids(a, "alternatives") for a in self.alternatives)
        object.__setattr__(self, "alternatives", others)
        others = tuple(_ids(a, "disjoint") for a in self.disjoint)
        object.__setattr__(self, "disjoint", others)

    def __len__(self) -> int:
        return len(self.vertices)

    @property
    def labels(self) -> list[int] | list[str]:
        """Names of the vertices, their ids where they have none."""
        return self.speak(self.vertices)

    def speak(self, vertices: np.ndarray) -> list[int] | list[str]:
        """Names of some vertices, their ids where they have none."""
        ids = vertices.tolist()
        return ids if self.names is None else [self.names[v] for v in ids]


def _ids(vertices: Any, name: str) -> np.ndarray:
    ids = frozen(vertices, np.int64, field=name, shape=(None,))
    ids = np.sort(ids)
    ids.setflags(write=False)
    return ids


def encode(solution: Clique) -> dict:
    """JSON-able dict of a solution."""
    data: dict[str, Any] = {"vertices": solution.labels}
    if solution.alternatives:
        data["alternatives"] = [solution.speak(a) for a in solution.alternatives]
    if solution.disjoint:
        data["disjoint"] = [solution.speak(a) for a in solution.disjoint]
    return data


def decode(instance: FairClique, data: dict) -> Clique:
    """The solution of a JSON dict; raises `InstanceError` if it is malformed."""
    if not isinstance(data, dict) or "vertices" not in data:
        raise InstanceError("key 'vertices' is missing", field="solution")
    lists = [data["vertices"], *_lists(data, "alternatives"), *_lists(data, "disjoint")]
    if not all(isinstance(each, list) for each in lists):
        raise InstanceError("expected lists of vertices", field="vertices")
    ids = [_heard(instance, each) for each in lists]
    cut = 1 + len(_lists(data, "alternatives"))
    return Clique(ids[0], tuple(ids[1:cut]), tuple(ids[cut:]), instance.names)


def _lists(data: dict, key: str) -> list:
    found = data.get(key, [])
    if not isinstance(found, list):
        raise InstanceError("expected lists of vertices", field=key)
    return found


def _heard(instance: FairClique, labels: list) -> Any:
    """Ids of names; ids stay as they are, the checker knows the vertices."""
    if instance.names is None:
        return np.array(labels, dtype=object)
    try:
        return instance.lookup(labels)
    except KeyError as error:
        raise InstanceError(
            f"vertex {error.args[0]!r} is not in the graph", field="vertices"
        ) from None

"""The solution: the vertices of a clique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, frozen
from zerogap.models.fairclique.instance import FairClique


@dataclass(frozen=True, slots=True)
class Clique:
    """A fair clique.

    Parameters
    ----------
    vertices : ndarray of int64
        Original ids, ascending.
    alternatives : tuple of ndarray
        Further cliques of the same size, when all optimal ones were asked for.
    """

    vertices: np.ndarray
    alternatives: tuple[np.ndarray, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "vertices", _ids(self.vertices, "vertices"))
        others = tuple(_ids(a, "alternatives") for a in self.alternatives)
        object.__setattr__(self, "alternatives", others)

    def __len__(self) -> int:
        return len(self.vertices)


def _ids(vertices: Any, name: str) -> np.ndarray:
    ids = frozen(vertices, np.int64, field=name, shape=(None,))
    ids = np.sort(ids)
    ids.setflags(write=False)
    return ids


def encode(solution: Clique) -> dict:
    """JSON-able dict of a solution."""
    data: dict[str, Any] = {"vertices": solution.vertices.tolist()}
    if solution.alternatives:
        data["alternatives"] = [a.tolist() for a in solution.alternatives]
    return data


def decode(instance: FairClique, data: dict) -> Clique:
    """The solution of a JSON dict; raises `InstanceError` if it is malformed."""
    if not isinstance(data, dict) or "vertices" not in data:
        raise InstanceError("key 'vertices' is missing", field="solution")
    others = data.get("alternatives", [])
    if not isinstance(data["vertices"], list) or not isinstance(others, list):
        raise InstanceError("expected lists of vertex ids", field="vertices")
    return Clique(np.array(data["vertices"], dtype=object), tuple(others))

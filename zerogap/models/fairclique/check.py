"""Solutions and their checker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError, frozen
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


def check(instance: FairClique, solution: Clique) -> int:
    """Size of the clique, recomputed from the definition.

    Raises
    ------
    InfeasibleSolution
        If a vertex is unknown or repeated, two are not adjacent, or the counts are not fair.
    """
    size = _check_one(instance, solution.vertices)
    seen = {solution.vertices.tobytes()}
    for other in solution.alternatives:
        if _check_one(instance, other) != size:
            raise InfeasibleSolution(
                f"an alternative has {len(other)} vertices, expected {size}",
                constraint="alternatives",
                by=abs(len(other) - size),
            )
        if other.tobytes() in seen:
            raise InfeasibleSolution("an alternative is listed twice", constraint="alternatives")
        seen.add(other.tobytes())
    return size


def _check_one(instance: FairClique, vertices: np.ndarray) -> int:
    repeated = vertices[1:][vertices[1:] == vertices[:-1]]
    if len(repeated):
        raise InfeasibleSolution(
            f"vertex {repeated[0]} is listed twice", constraint="distinct", where=int(repeated[0])
        )
    try:
        index = instance.index(vertices)
    except KeyError as error:
        raise InfeasibleSolution(
            f"vertex {error.args[0]} is not in the graph", constraint="known", where=error.args[0]
        ) from None
    for i, v in enumerate(index):
        missing = index[i + 1 :][~np.isin(index[i + 1 :], instance.row(int(v)))]
        if len(missing):
            pair = int(vertices[i]), int(instance.ids[missing[0]])
            raise InfeasibleSolution(
                f"vertices {pair[0]} and {pair[1]} are not adjacent",
                constraint="adjacency",
                where=pair,
            )
    counts = np.bincount(instance.attribute[index], minlength=len(instance.values))
    least = int(counts.argmin())
    if counts[least] < instance.k:
        raise InfeasibleSolution(
            f"{counts[least]} vertices have attribute {instance.values[least]}, "
            f"expected at least {instance.k}",
            constraint="least count",
            where=instance.values[least],
            by=int(instance.k - counts[least]),
        )
    if counts.max() - counts.min() > instance.delta:
        raise InfeasibleSolution(
            f"the counts {counts.tolist()} differ by {counts.max() - counts.min()}, "
            f"allowed are {instance.delta}",
            constraint="balance",
            by=int(counts.max() - counts.min() - instance.delta),
        )
    return len(vertices)


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

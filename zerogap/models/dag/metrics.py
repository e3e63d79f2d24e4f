"""How near an estimated graph is to the true one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def compare(truth: Any, estimate: Any) -> dict[str, float]:
    """Structural Hamming distance and rates as they are reported in the field.

    Parameters
    ----------
    truth, estimate : array_like, shape (d, d)
        Adjacency, any nonzero i, j meaning i → j.

    Returns
    -------
    dict
        ``shd`` (missing + extra + reversed edges), ``fdr`` ((reversed + extra) / estimated),
        ``tpr`` (right / true), ``fpr`` ((reversed + extra) / pairs without an edge), ``nnz``
        (estimated edges), ``shd_cpdag`` (vertex pairs that differ between the two equivalence
        classes).
    """
    B = np.asarray(truth) != 0
    E = np.asarray(estimate) != 0
    d = len(B)
    right = int((E & B).sum())
    reverse = int((E & B.T & ~B).sum())
    extra = int((E & ~B & ~B.T).sum())
    skeleton = np.triu(B | B.T)
    missing = int((skeleton & ~np.triu(E | E.T)).sum())
    found, true = int(E.sum()), int(B.sum())
    wrong = reverse + extra
    return {
        "shd": missing + extra + reverse,
        "fdr": wrong / max(found, 1),
        "tpr": right / max(true, 1),
        "fpr": wrong / max(d * (d - 1) / 2 - true, 1),
        "nnz": found,
        "shd_cpdag": shd_cpdag(cpdag(B), cpdag(E)),
    }


def shd_cpdag(first: np.ndarray, second: np.ndarray) -> int:
    """Number of vertex pairs whose connection differs between two partially directed graphs."""
    differs = (first != second) | (first.T != second.T)
    return int(np.triu(differs, 1).sum())


def cpdag(adjacency: Any) -> np.ndarray:
    """The equivalence class of a DAG: bool (d, d), both i, j and j, i set where undirected.

    Edges of v-structures are directed, then Meek's rules 1–3 until nothing changes (rule 4 is only
    needed with background knowledge).
    """
    dag = np.asarray(adjacency) != 0
    d = len(dag)
    linked = dag | dag.T
    fixed = np.zeros((d, d), dtype=bool)
    for j in range(d):
        parents = np.flatnonzero(dag[:, j])
        if len(parents) > 1:
            apart = ~linked[np.ix_(parents, parents)]
            np.fill_diagonal(apart, False)
            fixed[parents[apart.any(axis=1)], j] = True
    changed = True
    while changed:
        changed = False
        free = linked & ~fixed & ~fixed.T
        for i, j in np.argwhere(free).tolist():
            if fixed[i, j] or fixed[j, i]:
                continue
            if _compelled(i, j, fixed, linked):
                fixed[i, j] = changed = True
    return fixed | (linked & ~fixed & ~fixed.T)


def _compelled(i: int, j: int, fixed: np.ndarray, linked: np.ndarray) -> bool:
    """Whether the undirected edge i, j must be i → j."""
    if (fixed[:, i] & ~linked[:, j]).any():  # k → i, k and j apart: else a new v-structure
        return True
    if (fixed[i] & fixed[:, j]).any():  # i → k → j: else a cycle
        return True
    free = linked & ~fixed & ~fixed.T
    through = np.flatnonzero(free[i] & fixed[:, j])  # i − k → j, i − l → j, k and l apart
    return any(not linked[k, l] for k in through for l in through if k < l)


def v_structures(adjacency: Any) -> list[tuple[int, int, int]]:
    """Triples i → k ← j with i < j and no edge between i and j, as (i, k, j)."""
    dag = np.asarray(adjacency) != 0
    linked = dag | dag.T
    out = []
    for k in range(len(dag)):
        parents = np.flatnonzero(dag[:, k]).tolist()
        out += [(i, k, j) for i in parents for j in parents if i < j and not linked[i, j]]
    return out


def members(adjacency: Any, limit: int = 10_000) -> Iterator[np.ndarray]:
    """Every graph of the equivalence class, the given one among them: bool (d, d) each.

    Undirected edges of the class are directed one after the other; what follows from each choice
    by Meek's rules (with rule 4, which choices may need) is directed at once, so that no branch is
    empty.

    Raises
    ------
    ValueError
        If there are more than `limit`.
    """
    whole = cpdag(adjacency)
    fixed = whole & ~whole.T
    count = 0
    stack = [fixed]
    while stack:
        fixed = stack.pop()
        free = whole & whole.T & ~fixed & ~fixed.T
        i, j = np.nonzero(np.triu(free))
        if not len(i):
            count += 1
            if count > limit:
                raise ValueError(f"the class has more than {limit} graphs")
            yield fixed
            continue
        for a, b in ((i[0], j[0]), (j[0], i[0])):
            again = fixed.copy()
            again[a, b] = True
            _close(again, whole | whole.T)
            stack.append(again)


def _close(fixed: np.ndarray, linked: np.ndarray) -> None:
    """Direct what follows from the directed edges, in place."""
    changed = True
    while changed:
        changed = False
        for i, j in np.argwhere(linked & ~fixed & ~fixed.T).tolist():
            if (
                not fixed[i, j]
                and not fixed[j, i]
                and (_compelled(i, j, fixed, linked) or _fourth(i, j, fixed, linked))
            ):
                fixed[i, j] = changed = True


def _fourth(i: int, j: int, fixed: np.ndarray, linked: np.ndarray) -> bool:
    """Meek's rule 4: i − k → l → j with i − l and k, j apart makes i → j."""
    free = linked & ~fixed & ~fixed.T
    return any(
        not linked[k, j] and (fixed[k] & fixed[:, j] & linked[i]).any()
        for k in np.flatnonzero(free[i]).tolist()
    )

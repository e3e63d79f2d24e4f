"""Policies of a tree search: which candidates go on, and with how many children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zerogap._ext.treeprune.prune import prune
from zerogap.models.treeprune.rebase import TEMPERATURE, allocate, normalised


@dataclass(frozen=True, slots=True)
class Candidates:
    """The tree of a search when it has to choose.

    Parameters
    ----------
    parent : ndarray of int32, shape (nodes,)
        Live nodes, parents first.
    tokens : ndarray of float64, shape (nodes,)
        KV cache of every node in tokens.
    leaves : ndarray of int32
        Nodes that may be expanded.
    reward : ndarray of float64, shape (leaves,)
        What the process reward model says of every leaf.
    cluster : ndarray of int32, shape (leaves,)
        Semantic cluster of every leaf's last step.
    group : ndarray of int32, shape (leaves,)
        Number of the first-level node that a leaf descends from.
    width : int
        Children to hand out.
    """

    parent: np.ndarray
    tokens: np.ndarray
    leaves: np.ndarray
    reward: np.ndarray
    cluster: np.ndarray
    group: np.ndarray
    width: int


#: A policy gives every leaf its number of children; 0 lets it go.
Policy = Callable[[Candidates], np.ndarray]


def rebase(candidates: Candidates) -> np.ndarray:
    """REBASE: children in proportion to exp(reward / T)."""
    return allocate(candidates.reward, candidates.width)


def beam(candidates: Candidates, fan: int = 4) -> np.ndarray:
    """Beam search: the best width / fan leaves get `fan` children each."""
    return _best(candidates.reward, max(1, candidates.width // fan), candidates.width)


def dvts(candidates: Candidates, fan: int = 4) -> np.ndarray:
    """Diverse verifier tree search: width / fan independent subtrees, each follows its best."""
    beams = max(1, candidates.width // fan)
    children = np.zeros(len(candidates.leaves), dtype=np.int64)
    lane = candidates.group % beams
    for b in np.unique(lane).tolist():
        members = np.flatnonzero(lane == b)
        best = members[np.argmax(candidates.reward[members])]
        children[best] = fan
    return children


def ets(
    candidates: Candidates,
    lambda_b: float = 1.0,
    lambda_d: float = 1.45,
    cost: str = "unit",
    temperature: float = TEMPERATURE,
) -> np.ndarray:
    """ETS: prune REBASE's allocation to optimality, then allocate again over what is left.

    Parameters
    ----------
    lambda_b, lambda_d : float
        Weights of cost and coverage.
    cost : {"unit", "tokens"}
        Every node the same, as the published code has it, or its share of the tokens.
    temperature : float
        Of the allocation.
    """
    c = candidates
    n = len(c.parent)
    reward, cluster = np.zeros(n), np.full(n, -1, dtype=np.int32)
    reward[c.leaves] = allocate(c.reward, c.width, temperature) / max(1, c.width)
    cluster[c.leaves] = c.cluster
    tokens = np.full(n, 1.0 / n) if cost == "unit" else normalised(c.tokens)
    mask = prune(c.parent, reward, tokens, cluster, lambda_b, lambda_d)
    kept = np.flatnonzero(mask[c.leaves])
    children = np.zeros(len(c.leaves), dtype=np.int64)
    children[kept] = allocate(c.reward[kept], c.width, temperature)
    return children


def _best(reward: np.ndarray, count: int, width: int) -> np.ndarray:
    """`width` children spread evenly over the `count` best leaves."""
    order = np.argsort(-reward, kind="stable")[:count]
    children = np.zeros(len(reward), dtype=np.int64)
    share, rest = divmod(width, len(order))
    children[order] = share
    children[order[:rest]] += 1
    return children


POLICIES: dict[str, Policy] = {"rebase": rebase, "ets": ets, "beam": beam, "dvts": dvts}

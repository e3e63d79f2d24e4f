"""Trees as engines have them: token sequences, pages of the KV cache, what other requests hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zerogap._ext.treeprune.radix import radix
from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError


def prefix_tree(
    tokens: Any,
    offsets: Any = None,
    *,
    block: int = 0,
    held: Sequence[int] | np.ndarray = (),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tree of token sequences with shared prefixes, and what its nodes cost.

    Parameters
    ----------
    tokens : array_like of int32, or sequence of sequences
        Tokens of all sequences one after the other (with `offsets`), or the sequences.
    offsets : array_like of int64, shape (sequences + 1,), optional
        Sequence i is ``tokens[offsets[i]:offsets[i + 1]]``.
    block : int
        Tokens of a page of the KV cache: full blocks are shared by sequences that agree up to their
        end, the tokens after the last full block are a page of the sequence's own. Costs are
        pages then. 0: costs are tokens.
    held : sequence of int
        Sequences that stay anyway, such as those of other requests: they are no candidates, and
        what they retain costs nothing.

    Returns
    -------
    parent : ndarray of int32, shape (nodes,)
        For `TreePrune` (a forest if no first token or block is shared by all).
    cost : ndarray of float64, shape (nodes,)
        Tokens or pages.
    leaf : ndarray of int32, shape (sequences,)
        Leaf of every candidate, −1 for those held. Every candidate has a leaf of its own.

    Raises
    ------
    InstanceError
        Naming the field and what is wrong.
    """
    tokens, offsets = _arrays(tokens, offsets)
    count = len(offsets) - 1
    stays = np.zeros(count, dtype=bool)
    chosen = frozen(held, np.int64, field="held", shape=(None,), low=0, high=max(count - 1, 0))
    stays[chosen[chosen < count]] = True
    if block < 0:
        raise InstanceError(f"is {block}, expected at least 0", field="block")
    own = np.zeros(count)
    if block:
        own = (np.diff(offsets) % block > 0).astype(np.float64)
        tokens, offsets = _blocks(tokens, offsets, block)
    parent, length, last = radix(tokens, offsets)
    cost = length.astype(np.float64)
    cost[_above(parent, last[stays])] = 0
    candidates = np.flatnonzero(~stays)
    # Every candidate gets a leaf of its own, below the node at whose end it ends.
    leaf = np.full(count, -1, dtype=np.int32)
    leaf[candidates] = len(parent) + np.arange(len(candidates))
    parent = np.concatenate([parent, last[candidates]]).astype(np.int32)
    cost = np.concatenate([cost, own[candidates]])
    wanted = np.flatnonzero(_above(parent, leaf[candidates]))
    number = np.cumsum(np.bincount(wanted, minlength=len(parent))) - 1
    parent = parent[wanted]
    parent = np.where(parent >= 0, number[np.maximum(parent, 0)], -1).astype(np.int32)
    leaf[candidates] = number[leaf[candidates]]
    return parent, cost[wanted], leaf


def _arrays(tokens: Any, offsets: Any) -> tuple[np.ndarray, np.ndarray]:
    if offsets is None:
        rows = [frozen(row, np.int32, field=f"tokens[{i}]") for i, row in enumerate(tokens)]
        offsets = np.cumsum([0, *map(len, rows)])
        tokens = np.concatenate([np.zeros(0, dtype=np.int32), *rows])
    tokens = frozen(tokens, np.int32, field="tokens", shape=(None,))
    offsets = frozen(offsets, np.int64, field="offsets", shape=(None,), low=0)
    if (
        len(offsets) == 0
        or offsets[0]
        or offsets[-1] != len(tokens)
        or (np.diff(offsets) < 0).any()
    ):
        raise InstanceError(f"expected to rise from 0 to {len(tokens)}", field="offsets")
    return tokens, offsets


def _blocks(tokens: np.ndarray, offsets: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Full blocks of every sequence as numbers, equal where their tokens are."""
    full = np.diff(offsets) // block
    ends = np.concatenate([[0], np.cumsum(full)]).astype(np.int64)
    within = np.arange(ends[-1]) - np.repeat(ends[:-1], full)
    first = np.repeat(offsets[:-1], full) + block * within
    rows = tokens[first[:, None] + np.arange(block)]
    if len(rows) == 0:
        return np.zeros(0, dtype=np.int32), ends
    _, numbers = np.unique(rows, axis=0, return_inverse=True)
    return np.ascontiguousarray(numbers.reshape(-1), dtype=np.int32), ends


def _above(parent: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Mask of these nodes and all above them."""
    mask = np.zeros(len(parent), dtype=bool)
    front = np.unique(nodes[nodes >= 0])
    while len(front):
        mask[front] = True
        front = np.unique(parent[front])
        front = front[front >= 0]
        front = front[~mask[front]]
    return mask

"""Generators: realistic REBASE trees, random trees of every variant, hard ones."""

from __future__ import annotations

import heapq
import math

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.treeprune.draft import Draft
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.rebase import allocate, normalised

#: λ_d of the published settings by search width.
PUBLISHED = {16: 1.5, 64: 1.4, 256: 1.45}


def rebase(
    seed: int = 0,
    width: int = 64,
    depth: int = 9,
    lambda_b: float = 1.0,
    lambda_d: float | None = None,
    cost: str = "unit",
    clusters: int | None = None,
    locality: float = 0.5,
    spread: float = 0.08,
) -> TreePrune:
    """A candidate tree as ETS sees it after `depth` steps of a REBASE search.

    Every step gives each leaf the children that REBASE allocates; the reward of a child is its
    parent's plus N(0, spread²), clipped to [0, 1]; a step has 20 + lognormal(4, 0.5) tokens;
    branches without children are gone. Leaves of the last step form the candidates: their rewards
    are the shares of the next allocation. A leaf joins the cluster of a sibling with probability
    `locality`, else one of a pool of semantic ids drawn by Zipf's law (exponent 0.5).

    Parameters
    ----------
    seed : int
    width : int
        Number of candidate leaves.
    depth : int
        Steps so far.
    lambda_b, lambda_d : float
        Weights; the published λ_d of the nearest width by default.
    cost : {"unit", "tokens"}
        Every node 1 / nodes (as in the published code), or its share of all tokens.
    clusters : int, optional
        Size of the pool of semantic ids, by default so that about width / 3.2 occur.
    locality, spread : float
        See above.
    """
    width, depth = _count(width, "width"), _count(depth, "depth")
    if cost not in ("unit", "tokens"):
        raise InstanceError(f"is {cost!r}, expected unit or tokens", field="cost")
    rng = np.random.default_rng(seed)
    parent, tokens, leaves, reward = [-1], [250.0], np.array([0]), np.array([0.5])
    for _ in range(depth):
        children = allocate(reward, width)
        origin = np.repeat(np.arange(len(leaves)), children)
        first = len(parent)
        parent += leaves[origin].tolist()
        tokens += (20 + np.round(rng.lognormal(4.0, 0.5, width))).tolist()
        reward = np.clip(reward[origin] + rng.normal(0.0, spread, width), 0.0, 1.0)
        leaves = np.arange(first, first + width)
    alive, number = _ancestors(parent, leaves)
    above = np.array(parent)[alive]
    n = len(above)
    shares = np.zeros(n)
    shares[number[leaves]] = allocate(reward, width) / width
    labels = np.full(n, -1)
    pool = clusters or max(1, round(width / 2.4))
    labels[number[leaves]] = _labels(np.array(parent)[leaves], pool, locality, rng)
    used = np.array(tokens)[alive]
    if lambda_d is None:
        lambda_d = PUBLISHED[min(PUBLISHED, key=lambda w: abs(math.log(w / width)))]
    return TreePrune(
        np.where(above >= 0, number[np.maximum(above, 0)], -1),
        shares,
        np.full(n, 1.0 / n) if cost == "unit" else normalised(used),
        labels,
        float(lambda_b),
        float(lambda_d),
        name=f"rebase-w{width}-d{depth}-s{seed}",
    )


def _ancestors(parent: list[int], leaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes at or above the leaves, and the new number of every node."""
    mask = np.zeros(len(parent), dtype=bool)
    above, level = np.array(parent), leaves
    while len(level):
        mask[level] = True
        level = np.unique(above[level])
        level = level[level >= 0]
    return np.flatnonzero(mask), np.cumsum(mask) - 1


def _labels(parent: np.ndarray, pool: int, locality: float, rng) -> np.ndarray:
    """Cluster ids of the leaves, which stand sibling by sibling."""
    weight = normalised(1.0 / np.sqrt(np.arange(1, pool + 1)))
    drawn = rng.choice(pool, size=len(parent), p=weight)
    join = rng.random(len(parent)) < float(locality)
    join[0] = False
    join[1:] &= parent[1:] == parent[:-1]
    # The latest leaf that drew for itself stands at the head of each run of joiners.
    head = np.maximum.accumulate(np.where(join, 0, np.arange(len(parent))))
    return drawn[head]


def random(
    seed: int = 0,
    leaves: int = 30,
    clusters: int | None = None,
    lambda_b: float = 1.0,
    lambda_d: float | None = None,
    shape: str = "random",
    variant: str = "plain",
    denominator: int = 4096,
) -> TreePrune:
    """A random tree of a given variant, all numbers multiples of 1 / denominator.

    Parameters
    ----------
    seed : int
    leaves, clusters : int
        Numbers of leaves and of cluster ids (a third of the leaves by default).
    lambda_b, lambda_d : float
        λ_d is drawn from {0, ½, 1, 2, 4} by default.
    shape : {"random", "deep", "chain", "star", "forest"}
        How new nodes are attached.
    variant : {"plain", "unit", "equal", "budget", "tokens", "cardinality", "mandatory", "caps", \
"diminishing", "mixed"}
        Which of the side conditions are drawn.
    denominator : int
        A power of two keeps every sum exact in floating point.
    """
    leaves = _count(leaves, "leaves")
    rng = np.random.default_rng(seed)
    parent = _shape(shape, leaves, rng)
    n = len(parent)
    inner = np.zeros(n, dtype=bool)
    inner[parent[parent >= 0]] = True
    leaf = np.flatnonzero(~inner)
    count = len(leaf)
    pool = clusters if clusters is not None else max(1, count // 3)
    unit = denominator if variant != "tokens" else 1
    reward = rng.integers(0, denominator // 2, n) / denominator
    scale = 1.0 if variant == "tokens" else denominator / 4
    tokens = (1 + rng.integers(0, max(1, int(scale)) if variant != "tokens" else 20, n)) / unit
    if variant == "unit":
        tokens = np.full(n, 1.0 / 8)
    if variant == "equal":
        reward = np.full(n, 0.25)
    if variant == "tokens":
        lambda_b = lambda_b / 64
    if lambda_d is None:
        lambda_d = float(rng.choice([0.0, 0.5, 1.0, 2.0, 4.0])) * max(1, pool) / 8
    settings = _settings(variant, rng, leaf, tokens, pool)
    labels = np.where(rng.random(n) < 0.1, -1, rng.integers(0, max(1, pool), n))
    return TreePrune(
        parent,
        reward,
        tokens,
        labels,
        float(lambda_b),
        float(lambda_d),
        forest=bool((parent < 0).sum() > 1),
        **settings,
        name=f"random-{variant}-{shape}-s{seed}",
    )


def _shape(shape: str, leaves: int, rng) -> np.ndarray:
    """Parents of a random tree with about so many leaves, nodes in random order."""
    if shape == "chain":
        parent = np.arange(-1, leaves - 1)
    elif shape == "star":
        parent = np.r_[-1, np.zeros(leaves, dtype=int)]
    elif shape in ("random", "deep", "forest"):
        n = 2 * leaves
        low = np.maximum(0, np.arange(n) - 4) if shape == "deep" else np.zeros(n, dtype=int)
        parent = np.array([-1] + [int(rng.integers(low[i], i)) for i in range(1, n)])
        if shape == "forest":
            parent[rng.integers(0, n, 1 + n // 10)] = -1
    else:
        raise InstanceError(f"is {shape!r}, unknown", field="shape")
    order = rng.permutation(len(parent))
    shuffled = np.empty(len(parent), dtype=int)
    shuffled[order] = np.where(parent >= 0, order[np.maximum(parent, 0)], -1)
    return shuffled


def _settings(variant: str, rng, leaf: np.ndarray, tokens: np.ndarray, pool: int) -> dict:
    """Side conditions of a variant; none of them makes the instance infeasible by itself."""
    count = len(leaf)
    settings: dict = {}
    mixed = variant == "mixed"
    if variant in ("budget", "tokens") or mixed:
        # A path costs at most everything; from there on down to a fifth.
        settings["budget"] = float(np.ceil(tokens.sum() * rng.uniform(0.2, 0.9)))
    if variant == "cardinality" or (mixed and rng.random() < 0.5):
        low = int(rng.integers(1, count + 1))
        settings |= {"min_leaves": max(1, low // 3), "max_leaves": low}
    if variant == "mandatory" or (mixed and rng.random() < 0.5):
        settings["mandatory"] = rng.choice(leaf, size=min(count, 1 + count // 8), replace=False)
    if variant == "caps" or (mixed and rng.random() < 0.5):
        settings["caps"] = rng.integers(1, 4, max(1, pool))
    if variant == "diminishing" or (mixed and rng.random() < 0.5):
        settings["coverage"] = [1.0, 0.5, 0.25, 0.125]
    known = (
        "plain",
        "unit",
        "equal",
        "budget",
        "tokens",
        "cardinality",
        "mandatory",
        "caps",
        "diminishing",
        "mixed",
    )
    if variant not in known:
        raise InstanceError(f"is {variant!r}, expected one of {', '.join(known)}", field="variant")
    return settings


def adversarial(
    seed: int = 0, branches: int = 40, leaves: int = 20, clusters: int = 60, lambda_b: float = 1.0
) -> TreePrune:
    """A set-cover instance in the shape of a tree: every cluster spreads over all branches.

    Branches cost about as much as the clusters that they cover are worth, rewards are zero and
    λ_d is tuned to the middle, so that neither nothing nor everything pays.
    """
    branches, leaves = _count(branches, "branches"), _count(leaves, "leaves")
    clusters = _count(clusters, "clusters")
    rng = np.random.default_rng(seed)
    parent = np.r_[-1, np.zeros(branches, dtype=int), np.repeat(np.arange(branches) + 1, leaves)]
    tokens = np.r_[1.0, rng.uniform(8.0, 12.0, branches), np.full(branches * leaves, 1e-3)]
    labels = np.r_[np.full(branches + 1, -1)]
    labels = np.r_[labels, rng.integers(0, clusters, branches * leaves)]
    return TreePrune(
        parent,
        np.zeros(len(parent)),
        tokens,
        labels,
        float(lambda_b),
        float(lambda_b * clusters * 20.0 / min(leaves, clusters)),
        name=f"adversarial-{branches}x{leaves}-s{seed}",
    )


def _count(value: object, field: str) -> int:
    try:
        number = integer(value)
    except ValueError as error:
        raise InstanceError(f"is {value!r}, {error}", field=field) from None
    if number < 1:
        raise InstanceError(f"is {number}, expected at least 1", field=field)
    return number


def draft(
    seed: int = 0,
    candidates: int = 512,
    size: int = 64,
    branching: int = 4,
    sharpness: float = 1.0,
    depth_cost: float = 0.0,
    token_cost: float = 0.0,
    ordered: bool = False,
) -> Draft:
    """Candidates of a draft model: its `branching` likeliest next tokens of every node.

    Nodes are opened from the likeliest on, as a draft model would, until there are `candidates`;
    the probabilities of a node's children are shares of a Dirichlet distribution with parameter
    1 / `sharpness` over twice as many tokens, largest first.

    Parameters
    ----------
    seed : int
    candidates, size, branching : int
        Candidates, most nodes of the tree, children of a candidate.
    sharpness : float
        Larger: one child has most of the probability.
    depth_cost : float
        Price of a level.
    token_cost : float
        Price of a node in the pass that verifies (linear `latency`).
    ordered : bool
        Siblings are tried one after the other, each with its share of what is left.
    """
    candidates, size = _count(candidates, "candidates"), _count(size, "size")
    branching = _count(branching, "branching")
    if not sharpness > 0:
        raise InstanceError(f"is {sharpness}, expected more than 0", field="sharpness")
    rng = np.random.default_rng(seed)
    parent: list[int] = []
    probability: list[float] = []
    order: list[int] = []
    waiting = [(-1.0, -1)]
    while len(parent) < candidates:
        value, above = heapq.heappop(waiting)
        share = np.sort(rng.dirichlet(np.full(2 * branching, 1 / sharpness)))[::-1]
        left = 1.0
        for rank, p in enumerate(share[: min(branching, candidates - len(parent))].tolist()):
            heapq.heappush(waiting, (value * p, len(parent)))
            parent.append(above)
            probability.append(min(1.0, p / left) if ordered and left > 0 else p)
            order.append(rank)
            left -= p
    return Draft(
        np.array(parent),
        np.array(probability),
        size,
        float(depth_cost),
        np.arange(size + 1) * float(token_cost) if token_cost else None,
        np.array(order) if ordered else None,
        name=f"draft-n{candidates}-k{size}-s{seed}",
    )

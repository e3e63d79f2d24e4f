"""A tree search over a synthetic language model: what a policy costs and what it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from zerogap.models.treeprune import retained
from zerogap.models.treeprune.formats import write_trace
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.rebase import allocate
from zerogap.solvers.treeprune.policies import Candidates, Policy


@dataclass(frozen=True, slots=True)
class SyntheticModel:
    """How steps, their meaning and their rewards are drawn.

    A trajectory has a latent quality. A new step picks one of `ideas` ideas by Zipf's law: with
    probability `locality` out of its parent's own short list, else out of all of them; steps of
    the same idea below the same parent are paraphrases. The idea moves the quality by N(0, idea²),
    its wording by N(0, word²); the reward model sees 1 / (1 + exp(−quality)) plus N(0, noise²),
    clipped to [0, 1]. A step has 20 + lognormal(4, 0.5) tokens.

    Parameters
    ----------
    steps : int
        Depth of the search.
    ideas : int
        Ideas that exist at one depth.
    own : int
        Ideas on a parent's short list.
    locality, zipf, idea, word, noise : float
        See above.
    prompt : float
        Tokens of the root.
    """

    steps: int = 10
    ideas: int = 120
    own: int = 3
    locality: float = 0.8
    zipf: float = 1.0
    idea: float = 0.5
    word: float = 0.1
    noise: float = 0.02
    prompt: float = 250.0


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of a search kept.

    ``kv`` are the tokens of the retained nodes, ``kv_candidates`` those before pruning. Retained
    reward comes in two definitions: ``share`` is Σ O_i over the kept leaves, O being REBASE's
    normalised allocation over all candidates; ``reward`` is the mean reward of the children's
    parents, Σ children_i r_i / Σ children_i, over the same of REBASE on the same candidates.
    ``coverage`` is the share of the clusters with a kept leaf. ``tokens`` are those of the new
    leaves, ``path`` those from the root to every leaf, each leaf counted on its own.
    """

    leaves: int
    kept: int
    nodes: int
    kv: float
    kv_candidates: float
    share: float
    reward: float
    coverage: float
    tokens: float
    path: float


@dataclass(slots=True)
class Run:
    """One simulated search."""

    steps: list[Step] = field(default_factory=list)
    best: float = 0.0
    quality: float = 0.0  # latent quality of the trajectory that the reward model rates best
    recorded: list[dict] = field(default_factory=list)

    @property
    def kv(self) -> float:
        """Mean tokens of KV cache retained a step."""
        return float(np.mean([s.kv for s in self.steps]))

    @property
    def reward(self) -> float:
        """Mean reward of what goes on, relative to REBASE on the same candidates."""
        return float(np.mean([s.reward for s in self.steps]))

    @property
    def share(self) -> float:
        """Mean share of REBASE's normalised allocation that the kept leaves had."""
        return float(np.mean([s.share for s in self.steps]))

    @property
    def coverage(self) -> float:
        """Mean share of the clusters retained."""
        return float(np.mean([s.coverage for s in self.steps]))

    def trace(self, lambda_b: float = 1.0, lambda_d: float = 1.45) -> str:
        """The search as a trace file; its trees have REBASE weights and token shares."""
        return write_trace({"lambda_b": lambda_b, "lambda_d": lambda_d}, self.recorded)


class _Tree:
    """Live nodes of the search, parents first, with what the synthetic model knows of them."""

    def __init__(self, model: SyntheticModel, width: int, seed: int):
        self.model = model
        self.width = width
        self.rng = np.random.default_rng(seed)
        weight = 1.0 / np.arange(1, model.ideas + 1) ** model.zipf
        self.law = weight / weight.sum()
        own = 1.0 / np.arange(1, model.own + 1) ** model.zipf
        self.own_law = own / own.sum()
        self.parent = np.array([-1], dtype=np.int32)
        self.tokens = np.array([model.prompt])
        self.quality = np.array([0.0])
        self.group = np.array([0], dtype=np.int32)
        self.leaves = np.array([0], dtype=np.int32)
        self.cluster = np.array([0], dtype=np.int32)
        self.reward = np.array([0.5])
        self.numbers = np.array([0])  # in the recorded trace
        self.drawn = 1

    def grow(self, children: np.ndarray, first: bool) -> None:
        """Expand the leaves; those without children are gone with what only they needed."""
        model, rng = self.model, self.rng
        origin = np.repeat(np.arange(len(self.leaves)), children)
        above = self.leaves[origin]
        n = len(origin)
        lists = rng.choice(model.ideas, size=(len(self.leaves), model.own), p=self.law)
        local = rng.random(n) < model.locality
        near = lists[origin, rng.choice(model.own, size=n, p=self.own_law)]
        idea = np.where(local, near, rng.choice(model.ideas, size=n, p=self.law))
        # The same idea at the same place is worth the same, in every policy's run.
        pairs = np.stack([above.astype(np.int64), idea], axis=1)
        _, inverse = np.unique(pairs, axis=0, return_inverse=True)
        shift = rng.normal(0.0, model.idea, inverse.max() + 1)[inverse.ravel()]
        quality = self.quality[above] + shift + rng.normal(0.0, model.word, n)
        noise = rng.normal(0.0, model.noise, n)
        base = len(self.parent)
        self.parent = np.concatenate([self.parent, above]).astype(np.int32)
        self.tokens = np.concatenate([self.tokens, 20 + np.round(rng.lognormal(4.0, 0.5, n))])
        self.quality = np.concatenate([self.quality, quality])
        self.numbers = np.concatenate([self.numbers, np.arange(self.drawn, self.drawn + n)])
        self.drawn += n
        group = np.arange(n) if first else self.group[above]
        self.group = np.concatenate([self.group, group]).astype(np.int32)
        self.leaves = np.arange(base, base + n, dtype=np.int32)
        self.cluster = idea.astype(np.int32)
        self.reward = np.clip(1.0 / (1.0 + np.exp(-quality)) + noise, 0.0, 1.0)

    def candidates(self) -> Candidates:
        """What a policy sees."""
        return Candidates(
            self.parent,
            self.tokens,
            self.leaves,
            self.reward,
            self.cluster,
            self.group[self.leaves],
            self.width,
        )

    def keep(self, mask: np.ndarray, children: np.ndarray) -> np.ndarray:
        """Forget what is not retained; returns the children of the kept leaves."""
        number = (np.cumsum(mask) - 1).astype(np.int32)
        chosen = children > 0
        self.parent = np.where(self.parent >= 0, number[np.maximum(self.parent, 0)], -1)[mask]
        self.parent = self.parent.astype(np.int32)
        for name in ("tokens", "quality", "group", "numbers"):
            setattr(self, name, getattr(self, name)[mask])
        self.leaves = number[self.leaves[chosen]]
        self.cluster, self.reward = self.cluster[chosen], self.reward[chosen]
        return children[chosen]


def simulate(
    policy: Policy,
    width: int = 256,
    seed: int = 0,
    model: SyntheticModel | None = None,
    record: bool = False,
) -> Run:
    """Run a search of the synthetic model under a policy.

    Parameters
    ----------
    policy : callable
        One of ``POLICIES`` or ``functools.partial(ets, lambda_d=…)``.
    width : int
        Children handed out a step.
    seed : int
    model : SyntheticModel, optional
    record : bool
        Whether `Run.trace` will be asked for.

    Returns
    -------
    Run
    """
    model = model or SyntheticModel()
    tree = _Tree(model, width, seed)
    run = Run()
    children = np.array([width])
    for depth in range(model.steps):
        before = len(tree.parent)
        tree.grow(children, depth == 0)
        seen = tree.candidates()
        children = policy(seen)
        step, mask = _account(seen, children)
        run.steps.append(step)
        if record:
            run.recorded.append(_record(tree, seen, children, before, depth == 0))
        children = tree.keep(mask, children)
    run.best = float(tree.reward.max())
    run.quality = float(tree.quality[tree.leaves[np.argmax(tree.reward)]])
    return run


def _account(seen: Candidates, children: np.ndarray) -> tuple[Step, np.ndarray]:
    kept = seen.leaves[children > 0]
    mask = retained(TreePrune(seen.parent, np.zeros(len(seen.parent)), seen.tokens), kept)
    weight = allocate(seen.reward, seen.width)
    usual = float(np.average(seen.reward, weights=weight))
    step = Step(
        leaves=len(seen.leaves),
        kept=len(kept),
        nodes=int(mask.sum()),
        kv=float(seen.tokens[mask].sum()),
        kv_candidates=float(seen.tokens.sum()),
        share=float(weight[children > 0].sum() / weight.sum()),
        reward=float(np.average(seen.reward, weights=children) / usual) if usual > 0 else 1.0,
        coverage=len(np.unique(seen.cluster[children > 0])) / len(np.unique(seen.cluster)),
        tokens=float(seen.tokens[seen.leaves].sum()),
        path=float(_to_root(seen.parent, seen.tokens)[seen.leaves].sum()),
    )
    return step, mask


def _to_root(parent: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Tokens from the root to every node, its own included; parents come first."""
    total = tokens.astype(float)
    above = parent.copy()
    while (above >= 0).any():  # one level a turn: as many as the tree is deep
        inside = above >= 0
        total[inside] += tokens[above[inside]]
        above[inside] = parent[above[inside]]
    return total


def _record(tree: _Tree, seen: Candidates, children: np.ndarray, before: int, first: bool) -> dict:
    """The step as a trace file has it; the root joins the first step."""
    start = 0 if first else before
    reward, cluster = np.zeros(len(seen.parent)), np.full(len(seen.parent), -1)
    reward[seen.leaves] = allocate(seen.reward, seen.width) / seen.width
    cluster[seen.leaves] = seen.cluster
    above = seen.parent[start:]
    return {
        "parent": np.where(above >= 0, tree.numbers[np.maximum(above, 0)], -1).tolist(),
        "reward": reward[start:].tolist(),
        "tokens": (seen.tokens[start:] / seen.tokens.sum()).tolist(),
        "cluster": cluster[start:].tolist(),
        "keep": tree.numbers[seen.leaves[children > 0]].tolist(),
    }

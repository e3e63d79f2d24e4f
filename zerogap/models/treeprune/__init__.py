"""Pruning of LLM search trees: KV cache against reward and coverage (ETS and its variants)."""

from __future__ import annotations

from typing import Any

from zerogap.models.base import Family, Option, Setting
from zerogap.models.treeprune.check import check
from zerogap.models.treeprune.clustering import clusters
from zerogap.models.treeprune.draft import Draft, Drafted
from zerogap.models.treeprune.formats import FORMATS, read_trace, write_trace
from zerogap.models.treeprune.generate import adversarial, draft, random, rebase
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.rebase import allocate, kv_bytes, normalised
from zerogap.models.treeprune.solution import Kept, decode, encode, node_costs, retained
from zerogap.models.treeprune.tables import CSV, from_networkx, from_pandas

__all__ = [
    "Draft",
    "Drafted",
    "FAMILY",
    "Kept",
    "TreePrune",
    "adversarial",
    "allocate",
    "check",
    "clusters",
    "from_networkx",
    "from_pandas",
    "kv_bytes",
    "node_costs",
    "normalised",
    "random",
    "read_trace",
    "rebase",
    "retained",
    "write_trace",
]


def info(tree: TreePrune | Draft) -> dict[str, Any]:
    """Facts of a tree for people."""
    if isinstance(tree, Draft):
        return {
            "candidates": len(tree.parent),
            "nodes of the tree": f"at most {tree.size}",
            "depth cost": tree.depth_cost,
            "latency": "by nodes" if tree.latency is not None else "none",
            "siblings": "in order" if tree.order is not None else "in any order",
        }
    facts: dict[str, Any] = {
        "nodes": tree.nodes,
        "leaves": len(tree.leaves),
        "roots": len(tree.roots),
        "clusters": len(tree.clusters),
        "lambda_b": tree.lambda_b,
        "lambda_d": tree.lambda_d,
        "tokens": float(tree.tokens.sum()),
        "reward": float(tree.reward[tree.leaves].sum()),
    }
    if tree.budget is not None:
        facts["budget"] = tree.budget
    if tree.min_leaves != 1 or tree.max_leaves is not None:
        facts["leaves to keep"] = f"{tree.min_leaves} … {tree.max_leaves or 'all'}"
    if len(tree.mandatory):
        facts["mandatory leaves"] = len(tree.mandatory)
    if tree.caps is not None:
        facts["cluster caps"] = "yes"
    if tree.page:
        facts["pages"] = f"{float(node_costs(tree).sum()):g} of {tree.page} tokens"
    if len(tree.held):
        facts["held nodes"] = int(retained(tree, tree.held).sum())
    return facts


FAMILY = Family(
    name="treeprune",
    title="pruning of search trees: KV cache against reward and coverage",
    sense="max",
    integral=False,
    unit="reward",
    instances=(TreePrune, Draft),
    solution=(Kept, Drafted),
    formats=(*FORMATS, CSV),
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={"rebase": rebase, "random": random, "adversarial": adversarial, "draft": draft},
    options=(
        Option("lambda_b", float, None, "weight of the token cost"),
        Option("lambda_d", float, None, "weight of the coverage"),
        Option("budget", float, None, "hard limit on the retained tokens"),
        Option("min_leaves", int, None, "least number of kept leaves"),
        Option("max_leaves", int, None, "most kept leaves"),
        Option("page", int, None, "tokens of a page of the KV cache; 0: nodes cost tokens"),
        Option("step", int, None, "step of a recorded search whose tree is pruned"),
        Setting("backend", str, "cp-sat", "exact backend", ("cp-sat", "highs")),
    ),
    tolerance=1e-9,
)

"""Tree pruning: an exact kernel, and CP-SAT or HiGHS as referee and fallback.

`prune`, `prune_batch` and `Pruner` are what a serving engine calls; `simulate` and the policies
say what it is worth.
"""

from typing import Any

from zerogap._ext.treeprune.prune import Pruner, prune, prune_batch
from zerogap._ext.treeprune.radix import grow
from zerogap.solvers.treeprune.policies import POLICIES, Candidates, beam, dvts, ets, rebase
from zerogap.solvers.treeprune.prefix import prefix_tree
from zerogap.solvers.treeprune.simulate import Run, Step, SyntheticModel, simulate
from zerogap.solvers.treeprune.strategy import METHODS

__all__ = [
    "METHODS",
    "POLICIES",
    "Candidates",
    "Pruner",
    "Run",
    "Step",
    "SyntheticModel",
    "beam",
    "dvts",
    "ets",
    "grow",
    "prefix_tree",
    "prune",
    "prune_batch",
    "rebase",
    "simulate",
]
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("exact", {"backend": "cp-sat"}),
    ("kernel", {}),
    ("exact", {"backend": "highs"}),
)

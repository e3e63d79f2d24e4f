"""Tree pruning: an exact kernel, and CP-SAT or HiGHS as referee and fallback."""

from zerogap.solvers.treeprune.strategy import METHODS

__all__ = ["METHODS"]

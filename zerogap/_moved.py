"""Old names of modules, kept for one release: importing one warns and gives the new module."""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_MODELS = {
    "dag.cpsat": "dag.exact.cpsat",
    "dag.pyomo": "dag.exact.pyomo",
    "fairclique.text": "fairclique.formats.text",
    "jobshop.cpsat": "jobshop.exact.cpsat",
    "matmul.brent": "matmul.exact.brent",
    "matmul.slp": "matmul.exact.slp",
    "routing.cpsat": "routing.exact.cpsat",
    "routing.sol": "routing.formats.sol",
    "routing.vrplib": "routing.formats.vrplib",
    "scratchpad.cpsat": "scratchpad.exact.cpsat",
    "scratchpad.mip": "scratchpad.exact.pyomo",
}
_SOLVERS = {
    "jobshop_train": "jobshop.train",
    **{
        f"matmul_{name}": f"matmul.{name}"
        for name in (
            "additions",
            "additions_exact",
            "additions_walk",
            "brent",
            "descent",
            "lift",
            "meta",
            "pools",
        )
    },
}
MOVED = {
    **{f"zerogap.models.{old}": f"zerogap.models.{new}" for old, new in _MODELS.items()},
    **{f"zerogap.solvers.{old}": f"zerogap.solvers.{new}" for old, new in _SOLVERS.items()},
    "zerogap.report.routing_explain": "zerogap.solvers.routing.explain",
    "zerogap.report.routing_replan": "zerogap.models.routing.replan",
    "zerogap.solvers.matmul_moves": "zerogap.models.matmul.moves",
}


class _Moved(MetaPathFinder, Loader):
    """Finds the old names, last of all finders, so that a real module always wins."""

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        new = MOVED[spec.name]
        warnings.warn(f"{spec.name} is now {new}", DeprecationWarning, stacklevel=2)
        return importlib.import_module(new)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do: the module has run under its new name."""


def install() -> None:
    """Make the old names importable."""
    sys.meta_path.append(_Moved())

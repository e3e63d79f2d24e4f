"""Methods that cannot know a user's constraints say so at once, in every family."""

from __future__ import annotations

import pytest

import zerogap as zg
from zerogap.models import base
from zerogap.solvers import extendable

SMALL = {"routing": {"clients": 5}, "dag": {"variables": 6}, "jobshop": {"jobs": 3, "machines": 3}}


@pytest.mark.parametrize("family", [name for name in base.REGISTRY if name != "toy"])
def test_methods_that_cannot_know_a_users_constraints_refuse(family):
    instance = zg.generate(family, seed=1, **SMALL.get(family, {}))
    able = extendable(family)
    assert {"auto", "exact"} <= set(able) <= set(zg.methods(family))
    others = set(zg.methods(family)) - set(able)
    assert "kernel" in others
    for method in others:
        with pytest.raises(zg.InstanceError, match=f"{method} cannot know"):
            zg.solve(instance, method=method, extend=lambda model: None, time_limit=1)

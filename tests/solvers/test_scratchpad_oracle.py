"""Every method agrees with plain enumeration on networks and buffers that mix all features."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import scratchpad as oracle


def assert_agrees(seed: int, method: str, threads: int = 1) -> None:
    rng = np.random.default_rng([seed, 23])
    instance, options = oracle.draw(rng)
    best, best_solution = oracle.optimum(instance, options)
    if best is not None:
        assert zg.check(instance, best_solution) == best
    result = zg.solve(instance, method=method, time_limit=60, threads=threads, seed=1, **options)
    if best is None:
        assert result.status in ("infeasible", "unknown")
        return
    assert result.status != "infeasible"
    assert result.objective is None or result.objective >= best
    assert result.bound is None or result.bound <= best
    if method in ("auto", "exact"):
        assert result.status == "optimal"


@pytest.mark.parametrize("method", oracle.METHODS)
def test_no_claim_is_refuted_by_enumeration(method):
    for seed in range(120):
        assert_agrees(seed, method, threads=1 + seed % 2)


def test_added_constraints_are_kept_and_nothing_is_refuted_by_them():
    for seed in range(120):
        rng = np.random.default_rng([seed, 29])
        instance, options = oracle.draw(rng)
        extend, allowed, methods = oracle.extension(instance, rng, options)
        best, _ = oracle.optimum(instance, options, allowed)
        method = str(rng.choice(methods))
        result = zg.solve(instance, method=method, extend=extend, time_limit=60, threads=1)
        assert (result.status == "infeasible") == (best is None)
        assert result.objective == best
        assert best is None or allowed(result.solution)


def test_the_value_follows_permutation_shift_and_scale():
    for seed in range(60):
        rng = np.random.default_rng([seed, 31])
        instance, options = oracle.draw(rng)
        value = zg.solve(instance, threads=1, **options).objective
        for other, expected in oracle.variants(instance, rng, options):
            found = zg.solve(other, threads=1, **options).objective
            assert found == (None if value is None else expected(value))

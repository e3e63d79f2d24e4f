"""300 mixed instances a family; ``make truth`` takes 20,000."""

from __future__ import annotations

from pathlib import Path

import pytest

import zerogap as zg
from tests.truth import harness

BLOCK = 30
#: The families that have an oracle.
FAMILIES = sorted(
    p.stem for p in (Path(__file__).parents[1] / "oracles").glob("*.py") if p.stem in zg.names()
)


@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("family", FAMILIES)
def test_mixed_instances_agree_with_the_oracle(family, block):
    seen = {harness.run(family, seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)}
    assert seen  # `run` raises at the first contradiction


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_draws_one_case(family):
    a, b = (harness.draw(family, 7)[0] for _ in range(2))
    assert zg.digest(a.instance) == zg.digest(b.instance)
    assert (a.method, a.threads, a.world) == (b.method, b.threads, b.world)

"""Digests stay what they were: results of yesterday are of the same instances today.

A field that came later says in its metadata which value means nothing (`neutral`); without that
every instance of its family gets another digest, and every result file is refused.
"""

from __future__ import annotations

import pytest

import zerogap as zg

KNOWN = [
    ("routing", {"clients": 20}, "c9ff93f8c4d498bc"),
    ("jobshop", {"jobs": 3, "machines": 3}, "d8bc7e6376165f20"),
    ("fairclique", {"vertices": 20}, "fc2547d406361e5f"),
    ("matmul", {"format": "2x2x2"}, "b0055df353e5d64a"),
    ("treeprune", {"width": 8}, "5bcb7861e93947e2"),
    ("scratchpad", {"generator": "random"}, "1e0fe66c470f3571"),
    ("scheduling", {}, "ac5aea1fc9eaefdd"),
    ("mapf", {"agents": 3}, "4e0ae23a0a80777d"),
]


@pytest.mark.parametrize(("family", "options", "digest"), KNOWN, ids=[k[0] for k in KNOWN])
def test_an_instance_keeps_its_digest(family, options, digest):
    assert zg.digest(zg.generate(family, seed=3, **options))[:16] == digest

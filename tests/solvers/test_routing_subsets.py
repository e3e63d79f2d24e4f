"""The optimum by sets of clients is that of the enumeration."""

from __future__ import annotations

import math

import numpy as np

from tests.oracles import routing as oracle
from tests.oracles import routing_words as words
from zerogap.models.routing.formats import robots
from zerogap.solvers.routing import subsets


def test_mixed_instances_have_the_optimum_of_the_enumeration():
    seen = 0
    for seed in range(900):
        instance, _ = oracle.draw(np.random.default_rng(seed))
        if not subsets.applicable(instance):
            continue
        best, _ = oracle.optimum(instance, {})
        value = subsets.optimum(instance, None, lambda: True)
        assert value == (math.inf if best is None else best), seed
        seen += 1
    assert seen > 40


def test_twenty_random_texts_of_every_type_have_their_value():
    for count, kinds in words.KINDS.items():
        for kind in kinds:
            rng = np.random.default_rng([ord(kind), count, 20])
            done = 0
            while done < 20:
                text, p = words.text(kind, min(count, 2), rng, cities=5)
                if not words.feasible_count(p):
                    continue
                instance = robots.read(text, file="text.txt")
                best = words.best(p)
                value = subsets.optimum(instance, None, lambda: True)
                if kind == "B" and best is not None:
                    best = best[0] * instance.weight + best[1]
                assert value == (math.inf if best is None else best), text
                done += 1


def test_it_gives_up_when_told_so():
    rng = np.random.default_rng(5)
    text, _ = words.text("A", 1, rng, cities=9)
    instance = robots.read(text, file="text.txt")
    assert subsets.applicable(instance)
    assert subsets.optimum(instance, None, lambda: False) is None

"""Flexible shops begun from evenly loaded machines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.jobshop import FlexibleJobShop
from zerogap.solvers.jobshop import balanced, bounds


def draw(rng, jobs, length, machines, most=3):
    choice, machine, duration = [0], [], []
    for _ in range(jobs * length):
        count = int(rng.integers(1, min(most, machines) + 1))
        machine += rng.permutation(machines)[:count].tolist()
        duration += rng.integers(1, 20, count).tolist()
        choice.append(choice[-1] + count)
    first = np.arange(0, jobs * length + 1, length)
    return FlexibleJobShop(np.array(machine), np.array(duration), np.array(choice), first, machines)


def load(shop, taken):
    return np.bincount(
        shop.machine[taken], weights=shop.duration[taken], minlength=shop.machines
    ).max()


def test_the_choice_is_one_and_its_loads_are_even():
    rng = np.random.default_rng(1)
    near = 0
    for trial in range(30):
        shop = draw(rng, 3, 2, 3)
        taken = balanced.choice(shop, trial)
        assert (shop.choice[:-1] <= taken).all() and (taken < shop.choice[1:]).all()
        every = [range(a, b) for a, b in zip(shop.choice, shop.choice[1:])]
        least = min(load(shop, np.array(c)) for c in itertools.product(*every))
        assert load(shop, taken) >= least
        near += load(shop, taken) <= 1.1 * least
    assert near >= 20


def test_large_loads_are_near_the_bound():
    shop = draw(np.random.default_rng(2), 40, 5, 6)
    taken = balanced.choice(shop, 0)
    assert load(shop, taken) <= 1.02 * bounds.assignment_bound(shop)
    assert (balanced.choice(shop, 0) == taken).all()


def test_kernels_of_the_order_offer_schedules_of_the_whole_shop():
    shop = draw(np.random.default_rng(3), 20, 4, 4)
    bound = bounds.opening(shop)
    kernels = balanced.islands(shop, bound=bound, objective=bound, seed=0, count=2)
    assert len(kernels) == 2
    for kernel in kernels:
        kernel.run(iterations=500)
        schedule = kernel.schedule()
        assert zg.check(shop, schedule) == kernel.objective >= bound
        kernel.inject(schedule)  # is not taken, and does no harm


@pytest.mark.parametrize("family", ["jobshop", "scheduling"])
def test_many_jobs_on_few_machines_end_near_the_bound(family):
    from zerogap.models.scheduling.formats.classes import shop_of

    shop = draw(np.random.default_rng(4), 30, 4, 4)
    bound = bounds.opening(shop)
    instance = shop
    if family == "scheduling":
        instance = shop_of(
            shop.duration, shop.machine, np.diff(shop.choice), shop.operations, shop.job,
            shop.machines,
        )  # fmt: skip
    result = zg.solve(instance, time_limit=3, threads=2)
    assert zg.check(instance, result.solution) == result.objective
    assert bound <= result.objective <= 1.25 * bound


def test_where_loads_do_not_decide_there_is_nothing_to_even_out():
    shop = draw(np.random.default_rng(5), 5, 3, 4)
    assert balanced.islands(shop, bound=10, objective=100, seed=0, count=1) == []
    assert balanced.islands(shop, bound=None, objective=100, seed=0, count=1) == []
    single = draw(np.random.default_rng(5), 5, 3, 4, most=1)
    assert balanced.islands(single, bound=90, objective=100, seed=0, count=1) == []

"""Building the catalogue: walks in other processes, compositions that enter the pools, forms."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from zerogap.models.matmul import Scheme, catalogue, check_scheme, moves
from zerogap.solvers.matmul.catalogue import compose_small, gather, mean, verify, walked
from zerogap.solvers.matmul.compose import compose, sizes, slim
from zerogap.solvers.matmul.descent import QUANTUM
from zerogap.solvers.matmul.meta import formats, meta, spread
from zerogap.solvers.matmul.pools import Pools


def _right(pools):
    for (n, ring), pool in pools.pools.items():
        for scheme in pool.schemes:
            check_scheme(n, ring, Scheme(*scheme))
            assert len(scheme[0]) == pool.rank


def test_walks_in_other_processes_come_together(tmp_path):
    pools = Pools(8, str(tmp_path / "p.npz"))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        ranks = spread(executor, 1, formats(2, 3), iterations=60 * QUANTUM, seed=2, pools=pools,
                       importance=lambda n: 1.0)  # fmt: skip
    alone = Pools(8)
    meta(formats(2, 3), iterations=60 * QUANTUM, seed=2, pools=alone, importance=lambda n: 1.0)
    assert ranks == {n: alone.rank(n, "ZT") for n in formats(2, 3)}
    assert ranks[2, 2, 2] == 7
    _right(pools)
    assert Pools(8, str(tmp_path / "p.npz")).table() == pools.table()
    assert pools.steps == alone.steps > 0


class _Failing:
    """An executor whose first workers are lost."""

    def __init__(self, lost):
        self.lost = lost

    def submit(self, function, *arguments):
        future: Future = Future()
        if self.lost > 0:
            self.lost -= 1
            future.set_exception(ConnectionError("worker lost"))
        else:
            future.set_result(function(*arguments))
        return future


def test_a_lost_worker_costs_its_own_walks_only():
    wanted = formats(2, 2)
    assert spread(_Failing(1), 2, wanted, iterations=8 * QUANTUM)[2, 2, 2] == 7
    with pytest.raises(ConnectionError, match="worker lost"):
        spread(_Failing(2), 2, wanted, iterations=QUANTUM)


def test_compositions_enter_the_pools():
    pools = Pools(4)
    for n in ((2, 2, 2), (2, 2, 3)):
        scheme = catalogue.default().factors(n)
        pools.add(n, "ZT", scheme, 1)
        pools.add(n, "Z2", tuple(m & 1 for m in scheme), 1)
    wanted = [(2, 2, 2), (2, 2, 3), (2, 2, 4), (2, 4, 4), (4, 4, 4), (3, 4, 4), (5, 5, 5)]
    assert compose_small(pools, wanted) > 0
    ranks = {n: pools.rank(n, "ZT") for n in wanted}
    assert ranks[2, 2, 4] == 14 and ranks[2, 4, 4] == 28 and ranks[4, 4, 4] == 49
    assert ranks[5, 5, 5] < 125
    _right(pools)
    assert compose_small(pools, wanted) == 0
    again = gather(pools)
    assert again.rank((4, 4, 4)) == 64  # stored, but not yet a recipe
    compose(again, only=wanted)
    assert again.rank((4, 4, 4)) == 49


def test_a_recipe_has_the_rank_that_was_priced():
    made = catalogue.Catalogue()
    for n in ((2, 2, 2), (2, 2, 3), (2, 3, 3)):
        made.stored[n, "ZT"] = [catalogue.default().factors(n)]
    wanted = catalogue.formats(7)
    assert compose(made, only=wanted) > 40
    for n in wanted:
        check_scheme(n, "ZT", Scheme(*made.factors(n)))
        assert len(made.factors(n)[0]) == made.rank(n) <= np.prod(n)
    assert made.rank((4, 4, 4)) == 49
    assert made.rank((7, 7, 7)) < 270
    assert compose(made, only=wanted) == 0


@pytest.mark.parametrize("parts", range(1, 7))
def test_sizes_are_what_they_say(parts):
    for total in range(parts, 17):
        found = sizes(total, parts)
        assert len(found) and (found.sum(axis=1) == total).all() and (found >= 1).all()
        assert len({tuple(s) for s in found.tolist()}) == len(found)


def test_a_slim_form_is_the_same_scheme():
    rng = np.random.default_rng(2)
    start = catalogue.default().factors((2, 3, 3))
    wide = start
    for _ in range(30):
        wide = moves.row_operation((2, 3, 3), wide, rng)
        check_scheme((2, 3, 3), "ZT", Scheme(*wide))
    found = slim((2, 3, 3), [wide], np.random.default_rng(1), tries=400)
    check_scheme((2, 3, 3), "ZT", Scheme(*found))
    assert sum(map(np.count_nonzero, found)) <= sum(map(np.count_nonzero, wide))


def test_the_committed_catalogue_is_what_it_says():
    ours = catalogue.default()
    assert mean(ours) <= 1.06
    assert (2, 8, 8) in walked() and (5, 6, 6) not in walked()
    broken = catalogue.Catalogue()
    u, v, w = ours.factors((2, 2, 2))
    broken.stored[(2, 2, 2), "ZT"] = [(u, v, -w)]
    with pytest.raises(Exception, match="Brent equation"):
        verify(broken)

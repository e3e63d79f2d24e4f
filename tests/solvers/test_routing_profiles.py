"""Vehicles that like clients differently: bounds, and kernels that know who drives best."""

import numpy as np
import pytest

import zerogap as zg
from zerogap.solvers.routing.master import shifts


def profiled(seed, n=7, types=3, *, zones=False, prizes=False, negative=False):
    rng = np.random.default_rng(seed)
    b = zg.routing.Builder()
    b.add_depot(50, 50)
    for _ in range(n):
        more = {}
        if prizes and rng.random() < 0.5:
            more = {"required": False, "prize": int(rng.integers(0, 90))}
        x, y = rng.integers(0, 100, 2).tolist()
        b.add_client(x, y, delivery=int(rng.integers(1, 7)), **more)
    for t in range(types):
        fields = {"preference": rng.integers(-60 if negative else 0, 150, n).tolist()}
        if zones and t:
            fields["allowed"] = (rng.random(n) < 0.75).tolist()
        b.add_vehicle_type(int(rng.integers(1, n)), capacity=12, **fields)
    return b.build()


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize(
    "kind", [{}, {"zones": True}, {"prizes": True}, {"negative": True, "prizes": True}]
)
def test_rewards_beyond_all_distances_are_bounded_and_proven(seed, kind):
    instance = profiled(seed, n=5, **kind)
    exact = zg.solve(instance, method="exact", threads=1, time_limit=120)
    if exact.status == "infeasible":
        return
    assert exact.status == "optimal"
    alone = zg.solve(instance, method="columns", threads=1, time_limit=120, start=exact.solution)
    assert (alone.status, alone.objective) == ("optimal", exact.objective), alone.messages


def test_shifts_are_the_largest_reward_that_may_be_had():
    instance = profiled(1, n=4, types=2).replace(
        preference=[[5, -3, 7, 1], [9, -8, 90, -1]],
        allowed=[[1, 1, 1, 1], [1, 1, 0, 1]],
    )
    assert shifts(instance).tolist() == [9, 0, 7, 1]


def test_the_bound_of_a_profiled_problem_is_near():
    instance = zg.generate("routing", "pvrp-p", seed=1, clients=14, vehicles=3, capacity=20)
    best = zg.solve(instance, method="kernel", iterations=20_000, threads=1)
    below = zg.solve(instance, method="columns", threads=1, time_limit=120, gap=0.02,
                     start=best.solution)  # fmt: skip
    assert below.bound <= below.objective
    assert below.gap <= 0.02


@pytest.mark.parametrize("kind", [{}, {"zones": True}, {"negative": True, "prizes": True}])
def test_what_every_vehicle_would_earn_is_kept_right(kind):
    from zerogap._ext.routing.sisr import Sisr
    from zerogap.solvers.routing.arrays import solution
    from zerogap.solvers.routing.kernels import make

    for seed in range(4):
        instance = profiled(seed, n=25, types=4, **kind)
        instance = instance.replace(vehicles=np.full(4, 25))
        kernel = Sisr(make(instance), seed, 1.0, 3000)
        kernel.run(iterations=3000)
        assert kernel.consistent()
        assert kernel.objective == zg.check(instance, solution(kernel.best()))


def test_a_route_is_handed_to_whoever_likes_its_next_client():
    # Both clients lie together; each type likes one of them, the second far more.
    b = zg.routing.Builder()
    b.add_depot(0, 0)
    b.add_client(100, 0, delivery=1)
    b.add_client(101, 0, delivery=1)
    b.add_vehicle_type(2, capacity=5, preference=[50, 0])
    b.add_vehicle_type(2, capacity=5, preference=[0, 90])
    result = zg.solve(b.build(), method="kernel", iterations=50, threads=1)
    assert result.objective == 202 - 90
    assert [(r.vehicle, sorted(r)) for r in result.solution] == [(1, [0, 1])]

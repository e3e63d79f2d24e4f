"""Explanations: minimal, tried again, and said in names."""

from __future__ import annotations

import time

import numpy as np
import pytest
from click.testing import CliRunner

import zerogap as zg
from tests.models.test_routing_fleet import street, town
from zerogap.models.routing import Routes, check
from zerogap.solvers.routing import explain as why


def test_a_window_that_cannot_be_met_alone():
    instance = street([{"window": (0, 5), "name": "ann"}, {}])
    (reason,) = zg.explain(instance)
    assert (reason.where, reason.name) == ("alone", "ann")
    assert reason.constraints == ("its window [[0, 5]]",) == reason.enough
    assert "arrives at client ann at 10, it closes at 5" in str(reason)


def test_two_constraints_that_stop_it_together():
    # Reached at 20 at the earliest; the window wants 15. The second vehicle is fast, but lacks it.
    instance = street(
        [{"at": (20, 0), "window": (0, 15), "skills": ["cold"]}],
        [{"skills": ["cold"]}, {"speed": 2000}],
    )
    (reason,) = zg.explain(instance)
    assert set(reason.constraints) == {"its window [[0, 15]]", "its skills cold"}
    assert set(reason.enough) == set(reason.constraints)


def test_sets_are_minimal_whatever_the_instance():
    """Each set is enough to stop it; without any one of its members it does not."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        instance = town(
            seed,
            n=6,
            client=lambda r, c: {
                "window": (0, int(r.integers(1, 90))),
                "skills": ["cold"] * int(r.integers(0, 2)),
                "delivery": int(r.integers(1, 60)),
            },
            vehicle=lambda r, t, rng=rng: {
                "max_distance": int(rng.integers(20, 150)),
                "skills": ["cold"] * t,
            },
        )
        for reason in zg.explain(instance, Routes(())):
            if reason.where != "alone":
                continue
            small = why._only(instance, (reason.client,))
            named = dict(why.units(small, 0))
            for left_out in (None, *reason.constraints):
                made = small
                for name, relax in named.items():
                    if name == left_out or name not in reason.constraints:
                        made = relax(made)
                possible = False
                for t in range(made.types):
                    try:
                        check(made.replace(required=np.array([False])), Routes.of([[0]], t))
                        possible = True
                    except zg.InfeasibleSolution:
                        pass
                assert possible == (left_out is not None), (seed, reason)


def test_places_in_a_plan_and_prizes():
    instance = street(
        [{"delivery": 3}, {"delivery": 3, "prize": 5, "required": False}], [{"capacity": 5}]
    )
    (reason,) = zg.explain(instance, Routes.of([[0]]))
    assert reason.where == "plan"
    assert "its load" in reason.constraints or "the capacity of the vehicles" in reason.constraints
    far = street([{}, {"prize": 5, "required": False}], [{"number": 1}])
    (reason,) = zg.explain(far, Routes.of([[0]]))
    assert reason.where == "cost"
    assert "costs 20 more, leaving it out 5" in str(reason)


def test_an_infeasible_day_names_who_is_left_out():
    instance = street([{"delivery": 3}] * 3, [{"capacity": 6}])
    assert zg.solve(instance, time_limit=5).status == "infeasible"
    reasons = zg.explain(instance, seconds=4)
    assert len(reasons) == 1 and reasons[0].where == "plan"


@pytest.mark.parametrize("clients", [200])
def test_many_clients_are_explained(clients):
    instance = town(
        n=clients, client=lambda r, c: {"window": (0, 20)} if c % 4 == 0 else {}, types=1
    )
    begun = time.monotonic()
    reasons = zg.explain(instance)
    assert {r.where for r in reasons} == {"alone"}
    assert all(r.client % 4 == 0 and len(r.constraints) == 1 for r in reasons)
    assert time.monotonic() - begun < 600


def test_the_command(tmp_path):
    from zerogap.cli import cli

    path, plan = tmp_path / "day.json", tmp_path / "plan.sol"
    zg.write(street([{"window": (0, 5), "required": False}, {}]), path)
    plan.write_text("Route #1: 2\nCost 40\n")
    done = CliRunner().invoke(cli, ["explain", str(path), str(plan)])
    assert "its window [[0, 5]]" in done.output, done.output


def test_other_families_say_that_they_do_not_explain():
    with pytest.raises(zg.InstanceError, match="jobshop has no explanations"):
        zg.explain(zg.generate("jobshop", jobs=2, machines=2))

"""PyVRP's data in, and out where PyVRP is installed."""

from __future__ import annotations

from types import SimpleNamespace as Made

import numpy as np
import pytest

from zerogap.models.base import InstanceError
from zerogap.models.routing import UNLIMITED, Routes, check, from_pyvrp, to_pyvrp

MOST = np.iinfo(np.int64).max


def client(location, **more):
    usual = {"delivery": [2], "pickup": [0], "service_duration": 5, "tw_early": 0, "tw_late": MOST,
             "release_time": 0, "prize": 0, "required": True, "group": None,
             "name": ""}  # fmt: skip
    return Made(location=location, **(usual | more))


def vehicle(**more):
    usual = {"num_available": 2, "start_depot": 0, "end_depot": 0, "capacity": [5], "tw_early": 0,
             "tw_late": MOST, "shift_duration": MOST, "max_distance": MOST, "fixed_cost": 7,
             "unit_distance_cost": 1, "unit_duration_cost": 0, "profile": 0, "start_late": MOST,
             "initial_load": [1], "reload_depots": [], "max_reloads": MOST, "max_trips": MOST,
             "max_overtime": 0, "unit_overtime_cost": 0, "name": "van"}  # fmt: skip
    return Made(**(usual | more))


def data(clients=None, types=None, groups=(), shipments=(), depot=None):
    """What PyVRP's `ProblemData` offers."""
    far = np.array([[0, 10, 20], [10, 0, 10], [20, 10, 0]])
    clients = clients if clients is not None else [client(1), client(2, name="ann")]
    depot = depot or Made(location=0, tw_early=0, tw_late=MOST, service_duration=0, name="")
    return Made(
        locations=lambda: [Made(x=float(k), y=0.0, name="") for k in range(3)],
        clients=lambda: clients, depots=lambda: [depot], groups=lambda: list(groups),
        vehicle_types=lambda: types or [vehicle()], shipments=lambda: list(shipments),
        distance_matrices=lambda: [far], duration_matrices=lambda: [2 * far],
    )  # fmt: skip


def test_data_become_an_instance():
    made = from_pyvrp(data())
    assert made.client_names == ("", "ann") and made.vehicle_names == ("van",)
    assert made.window.tolist() == [[0, UNLIMITED]] * 2
    assert made.on_board.tolist() == [[1]] and made.max_trips.tolist() == [1]
    assert check(made, Routes.of([[0, 1]])) == 7 + 40


def test_overtime_reloads_groups_and_shipments():
    step = {"tw_early": 0, "tw_late": 50, "service_duration": 1}
    shipment = Made(pickup=Made(location=1, **step), delivery=Made(location=2, **step), amount=[3],
                    prize=4, required=False, name="box")  # fmt: skip
    made = from_pyvrp(data(
        [client(1, group=0, required=False), client(2, group=0, required=False)],
        [vehicle(shift_duration=30, max_overtime=60, unit_overtime_cost=2, max_trips=3,
                 reload_depots=[0])],
        [Made(required=True, mutually_exclusive=True, name="")], [shipment],
    ))  # fmt: skip
    assert (made.regular_duration[0], made.max_duration[0], made.max_trips[0]) == (30, 90, 3)
    assert made.shipments.tolist() == [[2, 3]] and made.client_names[2] == "box pickup"
    # Away for 20 + 5 + 20, 15 of it overtime; the shipment is left out.
    assert check(made, Routes.of([[0]])) == 7 + 20 + 2 * 15 + 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (data(types=[vehicle(start_late=5)]), "a latest start is not modelled"),
        (data(groups=[Made(required=True, mutually_exclusive=False)]), "not mutually exclusive"),
        (data(depot=Made(location=0, tw_early=0, tw_late=9, service_duration=3)), "at depots"),
    ],
)
def test_what_is_not_modelled_is_named(given, message):
    with pytest.raises(InstanceError, match=message):
        from_pyvrp(given)


def test_what_pyvrp_cannot_say_is_named():
    made = from_pyvrp(data())
    with pytest.raises(InstanceError, match="PyVRP's data have no open routes"):
        to_pyvrp(made.replace(end_depot=np.array([-1])))


def test_out_and_in_again():
    pytest.importorskip("pyvrp", reason="PyVRP is an optional peer")
    import zerogap as zg

    made = from_pyvrp(data()).replace(client_names=None)
    again = from_pyvrp(to_pyvrp(made))
    assert zg.digest(again) == zg.digest(made)

"""Routes that may end at several depots."""

from types import SimpleNamespace

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.routing import Route, Routes
from zerogap.solvers.routing.ends import with_one_end


@pytest.mark.parametrize("method", ["kernel", "auto"])
def test_a_start_that_ends_where_kernels_never_do_stays_a_solution(method):
    """The usual depot closes before the route is back; the other one never does."""
    made = zg.generate("routing", "tsptw", clients=3, seed=1)
    made = made.replace(
        depot_location=np.array([int(made.depot_location[0])] * 2),
        depot_window=np.array([[0, 1], [0, 1 << 40]]),
        window=np.array([[0, 1 << 40]] * len(made.window)),
        end_depots=np.array([[False, True]]),
        stations=np.zeros((1, 2), bool),
        reload=np.zeros((1, 2), bool),
    )
    start = Routes((Route(0, ((0, 1, 2),), end=1),))
    view = with_one_end(SimpleNamespace(instance=made, hint=start, solution=start))
    assert view.hint is None and view.solution is None  # kernels cannot end there
    cost = zg.check(made, start)
    result = zg.solve(made, method=method, start=start, iterations=500, time_limit=5, threads=1)
    assert result.objective <= cost
    assert not any("infeasible" in message for message in result.messages)

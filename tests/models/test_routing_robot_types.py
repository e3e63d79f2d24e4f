"""The types of robots and cities at any size: generated, solved by the kernel alone, checked."""

from __future__ import annotations

import pytest

import zerogap as zg
from zerogap.models.base import digest
from zerogap.models.routing.robot_types import KINDS
from zerogap.solvers.routing import seen
from zerogap.solvers.routing.tours import Engine, unknown


class Seen:
    """As much of a search as the kernels' view of it needs."""

    def __init__(self, instance):
        self.instance, self.solution, self.hint = instance, None, None


def drawn(kind, seed=1, robots=4, cities=21):
    return zg.generate("routing", "robots", seed=seed, type=kind, robots=robots, cities=cities)


@pytest.mark.parametrize("robots", [1, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_solved_by_the_kernel_alone(kind, robots):
    if kind == "K" and robots == 1:
        with pytest.raises(zg.InstanceError, match="several robots"):
            drawn(kind, robots=1)
        return
    instance = drawn(kind, robots=robots)
    assert digest(instance) == digest(drawn(kind, robots=robots))
    assert digest(instance) != digest(drawn(kind, 2, robots))
    result = zg.solve(instance, method="kernel", iterations=30_000, threads=1)
    assert result.objective == zg.check(instance, result.solution)
    assert len(result.solution) == robots


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernel_over_whole_tours_keeps_its_sums(kind):
    view = seen(Seen(drawn(kind, 3))).instance
    assert not unknown(view)
    engine = Engine(view, 1, 1.0, 4000)
    for _ in range(8):
        engine.kernel.run(iterations=500)
        assert engine.kernel.consistent()
    assert engine.kernel.objective is not None


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"type": "L"}, "type"),
        ({"type": "A-TPP"}, "type"),
        ({"robots": 0}, "robots"),
        ({"robots": "many"}, "robots"),
        ({"robots": 9, "cities": 20}, "cities"),
        ({"cities": 3}, "cities"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(told, field):
    with pytest.raises(zg.InstanceError) as error:
        zg.generate("routing", "robots", **told)
    assert error.value.field.removeprefix("option ") == field

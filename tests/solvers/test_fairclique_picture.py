"""The picture of a fair clique, and the funnel beside it."""

from __future__ import annotations

import pytest

import zerogap as zg
from zerogap.models.fairclique import Clique, from_edges

pytest.importorskip("matplotlib")


def test_clique_neighbourhood_and_funnel_are_drawn(tmp_path):
    from zerogap.report.fairclique import draw

    graph = zg.generate("fairclique", "chung-lu", vertices=500, edges=2500, planted=8, k=2, seed=1)
    figure = draw(graph, zg.solve(graph, threads=1).solution)
    figure.savefig(tmp_path / "clique.png")
    assert (tmp_path / "clique.png").stat().st_size > 5000
    assert len(figure.axes) == 2


def test_given_axes_get_the_clique_alone():
    from matplotlib.figure import Figure

    from zerogap.report.fairclique import draw

    axes = Figure().add_subplot()
    graph = from_edges([(0, 1), (1, 2), (2, 0)], [0, 1, 0], k=0)
    assert draw(graph, Clique([0, 1, 2]), axes) is axes.figure
    draw(graph, Clique([]), axes)


def test_surroundings_are_sorted_by_closeness():
    from zerogap.report.fairclique import surroundings

    graph = from_edges([(0, 1), (0, 2), (1, 2), (0, 3), (2, 4)], [0, 1, 0, 1, 1], k=1)
    near, count = surroundings(graph, Clique([0, 1]))
    assert near.tolist() == [2, 3] and count.tolist() == [2, 1]

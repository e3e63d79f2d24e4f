"""Route maps and GeoJSON of the 23 types."""

from __future__ import annotations

import json

import pytest

import zerogap as zg
from zerogap.models.routing import TYPES, variant


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_picture(kind):
    pytest.importorskip("matplotlib")
    from zerogap.report.routing import draw, geojson

    instance = variant(1, kind, 8)
    result = zg.solve(instance, method="kernel", threads=1, iterations=300)
    figure = draw(instance, result.solution)
    assert len(figure.axes[0].lines) == len(result.solution)
    shapes = json.loads(json.dumps(geojson(instance, result.solution)))
    lines = [f for f in shapes["features"] if f["geometry"]["type"] == "LineString"]
    assert len(lines) == len(result.solution)
    assert len(shapes["features"]) == len(lines) + 8 + instance.depots

"""The memory map for Chrome's tracing page and Perfetto."""

from __future__ import annotations

import json

import pytest

import zerogap as zg
from zerogap import report


@pytest.mark.parametrize(
    ("generator", "settings"),
    [("random", {"operators": 5}), ("trace", {"layers": 4}), ("training", {"layers": 3})],
)
def test_events_are_the_residencies(generator, settings, tmp_path):
    instance = zg.generate("scratchpad", generator=generator, seed=2, **settings)
    solution = zg.solve(instance, time_limit=5, threads=1).solution
    out = tmp_path / "map.trace"
    report.save(instance, solution, str(out))
    events = json.loads(out.read_text())["traceEvents"]
    boxes = [e for e in events if e["ph"] == "X"]
    if generator == "training":
        assert len(boxes) == sum(len(list(instance.pieces(i))) for i in range(len(solution.offset)))
    else:
        assert len(boxes) == len(solution.residencies)
    lanes: dict = {}
    for e in boxes:
        assert e["ts"] >= lanes.get((e["pid"], e["tid"]), 0) and e["dur"] > 0
        lanes[e["pid"], e["tid"]] = e["ts"] + e["dur"]
    for e in [e for e in events if e["ph"] == "C"]:
        there = [b for b in boxes if b["pid"] == e["pid"]]
        alive = [b for b in there if b["ts"] <= e["ts"] < b["ts"] + b["dur"]]
        assert e["args"]["bytes"] == sum(b["args"]["bytes"] for b in alive)
    # Two that are there at the same time do not share an address.
    for k, a in enumerate(boxes):
        for b in boxes[:k]:
            apart = a["ts"] >= b["ts"] + b["dur"] or b["ts"] >= a["ts"] + a["dur"]
            low, high = sorted((a["args"], b["args"]), key=lambda x: x["address"])
            assert apart or a["pid"] != b["pid"] or low["address"] + low["bytes"] <= high["address"]

"""What the schema of a family's instances says agrees with what its reader takes."""

from __future__ import annotations

import functools
import importlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import zerogap as zg
from zerogap.cli import cli
from zerogap.models import base
from zerogap.models.routing import fields
from zerogap.models.schema import schema

TYPES = {
    "string": str, "boolean": bool, "null": type(None), "array": list, "object": dict,
}  # fmt: skip
made = functools.cache(schema)

ORACLES = Path(__file__).parents[1] / "oracles"
#: Families with an oracle: not the toy that other tests register.
FAMILIES = [f for f in base.names() if (ORACLES / f"{f}.py").exists()]


def is_type(value, name):
    if name in ("integer", "number"):
        number = isinstance(value, int if name == "integer" else (int, float))
        return number and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def wrong(rows, value, path="$"):
    """What a value breaks of a schema, None if nothing; the keywords that are used here."""
    kinds = rows.get("type")
    if kinds and not any(is_type(value, k) for k in ([kinds] if isinstance(kinds, str) else kinds)):
        return f"{path}: {value!r} is no {kinds}"
    if value != rows.get("const", value) or value not in rows.get("enum", [value]):
        return f"{path}: {value!r}"
    if "anyOf" in rows and all(wrong(part, value, path) for part in rows["anyOf"]):
        return f"{path}: {value!r} is none of the kinds"
    if is_type(value, "number") and not (
        rows.get("minimum", value) <= value <= rows.get("maximum", value)
    ):
        return f"{path}: {value} is out of range"
    if isinstance(value, list):
        if not rows.get("minItems", 0) <= len(value) <= rows.get("maxItems", len(value)):
            return f"{path}: {len(value)} items"
        inner = ((rows.get("items", {}), v, f"{path}[{i}]") for i, v in enumerate(value))
        return next((bad for part in inner if (bad := wrong(*part))), None)
    if isinstance(value, dict):
        known = rows.get("properties", {})
        for key in rows.get("required", ()):
            if key not in value:
                return f"{path}: no {key}"
        free = [re.compile(p) for p in rows.get("patternProperties", ())]
        for key, v in value.items():
            if key in known:
                if bad := wrong(known[key], v, f"{path}.{key}"):
                    return bad
            elif rows.get("additionalProperties") is False and not any(f.search(key) for f in free):
                return f"{path}: unknown {key}"
    return None


def written(name, instance):
    form = next(f for f in base.family(name).formats if f.decode is not None)
    return json.loads(base.json_text({"family": name, **form.encode(instance)}))


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_drawn_and_written_keeps_to_the_schema(name):
    rows = made(name)
    json.dumps(rows)
    draw = importlib.import_module(f"tests.oracles.{name}").draw
    for seed in range(20):
        instance, _ = draw(np.random.default_rng(seed))
        assert wrong(rows, written(name, instance)) is None
    for example in rows.get("examples", ()):
        assert wrong(rows, example) is None


@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_schema_requires_the_reader_misses(name, tmp_path):
    rows = made(name)
    drawn = importlib.import_module(f"tests.oracles.{name}").draw(np.random.default_rng(3))[0]
    for key in rows["required"]:
        data = {k: v for k, v in written(name, drawn).items() if k != key}
        assert wrong(rows, data) == f"$: no {key}"
        path = tmp_path / f"{key}.json"
        path.write_text(json.dumps(data))
        with pytest.raises(zg.InstanceError):
            zg.read(path, family=name)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("clients", 0, "delivry"), 3),
        (("clients", 0, "delivery"), "three"),
        (("clients", 0, "service"), -1),
        (("vehicles", 0, "shift"), [1]),
        (("vehicles", 0, "capacity"), 1.5),
        (("depots", 0, "hours"), [0, 9]),
        (("objective",), "cheapest"),
        (("fleet",), []),
    ],
)
def test_routing_files_that_the_schema_refuses_are_refused(place, value, tmp_path):
    data = written("routing", zg.generate("routing", "cvrp", clients=5))
    at = data
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    assert wrong(made("routing"), data)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(zg.InstanceError):
        zg.read(path)


def test_every_declared_field_is_there_with_its_words():
    rows = made("routing")["properties"]
    for room in ("client", "vehicle", "depot"):
        known = rows[f"{room}s"]["items"]["properties"]
        for key, field in fields.of(room).items():
            assert known[key]["description"].startswith(field.help)
    assert set(fields.WHOLE) <= set(rows)


def test_the_command_prints_it():
    shown = CliRunner().invoke(cli, ["schema", "mapf"])
    assert shown.exit_code == 0 and json.loads(shown.output) == made("mapf")
    refused = CliRunner().invoke(cli, ["schema", "mapd"])
    assert refused.exit_code != 0

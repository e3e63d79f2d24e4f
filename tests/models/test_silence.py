"""Silence is no answer: what is not known is refused by name, what is ambiguous is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zerogap as zg


def test_a_file_that_two_families_could_mean_is_asked_for(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("2 2\n0 3 1 2\n1 4 0 1\n")
    assert zg.family_of(zg.read(path)).name == "jobshop"
    path.write_text("2 1\n0 3\n0 4\n")  # two jobs of one operation, or three edges
    with pytest.raises(zg.InstanceError) as error:
        zg.read(path)
    assert "--family jobshop or --family fairclique" in str(error.value)
    assert zg.read(path, family="jobshop").operations == 2


def test_a_header_with_a_meaning_wins_over_a_shape(tmp_path):
    path = tmp_path / "buffers.csv"
    path.write_text("id,lower,upper,size\n0,0,3,4\n1,1,4,4\n")
    assert zg.family_of(zg.read(path, objective="height")).name == "scratchpad"


SAMPLES = sorted(
    p for p in (Path(__file__).parents[2] / "instances").glob("*/*.json")
    if '"family"' in p.read_text()
)  # fmt: skip


def _objects(value, path=()):
    """Paths of the objects in a JSON value; of a list's elements the first two."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from _objects(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:2]):
            yield from _objects(inner, (*path, i))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_unknown_keys_are_refused_by_name_at_every_depth(sample, tmp_path):
    data = json.loads(sample.read_text())
    path = tmp_path / sample.name
    for place in _objects(data):
        changed = json.loads(sample.read_text())
        at = changed
        for key in place:
            at = at[key]
        at["_note"], at["comment"] = 1, "free"
        path.write_text(json.dumps(changed))
        zg.read(path)
        at["weigth"] = 1
        path.write_text(json.dumps(changed))
        with pytest.raises(zg.InstanceError, match="unknown key 'weigth'"):
            zg.read(path)
    path.write_text(json.dumps(data | {"format": 2}))
    with pytest.raises(zg.InstanceError, match="format: is 2; this version reads up to 1"):
        zg.read(path)


def test_an_unknown_key_names_the_nearest_known_one(tmp_path):
    path = tmp_path / "d.json"
    path.write_text(
        json.dumps(
            {
                "family": "dag",
                "names": ["a", "b"],
                "covariance": [[2, 1], [1, 2]],
                "observations": 9,
                "max_parent": 1,
            }
        )
    )
    with pytest.raises(zg.InstanceError, match=r"unknown key 'max_parent'.*'max_parents'"):
        zg.read(path)


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [("jobshop", "objective", "tardiness"), ("dag", "penalty", "bic"),
     ("scratchpad", "alignment", 64), ("fairclique", "k", 4), ("routing", "round", "trunc"),
     ("treeprune", "budget", 3.0), ("matmul", "ring", "Z2")],
)  # fmt: skip
def test_settings_of_reading_are_refused_by_solve(family, key, value):
    with pytest.raises(zg.InstanceError, match=f"option {key}: belongs to reading"):
        zg.solve(zg.generate(family, seed=1), time_limit=1, **{key: value})


def test_settings_of_solving_and_strange_ones_are_refused_by_read(tmp_path):
    path = tmp_path / "s.json"
    zg.write(zg.generate("jobshop", seed=1, jobs=2, machines=2), path)
    with pytest.raises(zg.InstanceError, match="option rule: belongs to solving"):
        zg.read(path, rule="spt")
    zg.write(zg.generate("routing", seed=1, clients=3), tmp_path / "r.json")
    with pytest.raises(zg.InstanceError, match="option round: says nothing to the format json"):
        zg.read(tmp_path / "r.json", round="trunc")
    with pytest.raises(zg.InstanceError, match=r"no option 'rond'.*did you mean 'round'"):
        zg.read(tmp_path / "r.json", rond="trunc")


@pytest.mark.parametrize("value", [2.5, "2.5", "two", True, None, "1e400"])
def test_integers_are_never_cut(value):
    from zerogap.models.base import integer

    with pytest.raises(ValueError, match="expected an integer"):
        integer(value)
    assert integer("7") == integer(7.0) == 7

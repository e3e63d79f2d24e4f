"""Texts about robots and cities: read, solved, compared with enumeration, and damaged."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import routing_words as words
from zerogap.models.base import InstanceError
from zerogap.models.routing.formats import robots

TYPES = [(kind, count) for count, kinds in words.KINDS.items() for kind in kinds]


def _read(text):
    return robots.read(text, file="text.txt")


def _value(p, instance, objective):
    return divmod(objective, instance.weight) if p.kind == "B" else objective


@pytest.mark.parametrize(("kind", "count"), TYPES)
def test_a_random_text_of_every_type_is_read_as_it_is_meant(kind, count):
    rng = np.random.default_rng([ord(kind), count])
    done = 0
    while done < 2:
        text, p = words.text(kind, min(count, 2), rng, cities=5)
        if not words.feasible_count(p):
            continue
        instance = _read(text)
        best = words.best(p)
        result = zg.solve(instance, method="exact", time_limit=60, threads=1)
        if best is None:
            assert result.status == "infeasible"
        else:
            assert result.status == "optimal"
            assert _value(p, instance, result.objective) == best
        done += 1


def _data():
    folder = Path(os.environ.get("ZEROGAP_DATA", "no data")) / "routing" / "words_to_routes"
    return sorted(folder.glob("*.txt"))


@pytest.mark.skipif(not _data(), reason="the 21 texts of the paper are not here (ZEROGAP_DATA)")
def test_the_texts_of_the_paper_are_read():
    for path in _data():
        instance = zg.read(path)
        assert instance.clients == (6 if "single_J" in path.name else instance.clients)
        assert (instance.min_vehicles == 4) == path.name.startswith("four")


def _text(kind="A", count=1, seed=1):
    return words.text(kind, count, np.random.default_rng(seed), cities=6)[0]


def test_texts_cut_anywhere_are_refused_in_one_line():
    for kind, count in TYPES:
        text = _text(kind, min(count, 2)).strip()
        for at in range(40, len(text), 97):
            with pytest.raises(InstanceError) as caught:
                _read(text[:at])
            assert caught.value.line and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "count", "old", "new", "message"),
    [
        ("A", 1, "There is a robot.", "There is a robot. It likes cheese.", "It likes cheese"),
        ("A", 1, "City 2: (", "City 9: (", "city 2 is missing"),
        ("A", 1, "City 2: (", "City 1: (", "city 1 is named twice"),
        ("A", 1, "six cities", "seven cities", "7 cities are counted, city 7 is missing"),
        ("A", 1, "There is a robot.\n", "", "no robots are counted"),
        ("A", 2, "Two robots", "Nine robots", "9 robots are available"),
        ("C", 2, "There are", "There are", None),
        ("D", 1, "cities 2", "cities 9, 2", "not in ascending order"),
        ("E", 1, "buy ", "buy 999", "999"),
        ("F", 1, "[start time, end time]", "[start time]", "not understood"),
        ("I", 1, "at most ", "at most 0.", "energy for"),
        ("K", 2, "Robot 2: yellow", "", "2 robots, 1 of them described"),
        ("K", 2, "Robot 2: yellow", "Robot 2: pink", "no robot is"),
    ],
)
def test_what_cannot_be_is_named(kind, count, old, new, message):
    for seed in range(1, 30):
        text = _text(kind, count, seed)
        if old not in text:
            continue
        if message is None:
            assert _read(text).clients
            return
        with pytest.raises(InstanceError, match=message) as caught:
            _read(text.replace(old, new))
        assert caught.value.line
        return
    raise AssertionError(f"no text has {old!r}")


def test_more_robots_than_cities_and_sentences_that_disagree():
    text = _text("J", 2, 3)
    with pytest.raises(InstanceError, match="radius: 9"):
        _read(text.replace("You must use", "Each city within 9 units of distance from the depot "
                           "must be visited. You must use"))  # fmt: skip
    five = (
        _text("A", 2, 5).replace("Two robots", "Seven robots").replace("two robots", "seven robots")
    )
    with pytest.raises(InstanceError, match="exactly 7 robots, there are 5 cities to visit"):
        _read(five)


def test_ways_and_ends_are_kept_in_files(tmp_path):
    for kind in "GI":
        instance = _read(_text(kind))
        result = zg.solve(instance, method="exact", time_limit=60, threads=1)
        result.save(str(tmp_path / "plan.json"))
        again = zg.load_solution(str(tmp_path / "plan.json"), instance)
        assert zg.check(instance, again) == result.objective
        zg.write(instance, tmp_path / "instance.json")
        assert zg.digest(zg.read(tmp_path / "instance.json")) != ""

"""Files that are nearly of a format: said is which one, what is missing, and what to do."""

from __future__ import annotations

import json

import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.told import Told, plainly


def refused(tmp_path, text, name="mine.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InstanceError) as caught:
        zg.read(path, **options)
    return str(caught.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,x,y,deliver\na,1,2,0\nb,2,3,1\n",
         "mine.csv:1: a table of routing has the columns x, y, demand: 'demand' is missing "
         "('deliver' for it?)"),
        ("job;machin;duration\na;saw;3\nb;saw;1\nb;mill;2\n", "'machine' is missing ('machin'"),
        ("id,lower,uper,size\na,0,9,64\nb,1,3,8\nc,2,4,8\n", "'upper' is missing ('uper'"),
        ("id,parent,rewards,token\na,,1,1\nb,a,2,2\n", "--family"),
    ],
)  # fmt: skip
def test_a_misspelt_column_is_no_other_family(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_a_table_of_observations_stays_one(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(
        "rain,river,size\n1.0,2.5,0.5\n2.0,3.5,1.5\n0.5,1.5,0.7\n0.1,0.3,0.9\n1.1,0.4,0.2\n"
    )
    assert zg.family_of(zg.read(path)).name == "dag"


def test_what_went_by_its_shape_alone_says_so(tmp_path):
    text = refused(tmp_path, "a;b;c\n1;2;3\n1;4;5\n")
    assert "constant" in text and "taken for dag" in text and "--family names another" in text


def test_a_family_says_what_its_tables_need(tmp_path):
    text = refused(tmp_path, "foo,bar,baz\nx,y,z\n", family="jobshop")
    assert "a table has the columns job, machine, duration" in text
    assert 'a JSON file says "family": "jobshop"' in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"family": "jobshp", "jobs": 3}', "unknown family 'jobshp' (did you mean 'jobshop'?)"),
        ('{"jobs": 3}', 'expected "family": one of routing, jobshop'),
    ],
)
def test_json_says_its_family(tmp_path, text, words):
    assert words in refused(tmp_path, text, "mine.json")


def test_the_place_of_a_wrong_value(tmp_path):
    shop = tmp_path / "net.json"
    zg.write(zg.generate("scratchpad", "random", operators=4, seed=1), shop)
    data = json.loads(shop.read_text())
    data["operators"][2]["inputs"] = 7
    text = refused(tmp_path, json.dumps(data), "net.json")
    assert "at or after operators[2].inputs: is a number, expected a list" in text
    route = {"family": "routing", "depots": [{}], "clients": [{"x": "far"}], "vehicles": [{}]}
    text = refused(tmp_path, json.dumps(route), "route.json")
    assert "clients[0].x: is 'far', expected a number" in text


def test_the_list_whose_rows_differ():
    told = Told({"a": [[1, 2], [3, 4]], "b": {"c": [[1, 2], [3]]}})
    error = ValueError("setting an array element with a sequence. inhomogeneous shape")
    assert told.malformed(error).startswith("malformed: b.c: rows of different length")
    assert Told({"a": [[1], 2], "b": [1, []]}).malformed(error).startswith("malformed: rows of")


CALLS = [
    (lambda: float("x"), "is 'x', expected a number"),
    (lambda: int("x"), "is 'x', expected a whole number"),
    (lambda: float(None), "expected a number"),
    (lambda: int([]), "expected a whole number"),
    (lambda: list(3), "is a number, expected a list or an object"),
    (lambda: dict.get({}, 1)["a"], "is nothing, expected a list or an object"),
    (
        lambda: str(1)["a"],
        "expected an object, got a list or a text",
    ),
    (lambda: [].get("a"), "is a list, expected an object"),
    (lambda: len(3), "is a number, expected a list"),
    (lambda: 1 < "a", "expected a number"),
    (lambda: {[]: 1}, "is a list, expected a text or a number"),
    (lambda: (lambda a, b: a)(*[1]), "'b' is missing"),
    (lambda: Told({}).nothing, "is an object, expected an object"),
]


@pytest.mark.parametrize(("call", "words"), CALLS)
def test_no_word_is_python_s(call, words):
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        call()
    assert plainly(caught.value) == words


def test_an_instance_is_no_solution(tmp_path):
    shop = zg.generate("jobshop", jobs=2, machines=2, seed=1)
    path = tmp_path / "shop.txt"
    zg.write(shop, path)
    with pytest.raises(InstanceError, match="is an instance of jobshop, expected a result"):
        zg.load_solution(str(path), shop)


def test_who_explains_is_named():
    with pytest.raises(InstanceError, match=r"families that have: .*routing"):
        zg.explain(zg.generate("jobshop", jobs=2, machines=2))

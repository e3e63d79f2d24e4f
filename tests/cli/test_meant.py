"""What people hand over by mistake is taken as meant, or answered in words of ours."""

from __future__ import annotations

import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import zerogap as zg
from zerogap.cli import cli
from zerogap.cli.errors import run
from zerogap.models import base
from zerogap.models.base import InstanceError
from zerogap.models.generators import explained

#: Nothing of this is said to a user.
PYTHON = re.compile(
    r"__init__|positional argument|unexpected keyword|object has no attribute|Traceback|"
    r"os\.PathLike|not supported between|inhomogeneous|<class|NoneType"
)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meant")
    shop = zg.generate("jobshop", jobs=3, machines=3, seed=1)
    result = zg.solve(shop, time_limit=5, threads=1)
    zg.write(shop, folder / "shop.json")
    result.save(str(folder / "result.json"))
    return shop, result, folder


def test_paths_and_results_are_taken(solved):
    shop, result, folder = solved
    best = result.objective
    assert zg.solve(str(folder / "shop.json"), time_limit=5).objective == best
    assert zg.solve(folder / "shop.json", objective="flow", time_limit=2).instance.objective == (
        "flow"
    )
    assert zg.solve(shop, start=result, time_limit=5).objective == best
    assert zg.solve(shop, start=folder / "result.json", time_limit=5).objective == best
    assert zg.check(shop, result) == best
    assert zg.check(result.solution, shop) == best
    assert zg.check(folder / "shop.json", str(folder / "result.json")) == best
    assert zg.load_solution(shop, str(folder / "result.json")) == result.solution
    assert zg.load_result(str(folder / "result.json"), str(folder / "shop.json")).objective == best


def test_builders_are_built():
    plan = zg.routing.Builder()
    plan.add_depot(0, 0)
    plan.add_client(3, 4)
    plan.add_vehicle_type()
    assert zg.solve(plan, time_limit=2).objective == 10


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s, r: zg.solve(pd.DataFrame({"a": [1]})), "from_pandas"),
        (lambda s, r: zg.solve(nx.path_graph(3)), "from_networkx"),
        (lambda s, r: zg.solve(np.zeros((3, 3))), "from_data"),
        (lambda s, r: zg.solve(None), "expected an instance"),
        (lambda s, r: zg.solve(type(s)), "a class"),
        (lambda s, r: zg.solve(r), "result.instance"),
        (lambda s, r: zg.solve(s, start=3), "expected a solution of jobshop"),
        (lambda s, r: zg.solve(s, start=s), "an instance of jobshop"),
        (lambda s, r: zg.solve(s, tme_limit=3), "did you mean 'time_limit'"),
        (lambda s, r: zg.solve(s, time_limit="ten"), "expected more than 0 seconds"),
        (lambda s, r: zg.solve(s, seed="one"), "expected an integer"),
        (lambda s, r: zg.solve(s, threads=1.5), "expected an integer"),
        (lambda s, r: zg.solve(s, gap="small"), "expected a number"),
        (lambda s, r: zg.solve(s, iterations=2.5), "whole number"),
        (lambda s, r: zg.check(s, 3), "expected a solution"),
        (lambda s, r: zg.audit("x"), "expected a result"),
        (lambda s, r: zg.read(None), "expected the path of a file, got nothing"),
        (lambda s, r: zg.write(r, "x.json"), ".save(path) writes it"),
        (lambda s, r: zg.treeprune.from_networkx({}), "expected a directed graph"),
        (lambda s, r: zg.scratchpad.from_networkx(None), "expected a directed graph"),
        (lambda s, r: zg.scheduling.from_pandas({"tasks": [1]}), "expected a data frame"),
        (lambda s, r: zg.jobshop.JobShop([[1, 2], [3]], [1], [0, 1], 1), "different length"),
        (lambda s, r: zg.jobshop.JobShop([[1], [3]], [1], [0, 1], 1), "a flat list"),
    ],
)
def test_what_cannot_be_meant_is_said(solved, call, words):
    shop, result, _ = solved
    with pytest.raises((TypeError, ValueError)) as caught:
        call(shop, result)
    assert words in str(caught.value) and not PYTHON.search(str(caught.value))


def test_attributes_lead_on(solved):
    import copy
    import pickle

    _, result, _ = solved
    with pytest.raises(AttributeError, match=r"its solution has: \.solution\.start"):
        result.start  # noqa: B018
    with pytest.raises(AttributeError, match=r"no 'objectiv' \(did you mean 'objective'\?\)"):
        result.objectiv  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'joshop' \(did you mean 'jobshop'\?\)"):
        zg.joshop  # noqa: B018
    assert copy.copy(result).objective == result.objective
    assert pickle.loads(pickle.dumps(result)).objective == result.objective
    assert not hasattr(result, "to_nothing") and not hasattr(result, "_repr_png_")


def test_what_lifetimes_were_read_is_said(tmp_path):
    for head, words in (("upper", "from step 0 to 8, both"), ("end", "from step 0 to 9, both")):
        path = tmp_path / f"{head}.csv"
        path.write_text(f"id,start,{head},size\na,0,9,64\n")
        assert words in zg.family("scratchpad").info(zg.read(path))["lifetimes"]


SMALL = {"routing": {"clients": 20}, "matmul": {"format": "2x2x2"}, "dag": {"variables": 6},
         "scratchpad": {"generator": "random"}}  # fmt: skip


@pytest.mark.parametrize("family", base.names())
def test_an_instance_is_shown_in_three_lines(family):
    made = zg.generate(family, seed=1, **SMALL.get(family, {}))
    text = repr(made)
    assert text == str(made) and text.count("\n") <= 2
    assert all(len(line) <= 100 for line in text.split("\n"))
    assert "array(" not in text and base.family(family).title in text


def test_half_an_instance_is_shown_too():
    assert repr(object.__new__(zg.jobshop.JobShop)) == "<JobShop>"


@pytest.mark.parametrize("family", base.names())
def test_generators_explain_their_arguments(family, capsys):
    assert run(cli, ["generate", family, "--help"]) == 0
    out = capsys.readouterr().out
    for name, function in base.family(family).generators.items():
        assert f"{family} {name}" in out
        # What help offers is taken by the generator.
        for key, _ in explained(function):
            key = key.partition("=")[0]
            assert f"--option {key}" in out
            try:
                zg.generate(family, name, seed=1, **{key: object()})
            except (InstanceError, TypeError, ValueError) as error:
                assert "is unknown" not in str(error) and "unexpected" not in str(error)


def test_a_generator_may_be_named_in_place(capsys):
    assert run(cli, ["generate", "jobshop", "reentrant", "--option", "jobs=3"]) == 0
    assert '"family": "jobshop"' in capsys.readouterr().out
    assert run(cli, ["generate", "jobshop", "taillard", "--generator", "reentrant"]) == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("solv", "solve"),
        ("generate ro", "routing"),
        ("generate jobshop re", "reentrant"),
        ("generate jobshop --option mach", "machines="),
        ("solve x --family jobs", "jobshop"),
        ("solve x --family jobshop --method ker", "kernel"),
        ("solve x --family jobshop --option objective=ma", "objective=makespan"),
    ],
)
def test_the_shell_completes(typed, offered, monkeypatch, capsys):
    words = f"zerogap {typed}".split()
    monkeypatch.setenv("_ZEROGAP_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        run(cli, [])
    assert offered in [line.partition(",")[2] for line in capsys.readouterr().out.splitlines()]

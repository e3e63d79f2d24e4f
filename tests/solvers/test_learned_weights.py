"""Weights that `zerogap train` writes are taken wherever a rule is."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import zerogap as zg
from zerogap.cli import cli
from zerogap.models.base import InstanceError


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "mine.json"
    arguments = ["train", "jobshop", "--seed", "1", "--option", "generations=1", "--option",
                 "count=2", "-o", str(path)]  # fmt: skip
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return path


def test_ordinary_and_flexible_shops_take_them_in_every_method(weights):
    for file in ("instances/jobshop/la16.txt", "instances/jobshop/mini.fjs"):
        shop = zg.read(file)
        for method in ("dispatch", "kernel", "auto"):
            found = zg.solve(
                shop, method=method, rule=str(weights), iterations=2, threads=1, time_limit=2
            )
            assert zg.check(shop, found.solution) == found.objective


def test_the_weights_decide(weights, tmp_path):
    """Other weights, another schedule: the file is read, not only accepted."""
    shop = zg.read("instances/jobshop/la21.txt")
    data = json.loads(weights.read_text())
    data["linear"] = [-x for x in data["linear"]]
    turned = tmp_path / "turned.json"
    turned.write_text(json.dumps(data))
    values = {
        name: zg.solve(shop, method="dispatch", rule=str(name)).objective
        for name in (weights, turned)
    }
    assert values[weights] < values[turned]


def test_workshops_that_are_job_shops_take_them_too(weights):
    jobs = zg.read("instances/jobshop/ft06.txt")
    b = zg.scheduling.Builder("ft06")
    machines = [b.add_machine(f"M{m}") for m in range(jobs.machines)]
    for j in range(jobs.jobs):
        job = b.add_job(f"J{j}")
        before = None
        for o in range(jobs.first[j], jobs.first[j + 1]):
            task = b.add_task(
                f"T{o}", job=job, modes=[(int(jobs.duration[o]), machines[jobs.machine[o]])]
            )
            if before is not None:
                b.add_precedence(before, task)
            before = task
    shop = b.objective("makespan").build()
    for rule in (str(weights), "mwkr", "learned"):
        found = zg.solve(shop, method="dispatch", rule=rule)
        same = zg.solve(jobs, method="dispatch", rule=rule)
        assert zg.check(shop, found.solution) == found.objective == same.objective
    whole = zg.solve(shop, rule=str(weights), threads=1, iterations=5)
    assert whole.objective >= 55
    with pytest.raises(InstanceError, match="is not one of learned, atc"):
        zg.solve(shop, method="dispatch", rule="best")


def test_files_that_are_no_weights_are_refused(weights, tmp_path):
    shop = zg.read("instances/jobshop/ft06.txt")
    data = json.loads(weights.read_text())
    bad = tmp_path / "bad.json"
    for change, text in (
        ("{", "not JSON"),
        (json.dumps([1]), "expected a JSON object"),
        (json.dumps({k: v for k, v in data.items() if k != "linear"}), "linear"),
        (json.dumps(data | {"linear": data["linear"][:-1]}), "linear"),
    ):
        bad.write_text(change)
        with pytest.raises(InstanceError, match=text):
            zg.solve(shop, method="dispatch", rule=str(bad))
    with pytest.raises(InstanceError, match="cannot be read"):
        zg.solve(shop, method="dispatch", rule=str(tmp_path / "none.json"))

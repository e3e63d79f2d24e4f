"""A result is of the instance as it is now, or it is not reported; and what peers may return."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zerogap as zg
from zerogap.bench import runner, suite, worker
from zerogap.cli import cli
from zerogap.cli.errors import run

ROOT = Path(__file__).parents[2]
SUITE = """
name = "mine"
family = "jobshop"
time_limit = 3
[[instances]]
file = "shop.txt"
[[methods]]
name = "auto"
[[methods]]
name = "peer"
peer = "peer.py"
"""
PEER = "def solve(shop, **_):\n    return {'start': [[0, 40], [0, 40]]}\n"
SHOP = "2 2\n0 30 1 20\n1 40 0 10\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shop.txt").write_text(SHOP)
    (tmp_path / "mine.toml").write_text(SUITE)
    (tmp_path / "peer.py").write_text(
        "def solve(shop, **_):\n    return {'start': [[0, 40], [0, 40]]}\n"
    )
    return tmp_path


def bench(folder, *more):
    return run(cli, ["bench", "run", str(folder / "mine.toml"), "--results",
                     str(folder / "out.jsonl"), *more])  # fmt: skip


def test_a_changed_file_is_run_again_and_its_old_results_are_not_reported(folder, capsys):
    assert bench(folder) == 0
    assert "0 done before" in capsys.readouterr().err
    assert bench(folder) == 0
    assert "2 runs, 2 done before\n" in capsys.readouterr().err
    (folder / "shop.txt").write_text(SHOP.replace("40", "90"))
    assert bench(folder, "--methods", "auto") == 0
    assert "0 done before, 1 failed or of another state" in capsys.readouterr().err
    records = runner.read_results(folder / "out.jsonl")
    # The peer's line is of the old file: two optima of one name are never shown together.
    assert [r["method"] for r in records] == ["auto"]
    shop = zg.read(str(folder / "shop.txt"))
    assert records[0]["sha256"] == zg.digest(shop)
    assert records[0]["objective"] == zg.solve(shop, time_limit=3).objective


def test_another_limit_method_or_adapter_is_another_run(folder):
    assert bench(folder) == 0
    loaded = suite.load(folder / "mine.toml")
    store = runner.Store(folder / "out.jsonl")
    holds = runner.Fresh(store, ROOT, folder)
    assert all(map(holds, loaded.runs))
    (folder / "peer.py").write_text("def solve(shop, **_):\n    return None\n")
    assert [holds(r) for r in loaded.runs] == [True, False]
    (folder / "mine.toml").write_text(SUITE.replace("= 3", "= 4"))
    assert not any(map(holds, suite.load(folder / "mine.toml").runs))


def test_lines_of_another_version_do_not_hold(folder, monkeypatch):
    assert bench(folder) == 0
    loaded = suite.load(folder / "mine.toml")
    store = runner.Store(folder / "out.jsonl")
    monkeypatch.setattr(runner, "version", lambda: "99")
    assert [runner.Fresh(store, ROOT, folder)(r) for r in loaded.runs] == [False, True]


def test_lines_without_a_digest_of_their_file_are_held_against_the_instance(folder):
    assert bench(folder) == 0
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    for line in lines:
        del line["source_sha256"]
    (folder / "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    loaded = suite.load(folder / "mine.toml")
    holds = runner.Fresh(runner.Store(folder / "out.jsonl"), ROOT, folder)
    assert all(map(holds, loaded.runs))
    (folder / "shop.txt").write_text(SHOP.replace("40", "90"))
    holds = runner.Fresh(runner.Store(folder / "out.jsonl"), ROOT, folder)
    assert not any(map(holds, loaded.runs))


def test_a_failed_peer_is_run_again_on_demand(folder, capsys):
    good = (folder / "peer.py").read_text()
    (folder / "peer.py").write_text(
        f"import pathlib\nif not pathlib.Path({str(folder / 'ready')!r}).exists():\n"
        "    raise OSError('no licence')\n" + good
    )
    assert bench(folder) == 1
    assert "no licence" in capsys.readouterr().err
    (folder / "ready").touch()
    assert bench(folder) == 0  # left as it is
    assert bench(folder, "--retry") == 0
    records = runner.read_results(folder / "out.jsonl")
    assert {r["method"]: r["status"] for r in records} == {"auto": "optimal", "peer": "feasible"}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("return {'start': [[0, 30], [50, 90]]}", "feasible", ""),
        ("return {'solution': {'start': [[0, 30], [50, 90]]}, 'bound': 30}", "feasible", ""),
        ("return None", "unknown", ""),
        ("return 8", "error", "expected a dict"),
        ("return {'solution': {'start': [[0, 30], [0, 70]]}}", "error", ""),
    ],
)
def test_what_a_peer_may_return(folder, body, status, words):
    (folder / "peer.py").write_text(f"def solve(shop, **_):\n    {body}\n")
    loaded = suite.load(folder / "mine.toml")
    record = runner.execute(loaded.runs[1], ROOT, folder)
    assert record["status"] == status and words in " ".join(record.get("messages", []))
    if status == "feasible":
        assert record["objective"] == 100


def test_the_ortools_peer_of_job_shops(folder):
    shop = zg.generate("jobshop", jobs=4, machines=3, seed=2)
    order = {"root": str(ROOT), "peer": "benchmarks/peers/jobshop_ortools.py", "method": "cp-sat",
             "time_limit": 10, "threads": 1, "seed": 0, "options": {}}  # fmt: skip
    found = worker._peer(zg, shop, order)
    assert found["status"] == "optimal" and found["bound"] == found["objective"]
    assert found["objective"] == zg.solve(shop, time_limit=10).objective

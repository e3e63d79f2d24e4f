"""Suites, runs that survive a kill, tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import zerogap as zg
from zerogap.bench import bars, runner, statistics, suite, table
from zerogap.models.base import InstanceError

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")

SUITE = """
name = "tiny"
family = "jobshop"
time_limit = 5
threads = 1
seeds = [0, 1]
best_known = {tiny = 12}
[[instances]]
name = "tiny"
generate = {generator = "taillard", jobs = 3, machines = 3, seed = 1}
[[instances]]
name = "small"
generate = {generator = "taillard", jobs = 4, machines = 3, seed = 2}
[[methods]]
name = "auto"
[[methods]]
name = "cold"
method = "exact"
[[methods]]
name = "peer"
peer = "peer.py"
"""

PEER = """
def solve(instance, time_limit, threads, seed):
    return {"objective": 10**6, "status": "feasible"}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "instances").mkdir()
    (tmp_path / "peer.py").write_text(PEER)
    (tmp_path / "tiny.toml").write_text(SUITE)
    return tmp_path


def test_suite_resolves_to_runs(folder):
    loaded = suite.load(folder / "tiny.toml")
    assert len(loaded.runs) == 2 * 2 * 3 and loaded.best_known["tiny"] == (None, 12)
    assert len({r.key for r in loaded.runs}) == 12
    assert suite.load(folder / "tiny.toml").runs == loaded.runs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "not TOML"),
        ('family = "toy"', "'instances' is missing"),
        ('family = "toy"\ncolour = 1', "unknown key 'colour'"),
        ('family = "toy"\ninstances = 3\nmethods = 4', "malformed"),
        (SUITE.replace("jobs = 3", "jobs = [3, 4]"), "would be called 'tiny'"),
        (SUITE.replace('"tiny"\ngenerate', '"{size}"\ngenerate'), "may only hold"),
    ],
)
def test_bad_suites_are_named(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InstanceError, match=message):
        suite.load(path)


def test_lists_of_a_generator_are_swept_and_a_method_may_have_its_own_limit(folder):
    text = SUITE.replace('name = "tiny"\ngenerate', 'name = "t{jobs}-{seed}"\ngenerate')
    text = text.replace(
        "jobs = 3, machines = 3, seed = 1", "jobs = [3, 4], machines = 3, seed = [1, 2]"
    )
    (folder / "sweep.toml").write_text(text + "time_limit = 7.5\n")
    loaded = suite.load(folder / "sweep.toml")
    names = list(dict.fromkeys(r.source.name for r in loaded.runs))
    assert names == ["t3-1", "t3-2", "t4-1", "t4-2", "small"]
    assert dict(loaded.runs[-7].source.generate)["jobs"] == 4
    assert {(r.method.name, r.time_limit) for r in loaded.runs} == {
        ("auto", 5), ("cold", 5), ("peer", 7.5),
    }  # fmt: skip
    assert len({r.key for r in loaded.runs}) == len(loaded.runs) == 5 * 2 * 3


def test_missing_data_is_listed_not_fatal(tmp_path, monkeypatch):
    monkeypatch.delenv("ZEROGAP_DATA", raising=False)
    path = tmp_path / "s.toml"
    path.write_text(
        'family = "toy"\n[[instances]]\nglob = "$ZEROGAP_DATA/*.txt"\n[[methods]]\nname = "auto"\n'
    )
    loaded = suite.load(path)
    assert loaded.runs == () and loaded.missing == ("$ZEROGAP_DATA/*.txt",)


def test_best_known_from_solution_files(tmp_path):
    (tmp_path / "instances").mkdir()
    (tmp_path / "a.vrp").write_text("x")
    (tmp_path / "a.sol").write_text("Route #1: 1 2\nCost 27591\n")
    path = tmp_path / "s.toml"
    path.write_text(
        'family = "toy"\nbest_known = "*.sol"\n[[instances]]\nglob = "*.vrp"\n'
        '[[methods]]\nname = "auto"\n'
    )
    assert suite.load(path).best_known == {"a": (None, 27591.0)}


def record(key, method, instance, objective, **more):
    return {
        "key": key, "suite": "s", "family": "toy", "method": method, "instance": instance,
        "objective": objective, "bound": None, "status": "feasible", "time": 1.0,
        "time_limit": 4.0, "threads": 1, "seed": 0, "peak_mib": 50.0,
        "trace": [{"time": 1.0, "objective": objective, "bound": None, "source": "x"}],
    } | more  # fmt: skip


def test_tables_from_records_alone():
    records = [
        record("1", "ours", "a", 100, status="optimal"),
        record("2", "ours", "b", 90),
        record("3", "peer", "a", 80),
        record("4", "peer", "b", 90),
    ]
    made = table.summary(records, {"a": (None, 100), "b": (None, 100)})
    rows = {row[0]: row for row in made.rows}
    assert rows["ours"][3:6] == ["1", "5.000 %", "1"]
    assert rows["peer"][4] == "15.000 %"
    for form in ("markdown", "csv", "latex"):
        assert "peer" in made.text(form)
    assert "\\%" in made.latex() and made.csv().count("\n") == 3
    assert table.detail(records).rows[0][2] == "100*"
    assert made.head[4] == table.GAP


def test_gaps_to_our_own_best_say_so():
    """A value of the lines' own is nobody's best known, and never passes for it."""
    lone = [record("1", "ours", "a", 100), record("2", "peer", "a", 80)]
    assert table.summary(lone).head[4] == "gap to best of these runs"
    known = {"value": 120, "bound": 130, "source": "table.csv"}
    half = [*lone, record("3", "ours", "b", 90, known=known)]
    made = table.summary(half)
    assert made.head[4] == "gap to best known (1 of 2: to best of these runs)"
    whole = [r | {"known": known} for r in lone]
    assert table.summary(whole).head[4] == table.GAP
    assert table.summary([r | {"objective": 150} for r in whole]).rows[0][4] == "-25.000 %"
    assert table.detail(whole).head[1] == "best known (table.csv)"
    assert table.detail(whole).rows[0][1] == "130–120"


def test_a_peer_is_headed_with_its_version():
    peer = record("1", "pyvrp", "a", 80, peer="x.py", versions={"numpy": "2.0", "pyvrp": "0.14.1"})
    assert table.summary([peer]).rows[0][0] == "pyvrp (pyvrp 0.14.1)"
    assert table.detail([peer]).head[2] == "pyvrp (pyvrp 0.14.1)"


def test_single_measurements_are_result_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bench.py", "speed", "--count", "3"])
    path = tmp_path / "bars.jsonl"
    bars.append(path, "speed", width=16, seconds=0.25)
    bars.append(path, "speed", width=32, seconds=0.5)
    records = runner.read_results(path)
    assert bars.is_bar(records) and records[0]["command"] == "python bench.py speed --count 3"
    (made,) = bars.tables(records)
    assert list(made.head) == ["width", "seconds"] and made.rows == [["16", "0.25"], ["32", "0.5"]]


def test_figures_of_merit():
    assert statistics.shifted_geometric_mean([1, 1, 1], 10) == pytest.approx(1)
    assert statistics.shifted_geometric_mean([0, 3], 1) == pytest.approx(1)
    assert statistics.relative_gap(110, 100, "min") == pytest.approx(0.1)
    assert statistics.relative_gap(90, 100, "max") == pytest.approx(0.1)
    profile = statistics.performance_profile({"a": [1, 2, None], "b": [2, 2, 5]}, [1, 2])
    assert profile == {"a": [pytest.approx(2 / 3)] * 2, "b": [pytest.approx(2 / 3), 1]}


def test_a_cut_last_line_is_mended_and_others_are_errors(tmp_path):
    path = tmp_path / "r.jsonl"
    store = runner.Store(path)
    store.append(record("1", "m", "a", 1))
    store.append(record("2", "m", "b", 1))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"key": "3", "stat')
    assert len(runner.read_results(path)) == 2
    again = runner.Store(path)
    assert again.done == {"1", "2"} and path.read_bytes() == whole
    path.write_bytes(b"broken\n" + whole)
    with pytest.raises(InstanceError, match="jsonl:1"):
        runner.read_results(path)


def test_runs_are_done_once_and_peers_beside(folder):
    path = folder / "tiny.toml"
    loaded = suite.load(path)
    store = runner.Store(folder / "out.jsonl")
    records = list(runner.perform(loaded, path, store, runs=loaded.runs[:3]))
    assert [r["status"] for r in records] == ["optimal", "optimal", "feasible"]
    assert records[0]["objective"] == records[1]["objective"] <= records[2]["objective"]
    assert all(r["peak_mib"] > 0 and r["wall"] >= 0 for r in records)
    assert {r["machine"]["commit"] for r in records} == {runner.commit()}
    assert {r["machine"]["jobs"] for r in records} == {1}
    assert list(runner.perform(loaded, path, store, runs=loaded.runs[:3])) == []


def test_a_killed_suite_resumes_with_nothing_lost_or_doubled(folder):
    results = folder / "out.jsonl"
    command = [
        sys.executable, "-m", "zerogap", "bench", "run", str(folder / "tiny.toml"),
        "--results", str(results),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (results.exists() and results.stat().st_size):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()
    before = len(runner.read_results(results))
    assert 0 < before < 12
    with open(results, "ab") as stream:  # what a kill in the middle of a write would leave
        stream.write(b'{"key": "cut')
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    keys = [r["key"] for r in runner.read_results(results)]
    assert len(keys) == len(set(keys)) == 12
    assert f"{before} done before" in done.stderr
    made = subprocess.run(
        [sys.executable, "-m", "zerogap", "bench", "table", str(results)],
        capture_output=True,
        text=True,
    )
    assert "| auto | 4 | 4 | 4 |" in made.stdout


def test_a_killed_worker_of_a_cluster_changes_no_result(folder):
    distributed = pytest.importorskip("distributed", reason="extra [cluster] is not installed")
    path = folder / "tiny.toml"
    (folder / "peer.py").write_text(f"import time\ntime.sleep(1)\n{PEER}")
    loaded = suite.load(path)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            victim = next(iter(client.run(os.getpid).values()))
        results = folder / "cluster.jsonl"
        process = subprocess.Popen(
            [sys.executable, "-m", "zerogap", "bench", "run", str(path),
             "--results", str(results), "--cluster", cluster.scheduler_address],
            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (results.exists() and results.stat().st_size):
            time.sleep(0.02)
        os.kill(victim, signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    records = runner.read_results(results)
    assert sorted(r["key"] for r in records) == sorted(r.key for r in loaded.runs)
    alone = runner.perform(loaded, path, runner.Store(folder / "alone.jsonl"))
    expected = {r["key"]: (r["status"], r["objective"]) for r in alone}
    assert {r["key"]: (r["status"], r["objective"]) for r in records} == expected


def test_a_run_that_dies_is_a_line_too(folder):
    (folder / "peer.py").write_text("import os\ndef solve(*a, **k): os._exit(9)\n")
    loaded = suite.load(folder / "tiny.toml")
    found = runner.execute(loaded.runs[2], folder)
    assert found["status"] == "crashed" and "9" in found["messages"][0]
    (folder / "peer.py").write_text("import no_such_thing\n")
    assert runner.execute(loaded.runs[2], folder)["status"] == "missing"
    assert json.dumps(found)


def test_a_bar_does_not_say_where_its_lines_went():
    given = ["rules", "--results", "/elsewhere/a.jsonl", "--limit", "3", "--results=b.jsonl"]
    assert bars.figures_only(given) == ["rules", "--limit", "3"]

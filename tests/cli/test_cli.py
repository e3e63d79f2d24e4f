"""The command line, on the toy family in this process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import zerogap as zg
from zerogap.cli import COMMANDS, SHORT, cli
from zerogap.cli.errors import run

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")


@pytest.fixture
def knapsack(tmp_path):
    path = tmp_path / "k.knap"
    zg.write(zg.generate("toy", seed=2, items=10), path)
    return str(path)


def call(*arguments):
    return run(cli, list(arguments))


def test_solve_shows_writes_and_draws(knapsack, tmp_path, capsys):
    out, picture = str(tmp_path / "out.json"), tmp_path / "out.svg"
    assert call("solve", knapsack, "-j", "1", "-o", out, "--plot", str(picture)) == 0
    shown = capsys.readouterr()
    assert "optimal: objective" in shown.out and "gap" in shown.err
    assert zg.load_solution(out, zg.read(knapsack)).items
    assert picture.read_text().startswith("<?xml")
    assert call("check", knapsack, out) == 0
    assert "feasible" in capsys.readouterr().out
    assert call("plot", knapsack, out, str(tmp_path / "again.png")) == 0
    assert call("solve", knapsack, "-q", "-t", "2", "-m", "kernel", "--start", out) == 0
    assert capsys.readouterr().err == ""


def test_json_is_one_object_on_standard_output(knapsack, capsys):
    assert call("solve", knapsack, "--json", "-q") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["format"] == 1 and shown["family"] == "toy" and shown["trace"]
    assert set(shown["trace"][0]) == {"time", "objective", "bound", "source"}


def test_info_convert_generate_families(knapsack, tmp_path, capsys):
    assert call("info", knapsack) == 0
    assert "items" in capsys.readouterr().out
    assert call("info", knapsack, "--json") == 0
    assert json.loads(capsys.readouterr().out)["family"] == "toy"
    converted = str(tmp_path / "k.json")
    assert call("convert", knapsack, converted) == 0
    assert zg.digest(zg.read(converted)) == zg.digest(zg.read(knapsack))
    assert call("convert", knapsack, "-", "--to", "text") == 0
    made = str(tmp_path / "made.knap")
    assert call("generate", "toy", "--option", "items=5", "--seed", "3", "-o", made) == 0
    assert len(zg.read(made).value) == 5
    capsys.readouterr()
    assert call("families") == 0
    assert "jobshop" in capsys.readouterr().out
    assert call("families", "toy") == 0
    assert "capacity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["solve", "/nowhere"], 3, "No such file"),
        (["solve", "FILE", "-m", "magic"], 3, "no method"),
        (["solve", "FILE", "--family", "chess"], 3, "unknown family"),
        (["solve", "FILE", "--option", "colour=red"], 3, "no option"),
        (["solve", "FILE", "--option", "colour"], 2, "key=value"),
        (["solve", "FILE", "-t", "-1"], 2, "time limit"),
        (["solve", "FILE", "-j", "0"], 2, "0"),
        (["solve"], 2, "FILE"),
        (["nonsense"], 2, "nonsense"),
        (["check", "FILE", "FILE"], 3, "is an instance of toy, expected a result"),
        (["generate", "chess"], 3, "unknown family"),
        (["train", "toy"], 3, "nothing to train"),
        (["fetch", "nothing"], 3, "unknown set"),
        (["bench", "run", "FILE"], 3, "not TOML"),
        (["bench", "table", "FILE"], 3, "damaged"),
    ],
)
def test_exit_codes_and_one_line(knapsack, capsys, arguments, code, message):
    assert call(*[knapsack if a == "FILE" else a for a in arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == "" and message in shown.err
    if code == 3:
        assert shown.err.count("\n") == 1 and "Traceback" not in shown.err


def test_a_solution_of_another_instance_is_refused(knapsack, tmp_path, capsys):
    out, other = str(tmp_path / "out.json"), str(tmp_path / "other.knap")
    call("solve", knapsack, "-o", out, "-q")
    call("generate", "toy", "--seed", "77", "-o", other)
    capsys.readouterr()
    for arguments in (["check", other, out], ["solve", other, "--start", out]):
        assert call(*arguments) == 3
        assert "another instance" in capsys.readouterr().err


def test_an_infeasible_solution_is_refused(knapsack, tmp_path, capsys):
    out = tmp_path / "out.json"
    call("solve", knapsack, "-o", str(out), "-q")
    data = json.loads(out.read_text())
    data["solution"]["items"] = list(range(10))
    out.write_text(json.dumps(data))
    capsys.readouterr()
    assert call("check", knapsack, str(out)) == 3
    assert "exceeds" in capsys.readouterr().err


def test_every_command_has_its_line_of_help(capsys):
    assert set(SHORT) == set(COMMANDS)
    assert call("--help") == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert SHORT[name] in shown
        assert call(name, "--help") == 0
    assert call("--version") == 0


def test_help_and_info_import_no_solver(knapsack):
    """A start-up stays quick because nothing heavy is imported; the time itself is a benchmark."""
    script = (
        "import sys; from zerogap.cli import cli; from zerogap.cli.errors import run\n"
        "run(cli, ['--help']); run(cli, ['families'])\n"
        "heavy = {'ortools', 'pyomo', 'highspy', 'matplotlib', 'networkx', 'scipy', 'pandas'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip().endswith("HEAVY []"), done.stdout[-500:] + done.stderr


def test_module_entry_point():
    done = subprocess.run(
        [sys.executable, "-m", "zerogap", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("zerogap ")


def test_shell_completion_is_offered():
    import os

    done = subprocess.run(
        [sys.executable, "-m", "zerogap"],
        env=os.environ | {"_ZEROGAP_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
    )
    assert "complete" in done.stdout and "_ZEROGAP_COMPLETE" in done.stdout

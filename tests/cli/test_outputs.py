"""Output is looked at before a solve, never lost after it, and shows no control character."""

from __future__ import annotations

import json
import os

import pytest

import zerogap as zg
from zerogap import report
from zerogap.cli import cli
from zerogap.cli.errors import run
from zerogap.models.text import visible
from zerogap.solvers.result import Result

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")


@pytest.fixture
def knapsack(tmp_path):
    path = tmp_path / "k.knap"
    zg.write(zg.generate("toy", seed=2, items=10), path)
    return str(path)


def call(*arguments):
    return run(cli, list(map(str, arguments)))


@pytest.fixture
def unsolved(monkeypatch):
    """Nothing may be solved in this test."""

    def never(*_, **__):
        raise AssertionError("the solve began")

    monkeypatch.setattr(zg, "solve", never)


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("-o", "missing/out.json", "No such file"),
        ("-o", "folder", "is a folder"),
        ("-o", "k.knap", "never overwritten"),
        ("-o", "notes.txt", "expected .json or .csv for a result"),
        ("-o", "notes", "no result"),
        ("-o", "m.py", "expected .json or .csv for a result"),
        ("-o", "m.svg", "a picture is written by --plot"),
        ("-o", "m.html", "a picture is written by --plot"),
        ("--plot", "missing/out.svg", "No such file"),
        ("--plot", "k.knap", "never overwritten"),
        ("--plot", "out.docx", ".svg"),
        ("--plot", "out", ".svg"),
    ],
)
def test_a_path_that_cannot_be_written_is_said_before_the_solve(
    knapsack, tmp_path, capsys, unsolved, option, name, message
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "notes").write_text("mine")
    before = sorted(os.listdir(tmp_path))
    text = (tmp_path / "k.knap").read_text()
    assert call("solve", knapsack, option, tmp_path / name) == 3
    shown = capsys.readouterr()
    assert message in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "k.knap").read_text() == text
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_link_to_the_instance_is_the_instance(knapsack, tmp_path, capsys, unsolved):
    link = tmp_path / "link.json"
    link.symlink_to(knapsack)
    assert call("solve", knapsack, "-o", link) == 3
    assert "never overwritten" in capsys.readouterr().err


def test_a_result_may_be_replaced(knapsack, tmp_path):
    out = tmp_path / "out.json"
    assert call("solve", knapsack, "-q", "-o", out) == 0
    assert call("solve", knapsack, "-q", "--start", out, "-o", out) == 0
    assert call("check", knapsack, out) == 0


@pytest.mark.parametrize("command", ["convert", "generate"])
def test_convert_and_generate_look_first(knapsack, tmp_path, capsys, command):
    target = tmp_path / "missing" / "k.json"
    source = [knapsack] if command == "convert" else ["toy", "-o"]
    assert call(command, *source, target) == 3
    assert "No such file" in capsys.readouterr().err
    if command == "convert":
        assert call("convert", knapsack, knapsack) == 3
        assert "never overwritten" in capsys.readouterr().err


def test_a_failing_write_falls_back_to_standard_output(knapsack, tmp_path, capsys, monkeypatch):
    def full(self, path):
        raise zg.InstanceError("cannot be written: No space left on device", file=str(path))

    monkeypatch.setattr(Result, "save", full)
    assert call("solve", knapsack, "-q", "-o", tmp_path / "out.json") == 3
    shown = capsys.readouterr()
    assert "No space left" in shown.err and "standard output" in shown.err
    kept = tmp_path / "kept.json"
    kept.write_text(shown.out)
    monkeypatch.undo()
    assert call("check", knapsack, kept) == 0


def test_a_failing_picture_loses_nothing(knapsack, tmp_path, capsys, monkeypatch):
    def broken(*_):
        raise zg.InstanceError("cannot be written: No space left on device", file="out.svg")

    monkeypatch.setattr(report, "save", broken)
    out = tmp_path / "out.json"
    assert call("solve", knapsack, "-q", "-o", out, "--plot", tmp_path / "out.svg") == 3
    assert "No space left" in capsys.readouterr().err
    assert call("check", knapsack, out) == 0


def test_a_result_on_standard_output(knapsack, capsys):
    assert call("solve", knapsack, "-q", "-o", "-") == 0
    assert json.loads(capsys.readouterr().out)["status"] == "optimal"


NASTY = "a\x1b[31m\r\u202eb\x07<script>$\\frac$"


def test_control_characters_become_visible():
    assert visible("plain ü 漢") == "plain ü 漢"
    assert visible("a\nb", keep="\n") == "a\nb"
    assert visible("\x1b[2J\u202e\x7f\ud800\n") == "\\x1b[2J\\u202e\\x7f\\ud800\\x0a"


def _controls(text):
    return [c for c in text if visible(c, keep="\n") != c]


def test_names_never_move_the_cursor(tmp_path, capsys):
    """A name with an escape sequence: terminal, SVG, HTML."""
    shop = zg.generate("jobshop", jobs=2, machines=2)
    path = tmp_path / "shop.json"
    zg.write(shop, path)
    told = json.loads(path.read_text())
    told["name"] = NASTY
    path.write_text(json.dumps(told))
    out, picture = tmp_path / "out.json", tmp_path / "out.svg"
    assert call("solve", path, "-t", "2", "-o", out, "--plot", picture) == 0
    assert call("info", path) == 0
    assert call("check", path, out) == 0
    result = zg.solve(zg.read(path), time_limit=2)
    told["nonsense" + NASTY] = 1
    path.write_text(json.dumps(told))
    assert call("info", path) == 3
    shown = capsys.readouterr()
    assert "\\x1b" in shown.out and "\\x1b" in shown.err
    assert not _controls(shown.out) and not _controls(shown.err)
    assert not _controls(picture.read_text())
    html = result._repr_html_()
    assert not _controls(html) and "<script>" not in html


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("jobs=2.5", "expected an integer"),
        ("job=2", "did you mean 'jobs'"),
        ("jobs=many", "expected an integer"),
        ("low=true", "expected an integer"),
    ],
)
def test_arguments_of_generators_are_refused_by_name(capsys, option, message):
    assert call("generate", "jobshop", "--option", option) == 3
    shown = capsys.readouterr()
    assert message in shown.err and shown.out == "" and "()" not in shown.err
    with pytest.raises(zg.InstanceError, match="integer"):
        zg.generate("jobshop", jobs=2.5)


@pytest.mark.parametrize("family", sorted(zg.models.base.REGISTRY))
def test_families_and_info_speak_in_words(family, tmp_path, capsys):
    """No brackets, no True and no None of Python's in what people read."""
    path = tmp_path / "instance.json"
    zg.write(zg.generate(family, seed=1), path)
    capsys.readouterr()
    assert call("families", family) == 0
    assert call("info", path) == 0
    shown = capsys.readouterr().out
    for word in ("True", "False", "None", "['", "[[", "np.", "array("):
        assert word not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["slove", "x"], "did you mean 'solve'"),
        (["solve", "FILE", "-m", "kernl"], "did you mean 'kernel'"),
        (["generate", "jobshp"], "did you mean 'jobshop'"),
        (["generate", "jobshop", "--generator", "tailard"], "did you mean 'taillard'"),
        (["info", "RESULT"], "is a result of `zerogap solve`"),
        (["check", "RESULT", "FILE"], "is a result of `zerogap solve`"),
        (["info", "UNKNOWN"], "files that end in .csv can be"),
    ],
)
def test_messages_say_what_to_do(knapsack, tmp_path, capsys, arguments, message):
    result, unknown = tmp_path / "r.json", tmp_path / "clients.csv"
    assert call("solve", knapsack, "-q", "-o", result) == 0
    unknown.write_text("Dear\n")
    names = {"FILE": knapsack, "RESULT": result, "UNKNOWN": unknown}
    capsys.readouterr()
    assert call(*[names.get(a, a) for a in arguments]) in (2, 3)
    assert message in capsys.readouterr().err

"""Reports by suffix, what their signs mean; networks without a capacity; notebooks."""

from __future__ import annotations

import json
import sys
import types

import pytest

import zerogap as zg
from zerogap.bench import table
from zerogap.cli import cli
from zerogap.cli.errors import run
from zerogap.solvers import notebook


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "r.jsonl"
    record = {"key": "1", "suite": "mine", "family": "jobshop", "instance": "a", "method": "auto",
              "status": "feasible", "objective": 12, "bound": 10, "time": 1.0, "seed": 0,
              "time_limit": 2.0, "threads": 1, "trace": [], "machine": {}}  # fmt: skip
    path.write_text(json.dumps(record) + "\n")
    return path


@pytest.mark.parametrize(
    ("ending", "sign"),
    [(".html", table.LEGEND[:10]), (".md", table.LEGEND), (".tex", r"\toprule"), (".csv", "a,")],
)
def test_the_ending_decides(lines, tmp_path, ending, sign):
    out = tmp_path / f"report{ending}"
    assert run(cli, ["bench", "report", str(lines), "-o", str(out)]) == 0
    assert sign in out.read_text() and "12 [10]" in out.read_text()


def test_another_ending_is_refused(lines, tmp_path, capsys):
    assert run(cli, ["bench", "report", str(lines), "-o", str(tmp_path / "r.docx")]) == 3
    assert "expected one of .html" in capsys.readouterr().err


def test_info_of_a_network_without_a_capacity(tmp_path, capsys):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 8]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "net", [x], [y])
    onnx.save(helper.make_model(graph), tmp_path / "net.onnx")
    assert run(cli, ["info", str(tmp_path / "net.onnx")]) == 0
    out = capsys.readouterr().out
    assert "largest working set" in out and "not given: --option capacity" in out


def test_a_notebook_shows_table_and_picture():
    result = zg.solve(zg.generate("jobshop", jobs=3, machines=3, seed=1), time_limit=5)
    html = result._repr_html_()
    assert html.count("<svg") == 1 and "jobshop taillard" in html


def test_a_notebook_shows_progress(monkeypatch):
    shown = []

    class Handle:
        def update(self, html):
            shown.append(html)

    ipython = types.ModuleType("IPython")
    shell = type("ZMQInteractiveShell", (), {})()
    ipython.get_ipython = lambda: shell
    display = types.ModuleType("IPython.display")
    display.HTML = str
    display.display = lambda *_, **__: Handle()
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(notebook, "PERIOD", 0.0)
    shop = zg.generate("jobshop", jobs=3, machines=3, seed=1)
    result = zg.solve(shop, time_limit=5)
    assert shown and "<progress" in shown[-1] and str(result.objective) in shown[-1]
    ipython.get_ipython = lambda: None
    assert notebook.progress() is None

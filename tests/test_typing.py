"""What an editor knows: families, methods, options, and what each family's solve returns."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import zerogap as zg

ROOT = Path(__file__).parent.parent
STUB = ROOT / "zerogap" / "__init__.pyi"

CODE = """\
import zerogap as zg

def answers(shop: zg.jobshop.JobShop, graph: zg.fairclique.FairClique, data: zg.dag.Dag,
            buffers: zg.scratchpad.Buffers, net: zg.scratchpad.Network,
            plan: zg.routing.Routing) -> None:
    reveal_type(zg.solve(shop).solution)
    reveal_type(zg.solve(graph, method="heuristic").solution)
    reveal_type(zg.solve(data, window=5).solution.edges)
    reveal_type(zg.solve(buffers).solution)
    reveal_type(zg.solve(net).solution)
    reveal_type(zg.solve(plan).instance)
    reveal_type(zg.check(shop, zg.solve(shop).solution))
    reveal_type(zg.generate("jobshop", jobs=3))
    reveal_type(zg.generate("jobshop", "flexible", alternatives=2.0))
    reveal_type(next(zg.stream(plan)).solution)
"""
REVEALED = [
    "Schedule", "Clique", "dtype[Any]]", "Placement", "Plan", "Routing", "int", "JobShop",
    "FlexibleJobShop", "Routes",
]  # fmt: skip


def maker():
    spec = importlib.util.spec_from_file_location("typing_stub", ROOT / "tools/typing_stub.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not (ROOT / "tools").is_dir(), reason="tests of a wheel: no tools beside them")
def test_the_stub_is_that_of_the_families():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "x.pyi", "-"],
        input=maker().stub(), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert STUB.read_text() == done.stdout, "a method, option or generator changed: make stub"


def test_the_stub_names_the_whole_api():
    text = STUB.read_text()
    for name in (*zg.__all__, *zg.names()):
        if name != "toy":
            assert re.search(rf"as {name}$|^def {name}\(|^{name}:", text, re.MULTILINE), name


def test_every_result_has_its_type(tmp_path):
    pytest.importorskip("mypy")
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--ignore-missing-imports",
         "--follow-imports=silent", f"--cache-dir={ROOT / '.mypy_cache' / 'mine'}", str(path)],
        capture_output=True, text=True, cwd=ROOT, timeout=600,
    )  # fmt: skip
    found = re.findall(r'Revealed type is "([^"]*)"', done.stdout)
    assert [f.split(".")[-1].rstrip("?*") for f in found] == REVEALED, done.stdout + done.stderr
    assert ": error:" not in done.stdout

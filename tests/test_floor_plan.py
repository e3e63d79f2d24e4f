"""Every family has its rooms, no two files import each other, checkers stand alone."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from zerogap.models import base

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "zerogap"
FAMILIES = [name for name in base.REGISTRY if (PACKAGE / "models" / name).is_dir()]
SOURCES = (ROOT / "tools").is_dir()  # not so beside an installed wheel

spec = importlib.util.spec_from_file_location("new_family", ROOT / "tools" / "new_family.py")
needs_sources = pytest.mark.skipif(not SOURCES, reason="needs the source tree, not the wheel")


@needs_sources
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_its_rooms(family):
    models, kernels = PACKAGE / "models" / family, PACKAGE / "_ext" / family
    for room in ("__init__.py", "instance.py", "solution.py", "check.py", "generate.py"):
        assert (models / room).is_file(), room
    assert (models / "formats.py").is_file() or (models / "formats" / "__init__.py").is_file()
    assert len(list((models / "exact").glob("*.py"))) > 1
    assert (PACKAGE / "solvers" / family / "__init__.py").is_file()
    assert (PACKAGE / "report" / f"{family}.py").is_file()
    for source in kernels.glob("*.pyx"):
        assert source.with_suffix(".pyi").is_file(), source
        assert not source.name.startswith(family), source
    assert list(kernels.glob("*.pyx"))
    assert (ROOT / "tests" / "oracles" / f"{family}.py").is_file()
    assert (ROOT / "docs" / f"{family}.md").is_file()
    assert (ROOT / "instances" / family / "README.md").is_file()
    suites = (ROOT / "benchmarks" / "suites").glob("*.toml")
    assert any(f'family = "{family}"' in suite.read_text() for suite in suites)


def test_no_file_of_a_family_stands_outside_its_folder():
    for layer in ("models", "solvers", "_ext"):
        for path in (PACKAGE / layer).glob("*.p*"):
            assert not path.name.startswith(tuple(FAMILIES)), path


def _imports():
    """Module → modules of the package that it imports, those for types alone included."""
    modules = {}
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path
    graph = defaultdict(set)
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: a relative import"
                if (node.module or "").startswith("zerogap"):
                    for alias in node.names:
                        full = f"{node.module}.{alias.name}"
                        graph[name].add(full if full in modules else node.module)
                        graph[name].add((node.module, alias.name))
            elif isinstance(node, ast.Import):
                graph[name] |= {a.name for a in node.names if a.name.startswith("zerogap")}
    return graph


GRAPH = _imports()


def test_no_two_files_import_each_other():
    pairs = [(a, b) for a in GRAPH for b in GRAPH[a] if isinstance(b, str) and a < b
             and a in GRAPH.get(b, ())]  # fmt: skip
    assert pairs == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checker_imports_instance_and_solution_only(family):
    here = f"zerogap.models.{family}"
    kinds = {cls.__module__ for cls in base.family(family).instances}
    allowed = {f"{here}.instance", f"{here}.solution", "zerogap.models.base", *kinds}
    # A checker of several files: check.py and check_*.py.
    parts = [m for m in GRAPH if m == f"{here}.check" or m.startswith(f"{here}.check_")]
    allowed |= {"zerogap.models.errors", *parts}
    for part in parts:
        assert {m for m in GRAPH[part] if isinstance(m, str)} <= allowed, part


#: They look for what stops a client, or mend a plan, by trying routes out; they prove nothing.
TRIES = {"zerogap.models.routing.replan", "zerogap.solvers.routing.explain"}


def test_no_solver_and_no_model_calls_a_checker():
    """Only `solve`, `audit` and pictures do; others would prove with what is to judge them."""
    for name, found in GRAPH.items():
        if name in TRIES:
            continue
        layer = name.split(".")[1:3]
        inside = layer[:1] == ["solvers"] and layer[1:] and layer[1] in FAMILIES
        model = layer[:1] == ["models"] and layer[1:] and layer[1] in FAMILIES
        if not inside and not (model and name.count(".") > 2):
            continue
        for module in found:
            if isinstance(module, str):
                assert not module.endswith(".check"), f"{name} imports {module}"
            else:
                assert module[1] not in ("check", "check_route"), f"{name} imports {module}"


# ---- the template ------------------------------------------------------------------------------
@pytest.fixture
def tool():
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_sources
def test_the_toy_family_has_the_rooms_of_the_template(tool):
    rooms = [str(path) for path in tool.rooms("toy")]
    wanted = {r.removeprefix("zerogap/models/toy/") for r in rooms if "/models/toy/" in r}
    toy = ROOT / "tests" / "toy"
    there = {str(p.relative_to(toy / "models")) for p in (toy / "models").rglob("*.py")}
    assert wanted <= there
    assert (toy / "solvers" / "__init__.py").is_file() and (toy / "report.py").is_file()


@needs_sources
def test_a_family_is_laid_and_its_tests_fail_until_it_is_filled(tool, tmp_path):
    skip = shutil.ignore_patterns("*.cpp", "*.so", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "zerogap", ignore=skip)
    shutil.copytree(ROOT / "tests" / "oracles", tmp_path / "tests" / "oracles", ignore=skip)
    (tmp_path / "tests" / "__init__.py").write_text("")
    made = tool.lay(tmp_path, "parcels")
    assert all((tmp_path / path).is_file() for path in made)
    with pytest.raises(ValueError, match="there already"):
        tool.lay(tmp_path, "parcels")
    with pytest.raises(ValueError, match="lower-case"):
        tool.lay(tmp_path, "my-parcels")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    def run(*arguments):
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, timeout=120)  # fmt: skip

    shown = run("-m", "zerogap", "families", "parcels")
    assert "uniform" in shown.stdout, shown.stderr
    tests = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/models", "tests/solvers")
    assert tests.returncode == 1
    assert "NotImplementedError: parcels: the checker" in tests.stdout
    assert "NotImplementedError: parcels: the oracle" in tests.stdout
    assert "2 passed" in tests.stdout  # the instance's file, and bad fields by name

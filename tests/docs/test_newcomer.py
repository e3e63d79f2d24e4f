"""A newcomer's hour: clone, demonstration, data of one's own, a constraint, a suite, a report.

No network is needed: the kernels of the build beside are taken instead of being compiled again,
and what `make demo` runs after the build is run as it stands in the Makefile.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zerogap
from tests.docs.test_examples import BLOCK

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no checkout to clone from: tests of a wheel")
    folder = tmp_path_factory.mktemp("hour") / "zerogap"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(folder)], check=True
    )
    # As far as it is committed; what is being written now is taken along.
    for name in ("zerogap", "docs", "Makefile"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("__pycache__", "*.cpp"))  # fmt: skip
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(clone):
    tools = clone / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "python").symlink_to(sys.executable)
    program = tools / "zerogap"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zerogap "$@"\n')
    program.chmod(0o755)
    plain = {k: v for k, v in os.environ.items() if not k.startswith("ZEROGAP")}
    return plain | {"PYTHONPATH": str(clone), "PATH": f"{tools}:{os.environ['PATH']}",
                    "MPLBACKEND": "Agg"}  # fmt: skip


def say(words, folder, environment):
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=300, shell=isinstance(words, str))  # fmt: skip
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done


def test_the_demonstration_says_three_lines_and_shows_a_picture(clone, environment):
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (clone / "Makefile").read_text(), re.MULTILINE)
    lines = [line.strip().removeprefix("@") for line in recipe[1].splitlines()]
    assert lines[0].endswith("setup.py --quiet build_ext --inplace")
    told = ""
    for line in lines[1:]:
        line = line.replace("$(BIN)", ".venv/bin").replace("$(VENV)", ".venv")
        told += say(line.replace("-t 20", "-t 10"), clone, environment).stdout
    shown = told.splitlines()
    assert len(shown) == 3 and shown[0].startswith("ft10:") and shown[1].startswith("feasible:")
    assert "ft10.html" in shown[2] and ".venv/bin/zerogap" in shown[2]
    assert (clone / "out/ft10.svg").stat().st_size > 10_000
    assert "<canvas" in (clone / "out/ft10.html").read_text()


def test_the_page_of_the_first_hour_runs(clone, environment, tmp_path):
    text = (clone / "docs/newcomer.md").read_text()
    script = []
    for language, body in BLOCK.findall(text):
        if language == "python":
            script.append(body)
            path = tmp_path / "hour.py"  # what was written so far, again: an editor's file
            path.write_text("\n".join(script))
            say([sys.executable, str(path)], tmp_path, environment)
        else:
            for line in body.splitlines():
                say(line.removeprefix("$ "), tmp_path, environment)
    plan = (tmp_path / "offsets.csv").read_text().splitlines()
    assert len(plan) == 5
    for name in ("clients", "orders", "weather", "buffers", "delivery", "mine"):
        page = (tmp_path / f"{name}.html").read_text()
        assert len(page.encode()) < 2_000_000 and "https://" not in page


def test_the_package_is_that_of_the_clone(clone, environment):
    code = "import zerogap; print(zerogap.__file__)"
    shown = say([sys.executable, "-c", code], clone, environment).stdout.strip()
    assert shown == str(clone / "zerogap" / "__init__.py") != zerogap.__file__

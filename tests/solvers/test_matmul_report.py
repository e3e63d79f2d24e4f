"""Pictures of schemes, meta runs, and the way from the command line to code."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from click.testing import CliRunner

import zerogap as zg
from zerogap.cli import cli
from zerogap.models.matmul import MatMul, Program, check_scheme, unshared
from zerogap.models.matmul.generate import strassen
from zerogap.report.matmul import draw, levels
from zerogap.solvers.matmul.descent import QUANTUM
from zerogap.solvers.matmul.meta import formats, meta
from zerogap.solvers.matmul.pools import Pools


def run(*arguments):
    outcome = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_pictures_of_plain_and_reduced_schemes(tmp_path):
    instance = strassen()
    for k, solution in enumerate((instance.scheme, unshared(instance.scheme))):
        figure = draw(instance, solution)
        assert len(figure.axes) == (3, 6)[k]
        assert "rank 7, 18 additions" in figure.axes[0].get_title()
        figure.savefig(tmp_path / f"{k}.png")
        assert (tmp_path / f"{k}.png").stat().st_size > 5000


def test_levels_of_a_circuit():
    program = Program(2, (((0, 1), (1, 1)), ((2, 1), (0, 1))), (((3, 1),), ()))
    assert levels(program) == [0, 0, 1, 2, 3, 1]


def test_from_the_command_line_to_code(tmp_path):
    run("generate", "matmul", "--option", "format=2x2x3", "-o", tmp_path / "223.json")
    run("solve", tmp_path / "223.json", "-t", 60, "-j", 1, "-q", "-o", tmp_path / "r.json")
    run("check", tmp_path / "223.json", tmp_path / "r.json")
    run("convert", tmp_path / "r.json", tmp_path / "out.py")
    said = subprocess.run([sys.executable, tmp_path / "out.py"], capture_output=True, text=True)
    assert said.stdout == "2x2x3: correct with 11 multiplications\n"


def test_a_meta_run_collects_right_schemes(tmp_path):
    pools = Pools(8, str(tmp_path / "meta.npz"))
    heard = []
    ranks = meta(formats(2, 3), "ZT", iterations=100 * QUANTUM, threads=1, seed=3, pools=pools,
                 tell=lambda *news: heard.append(news))  # fmt: skip
    assert ranks[2, 2, 2] == 7
    assert heard
    for (n, ring), pool in pools.pools.items():
        for scheme in pool.schemes:
            check_scheme(n, ring, zg.matmul.Scheme(*scheme))
    assert Pools(8, str(tmp_path / "meta.npz")).table() == pools.table()


def test_formats_are_ascending():
    assert formats(2, 3) == [(2, 2, 2), (2, 2, 3), (2, 3, 3), (3, 3, 3)]
    assert len(formats(2, 5)) == 20


def test_result_plots(tmp_path):
    result = zg.solve(MatMul(np.array([2, 2, 2])), time_limit=30, threads=1)
    result.plot(str(tmp_path / "x.svg"))
    assert (tmp_path / "x.svg").exists()

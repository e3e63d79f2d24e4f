"""Signals: a real process, a real shop, and a checked solution at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import zerogap as zg


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / "big.txt"
    zg.write(zg.generate("jobshop", jobs=30, machines=20, seed=1), path)
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [1.0, 2.5])
def test_a_signal_ends_the_solve_and_keeps_the_solution(shop, tmp_path, number, after):
    out = tmp_path / "out.json"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "zerogap",
            "solve",
            str(shop),
            "-t",
            "600",
            "-j",
            "2",
            "-o",
            str(out),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline()  # the first incumbent is shown: the solve is on its way
    time.sleep(after)
    process.send_signal(number)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "objective" in shown
    instance = zg.read(shop)
    data = json.loads(out.read_text())
    assert data["stopped"] == "interrupted"
    assert zg.check(instance, zg.load_solution(out, instance)) == data["objective"]


def test_interrupt_before_any_solution_is_130(tmp_path):
    """A signal while standard input is still awaited."""
    process = subprocess.Popen(
        [sys.executable, "-m", "zerogap", "solve", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.2)
    process.stdin.close()
    process.stdin = None
    process.communicate(timeout=60)
    assert process.returncode in (3, 130)  # 3: the empty input was read before the signal came

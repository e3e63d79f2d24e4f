"""Moving code changes no result: objective and source at equal seed and iterations.

A change that means to alter a search writes the record anew, with
``python -m tests.solvers.test_unchanged``,
and says so in its commit.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zerogap as zg

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).with_name("unchanged.json")
RUNS = {
    "jobshop/ft10.txt": 2000,
    "jobshop/la29.txt": 2000,
    "jobshop/mini.fjs": 500,
    "routing/demo-n33.vrp": 3000,
    "routing/demo-tw25.txt": 3000,
    "routing/hfvrp.json": 2000,
    "routing/pvrp-zc.json": 2000,
    "routing/tsp.json": 2000,
    "routing/pdptw.json": 2000,
    "routing/gtsp.json": 2000,
    "dag/er12.csv": 500,
    "fairclique/gnp-200-0.7.clq": 500,
    "matmul/222.json": 20000,
    "matmul/333.json": 20000,
    "matmul/333-rank23.txt": 500,
    "scratchpad/squeezenet.json": 500,
    "scratchpad/buffers-40.csv": 500,
}
GENERATED = {"treeprune": 200}


def run(name: str, iterations: int) -> list:
    """Objective and source of the last point of a kernel run."""
    path = ROOT / "instances" / name
    instance = zg.read(path) if path.is_file() else zg.generate(name, seed=3)
    walk = {"catalogue": False} if name.startswith("matmul") else {}
    result = zg.solve(instance, method="kernel", threads=1, seed=7, iterations=iterations,
                      time_limit=60, **walk)  # fmt: skip
    return [result.objective, result.trace[-1].source if result.trace else ""]


CASES = {**RUNS, **GENERATED}


@pytest.mark.parametrize("name", CASES)
def test_a_run_gives_what_it_gave(name):
    objective, source = json.loads(RECORD.read_text())[name]
    # The last bits of a float are the processor's: numpy's linear algebra sums in its own order.
    exact = isinstance(objective, int)
    wanted = objective if exact else pytest.approx(objective, rel=1e-12)
    assert run(name, CASES[name]) == [wanted, source]


if __name__ == "__main__":
    record = {name: run(name, iterations) for name, iterations in CASES.items()}
    RECORD.write_text(
        "".join(
            ("{\n", ",\n".join(f'  "{k}": {json.dumps(v)}' for k, v in record.items()), "\n}\n")
        )
    )

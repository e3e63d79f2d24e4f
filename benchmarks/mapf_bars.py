"""The figures that are claimed for multi-agent path finding, measured on the published tasks.

``python benchmarks/mapf_bars.py proofs|crowds|thousand``: proofs against the published program
(``ZEROGAP_CCBS`` names it; without it only our side), crowds in a second, a thousand agents.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import mapf_ccbs

import zerogap as zg

AGENTS = (10, 15, 20, 25, 30)


def tasks(folder: str) -> list[Path]:
    """The task files of a map under ``ZEROGAP_DATA``."""
    root = Path(os.environ["ZEROGAP_DATA"]) / "mapf" / folder
    return sorted(root.glob("*random*.xml"))


def proofs(seconds: float) -> None:
    """Task by task and number of agents: flowtime, bound and the published program's flowtime."""
    both = proven = worse = ours = count = 0
    for path in tasks("empty-16-16"):
        for agents in AGENTS:
            instance = zg.read(path, map="map.xml", agents=agents)
            result = zg.solve(instance, time_limit=seconds, threads=1)
            count += 1
            ours += result.status == "optimal"
            line = f"{path.stem} {agents}: {result}"
            if os.environ.get("ZEROGAP_CCBS"):
                peer = mapf_ccbs.solve(instance, seconds, 1, 0)
                if "objective" in peer:
                    both += 1
                    proven += result.status == "optimal"
                    worse += not result.objective <= peer["objective"] + 1e-3  # it prints 6 digits
                    line += f"; CCBS {peer['objective']:.6g}"
                else:
                    line += "; CCBS none"
            print(line, flush=True)
    print(f"{ours} of {count} proven; of {both} that CCBS solves {proven} proven, {worse} worse")


def crowds(seconds: float) -> None:
    """Gap after a second with 60 agents among 256 cells, 50 and 100 in rooms."""
    for folder, agents in (
        ("empty-16-16", 30),
        ("empty-16-16", 60),
        ("room-64-64-8", 50),
        ("room-64-64-8", 100),
    ):
        for path in tasks(folder)[:5]:
            instance = zg.read(path, map="map.xml", agents=agents)
            result = zg.solve(instance, time_limit=seconds, threads=1)
            print(f"{path.stem} {agents}: {result}", flush=True)


def thousand(seconds: float) -> None:
    """A thousand agents on 256 × 256 cells, a fifth of them blocked."""
    instance = zg.generate("mapf", "grid", seed=0, rows=256, columns=256, obstacles=0.2,
                           agents=1000)  # fmt: skip
    begun = time.process_time()
    result = zg.solve(instance, time_limit=seconds, threads=1)
    print(f"{instance.name}: {result}, {time.process_time() - begun:.1f} s of CPU time")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("proofs", "crowds", "thousand"))
    parser.add_argument("--seconds", type=float)
    given = parser.parse_args()
    run, usual = {"proofs": (proofs, 10.0), "crowds": (crowds, 1.0), "thousand": (thousand, 30.0)}[
        given.what
    ]
    run(usual if given.seconds is None else given.seconds)


if __name__ == "__main__":
    main()

"""Bars of log scores: local scores against pgmpy's, proofs, and searches against pgmpy's.

``python benchmarks/dag_scores.py [--folder BIF] [--peer hill|ges] [--score bdeu|bic]
[-t SECONDS] [--proofs] [--results FILE] [NETWORK …]``: networks are those that pgmpy ships; without
any, local scores are compared, too. One thread for pgmpy, two for us. A JSON line a search is added
to FILE.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import zerogap as zg
from zerogap.bench import bars

sys.path.insert(0, str(Path(__file__).parent / "peers"))


def local_scores(tables: int = 200) -> None:
    """Largest share by which a local score differs from pgmpy's on random tables.

    pgmpy 1.1.2 adds log Γ(r) to K2 for every configuration of the parents that no row has; its
    term is 0 by the formula, and the sum is taken off again.
    """
    from dag_pgmpy import score

    from zerogap.solvers.dag.scored import counted

    rng = np.random.default_rng(0)
    worst = dict.fromkeys(("bdeu", "bic", "aic", "k2"), 0.0)
    for _ in range(tables):
        d, n = int(rng.integers(2, 5)), int(rng.integers(10, 400))
        arities = rng.integers(2, 6, d)
        data = np.column_stack([rng.integers(0, r, n) for r in arities])
        levels = [tuple(f"v{k}" for k in range(r)) for r in arities]
        for kind in worst:
            dag = zg.dag.Categorical(data, levels, kind, float(rng.choice([0.5, 1, 10])))
            theirs, ours = score(dag), counted(dag)
            for j in range(d):
                others = [i for i in range(d) if i != j]
                for size in range(min(3, len(others)) + 1):
                    for parents in itertools.combinations(others, size):
                        names = tuple(dag.names[i] for i in parents)
                        a = float(theirs.local_score(dag.names[j], names))
                        if kind == "k2":
                            states = int(np.prod([arities[i] for i in parents]))
                            seen = len(np.unique(data[:, list(parents)], axis=0)) if parents else 1
                            a -= (states - seen) * math.lgamma(int(arities[j]))
                        b = ours.local(j, parents)
                        worst[kind] = max(worst[kind], abs(a - b) / max(1.0, abs(a)))
    for kind, value in worst.items():
        print(
            f"local scores, {kind}: largest difference {value:.1e} on {tables} tables", flush=True
        )


def proofs(arguments: argparse.Namespace, folder: Path) -> None:
    """Proofs of networks within their limits, at most 3 parents, two threads."""
    for name, limit in (("child", 10), ("insurance", 10), ("alarm", 60)):
        for kind in ("bdeu", "bic"):
            dag = zg.generate(
                "dag", "network", file=str(folder / f"{name}.bif.gz"), observations=1000,
                score=kind, seed=1, max_parents=3,
            )  # fmt: skip
            result = zg.solve(dag, time_limit=limit, threads=2)
            print(f"{name} {kind}: {result.status} {result.objective:.4f} {result.time:.2f} s")
            if arguments.results:
                bars.append(
                    arguments.results, "proofs", network=name, score=kind, limit=limit,
                    objective=result.objective, gap=result.gap, status=str(result.status),
                    seconds=result.time, threads=2,
                )  # fmt: skip


PEERS = {"hill": ("dag_pgmpy", 3), "ges": ("dag_pgmpy_ges", None)}


def searches(arguments: argparse.Namespace, folder: Path) -> None:
    """Hill climbing and GES of pgmpy against `auto`, and how soon their score is reached."""
    for name, kind, short in itertools.product(
        arguments.networks, arguments.score or ("bdeu", "bic"), arguments.peer or PEERS
    ):
        module, parents = PEERS[short]
        peer = __import__(module)
        dag = zg.generate(
            "dag", "network", file=str(folder / f"{name}.bif.gz"), observations=1000,
            score=kind, seed=1, max_parents=parents,
        )  # fmt: skip
        begun = time.perf_counter()
        theirs = peer.solve(dag, arguments.t, 1, 0)["objective"]
        spent = time.perf_counter() - begun
        times = []
        for seed in (2, 1, 0):  # the middle of three: a few milliseconds are easily disturbed
            result = zg.solve(dag, time_limit=arguments.t, threads=2, seed=seed)
            late = (p.time for p in result.trace if p.objective >= theirs - 1e-6)
            times.append(next(late, math.inf))
        reached = sorted(times)[1] if max(times) < math.inf else None
        print(
            f"{name} {kind} {module}: {theirs:.2f} in {spent:.2f} s; ours {result.objective:.2f} "
            f"{result.status} in {result.time:.2f} s, theirs after "
            + (
                "no time: never" if reached is None else f"{reached:.4f} s: {spent / reached:.0f} ×"
            ),
            flush=True,
        )
        if arguments.results:
            bars.append(
                arguments.results, short, network=name, score=kind, max_parents=parents,
                peer=f"pgmpy {version('pgmpy')}", peer_objective=theirs, peer_seconds=spent,
                objective=result.objective, bound=result.bound, status=str(result.status),
                seconds=result.time, reached=reached, times=times, threads=2,
            )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--folder")
    parser.add_argument("--peer", action="append", choices=tuple(PEERS))
    parser.add_argument("--score", action="append", choices=("bdeu", "bic"))
    parser.add_argument("--proofs", action="store_true", help="the proofs alone")
    parser.add_argument("-t", type=float, default=60.0)
    parser.add_argument("--results")
    arguments = parser.parse_args()
    if arguments.folder is None:
        import pgmpy

        arguments.folder = Path(pgmpy.__file__).parent / "utils" / "example_models"
    if arguments.proofs:
        proofs(arguments, Path(arguments.folder))
        raise SystemExit(0)
    if not arguments.networks:
        local_scores()
        arguments.networks = ["asia", "child", "insurance", "alarm"]
    # The first solve of a process loads modules, the first call of pgmpy does, too.
    warm = zg.generate("dag", "bn", seed=0, variables=5, edges=5, score="bdeu")
    zg.solve(warm, time_limit=1, threads=2)
    for module, _ in PEERS.values():
        __import__(module).solve(warm, 1, 1, 0)
    searches(arguments, Path(arguments.folder))

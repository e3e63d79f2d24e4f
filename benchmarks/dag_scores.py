"""Bars of log scores: local scores against pgmpy's, proofs, and searches against pgmpy's.

``python benchmarks/dag_scores.py [FOLDER [NETWORK …]]``: the folder holds BIF files (alarm.bif.gz,
…); those that pgmpy ships are taken if it is not given. One thread for pgmpy, two for us.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from pathlib import Path

import numpy as np

import zerogap as zg

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


def searches(folder: Path, names: list[str], limit: float) -> None:
    """Hill climbing and GES of pgmpy against `auto`, and how soon their score is reached."""
    import dag_pgmpy
    import dag_pgmpy_ges

    for name, kind in itertools.product(names, ("bdeu", "bic")):
        for peer, parents in ((dag_pgmpy, 3), (dag_pgmpy_ges, None)):
            dag = zg.generate(
                "dag", "network", file=str(folder / f"{name}.bif.gz"), observations=1000,
                score=kind, seed=1, max_parents=parents,
            )  # fmt: skip
            begun = time.perf_counter()
            theirs = peer.solve(dag, limit, 1, 0)["objective"]
            spent = time.perf_counter() - begun
            result = zg.solve(dag, time_limit=limit, threads=2)
            reached = next((p.time for p in result.trace if p.objective >= theirs - 1e-6), None)
            factor = "never" if reached is None else f"{spent / max(reached, 1e-3):.0f} ×"
            print(
                f"{name} {kind} {peer.__name__}: {theirs:.2f} in {spent:.2f} s; ours "
                f"{result.objective:.2f} {result.status} in {result.time:.2f} s, theirs after "
                f"{reached if reached is None else round(reached, 3)} s: {factor}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        networks = Path(sys.argv[1])
    else:
        import pgmpy

        networks = Path(pgmpy.__file__).parent / "utils" / "example_models"
    if not sys.argv[2:]:
        local_scores()
    searches(networks, sys.argv[2:] or ["asia", "child", "insurance", "alarm"], 60)

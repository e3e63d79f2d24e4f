"""The bars of the family `treeprune`, each in bounded time: ``python treeprune_bars.py [bar …]``.

Bars: agree (1), speed (2), huge (2, 4), pruner (3), batch (4), adversarial (5), simulator (6),
frontier (KV cache against what goes on), tradeoff (KV cache and modelled throughput against
accuracy over λ_b). Prints one line a figure; ``agree`` takes ``--count``.
"""

from __future__ import annotations

import argparse
import functools
import math
import resource
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import zerogap as zg
from zerogap.bench import bars
from zerogap.models.treeprune import Kept, adversarial, check, random, rebase
from zerogap.solvers.treeprune import (
    Pruner,
    SyntheticModel,
    prune,
    prune_batch,
    simulate,
    throughput,
)
from zerogap.solvers.treeprune.policies import POLICIES, ets
from zerogap.solvers.treeprune.strategy import kernel_of

VARIANTS = ("plain", "unit", "equal", "budget", "tokens", "cardinality", "mandatory", "caps",
            "diminishing", "mixed")  # fmt: skip
SHAPES = ("random", "deep", "chain", "star", "forest")


def tree_of(seed: int):
    """Random tree number `seed`: every variant, shape, size and λ in turn."""
    rng = np.random.default_rng(seed)
    leaves = int(rng.choice([1, 2, 5, 12, 30, 60]))
    return random(
        seed=seed,
        leaves=leaves,
        variant=VARIANTS[seed % len(VARIANTS)],
        shape=SHAPES[seed // len(VARIANTS) % len(SHAPES)],
        lambda_b=float(rng.choice([0.0, 0.5, 1.0, 4.0, 16.0, 1e6])),
        lambda_d=None if rng.random() < 0.6 else float(rng.choice([0.0, 1.0, 8.0, 1e6])),
        clusters=None if rng.random() < 0.5 else int(rng.integers(1, 9)),
    )


def agree(count: int) -> None:
    """Bar 1: our proven optimum against CP-SAT's, and every tenth against HiGHS's."""
    wrong = unproven = infeasible = highs = 0
    ours = peers = worst = 0.0
    for seed in range(count):
        tree = tree_of(seed)
        begun = time.perf_counter()
        mine = zg.solve(tree, method="kernel", time_limit=60, threads=1)
        ours += time.perf_counter() - begun
        begun = time.perf_counter()
        referee = {"backend": "highs"} if seed % 10 == 9 else {}
        highs += bool(referee)
        theirs = zg.solve(tree, method="exact", time_limit=60, threads=1, **referee)
        peers += time.perf_counter() - begun
        if mine.status == "infeasible" or theirs.status == "infeasible":
            infeasible += 1
            wrong += mine.status != theirs.status
            if mine.status != theirs.status:
                print(f"  differs: {tree.name} seed {seed}: {mine.status} / {theirs.status}")
            continue
        unproven += mine.status != "optimal"
        off = abs(mine.objective - theirs.objective) / max(1.0, abs(theirs.objective))
        # HiGHS proves to its own tolerances: a better checked solution of ours is no error.
        worst = max(worst, off if mine.objective < theirs.objective or not referee else 0.0)
        if off > 1e-9 and not (referee and mine.objective > theirs.objective):
            wrong += 1
            print(f"  differs: {tree.name} seed {seed}: {mine.objective!r} {theirs.objective!r}")
    print(
        f"agree: {count} trees, {wrong} differ, {unproven} unproven, {infeasible} infeasible on "
        f"both sides, {highs} against HiGHS; largest relative difference {worst:.1e}; "
        f"kernel {ours:.1f} s, referees {peers:.1f} s"
    )


def arrays(tree):
    """What the kernel is called with."""
    return tree.parent, tree.reward, tree.tokens, tree.cluster, tree.lambda_b, tree.lambda_d


def best_of(call, seconds: float) -> float:
    """Median time of a call, repeated for so long."""
    times, stop = [], time.perf_counter() + seconds
    while time.perf_counter() < stop or len(times) < 3:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def speed(repeats: int = 3) -> None:
    """Bar 2: kernel call against building and solving in PuLP/CBC, realistic trees."""
    import treeprune_pulp

    treeprune_pulp.solve(rebase(seed=99, width=16), 60, 1, 0)
    settings = [(w, cost, 1.0) for w in (16, 64, 256, 1024) for cost in ("unit", "tokens")]
    settings += [(w, "unit", lam) for w in (64, 256, 1024) for lam in (2.0, 4.0)]
    for width, cost, lam in settings:
        ratios, mine, theirs, left = [], [], [], []
        for seed in range(repeats):
            tree = rebase(seed=seed, width=width, cost=cost, lambda_b=lam)
            begun = time.perf_counter()
            peer = treeprune_pulp.solve(tree, 120, 1, 0)
            theirs.append(time.perf_counter() - begun)
            mine.append(best_of(lambda: prune(*arrays(tree)), 0.2))  # noqa: B023
            mask = prune(*arrays(tree))
            value = check(tree, Kept(tree.leaves[mask[tree.leaves]]))
            assert abs(value - peer["objective"]) <= 1e-6, (value, peer["objective"])
            ratios.append(theirs[-1] / mine[-1])
            left.append(kernel_of(tree).remaining)
        print(
            f"speed: width {width} {cost} λ_b {lam:g}: kernel {1e6 * statistics.median(mine):.1f} "
            f"µs, PuLP/CBC {1e3 * statistics.median(theirs):.1f} ms, ratio "
            f"{min(ratios):.0f} … {max(ratios):.0f}; nodes left after reductions {left}"
        )


def huge() -> None:
    """Bar 2 (100,000 leaves, 10,000 clusters) and peak memory, in a process of its own."""
    for extra in ("", ", locality=0.0", ", locality=0.0, lambda_b=2.0"):
        code = (
            "import time, resource; from zerogap.models.treeprune import rebase; "
            "from zerogap.solvers.treeprune.strategy import kernel_of; "
            f"t = rebase(seed=1, width=100000, depth=7, clusters=10000{extra}); "
            "rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024; "
            "before = rss(); a = time.perf_counter(); k = kernel_of(t); more = k.run(1.0 - "
            "(time.perf_counter() - a)); s = time.perf_counter() - a; "
            "print(f'{t.nodes} nodes, {len(t.leaves)} leaves,', end=' '); "
            "print(f'{len(t.clusters)} clusters:', end=' '); "
            "gap = (k.bound - k.objective) / k.objective; "
            "print('proven' if not more else f'gap {gap:.1e}', "
            "f'in {s:.3f} s, {k.remaining} left after reductions, {before:.0f} MiB before, '"
            "f'peak {rss():.0f} MiB')"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        print(f"huge{extra}: {done.stdout.strip() or done.stderr[-500:]}")


def pruner(steps: int = 10000, width: int = 256) -> None:
    """Bar 3: steps of one incremental pruner; a new question every 12 steps, the old one goes."""
    rng = np.random.default_rng(0)
    wall, cpu, sizes, peak = [], [], [], []
    live = Pruner(1.0, 1.45, cost="unit", forest=True)
    leaves, reward = np.array([], dtype=np.int32), np.array([0.5])
    for step in range(steps):
        if step % 12 == 0:
            if live.nodes:
                old = live.leaves()
                live.score(old, np.zeros(len(old)))
            leaves, reward = live.add([-1], [250.0], [0.0]), np.array([0.5])
        children = zg.treeprune.allocate(reward, width)
        origin = np.repeat(np.arange(len(leaves)), children)
        value = np.clip(reward[origin] + rng.normal(0, 0.08, width), 0, 1)
        share = zg.treeprune.allocate(value, width) / width
        tokens, cluster = 20.0 + rng.integers(0, 80, width), rng.integers(0, 105, width)
        begun, busy = time.perf_counter(), time.thread_time()
        new = live.add(leaves[origin], tokens, share, cluster)
        mask = live.prune()
        wall.append(time.perf_counter() - begun)
        cpu.append(time.thread_time() - busy)
        chosen = mask[new]
        leaves, reward = new[chosen], value[chosen]
        if len(leaves) == 0:
            leaves, reward = live.leaves()[:1], np.array([0.5])
        if step % 1000 == 999:
            sizes.append(live.bytes)
            peak.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    for name, times in (("wall", sorted(wall)), ("CPU", sorted(cpu))):
        at = [1e6 * times[min(steps - 1, int(q * steps))] for q in (0.5, 0.99, 1.0)]
        print(
            f"pruner: {steps} steps at width {width}, add + prune, {name} time: median "
            f"{at[0]:.1f} µs, 99 % {at[1]:.1f} µs, worst {at[2]:.0f} µs"
        )
    print(f"pruner: bytes of its arrays every 1000 steps {sizes}, peak memory {peak} KiB")


def batch(trees: int = 1000, width: int = 64) -> None:
    """Bar 4: trees a second and core."""
    made = [rebase(seed=s, width=width) for s in range(trees)]
    first = np.cumsum([0] + [t.nodes for t in made]).astype(np.int64)
    columns = [
        np.concatenate([getattr(t, key) for t in made])
        for key in ("parent", "reward", "tokens", "cluster")
    ]
    for name, lam in (("without coverage", 0.0), ("with coverage", 1.4)):
        once = best_of(lambda: prune_batch(first, *columns, 1.0, lam), 2.0)  # noqa: B023
        print(f"batch: {trees} trees of width {width} {name}: {trees / once:.0f} trees/s/core")


def hard() -> None:
    """Bar 5: adversarial trees under a limit of 2 s come back with solution and bound."""
    for seed in range(3):
        for kw in (
            {},
            {"branches": 80, "leaves": 40, "clusters": 200},
            {"branches": 300, "leaves": 100, "clusters": 2000},
        ):
            tree = adversarial(seed=seed, **kw)
            begun = time.perf_counter()
            result = zg.solve(tree, method="kernel", time_limit=2, threads=1)
            print(
                f"adversarial: {tree.name}: {result.status}, gap {result.gap:.2%}, "
                f"{time.perf_counter() - begun:.2f} s"
            )


def simulator(seeds: int = 8) -> None:
    """Bar 6: KV reduction against REBASE at λ_b 1, λ_d 1.45, width 256."""
    for name, model in (
        ("default", SyntheticModel()),
        (
            "1000 ideas, 25 steps",
            SyntheticModel(steps=25, ideas=1000, own=2, locality=0.5, zipf=0.5),
        ),
    ):
        runs = {n: [simulate(p, 256, s, model) for s in range(seeds)] for n, p in POLICIES.items()}
        usual = np.mean([r.kv for r in runs["rebase"]])
        for policy, found in runs.items():
            mean = {
                key: np.mean([getattr(r, key) for r in found])
                for key in ("kv", "reward", "share", "coverage", "best")
            }
            print(
                f"simulator: {name}: {policy}: KV {mean['kv']:.0f} tokens a step, "
                f"{usual / mean['kv']:.2f}× less than rebase; mean reward of what goes on "
                f"{mean['reward']:.3f} of REBASE's on the same candidates; share of "
                f"normalised allocation kept {mean['share']:.3f}; "
                f"coverage {mean['coverage']:.3f}; best final reward {mean['best']:.3f}"
            )


def frontier(results: str | None, seeds: int = 8) -> None:
    """KV cache against what goes on, by both definitions, for ETS over λ_b and λ_d; no times."""
    usual = [simulate(POLICIES["rebase"], 256, s) for s in range(seeds)]
    tokens = float(np.mean([r.kv for r in usual]))
    for lambda_d in (0.0, 1.45, 4.0):
        for lambda_b in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0):
            policy = partial(POLICIES["ets"], lambda_b=lambda_b, lambda_d=lambda_d)
            found = [simulate(policy, 256, s) for s in range(seeds)]
            mean = {
                key: round(float(np.mean([getattr(r, key) for r in found])), 4)
                for key in ("reward", "share", "coverage", "best")
            }
            less = round(tokens / float(np.mean([r.kv for r in found])), 3)
            print(f"frontier: λ_b {lambda_b:g}, λ_d {lambda_d:g}: {less}× less KV, {mean}")
            if results:
                bars.append(
                    results, "frontier", lambda_b=lambda_b, lambda_d=lambda_d, less_kv=less,
                    **mean, width=256, searches=seeds,
                )  # fmt: skip


#: Weights of the cost that the trade-off is measured at.
COSTS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)


def tradeoff(questions: int = 200, width: int = 64, target: str = "") -> None:
    """KV cache and modelled throughput against accuracy over λ_b, beside REBASE, DVTS and beams.

    A question counts as solved if the trajectory that the reward model rates best has a latent
    quality above the median of REBASE's: REBASE solves half of them.
    """
    policies = {name: POLICIES[name] for name in ("rebase", "dvts", "beam")}
    for cost in COSTS:
        for coverage in (1.0, 1.45):
            own = functools.partial(ets, lambda_b=cost, lambda_d=coverage)
            policies[f"ets λ_b={cost:g} λ_d={coverage:g}"] = own
    runs = {
        name: [simulate(policy, width, seed) for seed in range(questions)]
        for name, policy in policies.items()
    }
    bar = float(np.median([r.quality for r in runs["rebase"]]))
    usual = np.mean([r.kv for r in runs["rebase"]])
    shared, apart = throughput.Machine(), throughput.Machine(shared=False)
    speed = [throughput.compared(runs, machine) for machine in (shared, apart)]
    for name, found in runs.items():
        line = {
            "policy": name, "width": width, "questions": questions,
            "accuracy": float(np.mean([r.quality > bar for r in found])),
            "quality": round(float(np.mean([r.quality for r in found])), 4),
            "less_kv": round(float(usual / np.mean([r.kv for r in found])), 3),
            "coverage": round(float(np.mean([r.coverage for r in found])), 3),
            "throughput": round(speed[0][name], 3),
            "throughput_unshared_reads": round(speed[1][name], 3),
        }  # fmt: skip
        print(line, flush=True)
        if target:
            bars.append(target, "tradeoff", **line)


def main() -> None:
    """Run the bars named on the command line, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = {
        "speed": speed,
        "huge": huge,
        "pruner": pruner,
        "batch": batch,
        "adversarial": hard,
        "simulator": simulator,
        "frontier": lambda: frontier(chosen.json or None),
    }
    parser.add_argument("bars", nargs="*", default=["agree", *known, "tradeoff"])
    parser.add_argument("--count", type=int, default=2000, help="trees of agree")
    parser.add_argument("--questions", type=int, default=200, help="of tradeoff")
    parser.add_argument("--width", type=int, default=64, help="of tradeoff")
    parser.add_argument("--json", "--results", default="", help="append result lines here")
    chosen = parser.parse_args()
    for name in chosen.bars:
        begun = time.perf_counter()
        if name == "agree":
            agree(chosen.count)
        elif name == "tradeoff":
            tradeoff(chosen.questions, chosen.width, chosen.json)
        else:
            known[name]()
        print(f"  ({name}: {math.ceil(time.perf_counter() - begun)} s)", flush=True)


if __name__ == "__main__":
    main()

"""The bars of the family `scratchpad`: ``python scratchpad_bars.py [bar …]``.

Bars: minimalloc (1), networks (2), weights (2, with weights), nas (3), program (3: the plain
integer program beside ours), oracle (4). Prints one line a figure. ``--published PATH`` measures
the published allocator's executable (``--capacity``, ``--input``, ``--output``) in the same run;
``--cpsat SECONDS`` gives CP-SAT that long on every MiniMalloc instance. Times are wall clock.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import zerogap as zg
from zerogap.models.scratchpad import replay

SIMPLE = ("resnet18", "resnet50", "mobilenetv2", "squeezenet", "bert", "unet")
OTHER = ("googlenet", "densenet121", "efficientnetb0")
NAS = ("nasnet", "amoebanet", "darts", "randwire-ws", "randwire-er", "randwire-ba")
CAPACITIES = ("1.0x", "1.1x", "1.25x", "1.5x", "2.0x")


def minimalloc(args: argparse.Namespace) -> None:
    """Static allocation: seconds to a placement within the capacity, solving alone."""
    folder = Path(os.environ["ZEROGAP_DATA"]) / "scratchpad" / "minimalloc"
    ours_total = theirs_total = 0.0
    solved, worst = 0, 0.0
    files = sorted(folder.glob("*.1048576.csv"))
    for file in files:
        buffers = zg.read(file, family="scratchpad", objective="fit")
        begun = time.perf_counter()
        result = zg.solve(buffers, time_limit=args.limit, threads=1, seed=args.seed)
        ours = time.perf_counter() - begun
        ours_total += ours
        solved += result.status == "optimal"
        line = f"minimalloc {file.name[0]}: {result.status} {ours:.2f} s"
        if args.published:
            theirs = published(args.published, file, args.limit)
            theirs_total += theirs
            worst = max(worst, ours / theirs)
            line += f", published {theirs:.2f} s, ratio {ours / theirs:.2f}"
        if args.cpsat:
            exact = zg.solve(buffers, method="exact", time_limit=args.cpsat, threads=2)
            line += f", cp-sat {exact.status} {exact.time:.1f} s"
        print(line, flush=True)
    line = f"minimalloc total: {solved} of {len(files)} solved, {ours_total:.1f} s"
    if args.published:
        ratio = ours_total / theirs_total
        line += f", published {theirs_total:.1f} s: ratio {ratio:.2f}, worst {worst:.2f}"
    print(line)


def published(program: str, file: Path, limit: float) -> float:
    """Wall seconds of the published executable."""
    command = [program, "--capacity=1048576", f"--input={file}", "--output=/dev/null"]
    begun = time.perf_counter()
    try:
        subprocess.run(command, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return limit
    return time.perf_counter() - begun


def _pairs(args: argparse.Namespace, names: tuple[str, ...], weights: str, limit: float) -> list:
    """One row for each network and capacity: name, proven, seconds, ours, baselines."""
    rows = []
    for name in names:
        for capacity in CAPACITIES:
            net = zg.generate(
                "scratchpad", name, seed=args.seed, capacity=capacity, weights=weights
            )
            begun = time.perf_counter()
            result = zg.solve(net, time_limit=limit, threads=2, seed=args.seed)
            seconds = time.perf_counter() - begun
            ours = replay(net, result.solution).avoidable
            base = {
                rule: replay(net, zg.solve(net, method=rule, threads=1).solution).avoidable
                for rule in ("lru", "belady")
            }
            bound = result.bound - net.compulsory
            rows.append((name, result.status == "optimal", seconds, ours, base))
            cut = 1 - ours / base["lru"] if base["lru"] else math.nan
            print(
                f"{weights} {name} {capacity}: {result.status} avoidable {ours} (bound {bound}), "
                f"lru {base['lru']}, belady {base['belady']}, reduction {cut:.1%}, {seconds:.2f} s",
                flush=True,
            )
    return rows


def _summary(title: str, rows: list) -> None:
    proven = sum(r[1] for r in rows)
    line = f"{title}: proven {proven} of {len(rows)}, slowest {max(r[2] for r in rows):.1f} s"
    for rule in ("lru", "belady"):
        cuts = [1 - r[3] / r[4][rule] for r in rows if r[4][rule]]
        if cuts:
            total = 1 - sum(r[3] for r in rows) / sum(r[4][rule] for r in rows)
            line += f"; against {rule}: mean {sum(cuts) / len(cuts):.1%} over {len(cuts)} pairs"
            line += f", of all bytes {total:.1%}"
    print(line, flush=True)


def networks(args: argparse.Namespace) -> None:
    """Activations only."""
    rows = _pairs(args, SIMPLE, "ignore", 30)
    _summary("standard networks", rows)
    rest = _pairs(args, OTHER + NAS, "ignore", args.limit)
    _summary("all networks", rows + rest)


def weights(args: argparse.Namespace) -> None:
    """With weights."""
    _summary("with weights", _pairs(args, SIMPLE + OTHER + NAS, "resident", args.limit))


def nas(args: argparse.Namespace) -> None:
    """Networks of cells and random wiring, 120 s each."""
    _summary("nas", _pairs(args, NAS, "ignore", 120))


def program(args: argparse.Namespace) -> None:
    """The plain integer program solved cold by HiGHS beside ours."""
    ratios = []
    for name in SIMPLE:
        net = zg.generate("scratchpad", name, capacity="1.0x")
        ours = zg.solve(net, time_limit=args.limit, threads=2, seed=args.seed)
        plain = zg.solve(net, method="mip", time_limit=args.limit, threads=2, seed=args.seed)
        ratios.append(plain.time / max(ours.time, 1e-3))
        same = plain.status != "optimal" or plain.objective == ours.objective
        verdict = "same" if same else "DIFFERENT"
        print(
            f"program {name}: ours {ours.status} {ours.objective} {ours.time:.3f} s, plain "
            f"{plain.status} {plain.objective} {plain.time:.1f} s, {verdict}",
            flush=True,
        )
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"program: ours faster by {mean:.0f} in geometric mean (unfinished counted as the limit)")


def oracle(args: argparse.Namespace) -> None:
    """Exhaustive search on 500 random networks."""
    test = "tests/solvers/test_scratchpad_oracle.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--slow", test, "-k", "five_hundred"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    print("oracle:", done.stdout.strip().splitlines()[-1])


BARS = {f.__name__: f for f in (minimalloc, networks, weights, nas, program, oracle)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bar", nargs="*", choices=[*BARS, []], default=list(BARS))
    parser.add_argument("--limit", type=float, default=60, help="seconds a run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--published", help="executable of the published allocator")
    parser.add_argument("--cpsat", type=float, default=0, help="seconds for CP-SAT as a peer")
    args = parser.parse_args()
    for bar in args.bar:
        BARS[bar](args)


if __name__ == "__main__":
    main()

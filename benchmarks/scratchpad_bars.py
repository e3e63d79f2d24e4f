"""The bars of the family `scratchpad`: ``python scratchpad_bars.py [bar …]``.

Bars: minimalloc (1), networks (2), weights (2, with weights), nas (3), program (3: the plain
integer program beside ours), oracle (4), memories (two memories: 30 traces beside the greedy
mapping), training (10⁵ buffers). Prints one line a figure; ``--results FILE`` adds them to a result
file (minimalloc, memories, training). ``--published PATH`` measures the published allocator's
executable (``--capacity``, ``--input``, ``--output``) in the same run;
``--cpsat SECONDS`` gives CP-SAT that long on every MiniMalloc instance. Times are wall clock.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import zerogap as zg
from zerogap.bench import bars
from zerogap.models.scratchpad import replay
from zerogap.models.scratchpad.csv import write

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
            theirs = min(args.limit, published(args.published, file, args.limit))
            theirs_total += theirs
            worst = max(worst, ours / theirs)
            line += f", published {theirs:.2f} s, ratio {ours / theirs:.2f}"
        if args.results:
            bars.append(
                args.results, "minimalloc", instance=file.name[0], status=str(result.status),
                seconds=round(ours, 3), threads=1,
                published_seconds=round(theirs, 2) if args.published else None,
            )  # fmt: skip
        if args.cpsat:
            exact = zg.solve(buffers, method="exact", time_limit=args.cpsat, threads=2)
            line += f", cp-sat {exact.status} {exact.time:.1f} s"
        print(line, flush=True)
    line = f"minimalloc total: {solved} of {len(files)} solved, {ours_total:.1f} s"
    if args.published:
        ratio = ours_total / theirs_total
        line += f", published {theirs_total:.1f} s: ratio {ratio:.2f}, worst {worst:.2f}"
    print(line)


def published(program: str, file: Path, limit: float, capacity: int = 1048576) -> float:
    """Wall seconds in which the published executable places all; infinite if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.csv"
        command = [program, f"--capacity={capacity}", f"--input={file}", f"--output={target}"]
        begun = time.perf_counter()
        try:
            subprocess.run(command, capture_output=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            return math.inf
        spent = time.perf_counter() - begun
        return spent if target.exists() and target.stat().st_size else math.inf


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


def memories(args: argparse.Namespace) -> None:
    """Saved time on 30 generated traces with two memories, beside the better greedy mapping."""
    gains, gaps = [], []
    for seed in args.traces:
        trace = zg.generate("scratchpad", "trace", seed=seed)
        greedy = min(int(zg.solve(trace, method=name).objective) for name in ("greedy", "best-fit"))
        result = zg.solve(trace, time_limit=args.limit, threads=2, seed=args.seed)
        gains.append((trace.slow - result.objective) / max(1, trace.slow - greedy) - 1)
        gaps.append(result.gap)
        print(
            f"memories {trace.name}: slow {trace.slow}, greedy {greedy}, ours {result.objective} "
            f"{result.status}, saved {gains[-1]:+.1%}, gap {result.gap:.2%}, {result.time:.1f} s",
            flush=True,
        )
        if args.results:
            bars.append(
                args.results, "memories", instance=trace.name, slow=trace.slow, greedy=greedy,
                objective=result.objective, bound=result.bound, status=str(result.status),
                seconds=round(result.time, 2), threads=2,
            )  # fmt: skip
    near = sum(g <= 0.05 for g in gaps)
    print(
        f"memories: {sum(gains) / len(gains):+.1%} saved time in the mean, "
        f"gap {sum(gaps) / len(gaps):.2%} in the mean, {max(gaps):.2%} at most, "
        f"within 5 % on {near}"
    )


def training(args: argparse.Namespace) -> None:
    """Static allocation of 10⁵ buffers with the lifetimes of a training step, one thread.

    The published program is asked for the height that ours reached, and for 1.05 times that.
    """
    for layers in (46, 460, 4600):
        buffers = zg.generate("scratchpad", "training", layers=layers)
        result = zg.solve(buffers, time_limit=10, threads=1, seed=args.seed)
        assert result.bound is not None and result.objective is not None
        near = next(p.time for p in result.trace
                    if p.objective is not None and p.objective <= 1.01 * result.bound)  # fmt: skip
        line = (f"training {len(buffers.size)} buffers: {result.status} {result.objective}, gap "
                f"{result.gap:.3%}, within 1 % after {near:.2f} s")  # fmt: skip
        theirs: dict[str, float | None] = {}
        if args.published:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "in.csv"
                file.write_text(write(buffers))
                for name, share in (("same", 1.0), ("looser", 1.05)):
                    room = int(share * result.objective)
                    spent = published(args.published, file, args.limit, room)
                    theirs[name] = spent if spent < math.inf else None
            line += f", published {theirs}"
        print(line, flush=True)
        if args.results:
            bars.append(
                args.results, "training", buffers=len(buffers.size), status=str(result.status),
                objective=result.objective, bound=result.bound, within_one_percent=round(near, 3),
                seconds=round(result.time, 2), threads=1, published_limit=args.limit,
                published_same=theirs.get("same"), published_looser=theirs.get("looser"),
            )  # fmt: skip


BARS = {
    f.__name__: f for f in (minimalloc, networks, weights, nas, program, oracle, memories, training)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bar", nargs="*", choices=[*BARS, []], default=list(BARS))
    parser.add_argument("--limit", type=float, default=60, help="seconds a run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--published", help="executable of the published allocator")
    parser.add_argument("--traces", type=int, nargs="+", default=range(30), help="seeds of traces")
    parser.add_argument("--results", help="result file that lines are added to")
    parser.add_argument("--cpsat", type=float, default=0, help="seconds for CP-SAT as a peer")
    args = parser.parse_args()
    for bar in args.bar:
        BARS[bar](args)


if __name__ == "__main__":
    main()

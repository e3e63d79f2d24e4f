"""The addition bars of the family `matmul`: ``python benchmarks/matmul_additions.py BAR …``.

published  every scheme of $ZEROGAP_DATA/matmul/reduced, expanded to its plain scheme and reduced
           again with its multiplications kept: better / equal / worse than the published additions.
           --seconds of one thread a scheme (20); --only 3x3x3 4x4x4 chooses; --plain shares sums
           without cancelling terms; 111 schemes take 111 × seconds
scheme     fewest additions of a scheme of --format (3x3x3) and --rank (23) from the naive scheme,
           in --seconds on --threads; prints every improvement; stops at --target

Every solution has passed the checker. ``--json FILE`` appends the figures, one object a line; a run
with the same file goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import zerogap as zg
from zerogap.bench import bars
from zerogap.models.matmul import MatMul, check
from zerogap.solvers.matmul.additions import Circuits


def published(args, record, done) -> None:
    """No worse than published on at least 85 % (98 %), better on at least 5 (33 %)."""
    root = Path(os.environ.get("ZEROGAP_DATA", "")) / "matmul" / "reduced"
    files = sorted(root.glob("*_reduced.json"))
    if not files:
        sys.exit("ZEROGAP_DATA holds no matmul/reduced")
    tally = {"better": 0, "equal": 0, "worse": 0}
    ours_total = theirs_total = 0
    for file in files:
        name = file.name.split("_")[0]
        if args.only and name not in args.only:
            continue
        theirs = int(re.search(r"_cr(\d+)_", file.name)[1])
        if name in done:
            ours, spent = done[name]["additions"], done[name]["seconds"]
        else:
            ours, spent = reduced(file, args)
            record({"bar": "published", "format": name, "published": theirs, "additions": ours,
                    "seconds": round(spent, 1), "seed": args.seed,
                    "cancel": not args.plain})  # fmt: skip
        word = "better" if ours < theirs else "equal" if ours == theirs else "worse"
        tally[word] += 1
        ours_total, theirs_total = ours_total + ours, theirs_total + theirs
        print(f"{name:8} published {theirs:5} ours {ours:5} {word:6} {spent:6.1f} s", flush=True)
    print(f"{tally}, together {ours_total} against {theirs_total}")


def reduced(file: Path, args) -> tuple[int, float]:
    """Additions after the given seconds of CPU time, checked."""
    instance = zg.read(file, objective="additions", fixed=True)
    begun = time.process_time()
    circuits = Circuits(instance.scheme, args.seed, cancel=not args.plain)
    # CPU time, so that a busy machine measures the same thing.
    while (left := args.seconds - (time.process_time() - begun)) > 0:
        if not circuits.run(min(left, 0.5)):
            break
    spent = time.process_time() - begun
    additions = check(instance, circuits.solution())
    assert additions == circuits.objective
    return additions, spent


def scheme(args, record, done) -> None:
    """3×3×3 from the naive scheme: at most 60, and 58 within 30 minutes on two threads."""
    n = [int(x) for x in args.format.split("x")]
    instance = MatMul(n, "ZT", "additions", rank=args.rank, name=args.format)

    reached: list[int] = []

    def progress(search) -> None:
        if search.objective is not None and search.objective not in reached:
            reached.append(search.objective)
            print(f"{search.elapsed:8.1f} s {search.objective}", flush=True)

    result = zg.solve(
        instance, time_limit=args.seconds, threads=args.threads, seed=args.seed,
        on_progress=progress, target=args.target, catalogue=False,
    )  # fmt: skip
    print(result)
    record({"bar": "scheme", "format": args.format, "rank": args.rank, "seed": args.seed,
            "additions": result.objective, "seconds": round(result.time, 1),
            "threads": args.threads})  # fmt: skip
    if args.output:
        result.save(args.output)


BARS = {"published": published, "scheme": scheme}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bar", choices=BARS)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--format", default="3x3x3")
    parser.add_argument("--rank", type=int, default=23)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--target", type=int, default=0)
    parser.add_argument("--output", help="write the result of `scheme` here")
    parser.add_argument("--json")
    args = parser.parse_args()
    done: dict[str, dict] = {}
    if args.json and Path(args.json).exists():
        lines = map(json.loads, Path(args.json).read_text().splitlines())
        done = {e["format"]: e for e in lines
                if e["bar"] == "published" and e["seed"] == args.seed
                and e["cancel"] == (not args.plain)
                and e["seconds"] >= 0.9 * args.seconds}  # fmt: skip

    def record(entry: dict) -> None:
        if args.json:
            bars.append(args.json, **entry)

    BARS[args.bar](args, record, done)


if __name__ == "__main__":
    main()

"""The rank bars of the family `matmul`: ``python benchmarks/matmul_bars.py BAR …``.

steps      attempted and accepted flips a second, beside the reference program if --reference names
           its directory (the built ``flip_graph`` of dronperminov/ternary_flip_graph); 3 minutes
ranks      median seconds to a rank from the naive scheme, five seeds; --formats chooses rows
           (333 334 344 444z 444 225 234 345 445z 555z), up to 5 × limit seconds a row
meta       best ranks of all formats with sides ≤ 5 in --seconds (1800) on two threads, beside the
           best known ones of $ZEROGAP_DATA/matmul/best_known_ranks.csv
rebuild    the catalogue of 680 formats from nothing, walks of --seconds on --threads: mean of rank
           over best known rank, and how many formats with sides 2 … 5 reach it (ZT or Z2)
tamper     every changed coefficient and dropped product of a scheme is rejected; seconds
code       generated C (gcc -O3 -march=native) against numpy's @: processor seconds and errors
resume     a search killed with SIGKILL resumes at the rank that it had reported; seconds

Every figure is printed as it is measured; ``--json FILE`` appends it there, one object a line.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import zerogap as zg
from zerogap._ext.matmul.walk import FlipWalk
from zerogap.models.base import InfeasibleSolution
from zerogap.models.matmul import MatMul, Scheme, check_scheme, moves
from zerogap.solvers.matmul.meta import formats, meta
from zerogap.solvers.matmul.pools import Pools

#: row: format, ring, rank of the floor and of the reach, seconds of each, threads
RANKS = {
    "333": ("3x3x3", "ZT", 23, 23, 2, 0.5, 1),
    "334": ("3x3x4", "ZT", 29, 29, 300, 60, 1),
    "344": ("3x4x4", "ZT", 39, 38, 300, 120, 1),
    "444z": ("4x4x4", "Z2", 48, 47, 300, 120, 1),
    "444": ("4x4x4", "ZT", None, 49, 120, 120, 1),
    "225": ("2x2x5", "ZT", None, 18, 5, 5, 1),
    "234": ("2x3x4", "ZT", None, 20, 5, 5, 1),
    "345": ("3x4x5", "ZT", None, 48, 300, 300, 2),
    "445z": ("4x4x5", "Z2", None, 61, 600, 600, 2),
    "555z": ("5x5x5", "Z2", None, 97, 600, 600, 2),
}


def instance_of(text: str, ring: str) -> MatMul:
    return MatMul(np.array([int(x) for x in text.split("x")]), ring, name=text)


def steps(args, record) -> None:
    """Bar 1."""
    for text in ("3x3x3", "4x4x4", "5x5x5"):
        n = tuple(int(x) for x in text.split("x"))
        for ring in ("ZT", "Z2"):
            entries = [n[0] * n[1], n[1] * n[2], n[2] * n[0]]
            walk = FlipWalk(entries, n[0] * n[1] * n[2] + 8, ring == "ZT", 1,
                            plus=(5000, 100_000), band=4)  # fmt: skip
            walk.load(*moves.naive(n))
            begun = time.process_time()
            walk.run(seconds=args.slice)
            spent = time.process_time() - begun
            theirs = reference(args, n, ring)
            ours, flips = walk.iterations / spent, walk.counts["flips"] / spent
            row = {"bar": "steps", "format": text, "ring": ring, "steps/s": ours, "flips/s": flips}
            line = f"{text} {ring}: {ours / 1e6:.1f} M steps/s, {flips / 1e6:.1f} M accepted/s"
            if theirs:
                row["reference"] = theirs
                line += f"; reference {theirs / 1e6:.1f} M/s, ratio {ours / theirs:.2f}"
                line += f" (accepted {flips / theirs:.2f})"
            record(row, line)


def reference(args, n, ring: str) -> float | None:
    """Steps per CPU second of the reference program with its own defaults and eight walkers."""
    if not args.reference:
        return None
    begun = os.times()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(args.reference) / "flip_graph"), "-n1", str(n[0]), "-n2", str(n[1]),
                   "-n3", str(n[2]), "--ring", ring, "--count", "8", "--threads", "1",
                   "--seed", "1", "--output-path", folder]  # fmt: skip
        with open(Path(folder) / "log", "w+") as log:
            process = subprocess.Popen(command, stdout=log)
            found: list[str] = []
            deadline = time.monotonic() + 120  # it reports after every eight million steps
            while time.monotonic() < deadline:
                time.sleep(0.2)
                spent = os.times().elapsed - begun.elapsed
                found = re.findall(r"iteration: (\d+)", Path(log.name).read_text())
                if spent > args.slice and found and int(found[-1]) >= 2:
                    break
            process.terminate()
            process.wait()
    ended = os.times()
    spent = ended.children_user - begun.children_user
    return int(found[-1]) * 8e6 / spent if found and spent > 0 else None


def ranks(args, record) -> None:
    """Bar 2."""
    for key in args.formats or RANKS:
        text, ring, floor, reach, floor_time, reach_time, threads = RANKS[key]
        limit = max(floor_time, reach_time) if floor is not None else reach_time
        times: dict[int, list[float]] = {}
        finals = []
        for seed in range(args.seeds):
            result = zg.solve(instance_of(text, ring), method="kernel", time_limit=limit,
                              threads=threads, seed=seed, target=reach,
                              catalogue=False)  # fmt: skip
            finals.append(result.objective)
            for wanted in {floor, reach} - {None}:
                hits = [p.time for p in result.trace if p.objective and p.objective <= wanted]
                times.setdefault(wanted, []).append(hits[0] if hits else float("inf"))
        for wanted, (name, seconds) in (
            (floor, ("floor", floor_time)), (reach, ("reach", reach_time)),
        ):  # fmt: skip
            if wanted is None:
                continue
            median = statistics.median(times[wanted])
            verdict = "met" if median <= seconds else "missed"
            all_times = ", ".join(f"{t:.1f}" for t in times[wanted])
            row = {"bar": "ranks", "format": text, "ring": ring, "rank": wanted, "kind": name,
                   "limit": seconds, "times": times[wanted], "finals": finals}  # fmt: skip
            record(row, f"{text} {ring} rank {wanted} ({name} ≤ {seconds} s): median {median:.1f} s"
                        f" [{all_times}] finals {finals}: {verdict}")  # fmt: skip


def rebuild(args, record) -> None:
    """The catalogue by its one command, and what it amounts to."""
    command = [sys.executable, "-m", "zerogap.solvers.matmul.catalogue", "--rebuild"]
    with tempfile.TemporaryDirectory() as folder:
        given = ["--seconds", str(args.seconds), "--threads", str(args.threads)]
        begun = time.perf_counter()
        subprocess.run([*command, *given, "--output", folder], check=True)
        figures = catalogue_figures(folder)
    spent = time.perf_counter() - begun
    row = {"bar": "rebuild", "walks": args.seconds, "threads": args.threads, "seconds": spent}
    record({**row, **figures}, f"rebuild: {figures} in {spent:.0f} s")


def catalogue_figures(folder: str) -> dict:
    """Mean and worst share over best known ranks, formats of sides 2 … 5 that reach them."""
    from zerogap.models.matmul.catalogue import Catalogue, formats, known

    made, every = Catalogue(folder), formats()
    shares = [made.rank(n, "ZT") / known(n, "ZT")[0] for n in every]
    small = [n for n in formats(5) if min(n) > 1]
    reached = [n for n in small if any(made.rank(n, r) <= known(n, r)[0] for r in ("ZT", "Z2"))]
    return {"formats": len(every), "mean": statistics.fmean(shares), "worst": max(shares),
            "small": len(small), "small_reached": len(reached)}  # fmt: skip


def known_ranks() -> dict[tuple[int, ...], int]:
    path = Path(os.environ.get("ZEROGAP_DATA", "")) / "matmul/best_known_ranks.csv"
    if not path.exists():
        return {}
    with open(path) as stream:
        rows = csv.DictReader(stream)
        return {
            tuple(sorted(int(x) for x in row["format"].split("x"))): int(row["ZT"])
            for row in rows
            if row["ZT"].isdigit()
        }


def run_meta(args, record) -> None:
    """Bar 3."""
    known = known_ranks()
    wanted = formats(2, args.largest)
    pools = Pools(64, args.checkpoint or "")

    def tell(seconds, n, ring, rank):
        if ring == "ZT" and n in wanted:
            print(f"  {seconds:7.1f} s  {'x'.join(map(str, n))}: {rank} ({known.get(n, '?')})",
                  flush=True)  # fmt: skip

    found = meta(wanted, seconds=args.seconds, threads=2, seed=args.seed, pools=pools, tell=tell)
    level = [n for n in wanted if n in known and found[n] <= known[n]]
    table = {"x".join(map(str, n)): (found[n], known.get(n)) for n in wanted}
    record({"bar": "meta", "seconds": args.seconds, "table": table},
           f"meta: best known ZT rank on {len(level)} of {len(wanted)} formats "
           f"({len(level) / len(wanted):.0%}); behind: "
           + ", ".join(f"{k} {a} ({b})" for k, (a, b) in table.items() if b and a > b))  # fmt: skip


def tamper(args, record) -> None:
    """Bar 5."""
    result = zg.solve(instance_of("3x3x3", "ZT"), method="kernel", time_limit=60, threads=1,
                      target=23, catalogue=False)  # fmt: skip
    good, tried, caught = result.solution, 0, 0
    changed = []
    for name in "uvw":
        for index in np.ndindex(getattr(good, name).shape):
            for value in {-1, 0, 1} - {int(getattr(good, name)[index])}:
                sides = {k: getattr(good, k).copy() for k in "uvw"}
                sides[name][index] = value
                changed.append(Scheme(**sides))
    changed += [
        Scheme(*(np.delete(getattr(good, k), r, axis=0) for k in "uvw")) for r in range(good.rank)
    ]
    for scheme in changed:
        tried += 1
        try:
            check_scheme((3, 3, 3), "ZT", scheme)
        except InfeasibleSolution as error:
            caught += "Brent equation a(" in str(error)
    record({"bar": "tamper", "tried": tried, "caught": caught},
           f"tamper: {caught} of {tried} changed schemes rejected, the equation named")  # fmt: skip


def resume(args, record) -> None:
    """Bar 6."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "pools.npz")
        code = (
            "import numpy as np, zerogap as zg\n"
            "from zerogap.models.matmul import MatMul\n"
            "def tell(p): print(p.objective, flush=True)\n"
            "zg.solve(MatMul(np.array([4, 4, 4]), 'Z2'), method='kernel', threads=1,\n"
            f"         time_limit=60, seed={args.seed}, checkpoint={path!r}, on_progress=tell,\n"
            "         catalogue=False)\n"
        )
        for life in range(5):
            process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                                       text=True)  # fmt: skip
            time.sleep(args.slice)
            os.kill(process.pid, signal.SIGKILL)
            said = [int(x) for x in process.communicate()[0].split() if x.isdigit()]
            kept = Pools(path=path).rank((4, 4, 4), "Z2")
            ok = kept is not None and bool(said) and kept <= min(said)
            best = min(said, default=None)
            record({"bar": "resume", "life": life, "said": best, "kept": kept},
                   f"resume: killed after saying {best}, checkpoint holds {kept}: "
                   + ("nothing lost" if ok else "LOST"))  # fmt: skip


def code(args, record) -> None:
    """Generated C against numpy: seconds, and the error against products of extended precision."""
    rng = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        for text, size, levels in (("2x2x2", 1024, (0, 1, 2)), ("4x4x4", 1024, (1,)),
                                   ("3x3x3", 972, (1, 2))):  # fmt: skip
            given = zg.generate("matmul", format=text, best=True)
            source = Path(folder) / f"{text}.c"
            zg.models.files.write(given, source)
            for real, kind in (("double", np.float64), ("float", np.float32)):
                library = Path(folder) / f"{text}-{real}.so"
                flags = ["-O3", "-march=native", "-shared", "-fPIC", f"-DREAL={real}"]
                subprocess.run(["cc", *flags, str(source), "-o", str(library)], check=True)
                multiply = getattr(ctypes.CDLL(str(library)), f"multiply_{text}")
                a, b = (rng.standard_normal((size, size)).astype(kind) for _ in range(2))
                truth = a.astype(np.float64) @ b if kind is np.float32 else _exact(a, b)
                for level in ("numpy", *levels):
                    seconds, c = _timed(multiply, level, a, b)
                    error = float(np.abs(c[:64] - truth[:64]).max() / np.abs(truth[:64]).max())
                    record({"bar": "code", "format": text, "size": size, "levels": level,
                            "real": real, "seconds": seconds, "error": error},
                           f"{text} {real} {size}, levels {level}: {seconds:.3f} s, "
                           f"error {error:.1e}")  # fmt: skip


def _exact(a, b):
    """The first rows of the product in extended precision."""
    return a[:64].astype(np.longdouble) @ b.astype(np.longdouble)


def _timed(multiply, level, a, b):
    """Least of three times, and the product."""
    c = np.empty((a.shape[0], b.shape[1]), a.dtype)
    times = []
    for _ in range(3):
        begun = time.process_time()
        if level == "numpy":
            c = a @ b
        else:
            n, m, k = (ctypes.c_size_t(x) for x in (a.shape[0], a.shape[1], b.shape[1]))
            where = [ctypes.c_void_p(x.ctypes.data) for x in (a, b, c)]
            status = multiply(ctypes.c_int(level), n, m, k, where[0], m, where[1], k, where[2], k)
            if status:
                raise MemoryError
        times.append(time.process_time() - begun)
    return min(times), c


BARS = {
    "code": code,
    "steps": steps,
    "ranks": ranks,
    "meta": run_meta,
    "rebuild": rebuild,
    "tamper": tamper,
    "resume": resume,
}


def main() -> None:
    """Measure the bars that are named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("bars", nargs="+", choices=BARS)
    parser.add_argument("--reference", help="directory of the reference program")
    parser.add_argument("--slice", type=float, default=8.0, help="seconds of a speed measurement")
    parser.add_argument("--formats", nargs="*", choices=RANKS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--largest", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint")
    parser.add_argument("--json")
    args = parser.parse_args()

    def record(row: dict, line: str) -> None:
        print(line, flush=True)
        if args.json:
            with open(args.json, "a") as stream:
                stream.write(json.dumps(row) + "\n")

    for bar in args.bars:
        BARS[bar](args, record)


if __name__ == "__main__":
    main()

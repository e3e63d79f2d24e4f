"""The bars of the family `fairclique`: ``python fairclique_bars.py [bar …]``.

Bars: oracle (1), public (2), dense (3), threads (3), large (4), reductions (5), bounds (the
published comparison of upper bounds). Prints one line a figure. ``--published PATH`` measures an
executable of the published method (arguments: graph, attributes, k, delta, mode) in the same run;
without it its columns are left out. Times are wall clock on the threads said; "from arrays" means
from the compressed rows in memory to the proven answer.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))
sys.path.insert(0, str(Path(__file__).parent.parent))

import zerogap as zg
from zerogap._ext.fairclique.clique import BOUNDS, CliqueSearch
from zerogap.models.fairclique import FairClique

DENSE = ((200, 0.7, 0.1), (200, 0.8, 2.0), (300, 0.6, 0.2), (150, 0.9, 0.25), (400, 0.6, None),
         (200, 0.9, None))  # fmt: skip


def search(graph: FairClique, threads: int = 1, limit: float = math.inf, **settings):
    """Run the kernel from arrays; returns it and the seconds of wall clock."""
    begun = time.perf_counter()
    kernel = CliqueSearch(graph.first, graph.neighbour, graph.attribute, len(graph.values),
                          graph.k, graph.delta, threads=threads, **settings)  # fmt: skip
    while kernel.run(0.1) and time.perf_counter() - begun < limit:
        pass
    return kernel, time.perf_counter() - begun


def fastest(graph: FairClique, repeats: int = 5, **settings):
    """The fastest of some runs."""
    runs = [search(graph, **settings) for _ in range(repeats)]
    return min(runs, key=lambda run: run[1])


class Published:
    """The executable of the published method, if there is one."""

    def __init__(self, path: str | None):
        self.path = path
        self.folder = tempfile.TemporaryDirectory()

    def files(self, graph: FairClique, name: str) -> tuple[Path, Path]:
        """The graph in the files it reads, written once."""
        edges = Path(self.folder.name) / f"{name}.txt"
        values = Path(self.folder.name) / f"{name}-attributes.txt"
        if not edges.exists():
            # It reads both directions, sorted.
            with open(edges, "w") as stream:
                for u in range(graph.vertices):
                    stream.writelines(f"{u} {v}\n" for v in graph.row(u).tolist())
            with open(values, "w") as stream:
                stream.writelines(f"{v} {a}\n" for v, a in enumerate(graph.attribute.tolist()))
        return edges, values

    def run(self, graph: FairClique, name: str, mode: tuple[str, ...], limit: float):
        """Size and seconds as it reports them; (None, limit) where it does not finish."""
        if self.path is None:
            return None, math.nan
        command = [self.path, *map(str, self.files(graph, name)), str(graph.k), str(graph.delta)]
        try:
            done = subprocess.run([*command, *mode], capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return None, limit
        size = re.search(r"size of real MRFC: (\d+)", done.stdout)
        total = re.search(r"tot time: ([\d,]+)", done.stdout)
        if total is None:
            return None, math.nan
        seconds = int(total.group(1).replace(",", "")) / 1e6
        return (int(size.group(1)) if size else None), seconds


def data(name: str) -> Path:
    """A file of the public data."""
    return Path(os.environ["ZEROGAP_DATA"]) / "fairclique" / name


def oracle(arguments) -> None:
    """Bar 1: random graphs against all maximal cliques, and against CP-SAT."""
    tests = Path(__file__).parent.parent / "tests"
    for file in ("ext/test_fairclique_kernel.py", "solvers/test_fairclique_solve.py"):
        command = [sys.executable, "-m", "pytest", "--slow", "-m", "slow", str(tests / file)]
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=tests.parent)
        last = done.stdout.strip().splitlines()[-1]
        print(f"oracle {file}: {last} ({time.perf_counter() - begun:.0f} s)", flush=True)


def public(arguments) -> None:
    """Bar 2: NBA and DBLP at every k and delta; ours from arrays, CP-SAT on the reduced graph."""
    published = Published(arguments.published)
    sets = (("NBA", "NBA/NBA_bi.txt.gz", "NBA_attr.txt.gz", 0.005),
            ("DBLP", "DBLP/DBLP_base_bi.txt.gz", "DBLP_DBAI_attr.txt.gz", 0.1),
            ("DBLP-DM", "DBLP/DBLP_base_bi.txt.gz", "DBLP_DBDM_attr.txt.gz", 0.1))  # fmt: skip
    for name, file, attributes, bar in sets:
        graph = zg.read(data(file), family="fairclique", attributes=attributes)
        slowest, least, wrong, checked = 0.0, math.inf, 0, 0
        for k in range(2, 11):
            for delta in range(7):
                own = dataclasses.replace(graph, k=k, delta=delta)
                kernel, seconds = fastest(own, 3)
                slowest = max(slowest, seconds)
                line = (
                    f"public {name} k={k} delta={delta}: {kernel.objective} {seconds * 1e3:.2f} ms"
                )
                if arguments.cpsat:
                    other = zg.solve(own, method="cpsat", threads=2, time_limit=120)
                    checked += other.status in ("optimal", "infeasible")
                    wrong += other.objective != kernel.objective
                if arguments.published:
                    size, theirs = published.run(graph=own, name=name, mode=("base",), limit=60)
                    least = min(least, theirs / seconds)
                    line += f", published {size} {theirs * 1e3:.0f} ms ({theirs / seconds:.0f} x)"
                print(line, flush=True)
        line = f"public {name}: slowest {slowest * 1e3:.2f} ms (bar {bar * 1e3:.0f} ms)"
        if arguments.cpsat:
            line += f", CP-SAT proved {checked} of 63, differs at {wrong}"
        if arguments.published:
            line += f", least ratio to the published total {least:.0f}"
        print(line, flush=True)


def dense(arguments) -> None:
    """Bar 3: dense random graphs on one thread, node rates, the others in the same run."""
    published = Published(arguments.published)
    for n, p, bar in DENSE:
        graph = zg.generate("fairclique", vertices=n, probability=p, seed=1, k=3, delta=2)
        kernel, seconds = fastest(graph, 3 if bar else 1, limit=arguments.limit)
        proof = "proven" if kernel.exhausted else f"bound {kernel.bound}"
        line = f"dense G({n}, {p}): {kernel.objective} {proof} {seconds:.3f} s"
        line += f" (bar {bar} s)" if bar else ""
        line += f", {kernel.nodes} nodes, {kernel.nodes / seconds / 1e6:.2f} M/s"
        for mode in (("base",), ("heur", "7")) if arguments.published else ():
            size, theirs = published.run(graph, f"{n}-{p}", mode, arguments.peer_limit)
            line += f", published {mode[0]} {size} {theirs:.1f} s ({theirs / seconds:.0f} x)"
        if arguments.cpsat:
            import fairclique_cpsat

            begun = time.perf_counter()
            found = fairclique_cpsat.solve(graph, arguments.peer_limit, 2, 0)
            theirs = time.perf_counter() - begun
            line += f", CP-SAT {found['objective']} {found['status']} {theirs:.1f} s"
        print(line, flush=True)


def threads(arguments) -> None:
    """Bar 3: what a second thread brings."""
    for n, p in ((200, 0.8), (400, 0.6)):
        graph = zg.generate("fairclique", vertices=n, probability=p, seed=1, k=3, delta=2)
        one, two = (fastest(graph, 3, threads=t)[1] for t in (1, 2))
        print(f"threads G({n}, {p}): {one:.3f} s, two {two:.3f} s, {one / two:.2f} x", flush=True)


def large(arguments) -> None:
    """Bar 4: 1 M vertices, 20 M edges, a planted clique; from arrays, then from a gz edge list."""
    folder = Path(arguments.folder or tempfile.gettempdir())
    packed, values = folder / "fairclique-large.txt.gz", folder / "fairclique-large.attributes"
    if not packed.exists():
        begun = time.perf_counter()
        made = zg.generate("fairclique", "chung-lu", seed=1, vertices=10**6, edges=20 * 10**6,
                           planted=24, k=5, delta=3)  # fmt: skip
        print(f"large generated: {time.perf_counter() - begun:.0f} s", flush=True)
        pairs = made.edge_list()
        with gzip.open(packed, "wb", compresslevel=1) as stream:
            for start in range(0, len(pairs), 10**6):
                rows = pairs[start : start + 10**6].tolist()
                stream.write("".join(f"{u} {v}\n" for u, v in rows).encode())
        with open(values, "w") as plain:
            plain.writelines(f"{v} {a}\n" for v, a in enumerate(made.attribute.tolist()))
        del made, pairs
    code = (
        "import resource, sys, time; import zerogap as zg\n"
        "t = time.perf_counter()\n"
        "g = zg.read(sys.argv[1], family='fairclique', attributes=sys.argv[2], k=5, delta=3)\n"
        "r = time.perf_counter() - t\n"
        "m = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20\n"
        "x = zg.solve(g, threads=int(sys.argv[3]), time_limit=600)\n"
        "p = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20\n"
        "print(f'large {g.vertices} / {g.edges}: read {r:.1f} s ({m:.2f} GiB), {x.status} '\n"
        "      f'{x.objective} in {x.time:.1f} s from arrays, peak {p:.2f} GiB')"
    )
    for count in (1, 2):
        subprocess.run(
            [sys.executable, "-c", code, str(packed), str(values), str(count)], check=True
        )


def reductions(arguments) -> None:
    """Bar 5: the property tests of the reductions."""
    tests = Path(__file__).parent.parent / "tests" / "ext" / "test_fairclique_kernel.py"
    command = [sys.executable, "-m", "pytest", "-k", "reduc or target or enhanced", str(tests)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tests.parent.parent.parent)
    print("reductions:", done.stdout.strip().splitlines()[-1], flush=True)


def bounds(arguments) -> None:
    """The published comparison: what each upper bound cuts off at the start vertices."""
    graphs = [
        zg.generate("fairclique", vertices=200, probability=0.5, seed=1, k=3, delta=2),
        zg.generate("fairclique", vertices=200, probability=0.7, seed=1, k=3, delta=2),
        zg.generate("fairclique", "chung-lu", seed=1, vertices=20000, edges=400000, exponent=2.1,
                    k=3, delta=2),
    ]  # fmt: skip
    for graph in graphs:
        for bound in ("", *BOUNDS):
            kernel, seconds = fastest(graph, 3, bound=bound, heuristic=False, support=False)
            started, cut = kernel.starts
            print(
                f"bounds {graph.name} {bound or 'none'}: {kernel.objective}, {started} start "
                f"vertices, {cut} cut, {kernel.nodes} nodes, {seconds:.3f} s",
                flush=True,
            )


BARS = {f.__name__: f for f in (oracle, public, dense, threads, large, reductions, bounds)}


def main() -> None:
    """Measure the bars named, all without a name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="*", choices=[*BARS, []], default=list(BARS))
    parser.add_argument("--published", help="executable of the published method")
    parser.add_argument("--cpsat", action="store_true", help="ask CP-SAT too")
    parser.add_argument("--limit", type=float, default=120, help="seconds a dense graph may take")
    parser.add_argument("--peer-limit", type=float, default=120, help="seconds a peer may take")
    parser.add_argument("--folder", help="where the large graph is kept between runs")
    arguments = parser.parse_args()
    for bar in arguments.bars:
        BARS[bar](arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"load {os.getloadavg()[0]:.2f}, peak of this process {peak:.2f} GiB")


if __name__ == "__main__":
    main()

"""``zerogap meta``."""

from __future__ import annotations

import click

from zerogap.cli import outputs


@click.command()
@click.argument("formats")
@click.option("--ring", type=click.Choice(["ZT", "Z2"]), default="ZT", show_default=True)
@click.option("-t", "--time", "seconds", type=click.FloatRange(min=0, min_open=True), default=60.0,
              show_default=True, help="Seconds.")  # fmt: skip
@click.option("-j", "--threads", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--iterations", type=click.IntRange(min=1), help="Steps a thread, instead of time.")
@click.option("--checkpoint", metavar="FILE", help="Pools are kept here; a run goes on from it.")
@click.option("-o", "--output", metavar="FOLDER", help="The best schemes go here.")
@click.option("-q", "--quiet", is_flag=True, help="No news while it runs.")
def command(
    formats: str,
    ring: str,
    seconds: float,
    threads: int,
    seed: int,
    iterations: int | None,
    checkpoint: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Search schemes of many FORMATS at once: what is found of one starts the others.

    \b
      zerogap meta 2-4 -t 60 -j 2 -o schemes
      zerogap meta 3x3x3,3x3x4 --ring Z2 --checkpoint pools.npz

    FORMATS is a range of sides or a list. Ranks are printed beside the best known ones.
    """
    from zerogap.models.matmul.catalogue import default, text
    from zerogap.solvers.matmul import meta
    from zerogap.solvers.matmul.pools import Pools

    wanted = meta.wanted(formats)
    pools = Pools(path=checkpoint or "")

    def tell(elapsed: float, n: tuple, own: str, rank: int) -> None:
        if not quiet and own == ring:
            outputs.say(f"{elapsed:8.1f} s  {text(n)}  {rank}", err=True)

    limit = float("inf") if iterations is not None else seconds
    meta.meta(wanted, ring, seconds=limit, iterations=iterations, threads=threads, seed=seed,
              pools=pools, tell=tell)  # fmt: skip
    catalogue = default()
    for n in wanted:
        rank = pools.rank(n, ring)
        known = f"best known over ZT {catalogue.entry(n).known}" if ring == "ZT" else ""
        outputs.say(f"{text(n)}  {'–' if rank is None else rank}  {known}".rstrip())
    if output:
        outputs.say(f"{len(meta.export(pools, output, ring))} schemes in {output}")

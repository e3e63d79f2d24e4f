"""``zerogap train``."""

from __future__ import annotations

import importlib

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("family")
@click.option("-o", "--output", metavar="FILE", help="Where the weights go [default: shown only].")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@arguments.option
def command(family: str, output: str | None, seed: int, options: dict[str, str]) -> None:
    """Learn the weights of FAMILY's trained heuristic (jobshop: its dispatching rule).

    The run is repeatable: the same seed and options give the same weights.
    """
    from zerogap.models import base, generators

    base.family(family)
    if output:
        outputs.writable(output)
    path = f"{base.REGISTRY[family][1]}.train"
    try:
        module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise base.InstanceError(f"{family} has nothing to train", field="family") from None
    settings = generators.arguments(module.train, options, f"training {family}")
    module.train(output, seed=seed, echo=click.echo, **settings)

"""``zerogap generate``."""

from __future__ import annotations

import click

from zerogap.cli import arguments, outputs


class _Explained(click.Command):
    """``generate FAMILY --help`` lists the family's generators with what they can be told."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["zerogap.words"] = list(args)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        from zerogap.models import base
        from zerogap.models.generators import explained

        named = [word for word in ctx.meta.get("zerogap.words", ()) if word in base.names()]
        if not named:
            with formatter.section("Generators and their options"):
                formatter.write_text("`zerogap generate FAMILY --help` lists a family's.")
            return
        family = base.family(named[0])
        for k, (name, function) in enumerate(family.generators.items()):
            first = (function.__doc__ or "").strip().split("\n")[0]
            default = " [default]" if k == 0 else ""
            with formatter.section(f"{family.name} {name}{default}"):
                formatter.write_text(first)
                if rows := explained(function):
                    formatter.write_dl([(f"--option {key}", text) for key, text in rows])


@click.command(cls=_Explained)
@click.argument("family", shell_complete=arguments.complete_family)
@click.argument("kind", metavar="[GENERATOR]", required=False,
                shell_complete=arguments.complete_generator)  # fmt: skip
@click.option("--generator", metavar="NAME", help="Which of the family's generators.",
              shell_complete=arguments.complete_generator)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "-o", "--output", default="-", show_default=True, help="File; its ending names a format."
)
@click.option("--to", "format", metavar="FORMAT", help="Format, where the ending is not enough.")
@arguments.option
def command(
    family: str,
    kind: str | None,
    generator: str | None,
    seed: int,
    output: str,
    format: str | None,
    options: dict[str, str],
) -> None:
    """Generate an instance of FAMILY by its first generator or by GENERATOR.

    \b
      zerogap generate jobshop --option jobs=20 --option machines=15 --seed 1 -o shop.txt
      zerogap generate routing vrptw --option clients=30 -o windows.json
      zerogap generate matmul --option format=3x3x3 --option ring=ZT -o 333.json
    """
    import zerogap as zg

    if kind is not None and generator is not None:
        raise click.UsageError(f"two generators: {kind} and {generator}")
    if output != "-":
        outputs.writable(output)
    instance = zg.generate(family, generator or kind, seed=seed, **options)
    if output == "-" and format is None:
        format = "json"
    zg.write(instance, output, format=format)

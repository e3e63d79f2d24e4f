"""The command line: one file a command, no logic of its own."""

from __future__ import annotations

import importlib
import os
import sys
import threading

import click

#: Command → module; a module is imported when its command runs, so that --help answers at once.
COMMANDS = {
    "solve": "solve",
    "check": "check",
    "explain": "explain",
    "info": "info",
    "convert": "convert",
    "generate": "generate",
    "plot": "plot",
    "fetch": "fetch",
    "bench": "bench",
    "train": "train",
    "meta": "meta",
    "schema": "schema",
    "families": "families",
}


class Lazy(click.Group):
    """A group that imports a command's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"zerogap.cli.{COMMANDS[name]}").command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from zerogap.models.told import nearest

            text = f"{error.message.rstrip('.')}{nearest(args[0], COMMANDS)}"
            raise click.UsageError(text, error.ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The one-line texts stand here, so that help imports nothing.
        with formatter.section("Commands"):
            formatter.write_dl([(name, SHORT[name]) for name in COMMANDS])


SHORT = {
    "solve": "Solve an instance file.",
    "check": "Check a solution file against its instance.",
    "explain": "Say why parts of an instance are left out.",
    "info": "Show what an instance file holds.",
    "convert": "Write an instance in another format.",
    "generate": "Generate an instance.",
    "plot": "Draw a solution.",
    "fetch": "Download a public set of instances.",
    "bench": "Run benchmark suites and make tables.",
    "train": "Learn the weights of a heuristic.",
    "meta": "Search schemes of many matrix formats at once.",
    "schema": "Print the JSON Schema of a family's instance files.",
    "families": "List families, their formats, methods and options.",
}


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib import metadata

        click.echo(f"zerogap {metadata.version('zerogap')}")
        ctx.exit()


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
              help="Show the version and exit.")  # fmt: skip
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Combinatorial optimization that closes the gap.

    \b
      zerogap solve instances/jobshop/ft10.txt -t 20
      zerogap info FILE        zerogap families

    Exit codes: 0 a checked solution, 2 wrong usage, 3 bad input, 4 proven infeasible,
    5 no solution within the limits, 6 a claim is refuted, 130 interrupted without a solution.
    """
    ctx.obj = debug


def main() -> None:
    """Entry point: errors become one line and an exit code."""
    from zerogap.cli.errors import run

    code = run(cli)
    if threading.active_count() > 1:
        # A backend's thread that does not come back must neither hold the process nor be torn
        # down half-way; everything is written by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)

"""From exceptions to one line on standard error and an exit code."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

OK, USAGE, BAD_INPUT, INFEASIBLE, UNKNOWN, REFUTED, INTERRUPTED = 0, 2, 3, 4, 5, 6, 130


def run(command: click.Command, arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    from zerogap.models.errors import InfeasibleSolution, InstanceError, MissingExtra

    debug = "--debug" in (sys.argv[1:] if arguments is None else arguments)
    try:
        outcome = command.main(arguments, prog_name="zerogap", standalone_mode=False)
        return outcome if isinstance(outcome, int) else OK
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return _say("interrupted", INTERRUPTED)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except click.ClickException as error:
        if isinstance(error, click.UsageError):
            click.UsageError(_plainly(error.format_message()), error.ctx).show()
        else:
            error.show()
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except (InstanceError, InfeasibleSolution) as error:
        if debug:
            raise
        return _say(error, BAD_INPUT)
    except MissingExtra as error:
        return _say(error, USAGE)
    except Exception as error:
        if debug:
            raise
        missing = getattr(error, "name", None) or ""
        if isinstance(error, ModuleNotFoundError) and missing.startswith("zerogap._ext."):
            kernel = ".".join(missing.split(".")[2:4])
            return _say(f"the kernel {kernel} is not built: make build", USAGE)
        if isinstance(error, ValueError):
            return _say(error, USAGE)
        return _say(f"{type(error).__name__}: {error}", 1)


def _plainly(message: str) -> str:
    """What click says of an argument's type, in words that are no programmer's."""
    for kind, expected in (("float", "a number"), ("integer", "a whole number")):
        pattern = rf"('[^']*') is not a valid {kind}( range)?\.$"
        message = re.sub(pattern, rf"is \1, expected {expected}", message)
    return message


def _say(message: Any, code: int) -> int:
    from zerogap.models.text import visible

    text = visible(" ".join(str(message).split()))
    print(f"zerogap: {text}", file=sys.stderr)
    return code

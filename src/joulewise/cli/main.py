"""The command `joulewise` and its subcommands; the only place that writes to stderr and sets exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper

import click

from joulewise import __version__
from joulewise.errors import DataError, ExitCode, JoulewiseError, nearest_names, reason
from joulewise.text import one_line

DEBUG = "JOULEWISE_DEBUG"

# Name -> one line of help. Each command's module is imported only when it is called.
COMMANDS = {
    "models": "List models: FLOPs, parameters, score, date.",
    "accelerators": "List accelerators: peak, TDP, efficiency by precision.",
    "sources": "List the sources of the facts.",
    "show": "Show every fact of one model or accelerator, with its source.",
    "catalog": "Rebuild the catalogue's derived facts from the sourced ones.",
    "check": "Check the shipped data, or your own, against the rules.",
    "count": "Count the FLOPs, parameters and bytes of a network, without its weights.",
    "estimate": "Estimate the energy of one inference, or of a table of workloads.",
    "compare": "Compare models on accelerators over batch sizes.",
    "frontier": "Find the best trade-offs between energy and waiting time.",
    "validate": "Compare every method with public measurements.",
    "calibrate": "Refit the calibrated method to public or your own measurements.",
    "measure": "Measure the energy of a command or a network with this machine's meters.",
    "doctor": "Show which energy meters and extras work here.",
    "trend": "Fit how a quantity grows over the years.",
    "forecast": "Extrapolate energy per inference and compare it with human energy use.",
    "study": "Answer one question from the whole catalogue, with charts.",
    "paper": "Rebuild the paper's tables and figures, and compare its numbers.",
    "report": "Write the paper's story and today's as offline HTML pages.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of a reader's questions."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"joulewise.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, with the nearest names when there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = nearest_names(name, COMMANDS)
            raise click.UsageError(
                f"no such command {name!r}" + (f" (did you mean {' or '.join(near)}?)" if near else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="joulewise")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Compute and energy of deep learning inference, with a source or an error bar behind every figure."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 the input was wrong."""
    for stream in (sys.stdout, sys.stderr):
        # Characters that an encoding lacks (half a surrogate pair in a file name) are escaped, and are not an error.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = _run()
    # Flushing stdout must fail here, where the error can be reported, and not when the interpreter exits.
    try:
        # Without a standard output (closed by the caller) there is nothing to flush.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()
    except OSError as error:
        _discard_stdout()
        complain(f"cannot write to standard output: {reason(error)}")
        code = code or ExitCode.WORK_FAILED
    sys.exit(int(code))


def complain(message: str) -> None:
    """Write one line to stderr, without control characters and with long values shortened."""
    click.echo(f"joulewise: {one_line(message)}", err=True)


def _run() -> ExitCode:
    try:
        # Without standalone mode, click returns the code of a command that exits early.
        left_with = cli.main(standalone_mode=False, prog_name="joulewise")
        if isinstance(left_with, int):
            return ExitCode(left_with)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "joulewise"
        message = error.format_message()
        complain(f"{message[0].lower()}{message[1:].rstrip('.')}; see {where} --help")
        return ExitCode.BAD_INPUT
    except DataError as error:
        for problem in error.problems or [str(error)]:
            complain(problem)
        return error.exit_code
    except JoulewiseError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
    except OSError as error:
        _discard_stdout()
        complain(f"{reason(error)}: {error.filename}" if error.filename else f"cannot write: {reason(error)}")
        return ExitCode.WORK_FAILED
    # A user's code may raise anything, and panics in Rust are not an Exception.
    except BaseException as error:
        if os.environ.get(DEBUG):
            raise
        return _unexpected(error)
    return ExitCode.OK


def _unexpected(error: BaseException) -> ExitCode:
    """Report an unexpected error."""
    if isinstance(error, ValueError) and "embedded null" in str(error):
        complain("a file's name holds a NUL byte")
        return ExitCode.BAD_INPUT
    if isinstance(error, MemoryError):
        complain("out of memory")
    elif isinstance(error, SystemExit):
        complain(f"the code that was run ended the process with sys.exit({error.code!r})")
    else:
        complain(f"unexpected {type(error).__name__}: {error}; with {DEBUG}=1 it shows where, for a bug report")
    return ExitCode.WORK_FAILED


def _discard_stdout() -> None:
    # A closed or full pipe: discard what is still buffered, so that no second error follows at exit.
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()

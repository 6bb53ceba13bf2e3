"""``joulewise catalog``: maintenance of the shipped facts."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.cli.progress import progress
from joulewise.derived import DERIVATIONS, FileChange, update

_LINES_SHOWN = 20


@click.group(
    "catalog",
    help="Maintain the facts that joulewise ships; each command takes --json.",
    invoke_without_command=True,
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the commands of this group."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command(
    "update",
    help="Rebuild the derived facts from the sourced ones; the same facts give the same files. NAMES: "
    + "; ".join(f"{d.name} ({d.holds})" for d in DERIVATIONS)
    + ". An interrupted run continues where it stopped.",
)
@click.argument("names", nargs=-1)
@click.option("--check", "check_only", is_flag=True, help="Only show what would change; write nothing.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Write into this data folder instead of the shipped one."
)
@output_options
def update_command(
    names: tuple[str, ...], check_only: bool, folder: Path | None, fmt: str, as_json: bool, output: Path | None
) -> None:
    """Rebuild the derived facts."""
    changes = update(names, write=not check_only, folder=folder, progress=progress)
    if fmt != "table" or as_json:
        emit_rows([change.to_dict() for change in changes], fmt=fmt, as_json=as_json, output=output)
    else:
        emit_text("\n".join(line for change in changes for line in _shown(change)), output)


def _shown(change: FileChange) -> list[str]:
    done = "written" if change.written else "would change" if change.lines else "unchanged"
    head = f"{change.file}: {change.rows} facts, {change.added} lines added, {change.removed} removed: {done}"
    if change.written or not change.lines:
        return [head]
    more = len(change.lines) - _LINES_SHOWN
    return [head, *change.lines[:_LINES_SHOWN], *([f"... and {more} more lines"] if more > 0 else [])]

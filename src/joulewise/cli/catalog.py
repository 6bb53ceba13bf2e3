"""``joulewise catalog``: looking after the shipped facts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.cli.progress import progress
from joulewise.derived import DERIVATIONS, Change, update

_LINES_SHOWN = 20


@click.group(
    "catalog",
    help="Look after the facts that joulewise ships; each command takes --json.",
    invoke_without_command=True,
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Group what works on the shipped facts."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command(
    "update",
    help="Rebuild the derived facts from the sourced ones; the same facts give the same files. NAMES: "
    + "; ".join(f"{d.name} ({d.holds})" for d in DERIVATIONS)
    + ". An interrupted run goes on where it stopped.",
)
@click.argument("names", nargs=-1)
@click.option("--check", "check_only", is_flag=True, help="Write nothing: say what would change.")
@click.option("--folder", type=click.Path(path_type=Path), help="Write into another data folder than the shipped one.")
@output_options
def update_command(
    names: tuple[str, ...], check_only: bool, folder: Path | None, fmt: str, as_json: bool, output: Path | None
) -> None:
    """Rebuild the derived facts."""
    changes = update(names, write=not check_only, folder=folder, progress=progress)
    if fmt != "table" or as_json:
        emit_rows([_as_dict(change) for change in changes], fmt=fmt, as_json=as_json, output=output)
    else:
        emit_text("\n".join(line for change in changes for line in _told(change)), output)


def _as_dict(change: Change) -> dict[str, object]:
    return asdict(change) | {"lines": list(change.lines)}


def _told(change: Change) -> list[str]:
    done = "written" if change.written else "would change" if change.lines else "unchanged"
    head = f"{change.file}: {change.rows} facts, {change.added} lines new, {change.removed} gone: {done}"
    if change.written or not change.lines:
        return [head]
    more = len(change.lines) - _LINES_SHOWN
    return [head, *change.lines[:_LINES_SHOWN], *([f"... and {more} lines more"] if more > 0 else [])]

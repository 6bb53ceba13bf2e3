"""``joulewise check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from joulewise import catalog
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.derived.published_sizes import disagreeing_sizes, unexplained_sizes
from joulewise.errors import ExitCode


@click.command("check", help="Check the shipped data, or your own folder on top of it, against the rules.")
@click.option(
    "--strict",
    is_flag=True,
    help="Also list figures that keep the rules but look wrong: ratios, efficiencies, sources that disagree, sizes "
    "that differ from those published.",
)
@data_option
@output_options
def command(strict: bool, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Print each broken rule with file and row; exit 2 if there is one, 1 if only an outlier has no explanation."""
    problems = catalog.check(data)
    code = ExitCode.BAD_INPUT
    explained = ""
    if strict and not problems:
        loaded = catalog.load(data)
        problems = [*catalog.unexplained(loaded), *unexplained_sizes(loaded)]
        code = ExitCode.WORK_FAILED
        explained = f"; {len(catalog.outliers(loaded)) + len(disagreeing_sizes(loaded))} outliers, each explained"
    if fmt != "table" or as_json:
        rows = [asdict(problem) for problem in problems]
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
    elif problems:
        emit_text("\n".join(map(str, problems)), output)
    else:
        loaded = catalog.load(data)
        emit_text(
            f"{loaded.facts.height} facts on {loaded.entities.height} entities from "
            f"{loaded.source_table.height} sources: all in order{explained}",
            output,
        )
    if problems:
        raise click.exceptions.Exit(int(code))

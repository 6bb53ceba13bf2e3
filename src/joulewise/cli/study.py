"""``joulewise study``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from joulewise.catalog import load
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, emit_rows, output_options
from joulewise.errors import InputError, UnknownNameError
from joulewise.studies import STUDIES, run_study

if TYPE_CHECKING:
    from joulewise.studies.study import Study


def study_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every study in the registry; each says which study it belongs to."""
    for name, entry in STUDIES.items():
        for option in reversed(entry.options):
            flag = f"--{option.name.replace('_', '-')}"
            command = click.option(flag, type=option.kind, help=f"({name}) {option.help}")(command)
    return command


@click.command("study", help=f"Answer one question from the whole catalogue. NAME is one of {', '.join(STUDIES)}.")
@click.argument("name")
@click.option("--table", "table_name", help="Print one of the study's tables instead of its findings.")
@click.option(
    "--chart",
    "chart_file",
    type=click.Path(path_type=Path),
    help="Write the charts as .png, .svg or .html; several charts each add their own name after a hyphen.",
)
@click.option("--only", help="With --chart, write only the chart of this name.")
@study_options
@data_option
@output_options
def command(
    name: str,
    table_name: str | None,
    chart_file: Path | None,
    only: str | None,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
    **options: float | None,
) -> None:
    """Run a study, print its findings or one of its tables, and write its charts."""
    if only is not None and chart_file is None:
        raise InputError("--only names a chart, but none is written", "give --chart FILE too")
    study = run_study(name, load(data), **{key: value for key, value in options.items() if value is not None})
    if chart_file is not None:
        _draw(study, chart_file, only)
    if table_name is not None:
        if table_name not in study.tables:
            raise UnknownNameError(f"table of the study {name}", table_name, study.tables)
        emit_rows(study.tables[table_name].to_dicts(), fmt=fmt, as_json=as_json, output=output)
        return
    emit_object(study.to_dict(), text=_summary(study), fmt=fmt, as_json=as_json, output=output)


def _summary(study: Study) -> str:
    tables = [f"{name} ({frame.height} rows)" for name, frame in study.tables.items()]
    return "\n".join(
        [
            study.title,
            *(f"- {finding.text}" for finding in study.findings),
            f"tables (--table NAME): {', '.join(tables)}",
            f"charts (--chart FILE): {', '.join(study.charts)}",
        ]
    )


def _draw(study: Study, file: Path, only: str | None) -> None:
    from joulewise.charts.export import save_chart  # noqa: PLC0415  (altair costs start-up time)

    if only is not None:
        if only not in study.charts:
            raise UnknownNameError(f"chart of the study {study.name}", only, study.charts)
        save_chart(study.charts[only].draw(), file)
        return
    alone = len(study.charts) == 1
    for name, drawn in study.charts.items():
        save_chart(drawn.draw(), file if alone else file.with_stem(f"{file.stem}-{name}"))

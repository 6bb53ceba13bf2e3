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


def outlook_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the knobs of the study ``outlook``; the names are those of its parameters."""
    for name, kind, text in reversed(
        (
            ("until", int, "The last year."),
            ("inferences-per-day", float, "Answers of a language model per user and day."),
            ("tokens", float, "Tokens of an answer without reasoning."),
            ("reasoning-share", float, "Share of answers that reason first, 0 to 1."),
            ("reasoning-tokens", float, "Tokens of such an answer over those of one without."),
            ("users", float, "People who use language models."),
            ("population", float, "All people."),
            ("growth", float, "Factor by which answers per user grow in a year."),
            ("pue", float, "Energy of the building over that of its machines."),
        )
    ):
        command = click.option(f"--{name}", type=kind, help=f"Of outlook: {text[0].lower()}{text[1:]}")(command)
    return command


@click.command("study", help=f"Answer one question from the whole catalogue. NAME: {', '.join(STUDIES)}.")
@click.argument("name")
@click.option("--table", "table_name", help="Print one of the study's tables instead of its findings.")
@click.option(
    "--chart",
    "chart_file",
    type=click.Path(path_type=Path),
    help="Write the charts: .png, .svg or .html. Of several, each under this name with its own after a hyphen.",
)
@click.option("--only", help="With --chart: only the chart of this name.")
@outlook_options
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
    """Run a study, print what it finds, and draw it."""
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
    emit_object(study.as_dict(), text=_summary(study), fmt=fmt, as_json=as_json, output=output)


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
        save_chart(study.charts[only].chart, file)
        return
    alone = len(study.charts) == 1
    for name, drawn in study.charts.items():
        save_chart(drawn.chart, file if alone else file.with_stem(f"{file.stem}-{name}"))

"""``joulewise paper``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, output_options
from joulewise.cli.progress import progress


@click.command("paper", help="Rebuild the paper's Tables 1-9, Figures 1-15 and the comparison of its numbers.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("paper-out"), show_default=True, help="Folder.")
@click.option("--only", help="E.g. fig3,table2,comparison; by default everything.")
@data_option
@output_options
def command(out: Path, only: str | None, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Write the paper's parts and report how its numbers compare with the printed ones."""
    from joulewise.catalog import load  # noqa: PLC0415
    from joulewise.paper.build import PARTS, write_paper  # noqa: PLC0415  (charts take half a second to import)
    from joulewise.paper.comparison import VERDICTS, compare_with_printed  # noqa: PLC0415
    from joulewise.paper.points import paper_edition  # noqa: PLC0415

    parts = [part.strip().lower() for part in (only or "").split(",") if part.strip()]
    with progress("paper", len(parts) or len(PARTS)) as begin:
        files = write_paper(out, parts, begin, load(data))
    verdicts = compare_with_printed(paper_edition())["verdict"]
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS}
    text = "\n".join(
        [
            f"{len(files)} files in {out}",
            f"{len(verdicts)} printed numbers recomputed: " + ", ".join(f"{n} {v}" for v, n in counts.items()),
        ]
    )
    value = {"folder": str(out), "files": [path.name for path in files], "verdicts": counts}
    emit_object(value, text=text, fmt=fmt, as_json=as_json, output=output)

"""``joulewise show``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import load
from joulewise.catalog.names import find_id
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, output_options


@click.command("show", help="Show every fact of the model or accelerator NAME: value, conditions, kind, source.")
@click.argument("name")
@data_option
@output_options
def command(name: str, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Show the facts of one entity."""
    catalog = load(data)
    found = find_id(catalog.entities, name, "model or accelerator")
    rows = [
        {
            "entity": fact.entity,
            "attribute": fact.attribute,
            "value": fact.value,
            "unit": fact.unit,
            "number": fact.number,
            "conditions": "; ".join(f"{k}={v}" for k, v in fact.conditions.items()),
            "kind": f"{fact.kind}, superseded" if fact.superseded else fact.kind,
            "source": "; ".join(source.id for source in fact.sources),
            "via": fact.via.id if fact.via else "",
            "locator": fact.locator,
            "note": fact.note,
            "citation": "; ".join(source.citation for source in fact.sources),
        }
        for fact in catalog.facts_of(found)
    ]
    shown = ("attribute", "value", "unit", "conditions", "kind", "source", "via", "locator", "note")
    emit_rows(rows, fmt=fmt, as_json=as_json, output=output, columns=shown)

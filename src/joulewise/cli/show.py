"""``joulewise show``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from joulewise.catalog import Catalog, find_entity, load
from joulewise.catalog.find import known_model, others_named
from joulewise.cli.main import complain
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, output_options
from joulewise.errors import UnknownNameError

_OTHERS_NAMED = 3
# Columns of a wide table that identify a row or its source.
_NOT_SHOWN = ("model", "aliases", "source", "licence", "note", "method")


@click.command(
    "show",
    help="Show every fact of the model or accelerator NAME with its value, conditions, kind and source. Language "
    "models and image generators also show their row of the wide table, whose cells share one source.",
)
@click.argument("name")
@data_option
@output_options
def command(name: str, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Show the facts of one entity."""
    catalog = load(data)
    try:
        found = find_entity(None, name, catalog)
    except UnknownNameError:
        rows = _wide(name, catalog)
        if not rows:
            raise
    else:
        _also(catalog, found)
        rows = [*_facts(catalog, found), *_wide(found, catalog)]
    shown = ("attribute", "value", "unit", "conditions", "kind", "source", "via", "locator", "note")
    emit_rows(rows, fmt=fmt, as_json=as_json, output=output, columns=shown, narrow=_narrow)


def _narrow(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a fact in four columns, for a narrow terminal."""
    via = f" via {row['via']}" if row["via"] else ""
    return {
        "attribute": row["attribute"],
        "value": f"{row['value']} {row['unit']}".strip(),
        "conditions": row["conditions"],
        "from": f"{row['kind']}: {row['source']}{via}, {row['locator']}" + (f" ({row['note']})" if row["note"] else ""),
    }


def _also(catalog: Catalog, entity: str) -> None:
    """Report other entities with almost the same name."""
    others = others_named(entity, catalog)
    if others:
        more = f" and {len(others) - _OTHERS_NAMED} more" if len(others) > _OTHERS_NAMED else ""
        complain(f"this is {catalog.name_of(entity)}; there are also {', '.join(others[:_OTHERS_NAMED])}{more}")


def _facts(catalog: Catalog, entity: str) -> list[dict[str, Any]]:
    return [
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
        for fact in catalog.facts_of(entity)
    ]


def _wide(name: str, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the cells of the rows of this name in the wide tables, in the form of facts."""
    known = known_model(name, catalog)
    if known is None:
        return []
    found = known.configuration
    whole = {**found["config"], "source": found["source"], "note": "", "model": name} if found else None
    return [
        *_cells("architecture", "architectures.csv", known.architecture or known.partial_architecture, "reported"),
        *_cells("configuration", found["file"] if found else "", whole, "reported"),
        *_cells("generator", "generators.csv", known.generator, "derived"),
    ]


def _cells(prefix: str, file: str, row: Mapping[str, Any] | None, kind: str) -> list[dict[str, Any]]:
    if row is None:
        return []
    source = str(row.get("source") or row.get("method") or "")
    return [
        {
            "entity": row["model"],
            "attribute": f"{prefix}: {column}",
            "value": str(value).lower() if isinstance(value, bool) else str(value),
            "unit": "",
            "number": float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
            "conditions": "",
            "kind": kind,
            "source": source,
            "via": "",
            "locator": f"{file}, {row['model']}",
            "note": row["note"] or "",
            "citation": source,
        }
        for column, value in row.items()
        if value is not None and value != "" and column not in _NOT_SHOWN
    ]

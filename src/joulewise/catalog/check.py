"""The rules that every fact must keep, and the violations of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from joulewise.catalog.names import normalise, normalised
from joulewise.catalog.prefilter import KINDS, definitely_valid
from joulewise.catalog.tables import COLLECTIONS
from joulewise.errors import nearest_names
from joulewise.formats import FORMATS
from joulewise.units import UNITS


@dataclass(frozen=True)
class RuleViolation:
    """One violated rule: the place, and what would be right; for an outlier also the entity and attribute."""

    file: str
    row: int
    column: str
    message: str
    collection: str = ""
    entity: str = ""
    attribute: str = ""

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, {self.column}: {self.message}"


def find_violations(
    entities: pl.DataFrame, facts: pl.DataFrame, sources: pl.DataFrame, attributes: pl.DataFrame
) -> list[RuleViolation]:
    """Check tables as read by `read_folder` against the rules; return the violations, in file order.

    The rules: every fact has an entity, a known attribute of its collection, a source that is listed,
    a kind, a locator; its value is of the attribute's type, in a unit of its dimension, within its
    bounds; low <= value <= high; ids, names and facts are unique; a correction names the source
    that it corrects, and says why.
    """
    problems = [
        *_duplicate_ids(entities, sources),
        *_bad_entities(entities),
        *_aliases_of_others(entities),
        *_bad_facts(entities, facts, sources, attributes),
        *_duplicate_facts(facts),
    ]
    return sorted(problems, key=lambda p: (p.file, p.row, p.column))


def _duplicate_ids(entities: pl.DataFrame, sources: pl.DataFrame) -> list[RuleViolation]:
    problems = []
    for frame, keys in ((entities, ["collection", "id"]), (sources, ["id"])):
        repeats = frame.filter(pl.struct(keys).is_duplicated() & ~pl.struct(keys).is_first_distinct())
        problems += [RuleViolation(r["file"], r["row"], "id", f"duplicate id {r['id']!r}") for r in repeats.to_dicts()]
        blank = frame.filter(pl.col("id") == "")
        problems += [RuleViolation(r["file"], r["row"], "id", "is blank") for r in blank.to_dicts()]
    uncited = sources.filter(pl.col("citation") == "")
    return problems + [RuleViolation(r["file"], r["row"], "citation", "is blank") for r in uncited.to_dicts()]


def _bad_entities(entities: pl.DataFrame) -> list[RuleViolation]:
    keys = pl.concat(
        entities.select("collection", pl.col("id").alias("owner"), normalised(c).alias("key")) for c in ("id", "name")
    )
    clash = keys.unique().select(pl.struct("collection", "key").is_duplicated().any()).item()
    if not clash and not (entities["name"] == "").any():
        return []
    problems = []
    taken: dict[tuple[str, str], str] = {}
    for row in entities.to_dicts():
        if not row["name"]:
            problems.append(RuleViolation(row["file"], row["row"], "name", "is blank"))
        for column in ("id", "name"):
            key = (row["collection"], normalise(row[column]))
            owner = taken.setdefault(key, row["id"])
            if owner != row["id"]:
                problems.append(
                    RuleViolation(row["file"], row["row"], column, f"{row[column]!r} is also a name of {owner!r}")
                )
    return problems


def _aliases_of_others(entities: pl.DataFrame) -> list[RuleViolation]:
    """Return aliases that are another entity's own id or name: a look-up by them always finds that entity."""
    own = pl.concat(
        entities.select("collection", pl.col("id").alias("owner"), normalised(c).alias("key")) for c in ("id", "name")
    ).unique()
    aliases = (
        entities.filter(pl.col("aliases") != "")
        .with_columns(alias=pl.col("aliases").str.split("|"))
        .explode("alias")
        .with_columns(normalised("alias").alias("key"))
    )
    taken = aliases.join(own, on=["collection", "key"], maintain_order="left").filter(pl.col("id") != pl.col("owner"))
    return [
        RuleViolation(row["file"], row["row"], "aliases", f"{row['alias']!r} is the name of {row['owner']!r}")
        for row in taken.to_dicts()
    ]


def _bad_facts(
    entities: pl.DataFrame, facts: pl.DataFrame, sources: pl.DataFrame, attributes: pl.DataFrame
) -> list[RuleViolation]:
    known_entities = {c: set(entities.filter(collection=c)["id"]) for c in COLLECTIONS}
    known_sources = set(sources["id"])
    rules = {row["attribute"]: row for row in attributes.to_dicts()}
    sources_of_cell: dict[tuple[str, str], set[str]] = {}
    corrected = facts.filter(pl.col("supersedes") != "").select("entity", "attribute").unique()
    on_corrected = facts.join(corrected, on=["entity", "attribute"], how="semi")
    for row in on_corrected.select("entity", "attribute", "source").to_dicts():
        sources_of_cell.setdefault((row["entity"], row["attribute"]), set()).add(row["source"])

    problems: list[RuleViolation] = []
    # Most facts keep the rules, and columns are quick to check: only the others are checked row by row.
    for fact in facts.filter(~definitely_valid(entities, facts, known_sources, attributes)).to_dicts():
        wrong = partial(_note, problems, fact)

        if fact["entity"] not in known_entities[fact["collection"]]:
            wrong(
                "entity",
                f"{fact['entity']!r} is not in {fact['collection']}/entities.csv"
                + _nearest(fact["entity"], known_entities[fact["collection"]]),
            )
        for column in ("source", "via"):
            for source in filter(None, fact[column].split("; ")):
                if source not in known_sources:
                    wrong(column, f"{source!r} is not in sources.csv" + _nearest(source, known_sources))
        for column in ("source", "locator"):
            if not fact[column]:
                wrong(column, "is blank: every fact needs a source and a place in it")
        if fact["kind"] not in KINDS:
            wrong("kind", f"{fact['kind']!r} is not one of {', '.join(KINDS)}")
        if any("=" not in part for part in fact["conditions"].split("; ") if fact["conditions"]):
            wrong("conditions", f"{fact['conditions']!r} is not of the form key=value; key=value")
        if fact["supersedes"]:
            if fact["supersedes"] not in sources_of_cell[fact["entity"], fact["attribute"]] - {fact["source"]}:
                wrong("supersedes", f"no fact on this cell has the source {fact['supersedes']!r}")
            if not fact["note"]:
                wrong("note", "is blank: a correction needs a reason")
        rule = rules.get(fact["attribute"])
        if rule is None:
            wrong("attribute", f"{fact['attribute']!r} is unknown" + _nearest(fact["attribute"], rules))
        elif fact["collection"] not in rule["collection"].split("|"):
            wrong("attribute", f"{fact['attribute']!r} is not an attribute of {fact['collection']}")
        else:
            problems += _bad_value(fact, rule)
    return problems


def _note(problems: list[RuleViolation], fact: dict[str, str], column: str, message: str) -> None:
    problems.append(RuleViolation(fact["file"], int(fact["row"]), column, message))


def _bad_value(fact: dict[str, str], rule: dict[str, str]) -> list[RuleViolation]:
    def wrong(column: str, message: str) -> list[RuleViolation]:
        return [RuleViolation(fact["file"], int(fact["row"]), column, message)]

    value = fact["value"]
    if not value:
        return wrong("value", "is blank: leave the row out when there is no value")
    if rule["type"] == "text":
        return []
    if rule["type"] == "format":
        if value not in FORMATS:
            return wrong("value", f"{value!r} is not a number format" + _nearest(value, FORMATS))
        return []
    if rule["type"] == "date":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return wrong("value", f"{value!r} is not a date of the form YYYY-MM-DD")
        if not rule["min"] <= day.isoformat() <= rule["max"]:
            return wrong("value", f"{value} is outside {rule['min']} to {rule['max']}")
        return []
    unit = fact["unit"]
    if unit not in UNITS:
        return wrong("unit", f"{unit!r} is unknown" + _nearest(unit, UNITS))
    dimension, factor = UNITS[unit]
    if dimension != rule["dimension"]:
        right = ", ".join(u for u, (d, _) in UNITS.items() if d == rule["dimension"])
        return wrong("unit", f"{unit!r} is not a unit of {fact['attribute']}; use {right}")
    numbers: dict[str, float] = {}
    for column in ("value", "low", "high"):
        if fact[column]:
            try:
                numbers[column] = float(fact[column])
            except ValueError:
                return wrong(column, f"{fact[column]!r} is not a number")
    # Written so that NaN fails too.
    for column, number in numbers.items():
        if not float(rule["min"]) <= number * factor <= float(rule["max"]):
            bounds = f"{rule['min']} to {rule['max']} {rule['base_unit']}"
            return wrong(column, f"{fact[column]} {unit} is outside {bounds}")
    low, high = numbers.get("low", numbers["value"]), numbers.get("high", numbers["value"])
    if not low <= numbers["value"] <= high:
        return wrong("value", f"{value} is not between low {fact['low']} and high {fact['high']}")
    return []


def _duplicate_facts(facts: pl.DataFrame) -> list[RuleViolation]:
    # Text within one column holds no line break, so that joined keys are equal only where all columns are.
    key = pl.concat_str("collection", "entity", "attribute", "conditions", "source", separator="\n")
    keyed = facts.with_columns(key.alias("key"))
    if keyed["key"].n_unique() == keyed.height:
        return []
    repeats = keyed.filter(pl.col("key").is_duplicated() & ~pl.col("key").is_first_distinct())
    return [
        RuleViolation(
            r["file"],
            r["row"],
            "entity",
            f"{r['entity']} {r['attribute']} from {r['source']} is stated twice under the same conditions",
        )
        for r in repeats.to_dicts()
    ]


def _nearest(name: str, known: object) -> str:
    near = nearest_names(name, known) if isinstance(known, set | dict) else []
    return f"; did you mean {' or '.join(near)}?" if near else ""

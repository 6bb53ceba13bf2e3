"""Forecasts to 2035: what joules per inference add up to, against what people and the world use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.energy.pricing import OUTPUT_TOKENS
from joulewise.errors import InputError, UnknownNameError
from joulewise.impact.footprint import HOST_SHARE
from joulewise.impact.people import LAST_YEAR
from joulewise.impact.scenario import Scenario, per_person_w, power_w, twh_per_year
from joulewise.studies.inputs import image_scores, language_scores, language_sizes
from joulewise.studies.outlook_charts import charts
from joulewise.studies.outlook_words import findings
from joulewise.studies.paths import SPANS, Path, all_paths
from joulewise.studies.quality_lines import quality_lines
from joulewise.studies.study import Study
from joulewise.units import JOULES_PER_TWH, SECONDS_PER_DAY, SECONDS_PER_YEAR, date_of_decimal_year

UNTIL = 2035
BANDS = ("trend", "single", "tested")


@dataclass(frozen=True)
class Knob:
    """A parameter of the scenarios: its value, and where it is from."""

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Yardstick:
    """What a forecast is held against.

    Parameters
    ----------
    id, name : str
    power_w : float
        Of one person, one household or the world. [W]
    scope : str
        ``person`` or ``world``: what the forecast is compared as.
    source : str
    """

    id: str
    name: str
    power_w: float
    scope: str
    source: str


def outlook(
    catalog: Catalog | None = None,
    *,
    inferences_per_day: float | None = None,
    tokens: float | None = None,
    reasoning_share: float | None = None,
    reasoning_tokens: float | None = None,
    users: float | None = None,
    population: float | None = None,
    growth: float = 1.0,
    pue: float = 1.0,
    until: int = UNTIL,
) -> Study:
    """Answer what inference may add up to by a year, in three scenarios.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole.
    inferences_per_day : float, optional
        Answers of a language model per user and day; by default the messages of ChatGPT over its users.
    tokens : float, optional
        Tokens of an answer without reasoning; by default 512, those that the energy is estimated for.
    reasoning_share : float, optional
        Of answers that reason first, 0 to 1; by default from the share of all tokens that reasoning models have.
    reasoning_tokens : float, optional
        Tokens of such an answer over those of one without.
    users, population : float, optional
        People who use language models, and all people.
    growth : float
        Factor by which inferences per user grow in a year, from the year of the usage facts.
    pue : float
        Energy of the building over that of its machines.
    until : int
        The last year.

    Raises
    ------
    InputError
        If a value cannot be, or the last year lies in the data or after 2100.

    Notes
    -----
    Joules per token or image go on as the fitted line; how much is used stays as said. Neither is a prediction of
    what people will do. The dates come from the data, never from the clock.
    """
    catalog = catalog or load()
    given = {
        "inferences_per_day": inferences_per_day,
        "tokens": tokens,
        "reasoning_share": reasoning_share,
        "reasoning_tokens": reasoning_tokens,
        "users": users,
        "population": population,
        "growth": growth,
        "pue": pue,
    }
    return study_of(
        image_scores(catalog),
        language_scores(catalog),
        catalog,
        models=language_sizes(catalog),
        until=until,
        **given,
    )


def study_of(
    images: pl.DataFrame,
    language: pl.DataFrame,
    catalog: Catalog,
    *,
    models: pl.DataFrame | None = None,
    until: int = UNTIL,
    **given: float | None,
) -> Study:
    """Return the study of frames of scored models; see `inputs` for their columns and `outlook` for the rest.

    `models` are all language models of known size; by default those with a score.
    """
    knobs = all_knobs(catalog, given)
    scenarios = all_scenarios({knob.name: knob.value for knob in knobs}, usage_year(catalog))
    lines = quality_lines(images, language, catalog)
    paths = [
        *all_paths("language", language, language if models is None else models, lines),
        *all_paths("vision", images, images, lines),
    ]
    carried = [path for path in paths if _long_enough(path, until)]
    if not carried:
        raise InputError(f"no series of the data can be carried on to {until}", "give an earlier year with --until")
    table = pl.concat([_forecast(path, one, until) for path in carried for one in scenarios[path.task]])
    sticks = yardsticks(catalog)
    crossed = _crossings(table, sticks)
    return Study(
        name="outlook",
        title=f"Outlook to {until}: what inference adds up to",
        tables={
            "forecast": table,
            "crossings": crossed,
            "paths": _paths_table(paths, carried),
            "knobs": pl.DataFrame([{"knob": k.name, "value": k.value, "source": k.source} for k in knobs]),
            "yardsticks": pl.DataFrame([{**vars(stick)} for stick in sticks]),
        },
        charts=charts(carried, scenarios, sticks, until),
        findings=findings(paths, table, crossed, sticks, until),
    )


def _long_enough(path: Path, until: int) -> bool:
    """Return whether a series covers enough years to be carried on to a year; see `paths.SPANS`."""
    fit = path.fit
    if not fit.last_year < until <= LAST_YEAR:
        raise InputError(f"cannot forecast until {until}", f"give a year from {int(fit.last_year) + 1} to {LAST_YEAR}")
    return (fit.last_year - fit.first_year) * SPANS >= until - fit.last_year


def all_knobs(catalog: Catalog, given: dict[str, float | None]) -> list[Knob]:
    """Return the parameters of the scenarios: those given, else from facts."""
    users = _fact(catalog, "chatgpt-consumer", "active_users")
    messages = _fact(catalog, "chatgpt-consumer", "messages_per_s")
    share = _fact(catalog, "reasoning-models", "token_share_percent")
    longer = _fact(catalog, "reasoning-models", "token_multiplier")
    people = _population(catalog)
    multiplier = given.get("reasoning_tokens") or longer.value
    of_tokens = share.value / 100
    by_default = [
        Knob(
            "inferences_per_day",
            messages.value * SECONDS_PER_DAY / users.value,
            f"{messages.source} over {users.source}",
        ),
        Knob("tokens", float(OUTPUT_TOKENS), "assumed: the answer that the energy is estimated for"),
        Knob(
            "reasoning_share",
            of_tokens / (of_tokens + (1 - of_tokens) * multiplier),
            f"derived from their share of tokens, {share.source}, and the multiplier",
        ),
        Knob("reasoning_tokens", longer.value, longer.source),
        Knob("users", users.value, users.source),
        Knob("population", people.value, people.source),
        Knob("growth", 1.0, "assumed: use as it is"),
        Knob("pue", 1.0, "assumed: the building is left out"),
    ]  # fmt: skip
    chosen = []
    for knob in by_default:
        value = given.get(knob.name)
        chosen.append(knob if value is None or value == knob.value else Knob(knob.name, float(value), "given"))
    return chosen


def all_scenarios(knobs: dict[str, float], start: float) -> dict[str, list[Scenario]]:
    """Return the scenarios of each task.

    Energy of language models is of the accelerators alone: the host is added by `impact.footprint.HOST_SHARE`. That
    of images is at the wall.
    """
    today = Scenario(
        name=f"as many users as in {int(start)}",
        users=knobs["users"],
        population=knobs["population"],
        inferences_per_user_day=knobs["inferences_per_day"],
        tokens_per_inference=knobs["tokens"],
        reasoning_share=knobs["reasoning_share"],
        reasoning_multiplier=knobs["reasoning_tokens"],
        growth_per_year=knobs["growth"],
        start=start,
        overhead=HOST_SHARE.central * knobs["pue"],
    )
    everyone = replace(today, name=f"everyone like a user of {int(start)}", users=knobs["population"])
    # One forward pass a person and second, as the paper has it: a token of a decoder, an image of a classifier.
    pace = replace(
        everyone,
        name="everyone, one token a second",
        inferences_per_user_day=SECONDS_PER_DAY,
        tokens_per_inference=1.0,
        reasoning_share=0.0,
        reasoning_multiplier=1.0,
        growth_per_year=1.0,
    )
    image = replace(pace, name="everyone, one image a second", overhead=knobs["pue"])
    return {"language": [today, everyone, pace], "vision": [image]}


def yardsticks(catalog: Catalog) -> list[Yardstick]:
    """Return what the forecasts are held against, from the facts: food, electricity of a person, household, world."""
    found = []
    for attribute in ("energy_use_w", "electricity_w"):
        for entity in catalog.facts.filter(collection="references", attribute=attribute)["entity"].unique(
            maintain_order=True
        ):
            fact = _fact(catalog, entity, attribute)
            scope = "world" if fact.value > _WORLD_FROM_W else "person"
            found.append(Yardstick(entity, catalog.name_of(entity), fact.value, scope, fact.source))
    return sorted(found, key=lambda stick: (stick.scope, stick.power_w))


_WORLD_FROM_W = 1e9  # no person or household draws a gigawatt


def _fact(catalog: Catalog, entity: str, attribute: str) -> Knob:
    fact = catalog.source_of(entity, attribute)
    if fact.number is None:
        raise InputError(f"{entity} has no number for {attribute}")
    return Knob(attribute, fact.number, f"{fact.value} {fact.unit}, {fact.cited}")


def _population(catalog: Catalog) -> Knob:
    held = catalog.facts.filter(collection="references", attribute="population").sort("number", descending=True)
    if held.is_empty():
        raise UnknownNameError("fact", "population", [])
    return _fact(catalog, held["entity"][0], "population")


def usage_year(catalog: Catalog) -> float:
    """Return the decimal year that the facts on use hold for, its middle."""
    fact = catalog.source_of("chatgpt-consumer", "messages_per_s")
    return float(fact.conditions["year"]) + 0.5


def _forecast(path: Path, scenario: Scenario, until: int) -> pl.DataFrame:
    # 1 January of each year, like every decimal year here.
    years = np.arange(np.ceil(path.fit.last_year), until + 1, dtype=np.float64)
    energy = path.energy_j(years)
    columns: dict[str, Any] = {"energy_j": energy["central"]}
    for band in ("central", *(f"{b}_{end}" for b in BANDS for end in ("low", "high"))):
        power = power_w(energy[band], scenario, years)
        ending = "" if band == "central" else f"_{band}"
        columns[f"per_person_w{ending}"] = per_person_w(power, scenario)
        columns[f"twh{ending}"] = twh_per_year(power)
    return pl.DataFrame({"year": years.astype(int), **columns}).select(
        pl.lit(path.task).alias("task"),
        pl.lit(path.id).alias("path"),
        pl.lit(scenario.name).alias("scenario"),
        pl.all(),
    )


def _crossings(table: pl.DataFrame, sticks: Sequence[Yardstick]) -> pl.DataFrame:
    """Return the first years in which a forecast and its widest band reach each yardstick."""
    rows = []
    for (path, scenario), one in table.group_by("path", "scenario", maintain_order=True):
        for stick in sticks:
            column = "per_person_w" if stick.scope == "person" else "twh"
            goal = stick.power_w if stick.scope == "person" else stick.power_w * SECONDS_PER_YEAR / JOULES_PER_TWH
            rows.append(
                {
                    "path": path,
                    "scenario": scenario,
                    "yardstick": stick.name,
                    "kind": stick.scope,
                    "goal": goal,
                    "central": _first(one, column, goal),
                    "earliest": _first(one, f"{column}_tested_high", goal),
                    "latest": _first(one, f"{column}_tested_low", goal),
                    "last_share": float(one[column][-1]) / goal,
                    "last_share_low": float(one[f"{column}_tested_low"][-1]) / goal,
                    "last_share_high": float(one[f"{column}_tested_high"][-1]) / goal,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _first(one: pl.DataFrame, column: str, goal: float) -> int | None:
    above = one.filter(pl.col(column) >= goal)
    return int(above["year"][0]) if above.height else None


def _paths_table(paths: Sequence[Path], carried: Sequence[Path]) -> pl.DataFrame:
    rows = []
    for path in paths:
        growth = path.fit.growth_per_year
        rows.append(
            {
                "path": path.id,
                "goes_through": path.name,
                "n": path.fit.n,
                "first": date_of_decimal_year(path.fit.first_year),
                "last": date_of_decimal_year(path.fit.last_year),
                "growth_per_year": growth.central,
                "growth_per_year_low": growth.low,
                "growth_per_year_high": growth.high,
                "carried_on": path in carried,
                "tested": path.tested,
                "error_factor_per_year": None if path.error_per_year is None else 10**path.error_per_year,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)

"""Amount of use: assumptions with their sources, scenarios built from them, and yardsticks to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from joulewise.catalog import Catalog
from joulewise.catalog.wide import standing
from joulewise.errors import InputError, UnknownNameError
from joulewise.impact.footprint import HOST_SHARE, check_factor
from joulewise.impact.scenario import Scenario
from joulewise.studies.inputs import OUTPUT_TOKENS
from joulewise.studies.points import LANGUAGE, VISION
from joulewise.units import SECONDS_PER_DAY

_WORLD_FROM_W = 1e9
"""No person or household draws this power: yardsticks from it on are of the world. [W]"""


@dataclass(frozen=True)
class Assumption:
    """A parameter of the scenarios: its value, and where it comes from."""

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Yardstick:
    """A use of energy that a forecast is compared with.

    Parameters
    ----------
    id, name : str
    power_w : float
        Of one person, one household or the world. [W]
    scope : str
        ``person`` or ``world``.
    source : str
    """

    id: str
    name: str
    power_w: float
    scope: str
    source: str


def assumptions(catalog: Catalog, given: Mapping[str, float | None]) -> list[Assumption]:
    """Return the parameters of the scenarios: those given, otherwise from facts."""
    users = _fact(catalog, "chatgpt-consumer", "active_users")
    messages = _fact(catalog, "chatgpt-consumer", "messages_per_s")
    share = _fact(catalog, "reasoning-models", "token_share_percent")
    longer = _fact(catalog, "reasoning-models", "token_multiplier")
    people = _population(catalog)
    multiplier = given.get("reasoning_tokens") or longer.value
    of_tokens = share.value / 100
    by_default = [
        Assumption(
            "inferences_per_day",
            messages.value * SECONDS_PER_DAY / users.value,
            f"{messages.source} over {users.source}",
        ),
        Assumption("tokens", float(OUTPUT_TOKENS), "assumed: the answer length that the energy is estimated for"),
        Assumption(
            "reasoning_share",
            of_tokens / (of_tokens + (1 - of_tokens) * multiplier),
            f"derived from the share of tokens of reasoning models, {share.source}, and the multiplier",
        ),
        Assumption("reasoning_tokens", longer.value, longer.source),
        Assumption("users", users.value, users.source),
        Assumption("population", people.value, people.source),
        Assumption("growth", 1.0, "assumed: constant use"),
        Assumption("pue", 1.0, "assumed: the data centre's overhead is left out"),
    ]
    chosen = []
    for one in by_default:
        value = given.get(one.name)
        chosen.append(one if value is None or value == one.value else Assumption(one.name, float(value), "given"))
    return chosen


def scenarios_of(values: Mapping[str, float], start: float) -> dict[str, list[Scenario]]:
    """Return the scenarios of each task.

    Parameters
    ----------
    values : mapping of str to float
        Of `assumptions`, by name.
    start : float
        Decimal year from which use grows.

    Notes
    -----
    The energy of language models is that of the accelerators, to which `impact.footprint.HOST_SHARE` adds the host;
    that of images is measured at the wall.
    """
    check_factor("pue", values["pue"])
    today = Scenario(
        name=f"as many users as in {int(start)}",
        users=values["users"],
        population=values["population"],
        inferences_per_user_day=values["inferences_per_day"],
        tokens_per_inference=values["tokens"],
        reasoning_share=values["reasoning_share"],
        reasoning_multiplier=values["reasoning_tokens"],
        growth_per_year=values["growth"],
        start=start,
        overhead=HOST_SHARE.central * values["pue"],
    )
    everyone = replace(today, name=f"everyone like a user of {int(start)}", users=values["population"])
    # One forward pass per person and second, as in the paper: a token of a decoder, an image of a classifier.
    pace = replace(
        everyone,
        name="everyone, one token a second",
        inferences_per_user_day=SECONDS_PER_DAY,
        tokens_per_inference=1.0,
        reasoning_share=0.0,
        reasoning_multiplier=1.0,
        growth_per_year=1.0,
    )
    image = replace(pace, name="everyone, one image a second", overhead=values["pue"])
    return {LANGUAGE: [today, everyone, pace], VISION: [image]}


def usage_year(catalog: Catalog) -> float:
    """Return the decimal year that the facts on use hold for, its middle."""
    fact = catalog.source_of("chatgpt-consumer", "messages_per_s")
    return float(fact.conditions["year"]) + 0.5


def yardsticks(catalog: Catalog) -> list[Yardstick]:
    """Return the uses of energy to compare with: food, and electricity of a person, a household and the world."""
    found = []
    for attribute in ("energy_use_w", "electricity_w"):
        rows = standing(catalog, "references").filter(attribute=attribute)
        for entity in rows["entity"].unique(maintain_order=True):
            fact = _fact(catalog, entity, attribute)
            scope = "world" if fact.value > _WORLD_FROM_W else "person"
            found.append(Yardstick(entity, catalog.name_of(entity), fact.value, scope, fact.source))
    return sorted(found, key=lambda stick: (stick.scope, stick.power_w))


def _fact(catalog: Catalog, entity: str, attribute: str) -> Assumption:
    fact = catalog.source_of(entity, attribute)
    if fact.number is None:
        raise InputError(f"{entity} has no number for {attribute}")
    return Assumption(attribute, fact.number, f"{fact.value} {fact.unit}, {fact.cited}")


def _population(catalog: Catalog) -> Assumption:
    """Return the population of the largest region that the catalogue has one for."""
    rows = standing(catalog, "references").filter(pl.col("attribute") == "population")
    if rows.is_empty():
        raise UnknownNameError("fact", "population", [])
    return _fact(catalog, rows.sort("number", descending=True)["entity"][0], "population")

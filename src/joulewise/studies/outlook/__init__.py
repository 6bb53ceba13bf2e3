"""Study ``outlook``: total energy of inference by 2035, compared with the use of people and of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.errors import InputError
from joulewise.impact.scenario import Scenario, per_person_w, power_w, twh_per_year
from joulewise.studies.inputs import Inputs, ScoredModels
from joulewise.studies.outlook.charts import charts
from joulewise.studies.outlook.data import BACKTEST_SHARE, BANDS, EnergyTrend, energy_trends
from joulewise.studies.outlook.scenarios import Yardstick, assumptions, scenarios_of, usage_year, yardsticks
from joulewise.studies.points import LANGUAGE, VISION
from joulewise.studies.study import Study, StudyFinding, Value, table_of
from joulewise.studies.wording import capital, factor, per_cent, plural, times, watts, years
from joulewise.units import JOULES_PER_TWH, SECONDS_PER_YEAR, date_of_decimal_year, significant, with_prefix

UNTIL = 2035
_MILLION = 1e6


@dataclass(frozen=True)
class YardstickCrossing:
    """When a forecast in a scenario reaches a yardstick.

    Parameters
    ----------
    path, scenario, yardstick : str
        Id of the trend, and names.
    kind : str
        ``person`` or ``world``.
    goal : float
        The yardstick, in watts per person or terawatt-hours a year.
    central, earliest, latest : int or None
        First year at or above it: of the line, and of the upper and lower edge of the widest band.
    last_share, last_share_low, last_share_high : float
        The last year over the yardstick.
    """

    path: str
    scenario: str
    yardstick: str
    kind: str
    goal: float
    central: int | None
    earliest: int | None
    latest: int | None
    last_share: float
    last_share_low: float
    last_share_high: float


def study(
    inputs: Inputs,
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
    """Study the total energy of inference until a year, in three scenarios.

    Parameters
    ----------
    inputs : Inputs
    inferences_per_day : float, optional
        Answers of a language model per user and day; by default the messages of ChatGPT over its users.
    tokens : float, optional
        Tokens of an answer without reasoning; by default 512, those that the energy is estimated for.
    reasoning_share : float, optional
        Share of answers that reason first, 0 to 1; by default derived from the share of all tokens that reasoning
        models have.
    reasoning_tokens : float, optional
        Length of such an answer relative to one without reasoning.
    users, population : float, optional
        People who use language models, and all people.
    growth : float
        Factor by which inferences per user grow in a year, from the year of the usage facts.
    pue : float
        Power usage effectiveness of the data centres.
    until : int
        The last year.

    Raises
    ------
    InputError
        If a value is out of range, or the last year lies within the data or after 2100.

    Notes
    -----
    Joules per token or image follow the fitted line and use stays as assumed; neither predicts what people will do.
    The dates come from the data, never from the clock.
    """
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
    return study_of(inputs.scored, inputs.catalog, given, until)


def study_of(
    scored: Mapping[str, ScoredModels], catalog: Catalog, given: Mapping[str, float | None], until: int = UNTIL
) -> Study:
    """Return the study of the scored models of each task; see `study` for what may be given."""
    known = assumptions(catalog, given)
    scenarios = scenarios_of({one.name: one.value for one in known}, usage_year(catalog))
    trends = [trend for task in (LANGUAGE, VISION) for trend in energy_trends(scored[task])]
    extrapolated = [trend for trend in trends if trend.reaches(until)]
    if not extrapolated:
        raise InputError(f"no series of the data can be extrapolated to {until}", "give an earlier year with --until")
    forecast = pl.concat([_forecast(trend, one, until) for trend in extrapolated for one in scenarios[trend.task]])
    sticks = yardsticks(catalog)
    crossings = crossings_of(forecast, sticks)
    return Study(
        name="outlook",
        title=f"Outlook to {until}: total energy of inference",
        tables={
            "forecast": forecast,
            "crossings": table_of(crossings),
            "paths": _trends_table(trends, extrapolated),
            "knobs": table_of(known).rename({"name": "knob"}),
            "yardsticks": table_of(sticks),
        },
        charts=charts(extrapolated, scenarios, sticks, until),
        findings=tuple(_findings(trends, forecast, crossings, sticks, until)),
    )


def crossings_of(forecast: pl.DataFrame, sticks: Sequence[Yardstick]) -> list[YardstickCrossing]:
    """Return the first years in which a forecast and its widest band reach each yardstick.

    Parameters
    ----------
    forecast : polars.DataFrame
        ``path, scenario, year``, and ``per_person_w`` and ``twh``, each with ``_tested_low`` and ``_tested_high``.
    sticks : sequence of Yardstick
    """
    found = []
    for (path, scenario), rows in forecast.group_by("path", "scenario", maintain_order=True):
        for stick in sticks:
            personal = stick.scope == "person"
            column = "per_person_w" if personal else "twh"
            goal = stick.power_w if personal else stick.power_w * SECONDS_PER_YEAR / JOULES_PER_TWH
            low, high = f"{column}_tested_low", f"{column}_tested_high"
            found.append(
                YardstickCrossing(
                    path=str(path),
                    scenario=str(scenario),
                    yardstick=stick.name,
                    kind=stick.scope,
                    goal=goal,
                    central=_first_year(rows, column, goal),
                    earliest=_first_year(rows, high, goal),
                    latest=_first_year(rows, low, goal),
                    last_share=float(rows[column][-1]) / goal,
                    last_share_low=float(rows[low][-1]) / goal,
                    last_share_high=float(rows[high][-1]) / goal,
                )
            )
    return found


def _first_year(rows: pl.DataFrame, column: str, goal: float) -> int | None:
    above = rows.filter(pl.col(column) >= goal)
    return int(above["year"][0]) if above.height else None


def _forecast(trend: EnergyTrend, scenario: Scenario, until: int) -> pl.DataFrame:
    # 1 January of each year, as decimal years are.
    at = np.arange(np.ceil(trend.fit.last_year), until + 1, dtype=np.float64)
    energy = trend.energy_j(at)
    columns = {"energy_j": energy["central"]}
    for band in ("central", *(f"{b}_{end}" for b in BANDS for end in ("low", "high"))):
        power = power_w(energy[band], scenario, at)
        suffix = "" if band == "central" else f"_{band}"
        columns[f"per_person_w{suffix}"] = per_person_w(power, scenario)
        columns[f"twh{suffix}"] = twh_per_year(power)
    return pl.DataFrame({"year": at.astype(int), **columns}).select(
        pl.lit(trend.task).alias("task"),
        pl.lit(trend.id).alias("path"),
        pl.lit(scenario.name).alias("scenario"),
        pl.all(),
    )


def _trends_table(trends: Sequence[EnergyTrend], extrapolated: Sequence[EnergyTrend]) -> pl.DataFrame:
    rows = []
    for trend in trends:
        growth = trend.fit.growth_per_year
        rows.append(
            {
                "path": trend.id,
                "goes_through": trend.name,
                "n": trend.fit.n,
                "first": date_of_decimal_year(trend.fit.first_year),
                "last": date_of_decimal_year(trend.fit.last_year),
                "growth_per_year": growth.central,
                "growth_per_year_low": growth.low,
                "growth_per_year_high": growth.high,
                "carried_on": trend in extrapolated,
                "tested": trend.tested,
                "error_factor_per_year": None if trend.error_per_year is None else 10**trend.error_per_year,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _findings(
    trends: Sequence[EnergyTrend],
    forecast: pl.DataFrame,
    crossings: Sequence[YardstickCrossing],
    sticks: Sequence[Yardstick],
    until: int,
) -> list[StudyFinding]:
    """Return a summary, the total of each task and scenario, and how far the trends can be trusted."""
    extrapolated = set(forecast["path"])
    # The first trend of each task represents it.
    leads = {trend.task: trend for trend in reversed(trends) if trend.id in extrapolated}
    last = forecast.filter(pl.col("year") == until)
    found = _summary(last, leads.get(LANGUAGE), sticks)
    by_id = {trend.id: trend for trend in leads.values()}
    for (path, scenario), rows in last.group_by("path", "scenario", maintain_order=True):
        if path in by_id:
            who = f"{_name(by_id[str(path)])}, {scenario}"
            own = [one for one in crossings if (one.path, one.scenario) == (path, scenario)]
            found += [_adds_up(who, rows.row(0, named=True), own), _reached(who, own, len(sticks), until)]
    return found + [_trusted(trend, extrapolated=trend.id in extrapolated) for trend in trends]


def _name(trend: EnergyTrend) -> str:
    return f"{trend.task} models ({trend.name})"


def _summary(last: pl.DataFrame, lead: EnergyTrend | None, sticks: Sequence[Yardstick]) -> list[StudyFinding]:
    """Return the range over the scenarios of language models, as the first sentence."""
    world = [stick for stick in sticks if stick.scope == "world"]
    rows = last.filter(path=lead.id).sort("twh").to_dicts() if lead else []
    if lead is None or len(rows) < 2 or not world:
        return []
    least, most = rows[0], rows[-1]
    shares = [row["twh"] / float(twh_per_year(world[-1].power_w)) for row in (least, most)]
    text = (
        f"If the energy per inference of {_name(lead)} keeps its trend, {least['year']} demand is "
        f"{_twh(least['twh'])} ({least['scenario']}) to {_twh(most['twh'])} ({most['scenario']}): "
        f"{significant(shares[0], 2)} to {significant(shares[1], 2)} times {world[-1].name}. The usage assumption "
        f"alone spans a factor of {factor(most['twh'] / least['twh'])}; the scatter of single models about the trend, "
        f"{factor(least['twh_single_high'] / least['twh_single_low'])}."
    )
    return [StudyFinding(text, {"year": least["year"], "least_twh": least["twh"], "most_twh": most["twh"]})]


def _adds_up(who: str, last: Mapping[str, float], crossings: Sequence[YardstickCrossing]) -> StudyFinding:
    text = (
        f"In {last['year']}, {who}: {_twh(last['twh'])} a year (for a single model {_twh(last['twh_single_low'])} to "
        f"{_twh(last['twh_single_high'])}, with the errors of earlier fits {_twh(last['twh_tested_low'])} to "
        f"{_twh(last['twh_tested_high'])}), {watts(last['per_person_w'])} per person"
    )
    world = sorted((one for one in crossings if one.kind == "world"), key=lambda one: one.goal)
    if world:
        share = world[-1].last_share
        text += f", or {times(share) if share >= 1 else f'{significant(100 * share, 2)}% of'} {world[-1].yardstick}"
    numbers: dict[str, Value] = {
        "year": last["year"],
        "twh": last["twh"],
        "twh_low": last["twh_tested_low"],
        "twh_high": last["twh_tested_high"],
        "per_person_w": last["per_person_w"],
    }
    return StudyFinding(text + ".", numbers)


def _reached(who: str, crossings: Sequence[YardstickCrossing], n_sticks: int, until: int) -> StudyFinding:
    reached = [one for one in crossings if one.kind == "person" and one.earliest is not None]
    if not reached:
        text = f"Not even the upper edge of the widest band reaches a person's other uses by {until} ({who})."
        return StudyFinding(text, {"yardsticks": n_sticks})
    when = "; ".join(f"{one.yardstick} {_when(one, until)}" for one in reached)
    return StudyFinding(f"Reached per person ({who}): {when}.", {one.yardstick: one.central for one in reached})


def _when(one: YardstickCrossing, until: int) -> str:
    if one.central is None:
        return f"not by {until}, at the earliest in {one.earliest}"
    latest = f"in {one.latest}" if one.latest else f"after {until}"
    return f"in {one.central} (at the earliest in {one.earliest}, at the latest {latest})"


def _trusted(trend: EnergyTrend, *, extrapolated: bool) -> StudyFinding:
    growth = trend.fit.growth_per_year
    changes = "grows" if growth.central > 1 else "falls"
    if trend.fit.doubling_time_interval is None:
        changes = "has no significant trend"
    text = (
        f"{capital(trend.task)}, {trend.name}: energy per inference {changes}, ×{significant(growth.central)} a year "
        f"(95%: {significant(growth.low)} to {significant(growth.high)}, {plural(trend.fit.n, 'model')})"
    )
    if trend.error_per_year is not None:
        text += (
            f"; in {per_cent(BACKTEST_SHARE)} of {plural(trend.tested, 'backtest')} the median outcome was within a "
            f"factor of {significant(10**trend.error_per_year, 2)} per year ahead of the earlier fit"
        )
    if not extrapolated:
        span = trend.fit.last_year - trend.fit.first_year
        text += f"; its span of {years(span)} is too short to extrapolate that far"
    return StudyFinding(text + ".", {"growth_per_year": growth.central, "n": trend.fit.n, "tested": trend.tested})


def _twh(value: float) -> str:
    if value >= _MILLION:
        return f"{float(significant(value / _MILLION, 2)):,.0f} million TWh"
    if value >= 1:
        return f"{float(significant(value, 2)):,.0f} TWh"
    return with_prefix(value * 1e12, "Wh", 2)

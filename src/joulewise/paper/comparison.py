"""Every number that the paper prints and that can be recomputed, compared with ours.

A number is ``exact`` where ours equals what is printed, ``rounds to it`` where ours, rounded to the
printed digits, does, and ``differs`` otherwise, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from joulewise.catalog import Catalog
from joulewise.catalog.tables import read_csv, shipped_folder
from joulewise.paper.claims import Ours, same_network, text_claim
from joulewise.paper.points import accelerators_in_tflops
from joulewise.paper.recount import electra_gflops
from joulewise.paper.tables import table1, table3, table4

COLUMNS = ("where", "quantity", "printed", "ours", "difference", "verdict", "reason")
BY_ELECTRA = "FLOPs by the ELECTRA paper's counter"
VERDICTS = ("exact", "rounds to it", "differs")
_PRINTED_COLUMNS = ("where", "subject", "quantity", "printed", "unit")

# The printed text of these claims has fewer significant figures than digits.
_SIGNIFICANT_FIGURES = {
    "somatic": 1,
    "external": 1,
    "fixefficientnet-b0-gflops": 2,
    "noisystudent-l2-gflops": 3,
}


@dataclass(frozen=True)
class _Printed:
    where: str
    subject: str
    quantity: str
    printed: str
    unit: str

    @property
    def table(self) -> str:
        return self.where.split(",")[0]

    @property
    def key(self) -> tuple[str, ...]:
        # Rows of Table 3 are identified by their number, as the same test is listed there several times.
        place = self.where if self.table == "Table 3" else self.table
        return (place, self.subject, self.quantity)

    @property
    def value(self) -> float | date:
        return float(self.printed) if self.quantity != "release date" else date.fromisoformat(self.printed)


def compare_with_printed(catalog: Catalog) -> pl.DataFrame:
    """Compare every recomputable number of the paper with ours.

    Returns
    -------
    polars.DataFrame
        ``where, quantity, printed, ours, difference`` (ours less printed; null for dates), ``verdict``
        and ``reason`` (why it differs, or what choice made it agree), in the order of the paper's tables,
        its text last.
    """
    printed = {claim.key: claim for claim in _read_printed()}
    tables = {
        **dict(_ours_table1(catalog)),
        **dict(_ours_table3(catalog)),
        **dict(_ours_table4(catalog)),
        **dict(_ours_table8(catalog, printed)),
        **dict(_ours_table9(catalog, printed)),
    }
    rows = [_judge(claim, _find(claim, tables, catalog)) for claim in _read_printed()]
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(COLUMNS, pl.String) | {"difference": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _read_printed() -> list[_Printed]:
    frame = read_csv(shipped_folder() / "paper" / "printed.csv", _PRINTED_COLUMNS)
    return [_Printed(*row) for row in frame.select(_PRINTED_COLUMNS).iter_rows()]


def _find(claim: _Printed, tables: dict[tuple[str, ...], Ours], catalog: Catalog) -> Ours:
    if claim.key in tables:
        return tables[claim.key]
    if claim.quantity == BY_ELECTRA:
        return Ours(electra_gflops(claim.subject), "its convention counts a dense embedding look-up, see Counted again")
    if " = " in claim.subject:
        return same_network(claim.subject, claim.quantity, catalog)
    return text_claim(claim.subject, catalog)


def _judge(claim: _Printed, ours: Ours) -> tuple[str | float | None, ...]:
    unit = f" [{claim.unit}]" if claim.unit not in ("", "ratio", "year", "years") else ""
    named = claim.quantity if claim.where.startswith("Text") else f"{claim.quantity} of {claim.subject}"
    printed = claim.value
    if isinstance(printed, date) or isinstance(ours.value, date):
        verdict = "exact" if printed == ours.value else "differs"
        return claim.where, named, claim.printed, str(ours.value), None, verdict, ours.reason
    difference = ours.value - printed
    if abs(difference) <= 1e-9 * abs(printed):
        verdict = "exact"
    elif _rounds_to(ours.value, claim):
        verdict = "rounds to it"
    else:
        verdict = "differs"
    shown = f"{ours.value:.10g}" if verdict == "exact" else f"{ours.value:.6g}"
    return claim.where, named + unit, claim.printed, shown, difference, verdict, ours.reason


def _rounds_to(value: float, claim: _Printed) -> bool:
    figures = _SIGNIFICANT_FIGURES.get(claim.subject)
    if figures:
        return float(f"{value:.{figures - 1}e}") == float(claim.printed)
    return abs(value - float(claim.printed)) <= 0.5 * _last_digit(claim.printed) * (1 + 1e-9)


def _last_digit(printed: str) -> float:
    return 10.0 ** -len(printed.partition(".")[2])


_Key = tuple[str, ...]
_Entries = Iterator[tuple[_Key, Ours]]


def _ours_table1(catalog: Catalog) -> _Entries:
    ids = {catalog.name_of(i): i for i in catalog.entities.filter(collection="models")["id"]}
    for row in table1(catalog).to_dicts():
        model = ids[row["name"]]
        yield ("Table 1", model, "top-1"), Ours(row["top1_percent"])
        yield ("Table 1", model, "FLOPs"), Ours(row["gflops"])
        yield ("Table 1", model, "release year"), Ours(float(row["year"]))


def _ours_table3(catalog: Catalog) -> _Entries:
    for row in table3(catalog).to_dicts():
        place = row["locator"].removesuffix(", Throughput")
        test = f"{row['model']} ({row['framework']}) on {row['accelerator']} {row['precision']}"
        yield (place, test, "speed-up"), Ours(row["speed_up"])


def _ours_table4(catalog: Catalog) -> _Entries:
    for row in table4(catalog).to_dicts():
        yield (
            ("Table 4", f"{row['accelerator']} {row['precision']} {row['task']}", "speed-up"),
            Ours(row["speed_up"]),
        )


def _ours_table8(catalog: Catalog, printed: Mapping[_Key, _Printed]) -> _Entries:
    for row in accelerators_in_tflops(catalog).to_dicts():
        key = ("Table 8", f"{row['id']} {row['precision']}", "efficiency")
        yield key, _efficiency(row, printed.get(key))


def _ours_table9(catalog: Catalog, printed: Mapping[_Key, _Printed]) -> _Entries:
    vision, language = (accelerators_in_tflops(catalog, task) for task in ("vision", "language"))
    sets = {
        "none": vision.filter(~pl.col("adapted")),
        "vision": vision.filter("adapted"),
        "language": language.filter("adapted"),
    }
    for task, frame in sets.items():
        for row in frame.to_dicts():
            subject = f"{row['id']} {row['precision']} {task}"
            yield ("Table 9", subject, "peak"), Ours(row["tflops"])
            yield ("Table 9", subject, "tdp"), Ours(row["tdp_w"])
            yield ("Table 9", subject, "release date"), Ours(row["release_date"])
            key = ("Table 9", subject, "efficiency")
            yield key, _efficiency(row, printed.get(key))


def _efficiency(row: dict[str, float], printed: _Printed | None) -> Ours:
    ours = row["gflops_per_w"]
    if printed is None or _rounds_to(ours, printed):
        return Ours(ours)
    # The peaks that the printed quotient can come from, and whether one of them rounds to the printed peak.
    half = 0.5 * _last_digit(printed.printed)
    low, high = ((float(printed.printed) + side * half) * row["tdp_w"] / 1000 for side in (-1, 1))
    implied = f"the printed quotient needs a peak of {low:.4f} to {high:.4f} TFLOPS"
    if low <= row["tflops"] + 0.005 and high >= row["tflops"] - 0.005:
        return Ours(ours, f"rounding: {implied}, which prints as {row['tflops']:.2f}; the paper divided more digits")
    return Ours(ours, f"not reproducible: {implied}, and the table has {row['tflops']:.2f}")

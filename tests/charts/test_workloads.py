"""Charts of workloads: what they show, and that they can be drawn."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from altair import LayerChart

from joulewise.charts.export import save_chart
from joulewise.charts.workloads import energy_against_time, predicted_against_measured
from joulewise.energy.compare import compare
from joulewise.errors import InputError


def test_only_what_fits_is_drawn_with_axes_named(tmp_path: Path) -> None:
    table = compare(["Llama-3.1-8B", "Llama-3.1-70B"], ["H100"], [1, 8])
    chart = energy_against_time(table, "title", joined=True)
    spec = chart.to_dict()
    (rows,) = spec["datasets"].values()
    assert {r["model"] for r in rows} == {"Llama-3.1-8B"}
    save_chart(chart, tmp_path / "folder" / "c.svg")
    text = (tmp_path / "folder" / "c.svg").read_text()
    assert "joules per output token" in text
    assert "seconds per output token" in text


def test_predicted_against_measured_has_every_row_and_the_diagonal() -> None:
    rows = {"measured_j": [0.1, 100.0], "calibrated": [0.2, 90.0], "kind": ["dense", "image"]}
    checked = pl.DataFrame(rows | {"model_family": ["a", "b"], "task": ["x", "y"]})
    spec = predicted_against_measured(checked).to_dict()
    assert len(spec["layer"]) == 4
    assert sorted(map(len, spec["datasets"].values())) == [2, 2, 2, 2]


def test_a_chart_needs_a_known_ending(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="end it with"):
        save_chart(LayerChart(), tmp_path / "c.pdf")

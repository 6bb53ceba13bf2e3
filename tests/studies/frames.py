"""Small made-up catalogues of scored models, on real accelerators."""

from datetime import date
from typing import Any

import polars as pl

from joulewise.catalog import load
from joulewise.studies.inputs import ScoredModels

_IMAGE = {"benchmark": "ImageNet top-1", "harness": None, "kind": "convolution"}


def images(rows: list[tuple[str, date, float, float]]) -> pl.DataFrame:
    """Networks of name, date, score [%] and FLOPs; activations and parameters in proportion to the latter."""
    return pl.DataFrame(
        [
            {
                **_IMAGE, "id": name, "name": name, "family": name.split("-", maxsplit=1)[0], "release_date": day,
                "score": score, "flops": flops, "activation_values": flops / 400, "params": flops / 300,
            }
            for name, day, score, flops in rows
        ],
        schema_overrides={"harness": pl.String},
    )  # fmt: skip


def language(rows: list[tuple[str, date, float, float]], benchmark: str = "MMLU", harness: str = "h") -> pl.DataFrame:
    """Language models of name, date, score and parameters."""
    made: list[dict[str, Any]] = [
        {
            "id": name, "name": name, "family": name.split("-", maxsplit=1)[0], "release_date": day,
            "benchmark": benchmark, "harness": harness, "score": score, "model": None,
            "params": params, "active_params": params,
        }
        for name, day, score, params in rows
    ]  # fmt: skip
    return pl.DataFrame(made, schema_overrides={"model": pl.String, "release_date": pl.Date})


IMAGES = images(
    [
        ("a-1", date(2018, 3, 1), 76.0, 8e9),
        ("a-2", date(2019, 3, 1), 81.0, 16e9),
        ("b-1", date(2019, 9, 1), 77.0, 4e9),
        ("b-2", date(2020, 9, 1), 82.0, 8e9),
        ("c-1", date(2021, 3, 1), 78.0, 1e9),
        ("c-2", date(2022, 3, 1), 86.0, 32e9),
        ("d-1", date(2023, 3, 1), 80.5, 2e9),
        ("d-2", date(2024, 12, 1), 85.5, 9e9),
        ("e-1", date(2025, 6, 1), 70.0, 5e8),
    ]
)

LANGUAGE = language(
    [
        ("x-65b", date(2020, 6, 1), 62.0, 65e9),
        ("x-13b", date(2021, 2, 1), 45.0, 13e9),
        ("y-34b", date(2021, 9, 1), 64.0, 34e9),
        ("y-7b", date(2022, 7, 1), 61.0, 7e9),
        ("y-70b", date(2023, 1, 1), 76.0, 70e9),
        ("z-3b", date(2024, 2, 1), 60.5, 3e9),
        ("z-30b", date(2025, 2, 1), 80.0, 30e9),
        ("z-1b", date(2025, 9, 1), 46.0, 1e9),
    ]
)


def scored(images: pl.DataFrame = IMAGES, language: pl.DataFrame = LANGUAGE) -> dict[str, ScoredModels]:
    """The made-up models by task, all of them with a score."""
    catalog = load()
    return {
        "vision": ScoredModels("vision", images, images, catalog),
        "language": ScoredModels("language", language, language, catalog),
    }

"""Scores of language models on one benchmark: what takes the place of GLUE, on which nothing new is scored."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog

# Attribute of the catalogue -> benchmark, those that reach the most models of all years first.
BENCHMARKS = {
    "eci_points": "Epoch Capabilities Index",
    "mmlu_percent": "MMLU (%)",
    "mmlu_pro_percent": "MMLU-Pro (%)",
    "gpqa_diamond_percent": "GPQA-Diamond (%)",
    "glue_points": "GLUE score",
}


@dataclass(frozen=True)
class LanguageScores:
    """Language models with a score on one benchmark.

    Parameters
    ----------
    benchmark : str
        Its name, with the unit.
    points : polars.DataFrame
        Rows of the language models with ``score`` on it.
    n_glue : int
        Models that have a GLUE score, and the latest year of one in `last_glue_year`.
    last_glue_year : int
    """

    benchmark: str
    points: pl.DataFrame
    n_glue: int
    last_glue_year: int


def language_scores(language: pl.DataFrame, catalog: Catalog) -> LanguageScores:
    """Return the language models scored on the benchmark that most of them have in one setting.

    Scores of different harnesses or settings are not comparable and never pooled: of a benchmark those of the source
    and conditions that scored the most models count alone.
    """
    facts = catalog.facts.filter(
        pl.col("attribute").is_in(list(BENCHMARKS)) & ~pl.col("superseded") & pl.col("number").is_not_null()
    ).select("entity", "attribute", "source", "conditions", "number")
    known = facts.filter(pl.col("entity").is_in(language["id"].to_list()))
    groups = known.group_by("attribute", "source", "conditions", maintain_order=True).agg(n=pl.col("entity").n_unique())
    best = groups.sort("n", descending=True, maintain_order=True).row(0, named=True)
    chosen = known.filter(attribute=best["attribute"], source=best["source"], conditions=best["conditions"])
    scored = chosen.unique("entity", keep="first").select(pl.col("entity").alias("id"), pl.col("number").alias("score"))
    glue = language.filter(pl.col("glue_points").is_not_null())
    return LanguageScores(
        benchmark=BENCHMARKS[best["attribute"]],
        points=language.drop("score").join(scored, on="id", maintain_order="left"),
        n_glue=glue.height,
        last_glue_year=int(float(str(glue["year"].max()))),
    )

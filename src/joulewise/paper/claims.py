"""The numbers in the paper's text, recomputed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from joulewise.catalog import Catalog
from joulewise.counting.scaling import (
    scale_cnn_flops,
    scale_transformer_flops,
    transformer_flops_from_two,
)
from joulewise.impact import references
from joulewise.paper.points import accelerators_in_tflops, models_in_gflops
from joulewise.trends import correlate


@dataclass(frozen=True)
class Ours:
    """Our figure for a printed one.

    Parameters
    ----------
    value : float or date
        In the unit of the printed figure.
    reason : str
        Why it differs, or what choice makes it agree; blank where it simply agrees.
    """

    value: float | date
    reason: str = ""


# Networks retrained with a teacher network, which Table 2 therefore lists a second time.
_RETRAINED = "NoisyStudent|(?i)dist"
_VIT_PATCH_PX = 14


def correlation_without_retrained(architecture: str, catalog: Catalog) -> Ours:
    """Return the correlation of Fig. 1 over the points that reproduce it."""
    rows = models_in_gflops("vision", catalog).filter(architecture=architecture)
    kept = rows.filter(~pl.col("name").str.contains(_RETRAINED))
    distinct = rows.unique(["params", "flops"], maintain_order=True)

    def r(frame: pl.DataFrame) -> float:
        return correlate(frame["params"].to_numpy(), frame["flops"].to_numpy()).r

    return Ours(
        r(kept),
        f"over {kept.height} of {rows.height} points: without the NoisyStudent and distilled models, which "
        f"retrain a listed network; the paper does not say which points it took. All points "
        f"give {r(rows):.3f}; one point per network (distinct parameters and FLOPs, n = {distinct.height}) "
        f"{r(distinct):.3f}",
    )


def efficientnet_l2_gflops(catalog: Catalog) -> float:
    """Return FLOPs of EfficientNet-L2 at its test resolution by Eq. 4. [GFLOP]"""
    return (
        scale_cnn_flops(
            _number(catalog, "efficientnet-b7", "flops"),
            width_ratio=_ratio(catalog, "width_coefficient"),
            depth_ratio=_ratio(catalog, "depth_coefficient"),
            resolution_ratio=_ratio(catalog, "test_resolution_px"),
        )
        / 1e9
    )


def fixefficientnet_gflops(model: str, base: str, base_px: float, catalog: Catalog) -> float:
    """Return FLOPs of a FixEfficientNet by Eq. 3 from the network it re-trains. [GFLOP]"""
    ratio = _number(catalog, model, "test_resolution_px") / base_px
    return scale_cnn_flops(_number(catalog, base, "flops"), resolution_ratio=ratio) / 1e9


def vit_g_gflops(catalog: Catalog) -> Ours:
    """Return FLOPs of ViT-G/14 at its fine-tuning resolution by the paper's rule. [GFLOP]"""
    px = _number(catalog, "vit-g-14", "test_resolution_px")
    at = {n: _number(catalog, "vit-g-14", "flops", resolution_px=str(n)) for n in (224, 384)}
    by_rule = {n: scale_transformer_flops(flops, resolution_ratio=px / n) / 1e9 for n, flops in at.items()}
    two_points = transformer_flops_from_two(
        (px // _VIT_PATCH_PX) ** 2,
        tuple(((n // _VIT_PATCH_PX) ** 2, f) for n, f in at.items()),  # type: ignore[arg-type]
    )
    return Ours(
        by_rule[384],
        f"not reproducible: the square of the resolution gives {by_rule[384]:.0f} from 384 px and "
        f"{by_rule[224]:.0f} from 224 px, and 5270 would need 521 or 523 px for 518. Neither accounts for attention, "
        f"which grows with the square of the tokens: with it both points of Table 6 give {two_points / 1e9:.0f}",
    )


def same_network(subject: str, quantity: str, catalog: Catalog) -> Ours:
    """Return the figure of the other row on the same network; `subject` is ``"a = b"``."""
    this, other = subject.split(" = ")
    attribute = {"parameters": "params", "FLOPs": "flops"}[quantity]
    fact = catalog.source_of(other, attribute)
    mine = catalog.source_of(this, attribute)
    if mine.number == fact.number:
        return Ours(float(fact.value))
    return Ours(
        float(fact.value),
        f"the row is on the same network as {catalog.name_of(other)}, whose figure is from {fact.cited}; this "
        f"one is from {mine.cited}. The two sources round, or count, differently",
    )


def text_claim(subject: str, catalog: Catalog) -> Ours:
    """Return our figure for a claim of the text, by its key in ``data/paper/printed.csv``."""
    return _CLAIMS[subject](catalog)


def _year(model: str) -> Callable[[Catalog], Ours]:
    return lambda catalog: Ours(float(_released(catalog, model).year))


def _top1(model: str) -> Callable[[Catalog], Ours]:
    return lambda catalog: Ours(_number(catalog, model, "top1_percent"))


def _mpl_year(catalog: Catalog) -> Ours:
    day = _released(catalog, "meta-pseudo-labels-l2")
    return Ours(
        float(day.year),
        f"Table 2 dates the model by its preprint, {day.isoformat()}; the text by the publication, which its "
        "bibliography puts in 2021",
    )


def _alexnet_top1(catalog: Catalog) -> Ours:
    value = _number(catalog, "alexnet", "top1_percent")
    return Ours(value, f"Table 2 has {value}, which rounds to {value:.0f}: the text truncates the decimals")


def _tensor_year(catalog: Catalog) -> Ours:
    table = accelerators_in_tflops(catalog).filter(precision="fp16-tensor")
    first = table.sort("year").row(0, named=True)
    return Ours(
        float(first["release_date"].year),
        f"Table 8's first GPU with tensor cores is the {first['name']}, dated {first['release_date']}; the text "
        "puts them at the end of 2017",
    )


def _outlier_year(catalog: Catalog) -> Ours:
    table = accelerators_in_tflops(catalog, "vision")
    return Ours(float(table.sort("gflops_per_w").row(-1, named=True)["release_date"].year))


def _year_of_first_or_last(frame: Callable[[Catalog], pl.DataFrame], row: int) -> Callable[[Catalog], Ours]:
    return lambda catalog: Ours(float(frame(catalog).sort("year").row(row, named=True)["release_date"].year))


def _glue_tokens(catalog: Catalog) -> Ours:
    tokens = models_in_gflops("language", catalog).filter(pl.col("score").is_not_null())["input_tokens"].unique()
    return Ours(float(tokens[0]) if len(tokens) == 1 else float("nan"))


def _reference(position: int, reason: str) -> Callable[[Catalog], Ours]:
    return lambda catalog: Ours(references(catalog)[position].power_w, reason)


def _vision(catalog: Catalog) -> pl.DataFrame:
    return models_in_gflops("vision", catalog)


def _language(catalog: Catalog) -> pl.DataFrame:
    return models_in_gflops("language", catalog)


_CLAIMS: dict[str, Callable[[Catalog], Ours]] = {
    "correlation-cnn": lambda c: correlation_without_retrained("CNN", c),
    "correlation-transformer": lambda c: correlation_without_retrained("Transformer", c),
    "alexnet-top1": _alexnet_top1,
    "alexnet-year": _year("alexnet"),
    "mpl-top1": _top1("meta-pseudo-labels-l2"),
    "mpl-year": _mpl_year,
    "alexnet-gflops": lambda c: Ours(_number(c, "alexnet", "flops") / 1e9),
    "vision-first-year": _year_of_first_or_last(_vision, 0),
    "vision-last-year": _year_of_first_or_last(_vision, -1),
    "efficientnet-b1-top1": _top1("efficientnet-b1"),
    "noisystudent-b1-top1": _top1("noisystudent-b1"),
    "efficientnet-b1-year": _year("efficientnet-b1"),
    "alexnet-to-b1-years": lambda c: Ours(float(_released(c, "efficientnet-b1").year - _released(c, "alexnet").year)),
    "glue-tokens": _glue_tokens,
    "language-first-year": _year_of_first_or_last(_language, 0),
    "gpu-first-year": _year_of_first_or_last(accelerators_in_tflops, 0),
    "gpu-last-year": _year_of_first_or_last(accelerators_in_tflops, -1),
    "t4-year": _outlier_year,
    "tensor-year": _tensor_year,
    "somatic": _reference(0, '"approximately": one significant figure'),
    "external": _reference(1, '"approximately": the nearest power of ten; to one significant figure it is 9,000'),
    "noisystudent-l2-gflops": lambda c: Ours(efficientnet_l2_gflops(c)),
    "fixefficientnet-l2-gflops": lambda c: Ours(
        efficientnet_l2_gflops(c)
        * (_number(c, "fixefficientnet-l2", "test_resolution_px") / _number(c, "efficientnet-l2", "test_resolution_px"))
        ** 2
    ),
    "fixefficientnet-b7-gflops": lambda c: Ours(
        fixefficientnet_gflops(
            "fixefficientnet-b7", "efficientnet-b7", _number(c, "efficientnet-b7", "test_resolution_px"), c
        )
    ),
    "fixefficientnet-b0-gflops": lambda c: Ours(
        fixefficientnet_gflops(
            "fixefficientnet-b0", "efficientnet-b0", _number(c, "efficientnet-b0", "test_resolution_px"), c
        ),
        "rounded to 1.6 and written with a zero more: 0.78 x (320 / 224)^2",
    ),
    "vit-g-14-gflops": vit_g_gflops,
}


def _number(catalog: Catalog, model: str, attribute: str, **conditions: str) -> float:
    number = catalog.source_of(model, attribute, **conditions).number
    if number is None:
        raise ValueError(f"{model} {attribute} is not a number")
    return number


def _released(catalog: Catalog, model: str) -> date:
    return date.fromisoformat(catalog.source_of(model, "release_date").value)


def _ratio(catalog: Catalog, attribute: str) -> float:
    return _number(catalog, "efficientnet-l2", attribute) / _number(catalog, "efficientnet-b7", attribute)

"""The paper's networks counted again, and compared with the FLOPs and parameters that it prints."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from joulewise.catalog import Catalog
from joulewise.catalog.tables import read_csv, shipped_folder
from joulewise.counting.config import count_config
from joulewise.counting.config.compat import electra_flops
from joulewise.counting.config.families import model_of
from joulewise.counting.config.read import read_config
from joulewise.counting.workload import Workload
from joulewise.extras import import_extra

NETWORK_COLUMNS = ("model", "target", "input", "config", "note")
COUNT_COLUMNS = ("model", "params", "flops", "method", "reason")


def networks() -> pl.DataFrame:
    """Return the network that is counted for each model of Tables 2 and 7, where it can be built.

    Returns
    -------
    polars.DataFrame
        ``model`` (id), ``target`` (``timm:NAME``, ``torchvision:NAME``, ``config`` or ``hf``), ``input``
        (side of the image [px], or tokens), ``config`` (JSON), ``note``.
    """
    return read_csv(shipped_folder() / "paper" / "networks.csv", NETWORK_COLUMNS).select(NETWORK_COLUMNS)


def count_network(row: dict[str, str]) -> Workload:
    """Count one row of `networks`; all but ``config`` need an extra."""
    size = int(row["input"])
    kind, _, name = row["target"].partition(":")
    if kind == "config":
        return count_config(json.loads(row["config"]), prompt_tokens=size, precision="fp32")
    if kind == "timm":
        from joulewise.counting.timm_models import count_timm  # noqa: PLC0415

        return count_timm(name, (3, size, size))
    torch = import_extra("torch", "torch", "counting the paper's networks")
    if kind == "torchvision":
        from joulewise.counting.trace import count_module  # noqa: PLC0415

        models = import_extra("torchvision", "timm", "counting the paper's networks").models
        options: dict[str, Any] = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        return count_module(getattr(models, name)(weights=None, **options), torch.empty((1, 3, size, size)))
    from joulewise.counting.hf_models import count_hf  # noqa: PLC0415

    transformers = import_extra("transformers", "hf", "counting the paper's networks")
    values = json.loads(row["config"])
    config = transformers.AutoConfig.for_model(values.pop("model_type"), **values)
    both = getattr(config, "is_encoder_decoder", False)
    return count_hf(config, prompt_tokens=size, output_tokens=size if both else 1)


def electra_gflops(model: str) -> float:
    """Return the FLOPs of one of the paper's encoders as the ELECTRA paper's counter gives them. [GFLOP]"""
    row = networks().filter(model=model).row(0, named=True)
    stack = model_of(read_config(json.loads(row["config"])))
    return electra_flops(stack, int(row["input"])) / 1e9


def recounted(catalog: Catalog) -> pl.DataFrame:
    """Return our count of each network compared with the paper's figures.

    Returns
    -------
    polars.DataFrame
        ``name, input, printed_gflops, counted_gflops, difference_percent`` (ours over the printed one),
        ``printed_params_m, counted_params_m, convention, counted_as, reason`` (why it differs, where it
        does by more than 3%; else a note); in the order of the paper.
    """
    counts = read_csv(shipped_folder() / "paper" / "counts.csv", COUNT_COLUMNS).select(COUNT_COLUMNS)
    rows = []
    for network, count in zip(networks().to_dicts(), counts.to_dicts(), strict=True):
        model = network["model"]
        flops, params = catalog.source_of(model, "flops"), catalog.source_of(model, "params")
        printed = flops.number or float("nan")
        rows.append(
            {
                "name": catalog.name_of(model),
                "input": int(network["input"]),
                "printed_gflops": float(flops.value),
                "counted_gflops": int(count["flops"]) / 1e9,
                "difference_percent": 100 * (int(count["flops"]) / printed - 1),
                "printed_params_m": float(params.value),
                "counted_params_m": int(count["params"]) / 1e6,
                "convention": flops.conditions["convention"],
                "counted_as": network["target"],
                "reason": count["reason"] or network["note"],
            }
        )
    return pl.DataFrame(rows)

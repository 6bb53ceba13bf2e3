"""The shipped counts of the paper's networks are what a count gives now."""

import polars as pl
import pytest

from joulewise.catalog.tables import shipped_folder
from joulewise.paper.recount import count_network, networks

# One of each way of counting; all of them take half a minute.
SAMPLE = ("alexnet", "googlenet", "resnet-50", "efficientnet-b7", "gpt-1", "gpt-3-175b", "albert-base", "squeezebert")


@pytest.mark.parametrize("model", SAMPLE)
def test_recounting_gives_what_is_shipped(model: str) -> None:
    shipped = pl.read_csv(shipped_folder() / "paper" / "counts.csv").filter(model=model).row(0, named=True)
    work = count_network(networks().filter(model=model).row(0, named=True))
    assert (work.params, work.flops) == (shipped["params"], shipped["flops"])
    assert work.uncounted == {}

import polars as pl
import pytest

from joulewise.paper.points import paper_edition
from joulewise.paper.recount import electra_gflops, networks, recounted


def test_the_papers_networks_counted_again() -> None:
    table = recounted(paper_edition())
    assert table.height == networks().height
    far = table.filter(pl.col("difference_percent").abs() > 3)
    assert far.height < 20
    assert (far["reason"] != "").all()
    assert table.filter(pl.col("difference_percent").abs() <= 1).height >= 49


def test_electra_counter_by_hand() -> None:
    # Table 1 of the ELECTRA paper prints 2.9e10 for one inference of BERT-Base at 128 tokens.
    assert electra_gflops("bert-base") == pytest.approx(29, rel=0.02)

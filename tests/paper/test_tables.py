from joulewise.paper import TABLES
from joulewise.paper.points import paper_edition


def test_tables_have_the_papers_rows() -> None:
    catalog = paper_edition()
    heights = {name: build(catalog).height for name, build in TABLES.items()}
    assert list(heights.values()) == [7, 94, 58, 8, 2, 2, 19, 48, 36]


def test_table_1_is_derived_from_table_2() -> None:
    table = TABLES["table1"](paper_edition())
    # As printed in Table 1.
    assert list(table.select("top1_percent", "gflops", "year").iter_rows()) == [
        (56.52, 1.42, 2012), (60.21, 2.34, 2013), (69.77, 3.0, 2014), (70.6, 1.14, 2017), (74.7, 1.18, 2018),
        (79.1, 1.4, 2019), (81.5, 1.4, 2019),
    ]  # fmt: skip


def test_table_2_has_a_source_for_each_figure() -> None:
    table = TABLES["table2"](paper_edition())
    for column in ("top1_percent", "params", "flops", "extra_data", "release_date", "architecture"):
        assert table[f"{column}_source"].null_count() == 0

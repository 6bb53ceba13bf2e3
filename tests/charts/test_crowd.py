import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from joulewise.charts import Axis, crowd, emphasised, merge_close, stack
from joulewise.charts.theme import HEIGHT, WIDTH

X = Axis("year", "Year", (2010.0, 2030.0))
Y = Axis("flops", "FLOPs", (1.0, 1e6), log=True)


def _frame(rows: list[tuple[float, float, str]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["year", "flops", "kind"], orient="row")
    return frame.with_columns(name=pl.format("m{}", pl.int_range(pl.len())))


_rows = st.lists(
    st.tuples(st.floats(2010, 2030), st.floats(1, 1e6), st.sampled_from(["a", "b"])), min_size=1, max_size=200
)


@given(_rows)
def test_merging_loses_no_point_and_keeps_each_in_its_cell(rows: list[tuple[float, float, str]]) -> None:
    frame = _frame(rows)
    merged = merge_close(frame, X, Y, "kind")
    assert merged["n"].sum() == frame.height
    for kind, n in frame.group_by("kind").len().iter_rows():
        assert merged.filter(kind=kind)["n"].sum() == n
    assert X.domain[0] <= float(str(merged["year"].min())) and float(str(merged["year"].max())) <= X.domain[1]
    assert float(str(merged["flops"].max())) <= Y.domain[1] * (1 + 1e-9)


@given(_rows)
def test_no_more_dots_than_cells(rows: list[tuple[float, float, str]]) -> None:
    merged = merge_close(_frame(rows), X, Y, cell_px=200)
    assert merged.height <= (WIDTH // 200 + 1) * (HEIGHT // 200 + 1)


def test_merged_points_are_at_their_geometric_mean_with_their_names() -> None:
    frame = _frame([(2020.0, 1000.0, "a"), (2020.02, 1020.0, "a"), (2011.0, 5.0, "a")])
    merged = merge_close(frame, X, Y, "kind").sort("n")
    assert merged["n"].to_list() == [1, 2]
    assert merged["name"].to_list() == ["m2", "m0, m1"]
    assert abs(merged["flops"][1] - (1000 * 1020) ** 0.5) < 1e-6


def test_more_than_three_names_are_counted() -> None:
    frame = _frame([(2020.0, 1000.0, "a")] * 5)
    assert merge_close(frame, X, Y)["name"].to_list() == ["m0, m1, m2 and 2 more"]


def test_fifteen_hundred_points_draw_fewer_dots_and_keep_the_rings() -> None:
    # As catalogues are: by months, with many values alike.
    rows = [(2019 + (k % 60) / 12, 10 ** (2 + (k * 7919) % 100 / 50), "ab"[k % 2]) for k in range(1500)]
    frame = _frame(rows)
    spec = stack(
        [crowd(frame, X, Y, colour=("kind", "Kind")), *emphasised(frame.head(3), X, Y, labelled=["m1"])], "Many"
    ).to_dict()
    values = {name: len(rows) for name, rows in spec["datasets"].items()}
    dots, rings = (values[layer["data"]["name"]] for layer in spec["layer"][:2])
    assert dots < 1000
    assert rings == 3
    assert any(layer["mark"]["type"] == "text" for layer in spec["layer"][2:])

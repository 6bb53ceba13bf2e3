"""Reading ONNX files: open dimensions, files that are no models, external data."""

from pathlib import Path

import pytest

from joulewise.counting.onnx_graph import count_onnx
from joulewise.errors import InputError, UnknownNameError
from tests.counting.onnx_graph.graphs import graph_model, kept_outside, op, saved


def test_open_dimensions_are_an_error_that_names_them(tmp_path: Path) -> None:
    path = saved(tmp_path, graph_model([op("MatMul", "x,w")], {"x": ["batch", "length", 5]}, {"w": [5, 6]}))
    with pytest.raises(InputError, match=r"open dimensions: batch, length .*--dim batch=N --dim length=N"):
        count_onnx(path)
    with pytest.raises(UnknownNameError, match="did you mean batch"):
        count_onnx(path, dims={"bach": 2, "length": 3})
    with pytest.raises(InputError, match="at least 1, not 0"):
        count_onnx(path, dims={"batch": 0, "length": 3})


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"not a model", "is not an ONNX model"), (b"\x08", "is not an ONNX model")],
)
def test_what_is_no_model(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        count_onnx(path)


def test_a_model_cut_short(tmp_path: Path) -> None:
    path = saved(tmp_path, graph_model([op("MatMul", "x,w")], {"x": [2, 50]}, {"w": [50, 60]}))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not an ONNX model, or is cut short"):
        count_onnx(path)


@pytest.mark.parametrize("place", ["/etc/passwd", "../secret.bin", "C:\\secret.bin", "a/../../b"])
def test_data_outside_the_folder_is_refused(tmp_path: Path, place: str) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 6]})
    kept_outside(model.graph.initializer[0], place)
    with pytest.raises(InputError, match="lie outside its folder"):
        count_onnx(saved(tmp_path, model))


def test_external_data_need_not_be_there(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 6]})
    kept_outside(model.graph.initializer[0], "weights.bin")
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 2 * 5 * 6, 30, 120)

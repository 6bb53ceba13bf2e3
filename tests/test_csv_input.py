"""CSV as spreadsheets write it, and frames of other libraries by Arrow."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from joulewise.csv_input import frame_of, read_lines, read_rows
from joulewise.errors import InputError

ROWS = [{"model": "Größe", "batch_size": "8"}, {"model": "b", "batch_size": ""}]


def read(tmp_path: Path, content: bytes) -> list[dict[str, Any]]:
    (tmp_path / "t.csv").write_bytes(content)
    return read_rows(tmp_path / "t.csv").to_dicts()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_gives_the_same_rows(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    lines = ["model,batch_size", "Größe,8", "", "b,", ""]
    text = end.join(lines).replace(",", delimiter)
    assert read(tmp_path, text.encode(encoding)) == ROWS


def test_utf_16_of_either_order(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xfe\xff" + "a,b\n1,2".encode("utf-16-be")) == [{"a": "1", "b": "2"}]
    assert read(tmp_path, b"\xff\xfe" + "a,b\n1,2".encode("utf-16-le")) == [{"a": "1", "b": "2"}]


def test_decimal_commas_between_semicolons(tmp_path: Path) -> None:
    text = b"model;params_b;note\nx;0,5;1,a\ny;1.234,5;a,1\nz;-3,0e-2;\n"
    assert [(r["params_b"], r["note"]) for r in read(tmp_path, text)] == [
        ("0.5", "1,a"),
        ("1234.5", "a,1"),
        ("-3.0e-2", ""),
    ]


def test_decimal_points_between_semicolons_are_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, b"model;params_b\nx;1.234\n") == [{"model": "x", "params_b": "1.234"}]


def test_a_thousand_or_a_fraction_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2, column 'params_b': '1.234' may be 1234 or a fraction"):
        read(tmp_path, b"model;params_b\nx;0,5\ny;1.234\n")


def test_the_delimiter_is_that_of_the_header(tmp_path: Path) -> None:
    assert read(tmp_path, b'"a;b","c"\n"1;2",3\n') == [{"a;b": "1;2", "c": "3"}]
    assert read(tmp_path, b"sep=;\r\na;b\r\n1;2\r\n") == [{"a": "1", "b": "2"}]
    assert read(tmp_path, b'a,b\n"line\nbreak",2\n') == [{"a": "line\nbreak", "b": "2"}]
    # No line separator of Unicode ends a row.
    assert read(tmp_path, "a,b\nx\u2028y\x0c,2\n".encode()) == [{"a": "x\u2028y\x0c", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n\n", "is empty"),
        (b"a,b\n\n1,2\n3\n", r"row 2: 1 cells, but the header has 2"),
        (b"a,b\n1,2,3\n", r"row 1: 3 cells, but the header has 2 \(put a cell that holds ',' in quotes"),
        (b"a,a\n1,2\n", "header: columns 1 and 2 are both 'a'"),
        (b"a,\n1,2\n", "header: column 2 has no name"),
        (b'a,b\n"1,2\n', "line 2: a quote is never closed"),
        (b"a,b\n1,2\n3,4\0\n", "row 2, column 2: holds a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16-le"), "header, column 1: holds a NUL byte"),
        (b"a,b\nx,2\ncaf\xe9,1\n", "line 3: byte 0xe9 is not UTF-8"),
        (b"PK\x03\x04 ...", "is a workbook or zip file, not CSV"),
    ],
)
def test_what_is_no_table_is_one_line_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"t\.csv.*{said}"):
        read(tmp_path, content)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.csv: No such file"):
        read_rows(tmp_path / "none.csv")
    with pytest.raises(InputError, match="Is a directory"):
        read_rows(tmp_path)
    with pytest.raises(InputError, match="holds a NUL byte"):
        read_rows(Path("a\0b"))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfea\0;\0b\0\n\x001\0;\x002\0")))
    assert read_rows(None).to_dicts() == [{"a": "1", "b": "2"}]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfalexnet\r\n\n resnet50 \n")))
    assert list(read_lines()) == [(1, "alexnet"), (3, "resnet50")]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\0c\n")))
    with pytest.raises(InputError, match="line 2: holds a NUL byte"):
        list(read_lines())
    monkeypatch.setattr(sys, "stdin", None)
    for reads in (lambda: read_rows(None), lambda: list(read_lines())):
        with pytest.raises(InputError, match="standard input is closed"):
            reads()


def test_a_large_table_is_read_in_moments(tmp_path: Path) -> None:
    line = ";".join(["0,5"] * 10)
    (tmp_path / "t.csv").write_text(";".join(f"c{i}" for i in range(10)) + f"\n{line}" * 100_000)
    begun = time.process_time()
    frame = read_rows(tmp_path / "t.csv")
    assert time.process_time() - begun < 5
    assert frame.shape == (100_000, 10)
    assert frame.row(99_999) == ("0.5",) * 10


class Foreign:
    """A frame of another library, as far as Arrow knows it."""

    def __init__(self, frame: pl.DataFrame | pl.Series) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


class WithoutPyarrow:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise ImportError("Missing optional dependency 'pyarrow'")


def test_frames_of_other_libraries() -> None:
    others = {"pandas", "pyarrow"}
    loaded = others & set(sys.modules)
    frame = pl.DataFrame({"model": ["a", None], "batch_size": [1.5, 2.0], "n": [1, 2]})
    assert frame_of(frame) is frame
    assert frame_of(Foreign(frame)).equals(frame)
    categories = frame.with_columns(pl.col("model").cast(pl.Categorical))
    assert frame_of(Foreign(categories)).equals(frame)
    assert others & set(sys.modules) == loaded  # imported by other tests, if at all


def test_what_is_no_frame() -> None:
    with pytest.raises(InputError, match=r"a table is expected, not a list \(give a polars.DataFrame"):
        frame_of([{"model": "a"}])
    with pytest.raises(InputError, match="converted by pyarrow, which is not installed"):
        frame_of(WithoutPyarrow())
    with pytest.raises(InputError, match="cannot be converted"):
        frame_of(Foreign(pl.Series([1, 2])))

"""One table of number formats: sizes from their definitions, and names as people write them."""

import pytest

from joulewise.errors import UnknownNameError
from joulewise.formats import FORMATS, RATE_GROUPS, format_named


@pytest.mark.parametrize(
    ("name", "size_bytes"),
    [
        ("fp64", 8.0),
        ("fp32", 4.0),
        ("bf16", 2.0),
        ("fp8", 1.0),
        ("int8", 1.0),
        ("int4", 0.5),
        # 32 values of 4 bits and one scale of 8: 136 bits; 16 values of 4 bits and one scale of 8: 72 bits.
        ("mxfp4", 136 / 32 / 8),
        ("nvfp4", 72 / 16 / 8),
    ],
)
def test_a_value_takes_the_bits_of_its_format_and_its_share_of_the_scale(name: str, size_bytes: float) -> None:
    assert FORMATS[name].bytes == size_bytes


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("BF16", "bf16"),
        ("bfloat16", "bf16"),
        ("float16/bfloat16", "bf16"),
        ("half", "fp16"),
        ("INT8 (mixed)", "int8"),
        ("int8,fp16", "int8"),
        ("nf4", "mxfp4"),
        ("AWQ", "int4"),
        (" fp8 ", "fp8"),
    ],
)
def test_names_as_people_write_them(written: str, name: str) -> None:
    assert format_named(written).name == name


def test_no_name_means_two_formats() -> None:
    names = [name for f in FORMATS.values() for name in (f.name, *f.aliases)]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="fp16"):
        format_named("fp15")


def test_arithmetic_is_in_a_format_of_the_table() -> None:
    assert {f.arithmetic for f in FORMATS.values()} == {None, "bf16", "fp8", "mxfp4"}


def test_plain_rates_of_fp16_are_not_those_of_matrix_units() -> None:
    assert RATE_GROUPS["fp16"] == "16-bit"
    assert RATE_GROUPS["fp16-tensor"] == RATE_GROUPS["bf16"] == "16-bit tensor"

"""Number formats: the bits of a stored value, and the arithmetic that processes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from joulewise.errors import UnknownNameError


@dataclass(frozen=True)
class NumberFormat:
    """A format that weights, activations or a cache may be stored in.

    Parameters
    ----------
    name : str
        Name in joulewise.
    bits : float
        Of one stored value, its share of a block's scale included. [bit]
    significand_bits, sum_bits : int
        Of the significand with its hidden bit (of an integer its width), and of the sum that products are added to.
    arithmetic : str or None
        The format whose rate an accelerator reaches on weights stored in this one: narrow weights are widened where
        engines do so. None where no engine serves models in it.
    group : str
        Name in studies of the peak rates listed under `name`.
    tensor_group : str
        Name in studies of the rates of matrix units in this format, listed under ``name-tensor``.
    aliases : tuple of str
        Other names, in lower case.
    torch : str or None
        The name of the type in PyTorch, where networks can be run in it.
    """

    name: str
    bits: float
    significand_bits: int
    sum_bits: int
    arithmetic: str | None
    group: str
    tensor_group: str
    aliases: tuple[str, ...] = ()
    torch: str | None = None

    @property
    def bytes(self) -> float:
        """Return the bytes of one stored value, its share of a block's scale included. [B]"""
        return self.bits / 8


FORMATS: dict[str, NumberFormat] = {
    f.name: f
    for f in (
        NumberFormat("fp64", 64, 53, 53, None, "FP64", "FP64 tensor", ("float64", "double"), "float64"),
        NumberFormat("fp32", 32, 24, 24, "bf16", "FP32", "FP32", ("float32", "float"), "float32"),
        NumberFormat("tf32", 32, 11, 24, None, "TF32 tensor", "TF32 tensor"),
        NumberFormat("fp16", 16, 11, 24, "bf16", "16-bit", "16-bit tensor", ("float16", "half"), "float16"),
        NumberFormat(
            "bf16", 16, 8, 24, "bf16", "16-bit tensor", "16-bit tensor", ("bfloat16", "float16/bfloat16"), "bfloat16"
        ),
        NumberFormat("fp8", 8, 4, 24, "fp8", "FP8 tensor", "FP8 tensor", ("float8", "fp8-dynamic", "e4m3")),
        NumberFormat("int8", 8, 8, 32, "bf16", "INT8", "INT8", ("uint8", "w8a8")),
        # Blocks of 32 values share a scale of 8 bits in MXFP4, of 16 values in NVFP4 (OCP Microscaling, 2023).
        NumberFormat("mxfp4", 4.25, 2, 24, "mxfp4", "FP4 tensor", "FP4 tensor", ("nf4",)),
        NumberFormat("nvfp4", 4.5, 2, 24, "mxfp4", "FP4 tensor", "FP4 tensor"),
        NumberFormat("fp4", 4, 2, 24, "mxfp4", "FP4 tensor", "FP4 tensor"),
        NumberFormat("int4", 4, 4, 32, "mxfp4", "INT4", "INT4", ("awq", "gptq", "w4a16")),
    )
}
"""Every format by its name."""

_BY_NAME = {name: f for f in FORMATS.values() for name in (f.name, *f.aliases)}

RATE_GROUPS: dict[str, str] = {f.name: f.group for f in FORMATS.values()} | {
    f"{f.name}-tensor": f.tensor_group for f in FORMATS.values()
}
"""Name in studies of an accelerator's peak rate, by the precision that the catalogue lists it under."""


def format_named(name: str) -> NumberFormat:
    """Return the number format that a name means.

    Parameters
    ----------
    name : str
        In upper or lower case, ``bfloat16`` or ``BF16``. Of a mixture only the first counts: ``INT8 (mixed)``,
        ``int8,fp16``.

    Raises
    ------
    UnknownNameError
        If there is no such format; with the nearest names.

    Examples
    --------
    >>> format_named("BFloat16").name, format_named("mxfp4").bytes
    ('bf16', 0.53125)
    """
    found = _BY_NAME.get(re.split(r"[ ,]", name.strip().lower())[0])
    if found is None:
        raise UnknownNameError("number format", name, FORMATS)
    return found

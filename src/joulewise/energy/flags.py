"""Flags of an estimate: what was assumed in a row, and what lies outside the measured data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Flag(StrEnum):
    """One thing to know about an estimate; its value is its name in tables and JSON."""

    # The row left something out; the assumed value follows the name.
    BATCH_ASSUMED = "batch-assumed"
    PROMPT_ASSUMED = "prompt-assumed"
    PROMPT_OF_TASK = "prompt-of-task"
    OUTPUT_ASSUMED = "output-assumed"
    STEPS_ASSUMED = "steps-assumed"
    IMAGE_ASSUMED = "image-assumed"
    IMAGE_SIZE_OF_MODEL = "image-size-of-model"
    PRECISION_ASSUMED = "precision-assumed"
    COPIES_ASSUMED = "copies-assumed"
    SHAPE_FROM_SIZE = "shape-from-size"
    # Outside the measured data; the interval widens where the error of such rows is known.
    ACCELERATOR_NOT_MEASURED = "accelerator-not-measured"
    NETWORK_NOT_MEASURED = "network-not-measured"
    PRECISION_NOT_MEASURED = "precision-not-measured"
    ACCELERATORS_ALONE_NOT_MEASURED = "accelerators-alone-not-measured"
    RECURRENT_NOT_MEASURED = "recurrent-layers-not-measured"
    RECURRENT_AS_ATTENTION = "recurrent-layers-as-attention"
    ENCODER_DECODER_NOT_MEASURED = "encoder-decoder-not-measured"
    BATCH_BEYOND_MEASURED = "batch-beyond-measured"
    DATA_PARALLEL = "data-parallel"
    # What the figure covers, and what corrected it.
    AT_THE_WALL = "at-the-wall"
    DOES_NOT_FIT = "does-not-fit"
    MEASURED_NEARBY = "measured-nearby"
    MEASURED_AFAR = "measured-afar"


UNLIKE_MEASURED = frozenset(
    {Flag.RECURRENT_NOT_MEASURED, Flag.RECURRENT_AS_ATTENTION, Flag.ENCODER_DECODER_NOT_MEASURED}
)
"""Flags of models that no measured row resembles: no measurement says how far off their estimates are."""


@dataclass(frozen=True)
class Flagged:
    """A flag of one row.

    Parameters
    ----------
    flag : Flag
    value : str
        What was assumed, e.g. ``"256"``; blank where the flag says all.
    """

    flag: Flag
    value: str = ""

    def __str__(self) -> str:
        return f"{self.flag.value}-{self.value}" if self.value else self.flag.value


def assumed(flag: Flag, value: float | str) -> Flagged:
    """Return a flag with the assumed value."""
    return Flagged(flag, value if isinstance(value, str) else f"{value:g}")

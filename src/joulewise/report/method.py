"""Notes on the methods behind today's page; the figures in the text come from the code."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.catalog import accelerator_spec
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.grid import BATCH_SIZE, FIXED, LADDER, OUTPUT_TOKENS, PER_TOKENS, PROMPT_TOKENS
from joulewise.impact.footprint import HOST_SHARE
from joulewise.studies.outlook.data import BACKTEST_SHARE, SPANS
from joulewise.studies.wording import among, per_cent
from joulewise.trends.staircase import DRAWS


@dataclass(frozen=True)
class MethodNote:
    """A term of the page, and how its numbers are made."""

    name: str
    text: str


def method_notes() -> tuple[MethodNote, ...]:
    """Return the notes on method, in the order of the page."""
    return (
        MethodNote(
            "Energy by the paper's method",
            "FLOPs of one forward pass divided by FLOP/J of hardware running at its peak. The hardware's efficiency is "
            "read off its trend at the date of the model, extrapolated to today.",
        ),
        MethodNote(
            "Energy by the calibrated method",
            "Time and power of each step follow from its FLOPs and bytes, with constants fitted to public "
            f"measurements. Language models: energy of the accelerators alone, per {PER_TOKENS:,} output tokens, at "
            f"batch size {BATCH_SIZE} with {PROMPT_TOKENS} prompt and {OUTPUT_TOKENS} output tokens, on the number of "
            "accelerators that takes the least energy. Images: energy of the whole server at the wall, with its "
            "accelerators kept busy.",
        ),
        MethodNote(
            "Accelerators",
            f"Fixed: the {FIXED} at all dates. Contemporary: of {among(LADDER)}, the accelerator with the least energy "
            f"that was on sale by the date. {_unmeasured_accelerators()}",
        ),
        MethodNote(
            "Constant quality",
            "The lowest energy so far of all models that reach a score. Halving times come from a line fitted to the "
            f"steps, with an interval from {DRAWS} staircases in which families of models are resampled; and from the "
            "first step to the end of the data.",
        ),
        MethodNote(
            "What made it fall",
            "Energy is work divided by the hardware's peak efficiency and by the share of the peak that is reached: in "
            "logarithms, three parts that add up. The other decomposition changes model and accelerator in both "
            "orders and averages their effects, which add up as well.",
        ),
        MethodNote("Fronts", "The models available at a date that no other beats on both score and energy."),
        MethodNote(
            "Outlook",
            "A line through the logarithm of joules per token or image, extrapolated by at most "
            f"{SPANS} times the years that it covers, multiplied by the assumed use. Three bands: of the line; of a "
            "single model about it; and the latter widened by the errors that earlier fits of the same series made in "
            f"{per_cent(BACKTEST_SHARE)} of backtests. Language: multiplied by {HOST_SHARE.central:g} for hosts and "
            f"idle machines ({HOST_SHARE.low:g} to {HOST_SHARE.high:g}).",
        ),
        MethodNote(
            "Trends",
            "Least squares through the decimal logarithm of a value against the decimal year, with intervals by "
            "Student's t. Dates come from the data alone.",
        ),
    )


def _unmeasured_accelerators() -> str:
    """Return which of the listed accelerators have no measurement at the wall."""
    wall = load_calibration().parameters["sample"]
    missing = [name for name in LADDER if f"speed.{accelerator_spec(name).die}" not in wall]
    if not missing:
        return "All of them were measured at the wall."
    return f"For images, which are measured at the wall, {among(missing)} take the constants of other designs."

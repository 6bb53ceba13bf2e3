"""How the numbers of today's page were made, in words that take their figures from the code."""

from __future__ import annotations

from joulewise.catalog import accelerator_spec
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.pricing import BATCH_SIZE, FIXED, LADDER, OUTPUT_TOKENS, PER_TOKENS, PROMPT_TOKENS
from joulewise.impact.footprint import HOST_SHARE
from joulewise.studies.paths import BACKTEST_SHARE, SPANS
from joulewise.studies.words import among, per_cent
from joulewise.trends.staircase import DRAWS


def method() -> list[tuple[str, str]]:
    """Return what is done, by what it is called."""
    return [
        (
            "Energy by the paper's method",
            "FLOPs of one forward pass over the FLOP/J of hardware at its peak, as the trend of hardware gives it for "
            "the date of the model, carried on to today.",
        ),
        (
            "Energy by the calibrated method",
            "Time and power of each step from its FLOPs and bytes, with constants fitted to public measurements. "
            f"Language models: the accelerators alone, per {PER_TOKENS:,} tokens of the answer, at batch {BATCH_SIZE}, "
            f"with {PROMPT_TOKENS} tokens of prompt and {OUTPUT_TOKENS} of answer, on the number of accelerators that "
            "takes least. Images: the whole server at the wall, its accelerators kept busy.",
        ),
        (
            "Accelerators",
            f"Fixed: the {FIXED} for all dates. Of the time: of {among(LADDER)}, whichever was out by the date and "
            f"takes least. {_not_measured()}",
        ),
        (
            "Constant quality",
            "The least energy so far of all models that reach a score. Halving times: a line through the steps; the "
            f"line's interval drawn from {DRAWS} staircases of families of models drawn anew; and overall, from the "
            "first step to the end of the data.",
        ),
        (
            "What made it fall",
            "Energy is work over the peak efficiency of the hardware times the share of the peak that is reached: in "
            "logarithms three parts that sum. The other split swaps model and accelerator in both orders and takes the "
            "mean of their effects, which sums too.",
        ),
        (
            "Fronts",
            "The models out at a date that no other beats on both score and energy.",
        ),
        (
            "Outlook",
            "A line through the logarithm of joules per token or image, carried on for at most "
            f"{SPANS} times the years that it covers, times how much people use. Bands: of the line; of a single "
            "model about it; and the latter widened by how far earlier fits of the same series were off, "
            f"{per_cent(BACKTEST_SHARE)} of the time. Language: ×{HOST_SHARE.central:g} for host and idle machines "
            f"({HOST_SHARE.low:g} to {HOST_SHARE.high:g}).",
        ),
        (
            "Trends",
            "Least squares through the decimal logarithm of a value against the decimal year, with intervals by "
            "Student's t. Dates come from the data alone.",
        ),
    ]


def _not_measured() -> str:
    """Return which accelerators of the list no measurement at the wall has calibrated."""
    wall = load_calibration().parameters["sample"]
    missing = [name for name in LADDER if f"speed.{accelerator_spec(name).die}" not in wall]
    if not missing:
        return "All of them were measured at the wall."
    return f"For images, which are measured at the wall, {among(missing)} take the constants of other designs."

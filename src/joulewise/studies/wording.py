"""Numbers in sentences, formatted the same in every study."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite

from joulewise.units import significant, with_prefix

_WHOLE = 10.0


def joules(value: float) -> str:
    """Return an energy with its prefix, e.g. ``12.3 mJ``."""
    return with_prefix(value, "J")


def watts(value: float) -> str:
    """Return a power with its prefix, e.g. ``97 W``."""
    return with_prefix(value, "W")


def factor(value: float) -> str:
    """Return a factor to two significant figures: ``1,400`` or ``1.7``."""
    return f"{float(significant(value, 2)):,.0f}" if value >= _WHOLE else significant(value, 2)


def times(value: float) -> str:
    """Return a factor in words: ``14 times`` or ``1.7 times``."""
    return f"{factor(value)} times"


def per_cent(share: float) -> str:
    """Return a share rounded to whole per cent, with a minus sign where it is negative."""
    return f"{round(100 * share)}%".replace("-", "−")


def years(value: float) -> str:
    """Return a span of time, in months if below two years."""
    if not isfinite(value):
        return "never"
    if value < 2:
        return f"{significant(12 * value, 2)} months"
    return f"{significant(value, 2)} years"


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun, e.g. ``1 model`` or ``3 models``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def among(items: Sequence[str]) -> str:
    """Return items joined for a sentence: ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capital(text: str) -> str:
    """Return a text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def slug(text: str) -> str:
    """Return a text as a name for files and links: lower case, hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))

import math

import pytest

from joulewise.studies.wording import among, capital, factor, joules, per_cent, plural, slug, times, watts, years


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (joules(0.01234), "12.3 mJ"),
        (watts(97.0), "97.0 W"),
        (factor(1.74), "1.7"),
        (factor(1437.0), "1,400"),
        (times(14.2), "14 times"),
        (per_cent(0.256), "26%"),
        (per_cent(-0.061), "−6%"),
        (years(1.7), "20 months"),
        (years(2.06), "2.1 years"),
        (years(math.inf), "never"),
        (plural(1, "model"), "1 model"),
        (plural(1523, "model"), "1,523 models"),
        (plural(2, "series", "series"), "2 series"),
        (among(["a"]), "a"),
        (among(["a", "b", "c"]), "a, b and c"),
        (capital("fLOPs of it"), "FLOPs of it"),
        (slug("GPQA-Diamond (Epoch AI, Inspect)"), "gpqa-diamond-epoch-ai-inspect"),
    ],
)
def test_numbers_and_words(written: str, expected: str) -> None:
    assert written == expected

"""Counts of the open language models of the catalogue, at one length of the input."""

from __future__ import annotations

from collections.abc import Iterator

from joulewise.catalog import Catalog
from joulewise.counting import language
from joulewise.derived.derivation import Derivation, Steps


def rows(catalog: Catalog, _steps: Steps) -> Iterator[dict[str, str]]:
    """Return facts on FLOPs and parameters, in closed form from each model's architecture."""
    yield from language.rows(catalog).iter_rows(named=True)


LANGUAGE_COUNTS = Derivation(
    "language-counts", language.FILE, "FLOPs and parameters of open language models", rows, lambda _: 1
)

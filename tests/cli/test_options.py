"""Bounded numbers and the texts that options take."""

from __future__ import annotations

from datetime import date

import click
import pytest
from click.testing import CliRunner

from joulewise.cli.options import bounded_float, bounded_int, parse_date, parse_image, parse_size, parse_years
from joulewise.errors import InputError


@click.command()
@click.option("--pue", type=bounded_float(1, 10))
@click.option("-s", "--seconds", "--most-seconds", type=bounded_float(0.001, 86_400, "s"), default=60.0)
@click.option("--count", type=bounded_int(1, 10_000), default=1)
def command(pue: float | None, seconds: float, count: int) -> None:
    click.echo(repr((pue, seconds, count)))


def run(*args: str) -> str:
    """Return what the command prints, or the message of its error."""
    done = CliRunner().invoke(command, args, standalone_mode=False)
    return done.exception.format_message() if isinstance(done.exception, click.UsageError) else done.output.strip()


def test_numbers_within_the_bounds_both_included() -> None:
    assert run("--pue", "1", "-s", "86400", "--count", "10000") == "(1.0, 86400.0, 10000)"
    assert run("--pue", "1.58") == "(1.58, 60.0, 1)"


@pytest.mark.parametrize("value", ["120", "0.999", "-1", "inf", "-inf", "nan", "1e400", "5e-324"])
def test_a_number_out_of_bounds_is_refused_with_the_bounds(value: str) -> None:
    assert run("--pue", value) == f"--pue must be between 1 and 10, not {value}"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--pue", "much"), "--pue must be a number between 1 and 10, not 'much'"),
        (("-s", "0"), "--seconds must be between 0.001 and 86,400 s, not 0"),
        (("--count", "100000"), "--count must be between 1 and 10,000, not 100000"),
        (("--count", "2.5"), "--count must be a whole number between 1 and 10,000, not '2.5'"),
        (("--count", "9" * 5000), "--count must be a whole number between 1 and 10,000, not '" + "9" * 5000 + "'"),
    ],
)
def test_plain_messages(args: tuple[str, ...], said: str) -> None:
    assert run(*args) == said


def test_the_help_shows_the_bounds() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert "--pue 1..10" in text
    assert "--count 1..10,000" in text
    assert "--most-seconds NUMBER" in text


def test_texts() -> None:
    assert parse_years("2018") == (2018, 2018)
    assert parse_years("2018..2020") == (2018, 2020)
    assert parse_date("2020-06") == date(2020, 6, 1)
    assert parse_size("3x224x256") == (3, 224, 256)
    assert parse_image("1024x768") == (1024, 768)
    assert [f(None) for f in (parse_years, parse_date, parse_size, parse_image)] == [None] * 4


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (parse_size, "3x224", "is not an input size"),
        (parse_size, "3x0x224", "is not an input size"),
        (parse_size, "3x224x224x224", "is not an input size"),
        (parse_size, "5000x224x224", "4,096 channels at most, not 5,000"),
        (parse_size, "3x99999x224", "16,384 px a side at most, not 99,999 px"),
        (parse_image, "224", "is not an image size"),
        (parse_image, "224x" + "9" * 5000, "is not an image size"),
        (parse_image, "99999x224", "16,384 px a side at most, not 99,999 px"),
        (parse_years, "18", "is not a year or a span of years"),
        (parse_years, "2020..2018", "runs backwards"),
        (parse_date, "2020-02-30", "is not a date"),
    ],
)
def test_texts_that_are_refused(parse: object, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(text)  # type: ignore[operator]

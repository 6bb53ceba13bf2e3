"""Text from others, made safe: control characters, long values, addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.text import is_web_address, one_line, printable, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ResNet-50 · Größe 10²", "ResNet-50 · Größe 10²"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("a\ud800b", r"a\ud800b"),
        ("a\tb\x00", r"a\tb\x00"),
    ],
)
def test_what_steers_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_some_characters_can_be_kept() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@given(st.text())
def test_a_line_is_one_line_of_bytes(text: str) -> None:
    line = one_line(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)
    line.encode()


def test_long_values_are_shortened_with_their_length() -> None:
    assert shortened("x" * 120) == "x" * 120
    assert shortened("x" * 20_000) == "x" * 80 + "…" + "x" * 24 + " (20,000 characters)"


@pytest.mark.parametrize("value", ["y" * 20_000, "y y " * 5_000])
def test_long_values_in_a_message_are_shortened(value: str) -> None:
    line = one_line(f"unknown model {value!r} (did you mean ResNet-50?)")
    assert len(line) < 250
    assert "(20,000 characters)" in line
    assert line.endswith("(did you mean ResNet-50?)")


def test_a_usual_message_stays_as_it_is() -> None:
    message = "cannot write /tmp/a folder/x.csv: it isn't there; give 'another' file"
    assert one_line(message) == message


def test_a_message_without_end_is_cut() -> None:
    assert len(one_line("word " * 10_000)) < 2_100


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://arxiv.org/abs/2109.05472", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("https:", False),
        ("http://[", False),
        ("//example.org", False),
        ("", False),
    ],
)
def test_web_addresses(address: str, is_one: bool) -> None:
    assert is_web_address(address) is is_one

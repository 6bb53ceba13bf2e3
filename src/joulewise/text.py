"""Make text from others safe to show: names, paths, cells and addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_SHOWN = 120
"""A longer value is shortened in a message, which then states its length."""

_LONGEST_LINE = 2000
_HEAD, _TAIL = 80, 24
# Control characters (a terminal obeys them), marks that reverse the direction of text, line separators, and halves
# of surrogate pairs (they stand for bytes that are not UTF-8, and cannot be written).
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.){121,})'|\"((?:[^\"\\]|\\.){121,})\"")
_UNBROKEN = re.compile(r"[^\s'\"]{121,}")


def printable(text: str, keep: str = "") -> str:
    r"""Return text without characters that control a terminal: each is escaped as in a Python string.

    Parameters
    ----------
    text : str
    keep : str
        Characters that are left as they are, e.g. a line break.

    Examples
    --------
    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """

    def escaped(found: re.Match[str]) -> str:
        character = found[0]
        return character if character in keep else character.encode("unicode_escape").decode("ascii")

    return _UNSAFE.sub(escaped, text)


def shortened(value: str) -> str:
    """Return a value as a message shows it: in full up to `LONGEST_SHOWN` characters, else its ends and its length.

    Examples
    --------
    >>> shortened("resnet50")
    'resnet50'
    """
    if len(value) <= LONGEST_SHOWN:
        return value
    return f"{value[:_HEAD]}…{value[-_TAIL:]} ({len(value):,} characters)"


def one_line(message: str) -> str:
    """Return a message as one printable line; long values in it, quoted or without a space, are shortened."""
    line = printable(" ".join(message.splitlines()))
    line = _QUOTED.sub(lambda found: f"'{shortened(found[1] or found[2])}'", line)
    line = _UNBROKEN.sub(lambda found: shortened(found[0]), line)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}… ({len(line):,} characters)"


def is_web_address(address: str) -> bool:
    """Return whether an address may become a link: ``http`` or ``https`` with a host, never ``javascript:``.

    Examples
    --------
    >>> is_web_address("https://arxiv.org/abs/2109.05472"), is_web_address("javascript:alert(1)")
    (True, False)
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)

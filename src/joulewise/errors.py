"""The errors that joulewise raises, and their exit codes.

There are two kinds: the input was wrong (exit 2), or the work failed (exit 1). Each carries one clear line and, where
possible, a hint at what would be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum

# Maximum number of names listed in a one-line hint.
_FEW = 16


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    WORK_FAILED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130


class JoulewiseError(Exception):
    """Base of every error that joulewise raises on purpose.

    Parameters
    ----------
    message : str
        One line: what was wrong, and where.
    hint : str, optional
        What would be right.
    """

    exit_code = ExitCode.WORK_FAILED

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(JoulewiseError):
    """The caller's input was wrong."""

    exit_code = ExitCode.BAD_INPUT


class UnknownNameError(InputError):
    """An unknown name; the hint has the nearest known names, or all of them where they are few.

    Parameters
    ----------
    what : str
        The kind of thing that was looked for, e.g. ``"model"``.
    name : str
        The name that was given.
    known : iterable of str
        The names that would have been found.
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = [*dict.fromkeys(filter(None, known))]
        self.nearest = nearest_names(name, names)
        hint = "did you mean " + " or ".join(self.nearest) + "?" if self.nearest else None
        if not self.nearest and 0 < len(names) <= _FEW:
            hint = f"one of {', '.join(names)}" if len(names) > 1 else f"there is only {names[0]}"
        super().__init__(f"unknown {what} {name!r}", hint)


class DataError(InputError):
    """Data files that break their own rules.

    Parameters
    ----------
    message, hint : str
        See `JoulewiseError`.
    problems : iterable of str
        One line per broken rule; the command line prints these in place of the message.
    """

    def __init__(self, message: str, hint: str | None = None, *, problems: Iterable[str] = ()) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)


class MissingExtraError(InputError):
    """An optional dependency is not installed.

    Parameters
    ----------
    extra : str
        The name of the extra, as in ``pip install 'joulewise[extra]'``.
    purpose : str
        What needs it.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra {extra!r}", f"install it: pip install 'joulewise[{extra}]'")


class WorkError(JoulewiseError):
    """The input was right, but the work could not be done."""


def reason(error: OSError) -> str:
    """Return why an operation failed; never blank or "None", as some libraries give no `strerror`."""
    return error.strerror or str(error).strip() or type(error).__name__


def nearest_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` of the `known` names that are closest to `name`, best first."""
    by_lower: dict[str, str] = {}
    for candidate in known:
        by_lower.setdefault(candidate.lower(), candidate)
    wanted = name.lower()
    close = get_close_matches(wanted, by_lower, n=limit, cutoff=0.6)
    within = [lower for lower in by_lower if wanted and wanted in lower and lower not in close]
    return [by_lower[lower] for lower in [*close, *sorted(within, key=len)][:limit]]

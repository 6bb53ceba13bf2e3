"""Importing what only some counts need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from joulewise.errors import MissingExtraError, WorkError


def import_extra(module: str, extra: str, purpose: str) -> Any:
    """Import an optional package.

    Parameters
    ----------
    module : str
        The package.
    extra : str
        The extra of joulewise that brings it.
    purpose : str
        What needs it, for the message.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    WorkError
        If it is, but does not import: a broken or mismatched installation.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise MissingExtraError(extra, purpose) from None
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WorkError(
            f"{module} is installed but cannot be imported: {reason}", "its versions may not fit one another"
        ) from error

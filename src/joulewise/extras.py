"""Optional packages: importing them, and keeping them from the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
        If it is installed but cannot be imported: a broken or mismatched installation.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise MissingExtraError(extra, purpose) from None
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WorkError(
            f"{module} is installed but cannot be imported: {reason}", "its versions may not match"
        ) from error


@contextmanager
def without_network(extra: str, purpose: str) -> Iterator[None]:
    """Keep transformers, timm and the hub's client from the network while the block runs.

    They contact the hub for more than the requested files, when they are imported and later. Their switch is an
    environment variable that is read once, so this sets the value inside the client.

    Raises
    ------
    MissingExtraError
        If the hub's client, which both packages need, is not installed.
    """
    settings = import_extra("huggingface_hub.constants", extra, purpose)
    before = settings.HF_HUB_OFFLINE
    settings.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        settings.HF_HUB_OFFLINE = before

"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joulewise.errors import InputError, WorkError


def make_folder(path: Path) -> Path:
    """Make a folder, and its parents, if it is not there.

    Raises
    ------
    InputError
        If the path is a file, or may not be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK):
        raise InputError(f"cannot write in the folder {path}: permission denied")
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole or not at all: to a temporary name, then renamed."""
    return write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a binary file whole or not at all: to a temporary name, then renamed.

    Raises
    ------
    WorkError
        If the file cannot be written; nothing half-written is left.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise WorkError(f"cannot write {path}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


@contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary folder whose files are moved into `path` when the block ends well.

    Files already in `path` under other names are left alone. If the block fails, `path` is as it was.
    """
    target = make_folder(path)
    staging = Path(tempfile.mkdtemp(prefix=".part-", dir=target))
    try:
        yield staging
        for file in sorted(staging.iterdir()):
            file.replace(target / file.name)
    except OSError as error:
        raise WorkError(f"cannot write in {path}: {error.strerror}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)

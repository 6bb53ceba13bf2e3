"""Write files whole or not at all; devices, pipes and links are written through, never replaced."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

from joulewise.errors import InputError, WorkError, reason

_STAGING = ".joulewise-part-"
_OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\ud800-\udfff]")
# A staging folder that was just made may not be locked yet: younger ones are left alone.
_STALE_AFTER_S = 60.0


def make_folder(path: Path) -> Path:
    """Make a folder, and its parents, if it does not exist.

    Raises
    ------
    InputError
        If the path is a file, or may not be written.
    """
    if "\0" in str(path):
        raise InputError(f"cannot make the folder {path}: its name holds a NUL byte")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {reason(error)}") from None
    if not os.access(path, os.W_OK):
        raise InputError(f"cannot write in the folder {path}: permission denied")
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a text file as `open_output` does, in UTF-8; characters that UTF-8 cannot encode are escaped."""
    return write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a binary file as `open_output` does."""
    with open_output(path) as file:
        file.write(content)
    return path


@contextmanager
def open_output(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write bytes into: it appears whole when the block ends, or not at all if the block fails.

    A device, a FIFO or a socket is opened and written directly. For a symbolic link the file that it points to is
    written, and the link stays. An existing file keeps its permissions.

    Raises
    ------
    WorkError
        If the file cannot be written.
    """
    if "\0" in str(path):
        raise InputError(f"cannot write {path}: its name holds a NUL byte")
    try:
        if _is_special(path):
            # Append: /dev/stdout may be a file that the caller has already written to.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as special:
                yield special
            return
        target = Path(os.path.realpath(path))
        with _staging(target.parent) as staging:
            with (staging / target.name).open("wb") as file:
                yield file
            _replace(staging / target.name, target)
    except OSError as error:
        raise WorkError(f"cannot write {path}: {reason(error)}") from None


@contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary folder whose files are moved into `path` when the block ends well.

    Files already in `path` under other names are left alone. If the block fails, `path` is as it was.

    Raises
    ------
    InputError
        If the folder cannot be made.
    WorkError
        If a file cannot be written.
    """
    target = make_folder(path)
    try:
        with _staging(target) as staging:
            yield staging
            for file in sorted(staging.iterdir()):
                path_in_folder = target / file.name
                if path_in_folder.is_symlink() or _is_special(path_in_folder):
                    write_bytes(path_in_folder, file.read_bytes())
                else:
                    _replace(file, path_in_folder)
    except OSError as error:
        raise WorkError(f"cannot write in {path}: {reason(error)}") from None


def dump_json(value: Any, indent: int | None = 2) -> str:
    """Return strict JSON: dates as text, and never NaN or Infinity, which JSON does not have.

    Raises
    ------
    WorkError
        If a number is not finite: unknown values must be None. The message names its place.
    """
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:
        require_finite(value)
        raise
    # The same JSON without control characters and without halves of surrogate pairs.
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def require_finite(value: Any) -> None:
    """Refuse data with a number that is NaN or infinite.

    Raises
    ------
    WorkError
        If there is one: the message names its place, e.g. ``rows[3].energy_j``.
    """
    for where, number in _not_finite(value, ""):
        raise WorkError(f"{where or 'the value'} is {number}, not a finite number", "a bug: please report it")


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _not_finite(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield the place of each number that is not finite, as ``rows[3].energy_j``, and the number."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _not_finite(item, f"{where}[{i}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield where, value


def _is_special(path: Path) -> bool:
    """Return whether a path is something other than a plain file, or names an open file such as /dev/stdout."""
    if str(path).startswith(_OPEN_FILES):
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _replace(staged: Path, target: Path) -> None:
    """Move a finished file to its place, with the owner and permissions of the file that it replaces."""
    with contextlib.suppress(FileNotFoundError):
        before = target.stat()
        if sys.platform != "win32":
            with contextlib.suppress(PermissionError):
                os.chown(staged, before.st_uid, before.st_gid)
        staged.chmod(stat.S_IMODE(before.st_mode))
    staged.replace(target)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Make a folder for unfinished files within `folder`; those that killed runs left are removed first."""
    _remove_stale(folder)
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        with _locked(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _remove_stale(folder: Path) -> None:
    for left in folder.glob(f"{_STAGING}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_AFTER_S:
                with _locked(left) as free:
                    if free:
                        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Take a folder's lock, which ends with the process; return false where another process holds it."""
    if sys.platform == "win32":
        yield False
        return
    import fcntl  # noqa: PLC0415  (not on Windows)

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except OSError:
            free = False
        yield free
    finally:
        os.close(handle)

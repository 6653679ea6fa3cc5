"""Writing of files that users asked for: whole or not at all, never half."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twincore.errors import UsageError
from twincore.images.files import is_file, is_folder


def write_file(path: Path, content: bytes, *, who: str) -> None:
    """Puts `content` into a file beside `path` and renames it; UsageError, who: what asked for it."""
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise UsageError(who, f"cannot write {path}: {error.strerror}") from error


def check_writable(path: Path, *, who: str) -> None:
    """Raises UsageError when a file cannot be written later: its folder is missing, or the file is write-protected."""
    if is_folder(path):
        raise UsageError(who, f"expected a file's name, got the folder {path}")
    if not is_folder(path.parent):
        raise UsageError(who, f"expected a folder {path.parent} to write {path.name} to, there is none")
    # A rename heeds only the folder's permissions; root heeds none.
    if is_file(path) and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
        raise UsageError(who, f"expected a file that may be written, got {path}, which is write-protected")

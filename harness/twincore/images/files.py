"""Reading of users' files: regular ones only, never larger than the chip could hold, never written to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from twincore.errors import ImageError

MAX_FILE_SIZE = 32 << 20
"""Bytes of the largest flash image that is read."""

MAX_ELF_SIZE = 512 << 20
"""Bytes of the largest ELF file that is read: debug information of large projects fills tens of megabytes."""


def is_file(path: Path) -> bool:
    """Tells whether there is a file; a path that no file can have, too long or with a zero in it, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Tells whether there is a folder; a path that none can have is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_file(path: Path, *, limit: int = MAX_FILE_SIZE) -> bytes:
    """Reads a whole file of at most `limit` bytes (MAX_ELF_SIZE for an ELF file).

    Raises ImageError when it is missing, unreadable, no regular file, empty or too large.
    """
    who = str(path)
    try:
        # O_NONBLOCK keeps a named pipe without a writer from blocking the open.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ImageError(
            who, f"the file cannot be read: {reason}", next_step="check the path and its permissions"
        ) from error
    try:
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ImageError(who, "expected a file, this is a directory or a device")
            if status.st_size == 0:
                raise ImageError(who, "the file is empty", next_step="build or copy it again")
            head = file.read(4)
            limit = max(limit, MAX_ELF_SIZE) if head == b"\x7fELF" else limit
            if status.st_size > limit:
                raise ImageError(
                    who,
                    f"the file has {status.st_size} bytes, expected at most {limit}",
                    next_step="give a flash image, an application image or an ELF file for the ESP32-S3",
                )
            return head + file.read(limit)
    except OSError as error:
        raise ImageError(who, f"the file cannot be read: {error.strerror}") from error

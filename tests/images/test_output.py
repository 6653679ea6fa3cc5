"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from twincore.errors import UsageError
from twincore.images.output import check_writable, write_file


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    path.write_bytes(b"before")
    write_file(path, b"after", who="--save-flash")
    assert path.read_bytes() == b"after"
    assert [entry.name for entry in tmp_path.iterdir()] == ["flash.bin"]


def test_a_new_file_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "flash.bin", b"", who="--save-flash")
    finally:
        os.umask(before)
    assert (tmp_path / "flash.bin").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "flash.bin").mkdir()
    with pytest.raises(UsageError, match=r"^--save-flash: cannot write .*flash\.bin: "):
        write_file(tmp_path / "flash.bin", b"x", who="--save-flash")
    assert [entry.name for entry in tmp_path.iterdir()] == ["flash.bin"]


def test_a_folder_that_is_not_there_is_seen_before_the_run(tmp_path: Path) -> None:
    check_writable(tmp_path / "flash.bin", who="--save-flash")
    with pytest.raises(UsageError, match=r"^--save-flash: expected a folder .*there is none$"):
        check_writable(tmp_path / "none" / "flash.bin", who="--save-flash")
    with pytest.raises(UsageError, match=r"^--save-flash: expected a file's name, got the folder "):
        check_writable(tmp_path, who="--save-flash")


def test_a_write_protected_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "flash.bin"
    path.touch(mode=0o444)
    with pytest.raises(UsageError, match=r"^--save-flash: expected a file that may be written, got .*write-protected$"):
        check_writable(path, who="--save-flash")
    path.chmod(0o644)
    check_writable(path, who="--save-flash")

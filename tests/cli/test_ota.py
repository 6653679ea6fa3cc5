"""An update over the air, and what takes it back: a published bootloader and application in two slots.

The image is Arduino's; its bootloader was built with rollback. Every application prints its slot's line. What the slots
are to hold, and the two records that choose between them, go into partitions; ESP-IDF, "Over The Air Updates (OTA)",
says what a record's state does.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from twincore.images.app import parse_app
from twincore.images.synth import write_app
from twincore.isa.asm import assemble

NEW, PENDING_VERIFY, VALID, INVALID, ABORTED = range(5)
"""States of a record."""
NOTHING = (0xFFFF_FFFF, 0xFFFF_FFFF)
SECTOR = 0x1000
FIRST, SECOND = "SMOKE_OK", "SMOKE_KO"
"""What the applications of the slots print."""

NEVER_READY = """
        movi    a2, 0x600
        slli    a2, a2, 20
        movi    a3, 0x8
        slli    a3, a3, 12
        add     a2, a2, a3          # RTC_CNTL
        movi    a3, 1
        slli    a3, a3, 31
        s32i    a3, a2, 0           # OPTIONS0, SW_SYS_RST
forever:
        j       forever
"""


@pytest.fixture
def published(shared_image: Any) -> bytes:
    """The flash image that has bootloader, partition table and the first slot's application."""
    content: bytes = shared_image("labwired-arduino").read_bytes()
    return content


@pytest.fixture
def second(published: bytes) -> bytes:
    """The same application with another line, whose letters are the same: so is the checksum, not so the hash."""
    app = parse_app(published, who="app0", offset=0x1_0000)
    content = published[0x1_0000 : 0x1_0000 + app.size]
    assert content.count(FIRST.encode()) == 1
    changed = content[:-32].replace(FIRST.encode(), SECOND.encode())
    return changed + hashlib.sha256(changed).digest()


def never_ready() -> bytes:
    """An application that resets the chip before it has said that it works."""
    code = assemble(NEVER_READY, 0x4037_8000)
    return write_app([(0x4037_8000, code.ljust(64, b"\0"))], 0x4037_8000)


def otadata(*records: tuple[int, int]) -> bytes:
    """Return two sectors with a record (sequence number, state) each."""
    return b"".join(
        struct.pack(
            "<I20sII", sequence, b"\xff" * 20, state, zlib.crc32(struct.pack("<I", sequence), 0xFFFF_FFFF)
        ).ljust(SECTOR, b"\xff")
        if (sequence, state) != NOTHING
        else b"\xff" * SECTOR
        for sequence, state in records
    )


def records(content: bytes) -> list[tuple[int, int]]:
    """Return the two records of a partition."""
    unpacked = [struct.unpack_from("<I20sI", content, at) for at in (0, SECTOR)]
    return [(sequence, state) for sequence, _, state in unpacked]


class Board:
    """The board, whose flash lasts from one run to the next."""

    def __init__(self, twincore: Any, folder: Path, published: bytes) -> None:
        self._twincore = twincore
        self._folder = folder
        self._flash = folder / "flash.bin"
        self._flash.write_bytes(published)

    def run(self, until: str, **partitions: bytes) -> str:
        """Run until a line comes, with new content of partitions; return what was printed."""
        options: list[object] = ["--timeout", "3s", "--until", until, "--save-flash", self._flash]
        for name, content in partitions.items():
            file = self._folder / name
            file.write_bytes(content)
            options += ["--partition", f"{name}={file}"]
        self._saved = self._folder / "saved"
        result = self._twincore("run", self._flash, "--save-partition", f"otadata={self._saved}", *options)
        assert result.status == 0, result.text + result.err
        text: str = result.text
        return text

    @property
    def records(self) -> list[tuple[int, int]]:
        """What the run has left in otadata."""
        return records(self._saved.read_bytes())


@pytest.fixture
def board(twincore: Any, tmp_path: Path, published: bytes) -> Board:
    """A board with the published image."""
    return Board(twincore, tmp_path, published)


def test_the_higher_number_boots_and_confirms_itself(board: Board, second: bytes) -> None:
    """Arduino's start-up code says that the new application works."""
    board.run(SECOND, app1=second, otadata=otadata((1, VALID), (2, NEW)))
    assert board.records == [(1, VALID), (2, VALID)]
    board.run(SECOND)
    assert board.records == [(1, VALID), (2, VALID)]
    board.run(FIRST, otadata=otadata((3, VALID), (2, VALID)))


def test_one_that_never_confirms_itself_is_taken_back(board: Board) -> None:
    """It resets the chip: the bootloader, which has noted its first boot, aborts it and takes the slot before."""
    text = board.run(FIRST, app1=never_ready(), otadata=otadata((1, VALID), (2, NEW)))
    assert re.findall(r"rst:\w+ \((\w+)\)", text) == ["POWERON", "RTC_SW_SYS_RST"]
    assert board.records == [(1, VALID), (2, ABORTED)]
    assert board.run(FIRST).count("rst:") == 1


@pytest.mark.parametrize("state", [PENDING_VERIFY, INVALID, ABORTED])
def test_one_that_has_failed_does_not_boot(board: Board, second: bytes, state: int) -> None:
    board.run(FIRST, app1=second, otadata=otadata((1, VALID), (2, state)))
    assert board.records == [(1, VALID), (2, ABORTED if state == PENDING_VERIFY else state)]


def test_without_records_the_first_slot_boots(board: Board, second: bytes) -> None:
    board.run(FIRST, app1=second, otadata=otadata(NOTHING, NOTHING))


def test_a_damaged_application_does_not_boot(board: Board, second: bytes) -> None:
    damaged = bytearray(second)
    damaged[0x100] ^= 1
    board.run(FIRST, app1=bytes(damaged), otadata=otadata((1, VALID), (2, VALID)))

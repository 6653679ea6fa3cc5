"""The board's flash and PSRAM behind the chip's SPI1: what is written there is what cores see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twincore.engines.embedded import EmbeddedEngine
from twincore.machine.machine import Machine
from twincore.model import TICKS_PER_SECOND

SPI1, MMU, DROM = 0x6000_2000, 0x600C_5000, 0x3C00_0000
CTRL, DDR = SPI1 + 0x08, SPI1 + 0xE0
CTRL_OCTAL = 0x270
CMD, ADDR, USER, USER1, USER2, MOSI_DLEN, MISO_DLEN, MISC, W0 = (
    SPI1 + offset for offset in (0x00, 0x04, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x34, 0x58)
)


@pytest.fixture
def machine() -> Iterator[Machine]:
    engine = EmbeddedEngine("esp32s3-devkitc-1")
    engine.power_on()
    yield engine.machine
    engine.machine.close()


def transaction(machine: Machine, command: int, address: int = 0, data: bytes = b"", *, select: int = 0) -> None:
    def write(register: int, value: int) -> None:
        machine.io_write(0, register, 4, value)

    write(MISC, 2 if select == 0 else 1)
    write(USER, 1 << 31 | 1 << 30 | (1 << 27 if data else 0))
    write(USER1, (31 if select else 23) << 26)
    write(USER2, (15 << 28 | command * 0x101) if select else (7 << 28 | command))
    write(CTRL, CTRL_OCTAL if select else 0)
    write(DDR, select)
    write(ADDR, address)
    write(MOSI_DLEN, len(data) * 8 - 1 if data else 0)
    for at in range(0, len(data), 4):
        write(W0 + at, int.from_bytes(data[at : at + 4], "little"))
    write(CMD, 1 << 18)
    machine.run_for(TICKS_PER_SECOND // 10_000)
    assert machine.io_read(0, CMD, 4) == 0


def test_programmed_flash_is_seen_through_the_cache(machine: Machine) -> None:
    machine.io_write(0, MMU, 4, 3)
    assert machine.memory_map.peek(DROM, 4) == b"\xff\xff\xff\xff"
    transaction(machine, 0x06)
    transaction(machine, 0x02, 0x3_0000, b"abcd")
    assert machine.memory_map.peek(DROM, 4) == b"abcd"


def test_flash_identification_is_the_boards(machine: Machine) -> None:
    machine.io_write(0, USER, 4, 1 << 31 | 1 << 28)
    machine.io_write(0, USER2, 4, 7 << 28 | 0x9F)
    machine.io_write(0, MISO_DLEN, 4, 23)
    machine.io_write(0, CMD, 4, 1 << 18)
    machine.run_for(TICKS_PER_SECOND // 10_000)
    assert machine.memory_map.peek(W0, 3) == bytes.fromhex("c84017")


def test_psram_is_seen_through_the_cache(machine: Machine) -> None:
    machine.io_write(0, MMU, 4, 1 << 15 | 5)
    transaction(machine, 0x80, 0x5_0000, b"abcd", select=1)
    assert machine.memory_map.peek(DROM, 4) == b"abcd"

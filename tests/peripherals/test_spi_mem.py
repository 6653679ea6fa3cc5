"""SPI1: what its registers make of transactions with a chip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.i2c_ana_mst import I2C_ANA_MST
from esp32s3.spi_mem import SPI1

USR = 1 << 18


class Chip:
    """Notes transactions and answers 1, 2, 3, ..."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, bytes, int]] = []
        self.powered = 0

    def power_on(self) -> None:
        self.powered += 1

    def address_bytes(self, command: int) -> int:
        return 4 if command == 0x13 else 3

    def transfer(self, command: int, address: int, data: bytes, length: int) -> bytes:
        self.heard.append((command, address, data, length))
        return bytes(range(1, length + 1))

    def state(self) -> list[int]:
        return [len(self.heard)]

    def restore(self, saved: list[int]) -> None:
        self.heard = []


@pytest.fixture
def spi(bench: Callable[..., Any]) -> Any:
    made = bench(SPI1)
    made.chip = Chip()
    made.block.attach(0, made.chip)
    return made


def user(spi: Any, phases: int, *, command: int = 0, bits: int = 24, address: int = 0, mosi: int = 8, miso: int = 8):
    spi.write("USER", phases)
    spi.write("USER1", (bits - 1) << 26)
    spi.write("USER2", 7 << 28 | command)
    spi.write("ADDR", address)
    spi.write("MOSI_DLEN", mosi - 1)
    spi.write("MISO_DLEN", miso - 1)
    spi.write("CMD", USR)
    assert spi.read("CMD") == 0


COMMAND, ADDRESS, MISO, MOSI = 1 << 31, 1 << 30, 1 << 28, 1 << 27


def test_a_read_fills_the_buffer_and_leaves_the_rest(spi):
    spi.write("W1", 0xAABBCCDD)
    user(spi, COMMAND | ADDRESS | MISO, command=0x03, address=0x123456, miso=48)
    assert spi.chip.heard == [(0x03, 0x123456, b"", 6)]
    assert (spi.read("W0"), spi.read("W1")) == (0x04030201, 0xAABB0605)


def test_a_program_sends_the_buffer(spi):
    spi.write("W0", 0x04030201)
    spi.write("W1", 0x08070605)
    user(spi, COMMAND | ADDRESS | MOSI, command=0x02, address=0x100, mosi=40)
    assert spi.chip.heard == [(0x02, 0x100, b"\1\2\3\4\5", 0)]


def test_the_high_half_of_the_buffer(spi):
    spi.write("W8", 0x11)
    user(spi, COMMAND | MOSI | MISO | 3 << 24, command=0x9F, mosi=8, miso=8)
    assert spi.chip.heard == [(0x9F, 0, b"\x11", 1)]
    assert spi.read("W8") == 1


def test_an_address_may_end_in_the_data(spi):
    """As ESP-IDF 6 erases: 16 bits of address, the other 8 are the data phase."""
    spi.write("W0", 0xFFFFFF40)
    user(spi, COMMAND | ADDRESS | MOSI, command=0x20, bits=16, address=0x1290, mosi=8)
    assert spi.chip.heard == [(0x20, 0x129040, b"", 0)]


def test_mode_bits_behind_the_address_are_dropped(spi):
    user(spi, COMMAND | ADDRESS | MISO, command=0xBB, bits=32, address=0x12345600)
    user(spi, COMMAND | ADDRESS | MISO, command=0x13, bits=32, address=0x12345600)
    assert [heard[1] for heard in spi.chip.heard] == [0x123456, 0x12345600]


@pytest.mark.parametrize(
    ("bit", "heard"),
    [
        (30, (0x06, 0, b"", 0)),
        (29, (0x04, 0, b"", 0)),
        (28, (0x9F, 0, b"", 3)),
        (27, (0x05, 0, b"", 1)),
        (26, (0x01, 0, b"\x5a", 0)),
        (25, (0x02, 0x3456, b"\xaa\xbb", 0)),
        (24, (0x20, 0x3456, b"", 0)),
        (23, (0xD8, 0x3456, b"", 0)),
        (22, (0xC7, 0, b"", 0)),
        (21, (0xB9, 0, b"", 0)),
        (20, (0xAB, 0, b"", 1)),
    ],
)
def test_bits_that_stand_for_a_command(spi, bit, heard):
    spi.write("ADDR", 2 << 24 | 0x3456)
    spi.write("W0", 0xBBAA)
    spi.write("RD_STATUS", 0x5A)
    spi.write("CMD", 1 << bit)
    assert (spi.chip.heard, spi.read("CMD")) == ([heard], 0)


def test_read_status_lands_in_its_register(spi):
    spi.write("CMD", 1 << 27)
    assert spi.read("RD_STATUS") == 1


def test_two_byte_status(spi):
    spi.write("CTRL", 1 << 22)
    spi.write("RD_STATUS", 0x0203)
    spi.write("CMD", 1 << 26)
    assert spi.chip.heard == [(0x01, 0, b"\x03\x02", 0)]


def test_nobody_answers_at_the_other_chip_select(spi):
    spi.write("MISC", 1)
    user(spi, COMMAND | MISO, command=0x9F, miso=32)
    assert (spi.chip.heard, spi.read("W0")) == ([], 0xFFFFFFFF)


def test_suspend_and_resume(spi):
    spi.write("FLASH_SUS_CTRL", 0x7A << 1 | 0x75 << 9)
    spi.write("FLASH_SUS_CMD", 2)
    assert (spi.read("SUS_STATUS") & 1, spi.read("FLASH_SUS_CMD")) == (1, 0)
    spi.write("FLASH_SUS_CMD", 1)
    assert [heard[0] for heard in spi.chip.heard] == [0x75, 0x7A]
    assert spi.read("SUS_STATUS") & 1 == 0


def test_the_chip_keeps_its_state_over_everything_but_power_on(spi):
    spi.block.reset("system", 3)
    assert spi.chip.powered == 0
    spi.block.reset("power_on", 1)
    assert spi.chip.powered == 1
    assert spi.block.state()["chip 0"] == [0]


def analog(block: int, number: int, value: int | None = None) -> int:
    return block | number << 8 | (1 << 26 if value is None else 1 << 24 | value << 16)


@pytest.mark.parametrize("master", ["I2C0_CTRL", "I2C1_CTRL"])
def test_analog_registers_read_back(bench, master):
    i2c = bench(I2C_ANA_MST)
    i2c.write(master, analog(0x69, 7, 0xA5))
    i2c.write(master, analog(0x69, 6, 0x11))
    i2c.write(master, analog(0x69, 7))
    assert i2c.read(master) >> 16 & 0xFF == 0xA5
    assert i2c.read(master) >> 25 & 1 == 0


def test_pll_calibration_is_done_once_it_was_started(bench):
    i2c = bench(I2C_ANA_MST)
    assert i2c.read("ANA_CONF0") >> 24 & 1 == 0
    i2c.write("ANA_CONF0", 1 << 3)
    i2c.write("ANA_CONF0", 1 << 2)
    assert i2c.read("ANA_CONF0") >> 24 & 1 == 1

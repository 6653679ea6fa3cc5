"""The octal flash chip: on one wire at first, then on eight, with single and double data rate."""

from __future__ import annotations

import pytest

from twincore.machine.octal_flash_chip import DTR, SPI, STR, OctalFlash
from twincore.machine.spi_chip import Transaction
from twincore.model import TICKS_PER_SECOND

MS = TICKS_PER_SECOND // 1000
SIZE = 32 << 20


class Bench:
    def __init__(self) -> None:
        self.now = 0
        self.content = memoryview(bytearray(b"\xff" * SIZE))
        self.chip = OctalFlash(self.content, 0xC2_8039, lambda: self.now, lambda at, size: None)

    def spi(self, command: int, address: int = 0, data: bytes = b"", length: int = 0, *, bits: int = 0) -> bytes:
        return self.chip.transfer(
            Transaction(command, address=address, address_bits=bits, data=data, read_length=length)
        )

    def octal(
        self, command: int, address: int | None = None, data: bytes = b"", length: int = 0, *, mode: int = DTR
    ) -> bytes:
        return self.chip.transfer(
            Transaction(
                command | (command ^ 0xFF) << 8,
                command_bits=16,
                command_lines=8,
                address=address or 0,
                address_bits=0 if address is None else 32,
                address_lines=8,
                dummy_clocks=4,
                data=data,
                read_length=length,
                data_lines=8,
                is_ddr=mode == DTR,
            )
        )

    def enter(self, mode: int) -> None:
        self.spi(0x06)
        self.spi(0x72, 0, bytes((mode,)), bits=32)

    def wait(self) -> None:
        self.now = max(self.now, self.chip.busy_until, self.chip.deaf_until)


@pytest.fixture
def flash() -> Bench:
    return Bench()


def test_one_wire_at_first(flash):
    assert flash.spi(0x9F, length=3) == bytes.fromhex("c28039")
    flash.content[0x123_4567] = 7
    assert flash.spi(0x13, 0x123_4567, length=1, bits=32) == b"\x07"
    assert flash.octal(0x9F, 0, length=3) == b"\xff\xff\xff"


def test_it_has_no_two_and_four_wires(flash):
    flash.content[0] = 0
    transaction = Transaction(0x3B, address_bits=24, read_length=1, data_lines=2)
    assert flash.chip.transfer(transaction) == b"\xff"


def test_the_parameter_table_says_that_bytes_are_swapped(flash):
    pointer = flash.spi(0x5A, 0x0C, length=1, bits=24)[0]
    assert flash.spi(0x5A, pointer + 0x47, length=1, bits=24)[0] & 0x80


@pytest.mark.parametrize(("mode", "read"), [(STR, 0xEC), (DTR, 0xEE)])
def test_reading_and_programming_on_eight_wires(flash, mode, read):
    flash.enter(mode)
    assert flash.spi(0x9F, length=3) == b"\xff\xff\xff"
    flash.octal(0x06, mode=mode)
    flash.octal(0x12, 0x1_0000, b"abcdef", mode=mode)
    flash.wait()
    assert flash.octal(read, 0x1_0000, length=6, mode=mode) == b"abcdef"
    assert flash.octal(0xEC ^ 0xEE ^ read, 0x1_0000, length=2, mode=mode) == b"\xff\xff"


def test_double_data_rate_swaps_the_bytes_of_a_pair(flash):
    flash.content[0:4] = b"abcd"
    flash.enter(DTR)
    assert flash.octal(0xEE, 0, length=4) == b"badc"
    flash.octal(0x06)
    flash.octal(0x12, 0x100, b"efgh")
    assert bytes(flash.content[0x100:0x104]) == b"fehg"


def test_registers_come_twice_with_double_data_rate(flash):
    flash.enter(DTR)
    assert flash.octal(0x9F, 0, length=6) == bytes.fromhex("c2c280803939")
    flash.octal(0x06)
    assert flash.octal(0x05, 0, length=2) == b"\x02\x02"
    assert flash.octal(0x71, 0, length=2) == b"\x02\x02"


def test_and_once_with_single(flash):
    flash.enter(STR)
    assert flash.octal(0x9F, 0, length=3, mode=STR) == bytes.fromhex("c28039")
    assert flash.octal(0x71, 0, length=1, mode=STR) == b"\x01"


def test_erasing(flash):
    flash.content[0x123_4000] = 0
    flash.enter(DTR)
    flash.octal(0x06)
    flash.octal(0x21, 0x123_4567)
    assert flash.octal(0x05, 0, length=1) == b"\x01"
    flash.now += 30 * MS
    assert (flash.content[0x123_4000], flash.octal(0x05, 0, length=1)) == (0xFF, b"\x00")


def test_a_command_whose_second_byte_is_wrong_is_none(flash):
    flash.enter(STR)
    wrong = Transaction(0x9F9F, 16, 8, 0, 32, 8, 4, b"", 3, 8)
    assert flash.chip.transfer(wrong) == b"\xff\xff\xff"


def test_the_mode_needs_write_enable(flash):
    flash.spi(0x72, 0, bytes((DTR,)), bits=32)
    assert flash.chip.mode == SPI


@pytest.mark.parametrize("how", ["mode", "reset", "power"])
def test_back_to_one_wire(flash, how):
    flash.enter(DTR)
    if how == "mode":
        flash.octal(0x06)
        flash.octal(0x72, 0, bytes((SPI, SPI)))
    elif how == "reset":
        flash.octal(0x66)
        flash.octal(0x99)
        flash.wait()
    else:
        flash.chip.power_on()
    assert flash.spi(0x9F, length=3) == bytes.fromhex("c28039")


def test_state_goes_round(flash):
    flash.enter(DTR)
    other = Bench()
    other.chip.restore(flash.chip.state())
    assert other.octal(0x9F, 0, length=2) == b"\xc2\xc2"

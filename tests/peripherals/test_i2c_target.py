"""I2C0 as a target of another controller on the board: addresses, FIFOs, holding SCL, general calls; a shared bus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twincore.devices import I2cTransfer
from twincore.errors import UsageError

BYTE_DONE, COMPLETE, STARTED, NACK, DET_START = 1 << 4, 1 << 7, 1 << 9, 1 << 10, 1 << 15
RXFIFO_WM, RXFIFO_OVF, STRETCHED, CALLED = 1 << 0, 1 << 2, 1 << 16, 1 << 17
READS, BUSY, ADDRESSED = 1 << 1, 1 << 4, 1 << 5
STRETCH_EN, STRETCH_CLR = 1 << 10, 1 << 11
FIFO_CONF = 0x408B
BIT_US = 10
"""At 100 kHz."""

PARTNER = """
from twincore.devices import I2cController, I2cDevice

class Partner(I2cController):
    def __init__(self, context, **options):
        super().__init__(context, **options)
        self.over = []

    def on_transfer(self, transfer):
        self.over.append((self.context.now_ticks(), transfer))

class Echo(I2cDevice):
    def __init__(self, context, address, **options):
        super().__init__(context, address, **options)
        self.content = b""

    def write(self, byte):
        self.content += bytes((byte,))
        return byte != 0xEE

    def read(self, *, is_last):
        first, self.content = self.content[0], self.content[1:]
        return first
"""

BOARD = """
extends = "generic"
[[device]]
name = "PARTNER"
class = "partner.py:Partner"
bus = "I2C0"
[[device]]
name = "ECHO"
class = "partner.py:Echo"
bus = "I2C0"
options = { address = 0x50 }
[[device]]
name = "OTHER"
class = "partner.py:Partner"
bus = "I2C0"
options = { address = 0x248, ten_bit = true, bit_rate = 400_000 }
"""


class Bus:
    """I2C0 as a target at 0x28, as ESP-IDF sets it up, and the devices of `BOARD`."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        self.partner, self.echo, self.other = (chip.engine.device(name) for name in ("PARTNER", "ECHO", "OTHER"))
        self.write("CTR", 0x1003)
        self.write("SLAVE_ADDR", 0x28)
        self.write("FIFO_CONF", FIFO_CONF)
        self.clear()

    def write(self, register: str, value: int) -> None:
        self.chip.write(f"I2C0.{register}", value)

    def read(self, register: str) -> int:
        return int(self.chip.read(f"I2C0.{register}"))

    def clear(self) -> None:
        self.write("INT_CLR", 0x3FFFF)

    def raw(self) -> int:
        return self.read("INT_RAW")

    def run(self, us: int = 10_000) -> None:
        self.chip.run(us=us)

    def received(self) -> bytes:
        return bytes(self.read("DATA") for _ in range(self.read("SR") >> 8 & 0x3F))

    def send(self, content: bytes) -> None:
        for byte in content:
            self.write("DATA", byte)

    def stretch(self, extra: int = 0) -> None:
        self.write("SCL_STRETCH_CONF", STRETCH_EN | extra)

    def result(self) -> I2cTransfer:
        _, transfer = self.partner.over.pop(0)
        assert isinstance(transfer, I2cTransfer)
        return transfer


@pytest.fixture
def bus(chip: Callable[..., Any], tmp_path: Path) -> Bus:
    (tmp_path / "partner.py").write_text(PARTNER)
    (tmp_path / "board.toml").write_text(BOARD)
    return Bus(chip(tmp_path / "board.toml"))


def test_bytes_for_the_chip_come_into_its_fifo(bus: Bus) -> None:
    bus.partner.transfer(0x28, b"\x11\x22\x33")
    bus.run()
    assert bus.result() == I2cTransfer(0x28, b"\x11\x22\x33", b"", True)
    assert bus.raw() & (BYTE_DONE | COMPLETE | STARTED | NACK | DET_START) == BYTE_DONE | COMPLETE | DET_START
    assert bus.received() == b"\x11\x22\x33"


def test_the_status_says_who_talks(bus: Bus) -> None:
    bus.send(b"\x55")
    bus.partner.transfer(0x28, b"\x11", 1)
    bus.run(us=BIT_US * (1 + 9 + 1))
    assert bus.read("SR") & (READS | BUSY | ADDRESSED) == BUSY | ADDRESSED
    bus.run(us=BIT_US * (8 + 1 + 9))
    assert bus.read("SR") & (READS | BUSY | ADDRESSED) == READS | BUSY | ADDRESSED
    bus.run()
    assert bus.read("SR") & (READS | BUSY | ADDRESSED) == READS
    assert bus.result().received == b"\x55"
    assert bus.raw() & NACK, "the controller does not acknowledge the last byte"


def test_a_transfer_takes_its_time(bus: Bus) -> None:
    start = bus.chip.machine.time_ticks
    bus.send(bytes(range(3)))
    bus.partner.transfer(0x28, b"\x11\x22", 3)
    bus.run()
    end, transfer = bus.partner.over[0]
    bits = 1 + 9 * 3 + 1 + 9 * 4 + 1
    assert end - start == bits * bus.partner.bit_ticks
    assert transfer.received == bytes(range(3))


def test_another_address_is_not_the_chips(bus: Bus) -> None:
    bus.partner.transfer(0x29, b"\x11", 2)
    bus.run()
    assert bus.result() == I2cTransfer(0x29, b"\x11", b"", False)
    assert bus.read("SR") >> 8 & 0x3F == 0
    bus.write("CTR", 0x1013)
    bus.partner.transfer(0x28)
    bus.run()
    assert not bus.result().is_acknowledged, "a controller is no target"


def test_an_address_of_ten_bits(bus: Bus) -> None:
    bus.write("SLAVE_ADDR", 1 << 31 | 0x23 << 7 | 0x7A)
    bus.send(b"\x66\x67")
    for address in (0x223, 0x224):
        bus.partner.transfer(address, b"\x11", 2, ten_bit=True)
    bus.run()
    assert bus.result() == I2cTransfer(0x223, b"\x11", b"\x66\x67", True)
    assert not bus.result().is_acknowledged


def test_a_general_call_is_followed_on_request(bus: Bus) -> None:
    bus.partner.transfer(0, b"\x06")
    bus.run()
    assert (bus.result().is_acknowledged, bus.raw() & CALLED) == (False, 0)
    bus.write("CTR", 0x1003 | 1 << 14)
    bus.partner.transfer(0, b"\x06")
    bus.run()
    assert (bus.result().is_acknowledged, bus.raw() & CALLED) == (True, CALLED)
    assert bus.received() == b"\x06"


def test_a_read_waits_for_software(bus: Bus) -> None:
    bus.stretch()
    bus.partner.transfer(0x28, b"\x07", 2)
    bus.run()
    assert (bus.raw() & STRETCHED, bus.read("SR") >> 14 & 3) == (STRETCHED, 0)
    assert bus.received() == b"\x07"
    bus.clear()
    bus.send(b"\xa1")
    bus.stretch(STRETCH_CLR)
    bus.run()
    assert (bus.raw() & STRETCHED, bus.read("SR") >> 14 & 3) == (STRETCHED, 1), "the second byte is missing"
    assert bus.partner.over == []
    bus.send(b"\xa2")
    bus.stretch(STRETCH_CLR)
    bus.run()
    assert bus.result().received == b"\xa1\xa2"


def test_what_goes_out_of_an_empty_fifo_does_not_hang_the_bus(bus: Bus) -> None:
    bus.stretch()
    bus.partner.transfer(0x28, count=1)
    for _ in range(2):
        bus.run()
        bus.clear()
        bus.stretch(STRETCH_CLR)
    bus.run()
    assert len(bus.result().received) == 1


def test_without_stretching_nobody_waits(bus: Bus) -> None:
    bus.partner.transfer(0x28, count=2)
    bus.run()
    assert len(bus.result().received) == 2
    assert not bus.raw() & STRETCHED


def test_a_full_fifo_holds_the_clock(bus: Bus) -> None:
    content = bytes(range(40))
    bus.stretch()
    bus.partner.transfer(0x28, content)
    bus.run()
    assert (bus.raw() & (STRETCHED | RXFIFO_WM), bus.read("SR") >> 14 & 3) == (STRETCHED | RXFIFO_WM, 2)
    first = bus.received()
    bus.stretch(STRETCH_CLR)
    bus.run()
    assert first + bus.received() == content
    assert not bus.raw() & RXFIFO_OVF


@pytest.mark.parametrize("level", [0, 1])
def test_a_full_fifo_loses_bytes_without_that(bus: Bus, level: int) -> None:
    bus.write("CTR", 0x1003 | level << 3)
    bus.partner.transfer(0x28, bytes(range(34)))
    bus.run()
    assert bus.raw() & RXFIFO_OVF
    assert bus.result().is_acknowledged == (level == 0)
    assert bus.received() == bytes(range(32))


def test_switching_stretching_off_lets_the_clock_go(bus: Bus) -> None:
    bus.stretch()
    bus.partner.transfer(0x28, count=1)
    bus.run()
    bus.write("SCL_STRETCH_CONF", 0)
    bus.run()
    assert len(bus.partner.over) == 1


def test_a_reset_of_the_chip_lets_the_clock_go(bus: Bus) -> None:
    bus.stretch()
    bus.partner.transfer(0x28, count=2)
    bus.run()
    bus.chip.block("I2C0").reset("block")
    bus.run()
    assert bus.result().received == b"\xff\xff"


def test_memory_is_addressed_by_the_first_byte(bus: Bus) -> None:
    bus.write("FIFO_CONF", FIFO_CONF | 1 << 10 | 1 << 11)
    bus.write("TXFIFO_MEM6", 0x99)
    bus.partner.transfer(0x28, b"\x05\x41\x42")
    bus.partner.transfer(0x28, b"\x06", 1)
    bus.run()
    assert [bus.read(f"RXFIFO_MEM{n}") for n in (5, 6)] == [0x41, 0x42]
    assert bus.partner.over[1][1].received == b"\x99"


def test_acknowledging_by_software_is_not_modelled(bus: Bus) -> None:
    bus.stretch(1 << 12)
    assert [use.name for use in bus.chip.engine.unmodelled()] == ["I2C0.SCL_STRETCH_CONF.SLAVE_BYTE_ACK_CTL_EN"]


# The bus


def test_controllers_share_the_devices_of_the_bus(bus: Bus) -> None:
    bus.partner.transfer(0x50, b"\x11\x22")
    bus.other.transfer(0x50, count=2)
    bus.partner.transfer(0x248, ten_bit=True)
    bus.partner.transfer(0x50, b"\xee\x33")
    bus.run()
    assert bus.other.over[0][1].received == b"\x11\x22"
    assert [transfer.is_acknowledged for _, transfer in bus.partner.over] == [True, True, False]
    assert bus.echo.content == b"\xee"


def command(kind: int, count: int = 0, level: int = 0) -> int:
    return kind << 11 | level << 10 | (kind == 1) << 8 | count


def test_the_chip_waits_for_the_bus_and_others_for_the_chip(bus: Bus) -> None:
    for register in ("SCL_LOW_PERIOD", "SCL_RSTART_SETUP", "SCL_START_HOLD", "SCL_STOP_SETUP", "SCL_STOP_HOLD"):
        bus.write(register, 199)
    bus.write("SCL_HIGH_PERIOD", 102 | 98 << 9)
    bus.partner.transfer(0x50, b"\x11")
    bus.run(us=15)
    bus.send(b"\xa0\x22")
    for n, value in enumerate((command(6), command(1, 2), command(2))):
        bus.write(f"COMD{n}", value)
    bus.write("CTR", 1 << 5 | 0x13)
    bus.partner.transfer(0x50, b"\x33")
    bus.run(us=BIT_US * 18)
    assert not bus.raw() & STARTED
    bus.run(us=BIT_US * 4)
    assert bus.raw() & (STARTED | COMPLETE) == STARTED
    bus.run()
    assert bus.raw() & (NACK | COMPLETE) == COMPLETE
    assert bus.echo.content == b"\x11\x22\x33"
    assert len(bus.partner.over) == 2


def test_a_transfer_goes_on_after_restoring(bus: Bus) -> None:
    parts = [bus.chip.block("I2C0"), bus.partner]
    bus.stretch()
    bus.partner.transfer(0x28, b"\x07", 1)
    bus.run()
    saved = [part.state() for part in parts]
    for byte in (b"\xa1", b"\xa2"):
        for part, state in zip(parts, saved, strict=True):
            part.restore(state)
        bus.send(byte)
        bus.stretch(STRETCH_CLR)
        bus.run()
        assert bus.result().received == byte


def test_a_bit_rate_that_cannot_be(chip: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "partner.py").write_text(PARTNER)
    (tmp_path / "board.toml").write_text(BOARD.replace("400_000", "0"))
    with pytest.raises(UsageError, match="device OTHER: expected a bit rate above 0, got 0"):
        chip(tmp_path / "board.toml")


def test_what_waits_is_forgotten_when_power_goes(bus: Bus) -> None:
    bus.stretch()
    bus.partner.transfer(0x28, count=1)
    bus.other.transfer(0x50, b"\x11")
    bus.run()
    bus.chip.engine.power_on()
    bus.run()
    assert (bus.partner.over, bus.other.over) == ([], [])
    bus.other.transfer(0x50, b"\x33")
    bus.run()
    assert bus.echo.content == b"\x33"


def test_a_transfer_that_is_too_long(bus: Bus) -> None:
    with pytest.raises(UsageError, match="device PARTNER: expected at most 65535 bytes to read in a transfer, got 6"):
        bus.partner.transfer(0x28, count=65536)

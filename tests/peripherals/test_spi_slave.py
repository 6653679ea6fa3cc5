"""SPI2 as a slave of another controller on the board: both ways at once, commands, buffer and DMA, CS on a pin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twincore.devices import SpiTransfer
from twincore.errors import PlatformError, UsageError

USR = 1 << 24
SLAVE_MODE, SOFT_RESET, COUNT_ALL = 1 << 26, 1 << 27, 0xF << 8
DUPLEX = 1
DMA_RX, DMA_TX, SEGMENTED = 1 << 27, 1 << 28, 1 << 18
TRANS_DONE, SEG_DONE, OUT_EMPTY, IN_FULL, ADDRESS_ERROR, COMMAND_ERROR = (
    1 << 12,
    1 << 13,
    1 << 1,
    1 << 0,
    1 << 15,
    1 << 16,
)
CS = 10
BIT_US = 1
WR_BUF, RD_BUF, WR_DMA, RD_DMA, END_SEG, CMD7 = 1, 2, 3, 4, 5, 7

HOST = """
from twincore.devices import SpiController

class Host(SpiController):
    def __init__(self, context, **options):
        super().__init__(context, **options)
        self.over = []

    def on_transfer(self, transfer):
        self.over.append((self.context.now_ticks(), transfer))
"""
BOARD = """
extends = "generic"
[[device]]
name = "HOST"
class = "host.py:Host"
bus = "SPI2"
pins = { cs = 10 }
"""


class Bus:
    """SPI2 as a slave with CS at GPIO10, as ESP-IDF's slave driver sets it up, and a controller on the board."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        self.host = chip.engine.device("HOST")
        chip.write(f"IO_MUX.GPIO{CS}", 1 << 12 | 1 << 9)
        chip.write("GPIO.FUNC110_IN_SEL_CFG", 1 << 7 | CS)
        for register in ("CLOCK", "CTRL"):
            self.write(register, 0)
        self.write("USER", DUPLEX)
        self.write("SLAVE", SLAVE_MODE)
        self.write("CMD", USR)

    def write(self, register: str, value: int) -> None:
        self.chip.write(f"SPI2.{register}", value)

    def read(self, register: str) -> int:
        return int(self.chip.read(f"SPI2.{register}"))

    def fill(self, content: bytes) -> None:
        for n in range(0, len(content), 4):
            self.write(f"W{n // 4}", int.from_bytes(content[n : n + 4], "little"))

    def buffer(self, length: int) -> bytes:
        return b"".join(self.read(f"W{n}").to_bytes(4, "little") for n in range(16))[:length]

    def transfer(self, content: bytes, bits: int | None = None) -> bytes:
        """Carry one out with all interrupts cleared before, and return what the controller got."""
        self.write("DMA_INT_CLR", 0x1FFFFF)
        self.host.transfer(content, bits)
        self.chip.run(us=BIT_US * (8 * len(content) + 10))
        _, transfer = self.host.over.pop()
        assert isinstance(transfer, SpiTransfer)
        return transfer.received

    def raw(self) -> int:
        return self.read("DMA_INT_RAW")

    def dma(self, out: bytes = b"", room: int = 0) -> None:
        """Give channel 0 of DMA bytes to send, and room for what comes."""
        machine = self.chip.machine
        self.chip.write("DMA.OUT_PERI_SEL_CH0", 0)
        self.chip.write("DMA.IN_PERI_SEL_CH0", 0)
        for link, start, at, size, content in (
            ("OUT", 1 << 21, 0x3FC9_0000, len(out), out),
            ("IN", 1 << 22, 0x3FC9_2000, room, b""),
        ):
            if size:
                head = (1 << 31 | 1 << 30 | len(content) << 12 | size, at + 16, 0)
                machine.memory_map.poke(at, b"".join(word.to_bytes(4, "little") for word in head) + b"\0" * 4 + content)
                self.chip.write(f"DMA.{link}_LINK_CH0", start | at & 0xFFFFF)

    def stored(self) -> tuple[bytes, bool]:
        """What DMA has put into memory, and whether the descriptor came back with its end."""
        head = int.from_bytes(self.chip.machine.memory_map.peek(0x3FC9_2000, 4), "little")
        return self.chip.machine.memory_map.peek(0x3FC9_2010, head >> 12 & 0xFFF), head >> 30 == 1


@pytest.fixture
def bus(chip: Callable[..., Any], tmp_path: Path) -> Bus:
    (tmp_path / "host.py").write_text(HOST)
    (tmp_path / "board.toml").write_text(BOARD)
    return Bus(chip(tmp_path / "board.toml"))


# Both ways at once


def test_the_buffer_goes_out_and_is_filled(bus: Bus) -> None:
    bus.fill(b"\xa1\xa2\xa3\xa4")
    assert bus.transfer(b"\x01\x02\x03") == b"\xa1\xa2\xa3"
    assert bus.buffer(4) == b"\x01\x02\x03\xa4"
    assert (bus.raw(), bus.read("SLAVE1"), bus.read("CMD")) == (TRANS_DONE, 24, 0)


def test_the_interrupt_comes_when_all_bits_are_over(bus: Bus) -> None:
    bus.write("DMA_INT_ENA", TRANS_DONE)
    bus.host.transfer(b"\x01\x02")
    levels = []
    for duration in (16, 1, 2):
        bus.chip.run(us=BIT_US * duration)
        levels.append((bus.chip.level("SPI2.interrupt"), bus.chip.pin(CS).level))
    assert levels == [(0, 0), (1, 1), (1, 1)]


def test_transfers_queue_up(bus: Bus) -> None:
    start = bus.chip.machine.time_ticks
    for content in (b"\x01", b"\x02\x03"):
        bus.host.transfer(content)
    bus.chip.run(us=100)
    bit = 2 * bus.host.half_bit_ticks
    ends = [(at - start) / bit for at, _ in bus.host.over]
    assert ends == [8 + 2, 8 + 2 + 16 + 2]
    assert [transfer.content for _, transfer in bus.host.over] == [b"\x01", b"\x02\x03"]
    assert bus.buffer(2) == b"\x02\x03"
    assert [level for _, level in bus.chip.edges_us(CS)] == [0, 1, 0, 1]


def test_bits_that_are_no_byte(bus: Bus) -> None:
    bus.fill(b"\xff\xff")
    assert bus.transfer(b"\xab\xff", bits=11) == b"\xff\xe0"
    assert (bus.buffer(2), bus.read("SLAVE1")) == (b"\xab\xe0", 11)


def test_the_lowest_bit_first(bus: Bus) -> None:
    bus.fill(b"\x01")
    bus.write("CTRL", 1 << 25 | 1 << 23)
    assert bus.transfer(b"\x03") == b"\x80"
    assert bus.buffer(1) == b"\xc0"


@pytest.mark.parametrize("change", ["no slave", "another pin", "other polarity"])
def test_without_its_chip_select_the_chip_takes_no_part(bus: Bus, change: str) -> None:
    if change == "no slave":
        bus.write("SLAVE", 0)
    elif change == "another pin":
        bus.chip.write("GPIO.FUNC110_IN_SEL_CFG", 1 << 7 | 0x38)
    else:
        bus.write("MISC", 1 << 23)
    bus.fill(b"\xa1")
    assert bus.transfer(b"\x01") == b"\xff"
    assert (bus.buffer(1), bus.raw()) == (b"\xa1", 0)


def test_a_chip_select_that_is_active_high(chip: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST)
    (tmp_path / "board.toml").write_text(BOARD + "options = { selects_high = true }\n")
    bus = Bus(chip(tmp_path / "board.toml"))
    bus.write("MISC", 1 << 23)
    bus.fill(b"\xa1")
    assert (bus.chip.pin(CS).level, bus.transfer(b"\x01")) == (0, b"\xa1")


def test_by_dma(bus: Bus) -> None:
    content = bytes(range(100))
    bus.dma(content[::-1], 128)
    bus.write("DMA_CONF", DMA_RX | DMA_TX)
    assert bus.transfer(content) == content[::-1]
    assert bus.stored() == (content, True)
    assert bus.raw() == TRANS_DONE


def test_dma_with_too_little(bus: Bus) -> None:
    bus.dma(b"\x11", 2)
    bus.write("DMA_CONF", DMA_RX | DMA_TX)
    assert bus.transfer(b"\x01\x02\x03") == b"\x11\0\0"
    assert bus.raw() == TRANS_DONE | OUT_EMPTY | IN_FULL


def test_a_soft_reset_takes_back_the_wish(bus: Bus) -> None:
    bus.write("SLAVE", SLAVE_MODE | SOFT_RESET)
    assert bus.read("CMD") == 0


# Commands, one way at a time


@pytest.fixture
def half(bus: Bus) -> Bus:
    bus.write("USER", 0)
    bus.write("SLAVE", SLAVE_MODE | COUNT_ALL)
    return bus


def test_the_buffer_is_written_at_an_address(half: Bus) -> None:
    half.fill(bytes(64))
    half.transfer(bytes((WR_BUF, 5, 0)) + b"\x11\x22")
    assert half.buffer(8) == b"\0\0\0\0\0\x11\x22\0"
    assert half.raw() == TRANS_DONE | 1 << 11
    assert half.read("SLAVE1") == 5 << 26 | WR_BUF << 18 | 16


def test_the_buffer_is_read_at_an_address(half: Bus) -> None:
    half.fill(bytes(range(64)))
    assert half.transfer(bytes((RD_BUF, 60, 0)) + bytes(4)) == b"\xff\xff\xff\x3c\x3d\x3e\x3f"
    assert half.raw() == TRANS_DONE | 1 << 10


@pytest.mark.parametrize("command", [WR_BUF, RD_BUF])
def test_what_is_outside_of_the_buffer(half: Bus, command: int) -> None:
    half.fill(bytes(range(64)))
    received = half.transfer(bytes((command, 62, 0)) + b"\xaa" * 4)
    assert half.raw() & ADDRESS_ERROR
    assert half.buffer(64)[:62] == bytes(range(62))
    assert received[3:] == (b"\x3e\x3f\xff\xff" if command == RD_BUF else b"\xff" * 4)


def test_data_by_dma(half: Bus) -> None:
    half.dma(b"\x91\x92\x93", 16)
    half.write("DMA_CONF", DMA_RX | DMA_TX)
    half.transfer(bytes((WR_DMA, 0, 0)) + b"\x11\x22\x33")
    assert half.raw() == TRANS_DONE | 1 << 9
    assert half.stored() == (b"\x11\x22\x33", True)
    assert half.transfer(bytes((RD_DMA, 0, 0)) + bytes(3))[3:] == b"\x91\x92\x93"
    assert half.raw() == TRANS_DONE | 1 << 8


@pytest.mark.parametrize(("end", "flag"), [(END_SEG, SEG_DONE), (CMD7, 1 << 4)])
def test_segments_end_with_a_command(half: Bus, end: int, flag: int) -> None:
    half.dma(room=16)
    half.write("DMA_CONF", DMA_RX | SEGMENTED)
    for part in (b"\x11\x22", b"\x33"):
        half.transfer(bytes((WR_DMA, 0, 0)) + part)
        assert half.raw() == 1 << 9
    assert not half.stored()[1]
    half.transfer(bytes([end]))
    assert half.stored() == (b"\x11\x22\x33", True)
    assert half.raw() == flag


@pytest.mark.parametrize(
    ("command", "flag"), [(6, 1 << 3), (8, 1 << 5), (9, 1 << 6), (10, 1 << 7), (0xDD, 1 << 2), (0x42, COMMAND_ERROR)]
)
def test_commands_that_only_interrupt(half: Bus, command: int, flag: int) -> None:
    half.transfer(bytes([command]))
    assert half.raw() == TRANS_DONE | flag
    assert half.read("SLAVE1") >> 18 & 0xFF == command


def test_commands_on_several_lines_are_not_modelled(half: Bus) -> None:
    assert half.transfer(bytes((0xA3, 0, 0, 1))) == b"\xff" * 4
    assert [use.name for use in half.chip.engine.unmodelled()] == ["SPI2: a slave's command on several lines"]


# The controller


def test_what_waits_is_forgotten_when_power_goes(bus: Bus) -> None:
    bus.host.transfer(b"\x01\x02")
    bus.chip.run(us=5)
    bus.chip.engine.power_on()
    assert bus.chip.pin(CS).level == 1
    bus.chip.run(us=100)
    assert bus.host.over == []


@pytest.mark.parametrize(("content", "bits", "expected"), [(b"", None, "1 to 0"), (b"\x01", 9, "1 to 8 bits")])
def test_bits_that_cannot_be(bus: Bus, content: bytes, bits: int | None, expected: str) -> None:
    with pytest.raises(UsageError, match=f"device HOST: expected {expected}"):
        bus.host.transfer(content, bits)


def test_a_controller_needs_its_chip_select(chip: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST)
    (tmp_path / "board.toml").write_text(BOARD.replace("pins = { cs = 10 }", ""))
    with pytest.raises(PlatformError, match="expected the GPIO that its pin 'cs' is wired to"):
        chip(tmp_path / "board.toml")


def test_a_bit_rate_that_cannot_be(chip: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST)
    (tmp_path / "board.toml").write_text(BOARD + "options = { bit_rate = 0 }\n")
    with pytest.raises(UsageError, match="device HOST: expected a bit rate above 0, got 0"):
        chip(tmp_path / "board.toml")


def test_what_is_no_device_of_the_bus(chip: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text("from twincore.devices import Device\n\nclass Host(Device):\n    pass\n")
    (tmp_path / "board.toml").write_text(BOARD)
    with pytest.raises(PlatformError, match="expected a subclass of SpiDevice or SpiController on SPI2, got Host"):
        chip(tmp_path / "board.toml")

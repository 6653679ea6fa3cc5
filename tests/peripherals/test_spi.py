"""SPI2 and SPI3: bits of all phases at devices, in their time; by buffer and by DMA; chip selects on pins; segments."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esp32s3.spi import SPI2, SPI3
from twincore.engines.embedded import EmbeddedEngine
from twincore.errors import UsageError
from twincore.isa.asm import assemble
from twincore.model import TICKS_PER_SECOND

DEVICES = Path(__file__).with_name("spi_devices.py")
_spec = importlib.util.spec_from_file_location("spi_devices", DEVICES)
assert _spec is not None
assert _spec.loader is not None
devices = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = devices
_spec.loader.exec_module(devices)

USR, UPDATE = 1 << 24, 1 << 23
COMMAND, ADDRESS, DUMMY, MISO, MOSI, DUPLEX = 1 << 31, 1 << 30, 1 << 29, 1 << 28, 1 << 27, 1 << 0
MISO_HIGH, MOSI_HIGH, CONF_NXT = 1 << 24, 1 << 25, 1 << 15
TRANS_DONE, SEG_DONE, MAGIC_ERR, OUT_EMPTY, IN_FULL = 1 << 12, 1 << 13, 1 << 14, 1 << 1, 1 << 0
DMA_RX, DMA_TX = 1 << 27, 1 << 28
APB_80 = TICKS_PER_SECOND // 80_000_000


def reversed_bits(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)


class Bus:
    """A controller by itself, with a device that notes everything."""

    def __init__(self, bench: Callable[..., Any], kind: type[Any] = devices.WithDummy) -> None:
        self.spi = bench(SPI2)
        self.device = kind(types.SimpleNamespace(name="DEVICE", has_pin=lambda name: False))
        self.spi.block.add_device(self.device)
        self.spi.write("CLK_GATE", 7)

    def transfer(self, user: int, bits: int = 8, **registers: int) -> str:
        """Carry one out and return what the device noted."""
        self.device.log.clear()
        self.spi.write("USER", user)
        self.spi.write("MS_DLEN", bits - 1)
        for name, value in registers.items():
            self.spi.write(name, value)
        self.spi.write("CMD", UPDATE)
        self.spi.write("CMD", USR)
        assert self.spi.read("CMD") == USR
        self.spi.run(us=1000)
        assert self.spi.read("CMD") == 0
        return " ".join(self.device.log)

    def buffer(self, length: int = 64, first: int = 0) -> bytes:
        words = [self.spi.read(f"W{n}") for n in range(16)]
        return b"".join(word.to_bytes(4, "little") for word in words)[first : first + length]

    def fill(self, content: bytes) -> None:
        for n in range(0, len(content), 4):
            self.spi.write(f"W{n // 4}", int.from_bytes(content[n : n + 4], "little"))


@pytest.fixture
def bus(bench: Callable[..., Any]) -> Bus:
    return Bus(bench)


COMMAND_8, COMMAND_16, COMMAND_4 = 7 << 28 | 0x9F, 15 << 28 | 0x3412, 3 << 28 | 0xA0
PHASES = [
    ("a command", COMMAND, {"USER2": COMMAND_8}, "9f"),
    ("16 bits: the low byte first", COMMAND, {"USER2": COMMAND_16}, "12 34"),
    ("4 bits: the high ones of the byte", COMMAND, {"USER2": COMMAND_4}, "1010"),
    ("an address from its highest bit", ADDRESS, {"USER1": 23 << 27, "ADDR": 0x12345678}, "12 34 56"),
    ("32 bits of address", ADDRESS, {"USER1": 31 << 27, "ADDR": 0x12345678}, "12 34 56 78"),
    ("dummy cycles", DUMMY, {"USER1": 9}, "dummy 10"),
    ("data", MOSI, {"MS_DLEN": 23}, "a0 a1 a2"),
    ("data from the buffer's upper half", MOSI | MOSI_HIGH, {"MS_DLEN": 15}, "c0 c1"),
    ("bits that are no byte", MOSI, {"MS_DLEN": 10}, "a0 101"),
    ("reading sends the idle level", MISO, {"MS_DLEN": 15}, "ff ff"),
    ("an idle level of 0", MISO, {"MS_DLEN": 15, "CTRL": 0}, "00 00"),
    ("both ways at once", MOSI | MISO | DUPLEX, {"MS_DLEN": 15}, "a0 a1"),
    ("one way, then the other", MOSI | MISO, {"MS_DLEN": 7}, "a0 ff"),
    (
        "all phases",
        COMMAND | ADDRESS | DUMMY | MISO,
        {"USER2": COMMAND_8, "USER1": 7 << 27 | 3, "ADDR": 0x55 << 24, "MS_DLEN": 15},
        "9f 55 dummy 4 ff ff",
    ),
    (
        "phases that are no bytes are joined",
        COMMAND | ADDRESS | MOSI,
        {"USER2": 0x80, "USER1": 6 << 27, "ADDR": 0b0101010 << 25, "MS_DLEN": 11},
        "aa a0 1010",
    ),
    ("the lowest bit first", MOSI, {"MS_DLEN": 10, "CTRL": 1 << 25}, "05 100"),
    ("a command, lowest bit first", COMMAND, {"USER2": COMMAND_8, "CTRL": 1 << 25}, "f9"),
    (
        "an address, lowest bit first",
        ADDRESS,
        {"USER1": 15 << 27, "ADDR": 0x12345678, "CTRL": 1 << 25},
        f"{reversed_bits(0x12):02x} {reversed_bits(0x34):02x}",
    ),
    ("nothing", 0, {}, ""),
]


@pytest.mark.parametrize(("what", "user", "registers", "expected"), PHASES, ids=[row[0] for row in PHASES])
def test_phases(bus: Bus, what: str, user: int, registers: dict[str, int], expected: str) -> None:
    bus.fill(bytes(range(0xA0, 0xE0)))
    assert bus.transfer(user, **registers) == expected


def test_dummy_cycles_are_bits_to_a_device_that_knows_of_none(bench: Callable[..., Any]) -> None:
    bus = Bus(bench, devices.Recorder)
    assert bus.transfer(COMMAND | DUMMY, USER2=COMMAND_8, USER1=10) == "9f ff 111"


ANSWERS = [
    ("half duplex", MISO, 24, b"\x01\x02\x03", b"\x01\x02\x03"),
    ("full duplex", MOSI | MISO | DUPLEX, 24, b"\x01\x02\x03", b"\x01\x02\x03"),
    ("after a command", COMMAND | MISO, 16, b"\xff\x02\x03", b"\x02\x03"),
    ("bits that are no byte", MISO, 11, b"\x12\xff", b"\x12\xe0"),
    ("after 4 bits of a command", COMMAND | MISO, 8, b"\xf5\xaf", b"\x5a"),
    ("beside the end of what is sent", MOSI | MISO, 8, b"\x11\x22", b"\x22"),
]


@pytest.mark.parametrize(("what", "user", "bits", "answers", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_answers(bus: Bus, what: str, user: int, bits: int, answers: bytes, expected: bytes) -> None:
    bus.device.answers = answers
    bus.fill(b"\x77" * 64)
    bus.transfer(user, bits, USER2=COMMAND_4 if "4 bits" in what else COMMAND_8)
    assert bus.buffer() == expected + b"\x77" * (64 - len(expected))


def test_answers_lowest_bit_first_and_in_the_upper_half(bus: Bus) -> None:
    bus.device.answers = b"\x01\x02"
    bus.transfer(MISO | MISO_HIGH, 16, CTRL=1 << 23)
    assert bus.buffer(2, 32) == b"\x80\x40"


def test_the_buffer_is_a_ring(bus: Bus) -> None:
    bus.fill(bytes(range(64)))
    sent = bus.transfer(MOSI | MOSI_HIGH, 40 * 8).split()
    assert [int(byte, 16) for byte in sent] == [*range(32, 64), *range(8)]
    bus.device.answers = bytes(range(100, 170))
    bus.transfer(MISO, 70 * 8)
    assert bus.buffer() == bytes([*range(164, 170), *range(106, 164)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(min_size=64, max_size=64),
    bits=st.integers(1, 512),
    command=st.integers(1, 16),
    address=st.integers(1, 32),
    user=st.sets(st.sampled_from([COMMAND, ADDRESS, MOSI, MISO, DUPLEX])),
)
def test_every_bit_reaches_the_device_in_order(
    bus: Bus, content: bytes, bits: int, command: int, address: int, user: set[int]
) -> None:
    bus.fill(content)
    flags = sum(user)
    sent = bus.transfer(flags, bits, USER2=(command - 1) << 28 | 0x34A5, USER1=(address - 1) << 27, ADDR=0x9BCD_1234)
    expected = f"{0xA534:016b}"[:command] * (COMMAND in user) + f"{0x9BCD1234:032b}"[:address] * (ADDRESS in user)
    expected += "".join(f"{byte:08b}" for byte in content)[:bits] * (MOSI in user)
    expected += "1" * bits * (MISO in user and not {MOSI, DUPLEX} <= user)
    noted = "".join(
        f"{int(part, 16):08b}" if len(part) == 2 and n < len(expected) // 8 else part
        for n, part in enumerate(sent.split())
    )
    assert noted == expected


def test_several_devices_pull_a_bit_down_together(bus: Bus) -> None:
    other = devices.Recorder(bus.device.context)
    bus.spi.block.add_device(other)
    bus.device.answers, other.answers = b"\xf3", b"\x3f"
    bus.transfer(MISO)
    assert bus.buffer(1) == b"\x33"


def test_nobody_answers_with_ones(bench: Callable[..., Any]) -> None:
    spi = bench(SPI3)
    spi.write("USER", MISO)
    spi.write("MS_DLEN", 15)
    spi.write("CMD", USR)
    spi.run(us=10)
    assert spi.read("W0") == 0xFFFF


def test_a_device_that_answers_wrongly_is_named(bus: Bus) -> None:
    bus.device.exchange_bytes = lambda content: b""
    with pytest.raises(UsageError, match="device DEVICE: expected 1 bytes from exchange_bytes, got 0"):
        bus.transfer(MOSI)


# Time

CLOCK_1_4, SYSCLK = 1 << 18 | 1 << 12, 1 << 31
TIMES = [
    ("a byte", MOSI, {}, 8 * 4),
    ("the clock undivided", MOSI, {"CLOCK": SYSCLK}, 8),
    ("12 bits", MOSI, {"MS_DLEN": 11}, 12 * 4),
    ("both ways at once", MOSI | MISO | DUPLEX, {}, 8 * 4),
    ("one way, then the other", MOSI | MISO, {}, 16 * 4),
    ("reading with the duplex bit", MISO | DUPLEX, {}, 8 * 4),
    ("a command on two lines", COMMAND, {"USER2": COMMAND_8, "CTRL": 1 << 8}, 4 * 4),
    ("an address on four lines", ADDRESS, {"USER1": 23 << 27, "CTRL": 1 << 6}, 6 * 4),
    ("writing on eight lines", MOSI | 1 << 14, {"MS_DLEN": 63}, 8 * 4),
    ("reading on two lines", MISO, {"MS_DLEN": 14, "CTRL": 1 << 14}, 8 * 4),
    ("four lines for all", COMMAND | MISO | 1 << 3, {"USER2": COMMAND_8}, 4 * 4),
    ("eight lines for all", COMMAND | MOSI | 1 << 4, {"USER2": COMMAND_8}, 2 * 4),
    ("two bits a cycle", MOSI, {"MISC": 1 << 17}, 4 * 4),
    ("dummy cycles", DUMMY, {"USER1": 19}, 20 * 4),
    ("setup and hold", MOSI | 1 << 6 | 1 << 7, {"USER1": 2 << 17 | 5 << 22}, (8 + 3 + 5) * 4),
    ("nothing", 0, {}, 4),
]


@pytest.mark.parametrize(("what", "user", "registers", "cycles"), TIMES, ids=[row[0] for row in TIMES])
def test_time(bus: Bus, what: str, user: int, registers: dict[str, int], cycles: int) -> None:
    bus.spi.context.clocks["apb"].set_period(APB_80)
    for name, value in {"CLOCK": CLOCK_1_4, "USER": user, "MS_DLEN": 7, **registers}.items():
        bus.spi.write(name, value)
    bus.spi.write("CMD", USR)
    bus.spi.run(ticks=cycles * APB_80 - 1)
    assert bus.spi.read("CMD") == USR
    assert bus.spi.read("DMA_INT_RAW") == 0
    bus.spi.run(ticks=1)
    assert bus.spi.read("CMD") == 0
    assert bus.spi.read("DMA_INT_RAW") == TRANS_DONE


def test_the_crystal_as_clock(bus: Bus) -> None:
    bus.spi.write("CLK_GATE", 3)
    bus.spi.write("CLOCK", SYSCLK)
    bus.spi.write("USER", MOSI)
    bus.spi.write("MS_DLEN", 7)
    bus.spi.write("CMD", USR)
    assert list(bus.spi.context.events.values()) == [8 * TICKS_PER_SECOND // 40_000_000]


# Interrupts and control


def test_the_interrupt(bus: Bus) -> None:
    bus.spi.write("DMA_INT_ENA", TRANS_DONE)
    bus.transfer(MOSI)
    assert bus.spi.level("interrupt") == 1
    assert bus.spi.read("DMA_INT_ST") == TRANS_DONE
    bus.spi.write("DMA_INT_CLR", TRANS_DONE)
    assert bus.spi.level("interrupt") == 0
    bus.spi.write("DMA_INT_SET", 1 << 19)
    assert bus.spi.read("DMA_INT_RAW") == 1 << 19
    bus.spi.write("DMA_INT_ENA", 1 << 19)
    assert bus.spi.level("interrupt") == 1
    bus.spi.write("DMA_INT_RAW", 1 << 19)
    assert bus.spi.level("interrupt") == 0


@pytest.mark.parametrize("stop", [("CMD", 0), ("SLAVE", 1 << 27), ("SLAVE", 1 << 26)])
def test_a_transfer_that_is_ended_does_nothing(bus: Bus, stop: tuple[str, int]) -> None:
    bus.spi.write("USER", MOSI)
    bus.spi.write("CMD", USR)
    bus.spi.write(*stop)
    bus.spi.run(us=100)
    assert (bus.device.log, bus.spi.read("DMA_INT_RAW"), bus.spi.read("CMD")) == ([], 0, 0)
    assert bus.spi.context.unknown == []


def test_a_second_start_waits_for_nothing(bus: Bus) -> None:
    bus.spi.write("USER", MOSI)
    bus.spi.write("MS_DLEN", 7)
    bus.spi.write("CMD", USR)
    bus.spi.write("CMD", USR)
    bus.spi.run(us=100)
    assert bus.device.log == ["00"]


# In the chip: chip selects on pins, DMA

BOARD = """
extends = "generic"
[[device]]
name = "FLASH"
class = "spi_devices.py:SmallFlash"
bus = "SPI2"
pins = { cs = 10 }
[[device]]
name = "PANEL"
class = "spi_devices.py:WithDummy"
bus = "SPI2"
pins = { cs = 11 }
[[device]]
name = "OTHER"
class = "spi_devices.py:WithDummy"
bus = "SPI3"
pins = { cs = 12 }
"""
FSPICS0, SPI3_CS1 = 110, 72
SIMPLE_GPIO = 1 << 12
LISTS, SOURCE, TARGET = 0x3FC9_0000, 0x3FCA_0000, 0x3FCB_0000
OWNER, EOF = 1 << 31, 1 << 30


class Board:
    """A chip with a flash and a panel at SPI2's CS0 and CS1, and a panel at SPI3's CS1."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        self.flash, self.panel, self.other = (chip.machine.devices[name] for name in ("FLASH", "PANEL", "OTHER"))
        for pin, signal in ((10, FSPICS0), (11, FSPICS0 + 1), (12, SPI3_CS1)):
            chip.write(f"IO_MUX.GPIO{pin}", SIMPLE_GPIO)
            chip.write(f"GPIO.FUNC{pin}_OUT_SEL_CFG", signal)
        for block in ("SPI2", "SPI3"):
            chip.write(f"{block}.CLK_GATE", 7)
            chip.write(f"{block}.CLOCK", CLOCK_1_4)
            chip.write(f"{block}.MISC", 0x3E)
        self.panel.log.clear()
        self.other.log.clear()

    def start(self, block: str = "SPI2", **registers: int) -> None:
        for name, value in registers.items():
            self.chip.write(f"{block}.{name}", value)
        self.chip.write(f"{block}.CMD", USR)

    def transfer(self, block: str = "SPI2", **registers: int) -> None:
        self.start(block, **registers)
        self.chip.run(us=20_000)
        assert self.chip.read(f"{block}.CMD") == 0

    def put(self, address: int, *words: int) -> None:
        self.chip.machine.dma_write(address, b"".join(word.to_bytes(4, "little") for word in words))

    def send_by_dma(self, content: bytes, *, n: int = 0, peripheral: int = 0) -> None:
        """Have OUT channel `n` send content, in descriptors of up to 4000 bytes."""
        self.chip.machine.dma_write(SOURCE, content)
        pieces = [(at, min(4000, len(content) - at)) for at in range(0, len(content), 4000)]
        for number, (at, size) in enumerate(pieces):
            is_last = number + 1 == len(pieces)
            following = 0 if is_last else LISTS + 12 * number + 12
            self.put(LISTS + 12 * number, OWNER | (EOF if is_last else 0) | size << 12 | size, SOURCE + at, following)
        self.chip.write(f"DMA.OUT_PERI_SEL_CH{n}", peripheral)
        self.chip.write(f"DMA.OUT_LINK_CH{n}", LISTS & 0xF_FFFF | 1 << 21)

    def receive_by_dma(self, size: int, *, n: int = 0, peripheral: int = 0) -> None:
        self.put(LISTS + 0x800, OWNER | size, TARGET, 0)
        self.chip.write(f"DMA.IN_PERI_SEL_CH{n}", peripheral)
        self.chip.write(f"DMA.IN_LINK_CH{n}", LISTS + 0x800 & 0xF_FFFF | 1 << 22)

    def received(self) -> bytes:
        word = int.from_bytes(self.chip.machine.dma_read(LISTS + 0x800, 4), "little")
        assert not word & OWNER
        assert word & EOF
        return bytes(self.chip.machine.dma_read(TARGET, word >> 12 & 0xFFF))


@pytest.fixture
def board(chip: Callable[..., Any], tmp_path: Path) -> Board:
    (tmp_path / "spi_devices.py").write_text(DEVICES.read_text(encoding="utf-8"))
    (tmp_path / "board.toml").write_text(BOARD)
    return Board(chip(tmp_path / "board.toml"))


IDENTIFY = {"USER": COMMAND | MISO, "USER2": 7 << 28 | 0x9F, "MS_DLEN": 23}


def test_only_the_device_that_is_selected_answers(board: Board) -> None:
    board.transfer(**IDENTIFY)
    assert board.chip.read("SPI2.W0") == 0x1040EF
    assert board.panel.log == []
    board.transfer(**IDENTIFY, MISC=0x3D)
    assert board.chip.read("SPI2.W0") == 0xFFFFFF
    assert board.panel.log == ["[", "9f", "ff", "ff", "ff", "]"]
    assert board.other.log == []
    board.transfer("SPI3", **IDENTIFY, MISC=0x3D)
    assert board.other.log == ["[", "9f", "ff", "ff", "ff", "]"]


def test_the_chip_select_holds_from_start_to_end(board: Board) -> None:
    board.start(**IDENTIFY)
    assert board.chip.pin(10).level == 0
    board.chip.run(us=100)
    assert board.chip.pin(10).level == 1
    (_, low), (_, high) = board.chip.edges_us(10)[-2:]
    assert (low, high) == (0, 1)


def test_chip_select_polarity(board: Board) -> None:
    board.chip.write("SPI2.MISC", 0x3E | 1 << 7)
    assert board.chip.pin(10).level == 0
    board.start(**IDENTIFY)
    assert board.chip.pin(10).level == 1


def test_chip_select_kept_between_transfers(board: Board) -> None:
    board.transfer(**IDENTIFY, MISC=0x3D | 1 << 30)
    assert board.panel.log == ["[", "9f", "ff", "ff", "ff"]
    board.transfer(USER=MOSI, MS_DLEN=7, W0=0x55)
    assert board.panel.log[5:] == ["55"]
    board.transfer(MISC=0x3D)
    assert board.panel.log[6:] == ["]", "[", "55", "]"]


def test_flash_is_written_and_read_by_the_buffer(board: Board) -> None:
    board.transfer(USER=COMMAND, USER2=7 << 28 | devices.WRITE_ENABLE)
    board.transfer(
        USER=COMMAND | ADDRESS | MOSI,
        USER2=7 << 28 | devices.PROGRAM,
        USER1=23 << 27,
        ADDR=0x1234 << 8,
        MS_DLEN=31,
        W0=0x64636261,
    )
    assert board.flash.memory[0x1234:0x1239] == b"abcd\xff"
    board.transfer(
        USER=COMMAND | ADDRESS | DUMMY | MISO, USER2=7 << 28 | devices.FAST_READ, USER1=23 << 27 | 7, MS_DLEN=47, W1=0
    )
    assert [board.chip.read(f"SPI2.W{n}") for n in (0, 1)] == [0x64636261, 0xFFFF]


def test_flash_is_read_by_dma(board: Board) -> None:
    board.flash.memory = bytes(range(256)) * 256
    board.receive_by_dma(300)
    board.transfer(
        USER=COMMAND | ADDRESS | MISO,
        USER2=7 << 28 | devices.READ,
        USER1=23 << 27,
        ADDR=0x10 << 8,
        MS_DLEN=299 * 8 - 1,
        DMA_CONF=DMA_RX,
    )
    assert board.received() == (bytes(range(256)) * 2)[0x10 : 0x10 + 299]
    assert board.chip.read("SPI2.DMA_INT_RAW") == TRANS_DONE


def test_a_screen_is_sent_by_dma(board: Board) -> None:
    content = bytes(range(251)) * 40
    board.send_by_dma(content, n=3)
    board.transfer(USER=MOSI, MS_DLEN=len(content) * 8 - 1, DMA_CONF=DMA_TX, MISC=0x3D)
    assert bytes(int(byte, 16) for byte in board.panel.log[1:-1]) == content
    assert board.chip.read("DMA.OUT_INT_RAW_CH3") == 0b1011


def test_full_duplex_by_dma(board: Board) -> None:
    board.panel.answers = bytes(range(200, 255))
    board.send_by_dma(b"0123456789")
    board.receive_by_dma(12)
    board.transfer(USER=MOSI | MISO | DUPLEX, MS_DLEN=79, DMA_CONF=DMA_TX | DMA_RX, MISC=0x3D)
    assert board.received() == bytes(range(200, 210))
    assert board.panel.log == ["[", *(f"{0x30 + n:x}" for n in range(10)), "]"]


def test_a_transfer_without_enough_data_by_dma_sends_zeros(board: Board) -> None:
    board.send_by_dma(b"ab")
    board.transfer(USER=MOSI, MS_DLEN=31, DMA_CONF=DMA_TX, MISC=0x3D)
    assert board.chip.read("SPI2.DMA_INT_RAW") == OUT_EMPTY | TRANS_DONE
    assert board.panel.log == ["[", "61", "62", "00", "00", "]"]


def test_a_transfer_that_only_receives_may_leave_dma_enabled_for_what_it_sends(board: Board) -> None:
    """As ESP-IDF does in full duplex, when there is nothing to send."""
    board.panel.answers = b"x"
    board.receive_by_dma(4)
    board.transfer(USER=MOSI | MISO | DUPLEX, MS_DLEN=7, DMA_CONF=DMA_TX | DMA_RX, MISC=0x3D)
    assert board.received() == b"x"


def test_what_has_no_room_in_memory_is_lost(board: Board) -> None:
    board.panel.answers = b"abcdefgh"
    board.receive_by_dma(4)
    board.transfer(USER=MISO, MS_DLEN=63, DMA_CONF=DMA_RX, MISC=0x3D)
    assert board.chip.read("SPI2.DMA_INT_RAW") == TRANS_DONE | IN_FULL
    assert bytes(board.chip.machine.dma_read(TARGET, 4)) == b"abcd"


def test_fifo_flags_follow_the_channels(board: Board) -> None:
    board.chip.write("SPI2.DMA_CONF", 0)
    assert board.chip.read("SPI2.DMA_CONF") == 3
    board.send_by_dma(b"abcd")
    assert board.chip.read("SPI2.DMA_CONF") == 2
    board.receive_by_dma(4)
    assert board.chip.read("SPI2.DMA_CONF") == 0


# Segments

USER_BIT, DLEN_BIT, MISC_BIT = 1 << 3, 1 << 6, 1 << 7


def segment(bitmap: int, *words: int, magic: int = 2) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in (magic << 28 | bitmap, *words))


def test_segments_bring_their_configuration(board: Board) -> None:
    content = segment(USER_BIT | DLEN_BIT, MOSI | CONF_NXT, 15) + b"ab"
    content += segment(USER_BIT, MOSI | MISO | DUPLEX | CONF_NXT) + b"cd"
    content += segment(USER_BIT | DLEN_BIT | MISC_BIT, MOSI, 7, 0x3E) + b"e"
    board.panel.answers = b"\xff\xffxy"
    board.receive_by_dma(8)
    board.send_by_dma(content)
    board.transfer(USER=0, DMA_CONF=DMA_TX | DMA_RX, SLAVE=1 << 28 | 2 << 22, MISC=0x3D)
    assert board.panel.log == ["[", "61", "62", "]", "[", "63", "64", "]"]
    assert board.flash.head == b"e"
    assert board.chip.read("SPI2.DMA_INT_RAW") == SEG_DONE | TRANS_DONE
    assert board.received() == b"xy"


def test_a_segment_with_the_wrong_magic_ends_all(board: Board) -> None:
    board.send_by_dma(segment(USER_BIT, MOSI, magic=3) + b"ab")
    board.transfer(DMA_CONF=DMA_TX, SLAVE=1 << 28 | 2 << 22, MISC=0x3D)
    assert board.panel.log == []
    assert board.chip.read("SPI2.DMA_INT_RAW") == MAGIC_ERR | SEG_DONE


def test_the_configuration_takes_its_time(board: Board) -> None:
    board.send_by_dma(segment(USER_BIT | DLEN_BIT, MOSI, 7) + b"a")
    board.start(DMA_CONF=DMA_TX, SLAVE=1 << 28 | 2 << 22, MISC=0x3D)
    board.chip.write("SPI2.CMD", 0)
    board.send_by_dma(segment(USER_BIT | DLEN_BIT, MOSI, 7) + b"a")
    board.chip.write("SPI2.CMD", USR | 100)
    machine = board.chip.machine
    assert machine.events.next_ticks() - machine.time_ticks == 100 * machine.clocks["apb"].period_ticks


# Reset, digest


def test_the_reset_bit_ends_a_transfer(board: Board) -> None:
    board.start(USER=MOSI, MS_DLEN=7, MISC=0x3D)
    board.chip.write("SYSTEM.PERIP_RST_EN0", 1 << 6)
    board.chip.run(us=100)
    assert board.panel.log == ["[", "]"]
    assert board.chip.read("SPI2.DMA_INT_RAW") == 0


# A driver: guest code talks to the flash, by the buffer and by DMA

DRIVER = f"""
        j start
        .literal spi, 0x60024000
        .literal dma, 0x6003F000
        .literal lists, {LISTS:#x}
        .literal target, {TARGET:#x}
        .literal iomux, {SIMPLE_GPIO:#x}
        .literal matrix, 0x60004554
        .literal pin, 0x60009004
        .literal clock, {CLOCK_1_4:#x}
        .literal read_user, {COMMAND | ADDRESS | MISO:#x}
        .literal id_user, {COMMAND | MISO:#x}
        .literal identify, {7 << 28 | 0x9F:#x}
        .literal read, {7 << 28 | 0x03:#x}
        .literal address_bits, {23 << 27:#x}
        .literal address, {0x4321 << 8:#x}
        .literal usr, {USR:#x}
        .literal done, {TRANS_DONE:#x}
        .literal rx, {DMA_RX:#x}
        .literal descriptor, {OWNER | 256:#x}
        .literal start_in, {(LISTS & 0xF_FFFF) | 1 << 22:#x}
start:
        l32r a2, spi
        l32r a3, dma
        l32r a4, lists
        l32r a5, target
        l32r a6, pin
        l32r a8, iomux
        s32i a8, a6, 40
        l32r a6, matrix
        movi a8, {FSPICS0}
        s32i a8, a6, 40
        movi a8, 7
        s32i a8, a2, 0xE8
        l32r a8, clock
        s32i a8, a2, 0x0C
        l32r a8, id_user
        s32i a8, a2, 0x10
        l32r a8, identify
        s32i a8, a2, 0x18
        movi a8, 23
        s32i a8, a2, 0x1C
        l32r a9, usr
        s32i a9, a2, 0
idle:   l32i a8, a2, 0
        bany a8, a9, idle
        l32i a8, a2, 0x98
        s32i a8, a5, 0
        addi a11, a5, 64
        l32r a8, descriptor
        s32i a8, a4, 0
        s32i a11, a4, 4
        movi a8, 0
        s32i a8, a4, 8
        s32i a8, a3, 0x48
        l32r a8, start_in
        s32i a8, a3, 0x20
        l32r a8, read_user
        s32i a8, a2, 0x10
        l32r a8, read
        s32i a8, a2, 0x18
        l32r a8, address_bits
        s32i a8, a2, 0x14
        l32r a8, address
        s32i a8, a2, 0x04
        movi a8, 1599
        s32i a8, a2, 0x1C
        l32r a8, rx
        s32i a8, a2, 0x30
        l32r a8, done
        s32i a8, a2, 0x38
        s32i a9, a2, 0
wait:   l32i a10, a2, 0x3C
        bnone a10, a8, wait
        movi a8, 1
        s32i a8, a5, 4
end:    j end
"""


def test_guest_code_drives_the_flash(tmp_path: Path) -> None:
    (tmp_path / "spi_devices.py").write_text(DEVICES.read_text(encoding="utf-8"))
    (tmp_path / "board.toml").write_text(BOARD)
    results = []
    for executor in ("reference", "native"):
        engine = EmbeddedEngine(tmp_path / "board.toml", executor=executor, sram="zero")
        machine = engine.machine
        machine.memories["rom"].write(0x400, assemble(DRIVER, 0x4000_0400))
        engine.power_on()
        machine.devices["FLASH"].memory = bytes(n * 7 & 0xFF for n in range(devices.SIZE))
        engine.run_for(2_000_000)
        assert engine.read_memory(TARGET, 8) == b"\xef\x40\x10\x00\x01\x00\x00\x00"
        assert engine.read_memory(TARGET + 64, 200) == bytes(n * 7 & 0xFF for n in range(0x4321, 0x4321 + 200))
        results.append(engine.digest())
        engine.close()
    assert results[0] == results[1]

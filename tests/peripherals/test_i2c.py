"""I2C: command lists against devices, in the time of the wire; NACKs, FIFOs, hung devices, ten-bit addresses."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.i2c import I2C
from twincore.devices import I2cDevice
from twincore.errors import UsageError
from twincore.model import NEVER

WRITE, STOP, READ, END, RSTART = 1, 2, 3, 4, 6
START_LIST = 1 << 4 | 1 << 5
RXFIFO_WM, TXFIFO_WM, RXFIFO_OVF, END_DETECT, BYTE_DONE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4
TXFIFO_UDF, COMPLETE, TIME_OUT, STARTED, NACK = 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10
TXFIFO_OVF, RXFIFO_UDF, SCL_ST_TO = 1 << 11, 1 << 12, 1 << 13
BUSY, ACKNOWLEDGED = 1 << 4, 1
BIT_US = 10
"""At 100 kHz."""


class Registers(I2cDevice):
    """Eight registers, as most sensors have them: the first byte written is a number, the others are content."""

    def __init__(self, address: int, **options: Any) -> None:
        super().__init__(types.SimpleNamespace(name="SENSOR"), address, **options)
        self.content = bytearray(range(0x20, 0x28))
        self.number = -1
        self.log: list[str] = []
        self.refused = -1
        self.hold = 0

    def start(self, *, is_read: bool) -> bool:
        self.log.append("read" if is_read else "write")
        if not is_read:
            self.number = -1
        return True

    def write(self, byte: int) -> bool:
        if byte == self.refused:
            return False
        if self.number < 0:
            self.number = byte
        else:
            self.content[self.number] = byte
            self.number += 1
        return True

    def read(self, *, is_last: bool) -> int:
        self.log.append("last" if is_last else "byte")
        self.number += 1
        return self.content[self.number - 1]

    def hold_ticks(self) -> int:
        return self.hold

    def stop(self) -> None:
        self.log.append("stop")


@pytest.fixture
def i2c(bench: Callable[..., Any]) -> Any:
    """A controller set up as ESP-IDF does for 100 kHz, with a device at address 0x48."""
    controller = bench(I2C, name="I2C0")
    controller.sensor = Registers(0x48)
    controller.block.add_device(controller.sensor)
    for register, value in {
        "SCL_LOW_PERIOD": 199,
        "SCL_HIGH_PERIOD": 102 | 98 << 9,
        "SCL_RSTART_SETUP": 199,
        "SCL_START_HOLD": 199,
        "SCL_STOP_SETUP": 199,
        "SCL_STOP_HOLD": 199,
        "CTR": 0x13,
    }.items():
        controller.write(register, value)
    return controller


def command(kind: int, count: int = 0, *, check: bool = True, level: int = 0) -> int:
    return kind << 11 | level << 10 | (kind == WRITE and check) << 8 | count


def start(i2c: Any, commands: list[int], content: bytes = b"") -> None:
    for byte in content:
        i2c.write("DATA", byte)
    for n, value in enumerate(commands):
        i2c.write(f"COMD{n}", value)
    i2c.write("INT_CLR", 0x3FFFF)
    i2c.write("CTR", i2c.read("CTR") | START_LIST)


def raw(i2c: Any) -> int:
    return int(i2c.read("INT_RAW"))


def received(i2c: Any) -> bytes:
    return bytes(i2c.read("DATA") for _ in range(i2c.read("SR") >> 8 & 0x3F))


WRITE_THREE = [command(RSTART), command(WRITE, 3), command(STOP)]
READ_REGISTER = [
    command(RSTART),
    command(WRITE, 2),
    command(RSTART),
    command(WRITE, 1),
    command(READ, 2),
    command(READ, 1, level=1),
    command(STOP),
]


def test_a_write_reaches_the_device(i2c: Any) -> None:
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=1000)
    assert i2c.sensor.content[5] == 0xAB
    assert raw(i2c) & (COMPLETE | NACK | STARTED | BYTE_DONE) == COMPLETE | STARTED | BYTE_DONE
    assert i2c.read("SR") & (BUSY | ACKNOWLEDGED) == ACKNOWLEDGED
    assert [i2c.read(f"COMD{n}") >> 31 for n in range(4)] == [1, 1, 1, 0]


def test_registers_are_read_after_a_repeated_start(i2c: Any) -> None:
    start(i2c, READ_REGISTER, bytes((0x90, 3, 0x91)))
    i2c.run(us=1000)
    assert received(i2c) == bytes((0x23, 0x24, 0x25))
    assert i2c.sensor.log == ["write", "read", "byte", "byte", "last", "stop"]


def test_a_transfer_takes_its_time_on_the_wire(i2c: Any) -> None:
    """START half a bit twice, bytes nine bits, STOP three halves."""
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=10 + 3 * 9 * BIT_US + 14)
    assert (i2c.read("SR") & BUSY, raw(i2c) & COMPLETE) == (BUSY, 0)
    i2c.run(us=1)
    assert (i2c.read("SR") & BUSY, raw(i2c) & COMPLETE) == (0, COMPLETE)


@pytest.mark.parametrize(
    ("clk_conf", "bit_us"),
    [(1 << 21, 10), (1 << 21 | 1, 20), (1 << 21 | 1 << 8 | 2 << 14, 15), (1 << 21 | 1 << 20 | 6, 160)],
    ids=["XTAL", "XTAL/2", "XTAL/1.5", "RC_FAST/7"],
)
def test_the_clock_is_divided(i2c: Any, clk_conf: int, bit_us: int) -> None:
    i2c.write("CLK_CONF", clk_conf)
    start(i2c, [command(RSTART), command(WRITE, 1), command(END)], b"\x90")
    i2c.run(us=10 * bit_us - 1)
    assert not raw(i2c) & END_DETECT
    i2c.run(us=1)
    assert raw(i2c) & END_DETECT


def test_nobody_at_an_address_is_a_nack_and_a_stop(i2c: Any) -> None:
    start(i2c, WRITE_THREE, bytes((0x92, 5, 0xAB)))
    i2c.run(us=10 + 9 * BIT_US)
    assert raw(i2c) & (NACK | COMPLETE) == NACK
    assert i2c.read("SR") & (BUSY | ACKNOWLEDGED) == BUSY
    i2c.run(us=15)
    assert raw(i2c) & (NACK | COMPLETE) == NACK | COMPLETE
    assert i2c.read("SR") & BUSY == 0
    assert i2c.read("SR") >> 18 & 0x3F == 2
    assert i2c.read("FIFO_ST") >> 10 & 31 == 1
    assert i2c.sensor.log == []


def test_a_byte_that_the_device_refuses_is_a_nack(i2c: Any) -> None:
    i2c.sensor.refused = 0xAB
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=1000)
    assert raw(i2c) & (NACK | COMPLETE) == NACK | COMPLETE
    assert i2c.sensor.log == ["write", "stop"]


def test_without_a_check_nobody_reads_ones(i2c: Any) -> None:
    commands = [command(RSTART), command(WRITE, 1, check=False), command(READ, 2), command(STOP)]
    start(i2c, commands, b"\x93")
    i2c.run(us=1000)
    assert (raw(i2c) & NACK, received(i2c)) == (0, b"\xff\xff")


def test_end_holds_the_bus_for_the_next_list(i2c: Any) -> None:
    start(i2c, [command(RSTART), command(WRITE, 2), command(END)], bytes((0x90, 5)))
    i2c.run(us=1000)
    assert raw(i2c) & (END_DETECT | COMPLETE) == END_DETECT
    assert not i2c.read("SR") & BUSY  # it is held all the same
    start(i2c, [command(WRITE, 1), command(STOP)], b"\x77")
    assert i2c.read("SR") & BUSY
    i2c.run(us=1000)
    assert i2c.sensor.content[5] == 0x77
    assert raw(i2c) & (END_DETECT | COMPLETE) == COMPLETE


def test_a_start_for_another_device_ends_the_transfer_before(i2c: Any) -> None:
    other = Registers(0x49)
    i2c.block.add_device(other)
    start(i2c, READ_REGISTER, bytes((0x90, 3, 0x93)))
    i2c.run(us=1000)
    assert i2c.sensor.log == ["write", "stop"]
    assert other.log[0] == "read"


def test_two_devices_at_one_address_pull_the_same_wire(i2c: Any) -> None:
    other = Registers(0x48)
    other.content[3] = 0xF1
    i2c.block.add_device(other)
    start(i2c, READ_REGISTER, bytes((0x90, 3, 0x91)))
    i2c.run(us=1000)
    assert received(i2c)[0] == 0x23 & 0xF1


def test_ten_bit_addresses(i2c: Any) -> None:
    device = Registers(0x248, ten_bit=True)
    i2c.block.add_device(device)
    commands = [
        command(RSTART),
        command(WRITE, 3),
        command(RSTART),
        command(WRITE, 1),
        command(READ, 1, level=1),
        command(STOP),
    ]
    start(i2c, commands, bytes((0xF4, 0x48, 2, 0xF5)))
    i2c.run(us=1000)
    assert received(i2c) == b"\x22"
    assert (device.log, i2c.sensor.log) == (["write", "read", "last", "stop"], [])


def test_a_ten_bit_address_of_nobody(i2c: Any) -> None:
    i2c.block.add_device(Registers(0x248, ten_bit=True))
    start(i2c, WRITE_THREE, bytes((0xF4, 0x49, 2)))
    i2c.run(us=10 + 18 * BIT_US)
    assert raw(i2c) & NACK
    assert i2c.read("FIFO_ST") >> 10 & 31 == 2


def test_bits_in_the_other_order(i2c: Any) -> None:
    i2c.write("CTR", 0x13 | 1 << 6 | 1 << 7)
    start(i2c, READ_REGISTER, bytes((0x09, 0xC0, 0x89)))
    i2c.run(us=1000)
    assert received(i2c)[0] == 0xC4


# FIFOs


def test_watermarks_follow_the_counts(i2c: Any) -> None:
    i2c.write("FIFO_CONF", 1 << 14 | 2 << 5 | 1)
    i2c.write("INT_CLR", 3)
    assert raw(i2c) & 3 == TXFIFO_WM
    start(i2c, READ_REGISTER, bytes((0x90, 3, 0x91)))
    assert raw(i2c) & 3 == 0
    i2c.run(us=1000)
    assert raw(i2c) & 3 == TXFIFO_WM | RXFIFO_WM


def test_fifos_overflow_and_run_dry(i2c: Any) -> None:
    for byte in range(33):
        i2c.write("DATA", byte)
    assert raw(i2c) & TXFIFO_OVF
    assert i2c.read("SR") >> 18 & 0x3F == 32
    i2c.read("DATA")
    assert raw(i2c) & RXFIFO_UDF
    i2c.write("FIFO_CONF", 0x408B | 1 << 13)
    i2c.write("FIFO_CONF", 0x408B)
    assert i2c.read("SR") >> 18 & 0x3F == 0
    start(i2c, [command(RSTART), command(WRITE, 2, check=False), command(STOP)], b"\x90")
    i2c.run(us=1000)
    assert raw(i2c) & TXFIFO_UDF


def test_a_full_receive_fifo_loses_bytes(i2c: Any) -> None:
    i2c.sensor.content = bytearray(range(100))
    i2c.sensor.number = 0
    start(i2c, [command(RSTART), command(WRITE, 1), command(READ, 33), command(STOP)], b"\x91")
    i2c.run(us=4000)
    assert raw(i2c) & RXFIFO_OVF
    assert received(i2c) == bytes(range(32))


def test_the_fifos_memory_without_the_fifos(i2c: Any) -> None:
    i2c.write("FIFO_CONF", 0x408B | 1 << 10)
    for n, byte in enumerate((0x90, 3, 0x91)):
        i2c.write(0x100 + 4 * n, byte)
    start(i2c, READ_REGISTER)
    i2c.run(us=1000)
    assert [i2c.read(0x180 + 4 * n) for n in range(3)] == [0x23, 0x24, 0x25]
    assert i2c.read("SR") >> 8 & 0x3F == 0


# What goes wrong


def test_a_device_that_holds_the_clock_delays_the_byte(i2c: Any, us: types.SimpleNamespace) -> None:
    i2c.sensor.hold = us.ticks(50)
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=10 + 3 * 9 * BIT_US + 2 * 50 + 14)
    assert not raw(i2c) & COMPLETE
    i2c.run(us=1)
    assert raw(i2c) & COMPLETE


def test_a_device_that_hangs_the_bus_times_out(i2c: Any) -> None:
    i2c.sensor.hold = NEVER
    i2c.write("TO", 1 << 5 | 12)
    i2c.write("SCL_ST_TIME_OUT", 13)
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=100 + 102)
    assert not raw(i2c) & TIME_OUT
    i2c.run(us=1)
    assert raw(i2c) & (TIME_OUT | SCL_ST_TO) == TIME_OUT
    i2c.run(us=103)
    assert raw(i2c) & SCL_ST_TO
    i2c.write("CTR", 0x13 | 1 << 10)
    assert i2c.read("SR") & BUSY == 0
    i2c.run(us=10_000)
    assert i2c.sensor.number == -1


def test_pulses_clear_the_bus(i2c: Any) -> None:
    start(i2c, [command(RSTART), command(WRITE, 1), command(END)], b"\x91")
    i2c.run(us=1000)
    i2c.write("SCL_SP_CONF", 9 << 1 | 1)
    i2c.write("CTR", 0x13 | 1 << 11)
    i2c.run(us=9 * BIT_US - 1)
    assert (i2c.read("SCL_SP_CONF") & 1, i2c.sensor.log) == (1, ["read"])
    i2c.run(us=1)
    assert i2c.read("SCL_SP_CONF") & 1 == 0
    assert i2c.sensor.log == ["read", "stop"]


def test_the_interrupt_follows_its_enable_and_clear(i2c: Any) -> None:
    i2c.write("INT_ENA", COMPLETE)
    start(i2c, WRITE_THREE, bytes((0x90, 5, 0xAB)))
    i2c.run(us=1000)
    assert (i2c.level("interrupt"), i2c.read("INT_STATUS")) == (1, COMPLETE)
    i2c.write("INT_CLR", COMPLETE)
    assert (i2c.level("interrupt"), i2c.read("INT_STATUS")) == (0, 0)


def test_a_transfer_goes_on_after_restoring(i2c: Any) -> None:
    start(i2c, READ_REGISTER, bytes((0x90, 3, 0x91)))
    i2c.run(us=250)
    saved = i2c.save()
    i2c.run(us=1000)
    first = received(i2c)
    i2c.load(saved)
    i2c.sensor.number = 3
    i2c.run(us=1000)
    assert received(i2c) == first == bytes((0x23, 0x24, 0x25))


@pytest.mark.parametrize(("address", "ten_bit", "highest"), [(0x80, False, "0x7f"), (0x400, True, "0x3ff")])
def test_an_address_that_cannot_be(address: int, ten_bit: bool, highest: str) -> None:
    with pytest.raises(UsageError, match=f"device SENSOR: expected an address from 0 to {highest}, got {address:#x}"):
        Registers(address, ten_bit=ten_bit)

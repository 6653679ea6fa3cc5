"""SPI1: what its registers make of transactions with a chip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.i2c_ana_mst import I2C_ANA_MST
from esp32s3.spi_mem import SPI0, SPI1
from twincore.machine.spi_chip import Transaction
from twincore.model import TICKS_PER_SECOND

USR = 1 << 18
NS = TICKS_PER_SECOND / 1_000_000_000
US = TICKS_PER_SECOND // 1_000_000


class Chip:
    """Notes transactions and answers 1, 2, 3, ..."""

    def __init__(self) -> None:
        self.heard: list[Transaction] = []
        self.powered = 0
        self.busy_until = 0

    def power_on(self) -> None:
        self.powered += 1

    def transfer(self, transaction: Transaction) -> bytes:
        self.heard.append(transaction)
        return bytes(range(1, transaction.read_length + 1))

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


COMMAND, ADDRESS, DUMMY, MISO, MOSI = 1 << 31, 1 << 30, 1 << 29, 1 << 28, 1 << 27


def set_up(spi, phases, *, command=0, bits=24, address=0, mosi=8, miso=8, dummy=1, command_bits=8):
    spi.write("USER", phases)
    spi.write("USER1", (bits - 1) << 26 | dummy - 1)
    spi.write("USER2", (command_bits - 1) << 28 | command)
    spi.write("ADDR", address)
    spi.write("MOSI_DLEN", mosi - 1)
    spi.write("MISO_DLEN", miso - 1)


def user(spi, phases, **more) -> Transaction:
    """Have a transaction carried out and return what the chip heard."""
    set_up(spi, phases, **more)
    spi.write("CMD", USR)
    spi.run(us=1000)
    assert spi.read("CMD") == 0
    return spi.chip.heard[-1]


def test_a_read_fills_the_buffer_and_leaves_the_rest(spi):
    spi.write("W1", 0xAABBCCDD)
    heard = user(spi, COMMAND | ADDRESS | MISO, command=0x03, address=0x123456, miso=48)
    assert heard == Transaction(0x03, address=0x123456, address_bits=24, read_length=6)
    assert (spi.read("W0"), spi.read("W1")) == (0x04030201, 0xAABB0605)


def test_a_program_sends_the_buffer(spi):
    spi.write("W0", 0x04030201)
    spi.write("W1", 0x08070605)
    heard = user(spi, COMMAND | ADDRESS | MOSI, command=0x02, address=0x100, mosi=40)
    assert heard == Transaction(0x02, address=0x100, address_bits=24, data=b"\1\2\3\4\5")


def test_the_high_half_of_the_buffer(spi):
    spi.write("W8", 0x11)
    heard = user(spi, COMMAND | MOSI | MISO | 3 << 24, command=0x9F, mosi=8, miso=8)
    assert heard == Transaction(0x9F, data=b"\x11", read_length=1)
    assert spi.read("W8") == 1


@pytest.mark.parametrize(
    ("ctrl", "wires"),
    [
        (0, (1, 1, 1)),
        (1 << 24, (1, 1, 1)),  # FREAD_QIO counts with FASTRD_MODE only
        (1 << 13, (1, 1, 1)),
        (1 << 13 | 1 << 14, (1, 1, 2)),
        (1 << 13 | 1 << 23, (1, 2, 2)),
        (1 << 13 | 1 << 20, (1, 1, 4)),
        (1 << 13 | 1 << 24, (1, 4, 4)),
        (1 << 13 | 1 << 24 | 1 << 8, (4, 4, 4)),
        (1 << 7, (2, 1, 1)),
        (0x270, (8, 8, 8)),
    ],
)
def test_wires_of_a_read(spi, ctrl, wires):
    spi.write("CTRL", ctrl)
    heard = user(spi, COMMAND | ADDRESS | MISO, command=0x03)
    assert (heard.command_lines, heard.address_lines, heard.data_lines) == wires


@pytest.mark.parametrize(("bit", "wires"), [(12, (1, 2)), (13, (1, 4)), (14, (2, 2)), (15, (4, 4)), (0, (1, 1))])
def test_wires_of_a_write(spi, bit, wires):
    spi.write("CTRL", 1 << 13 | 1 << 24)
    heard = user(spi, COMMAND | ADDRESS | MOSI | (1 << bit if bit else 0), command=0x02)
    assert (heard.address_lines, heard.data_lines) == wires


def test_a_transaction_takes_the_time_of_its_bits(spi):
    """8 + 24 + 8 + 32 bits at the core clock, 40 MHz on this bench, divided by four: 7.2 us."""
    set_up(spi, COMMAND | ADDRESS | DUMMY | MISO, command=0x0B, dummy=8, miso=32)
    spi.write("CLOCK", 3 << 16)
    spi.write("CMD", USR)
    spi.run(ticks=7_200 * NS - 1)
    assert (spi.read("CMD"), spi.read("FSM"), spi.chip.heard) == (USR, 1, [])
    spi.run(ticks=1)
    assert (spi.read("CMD"), spi.read("FSM"), len(spi.chip.heard)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("set_clock", "set_wires", "ns"),
    [
        (1 << 31, {}, 25 * 72),
        (1 << 31, {"CTRL": 1 << 13 | 1 << 24}, 25 * (8 + 6 + 8 + 8)),
        (1 << 31, {"CTRL": 0x270, "DDR": 1}, 25 * (1 + 3 + 4 + 4) // 2 + 25),
        (7 << 16, {}, 200 * 72),
    ],
)
def test_wires_and_clock_decide_about_the_time(spi, set_clock, set_wires, ns):
    set_up(spi, COMMAND | ADDRESS | DUMMY | MISO, command=0x0B, dummy=8, miso=32)
    spi.write("CLOCK", set_clock)
    for name, value in set_wires.items():
        spi.write(name, value)
    spi.write("CMD", USR)
    until = min(spi.context.events.values())
    assert abs(until - ns * NS) <= 40 * NS


def test_the_core_clock_is_chosen_at_spi0(bench, spi):
    spi0 = bench(SPI0)
    spi.context.blocks["SPI0"] = spi0.block
    set_up(spi, COMMAND, command=0x06)
    spi.write("CLOCK", 1 << 31)
    times = []
    for select in range(4):
        spi0.write("CORE_CLK_SEL", select)
        spi.write("CMD", USR)
        times.append(min(spi.context.events.values()) - spi.context.now)
        spi.run(us=10)
    assert [times[0] * part // whole for part, whole in ((1, 1), (2, 3), (1, 2), (1, 3))] == times


def test_a_command_while_one_is_under_way_is_lost(spi):
    set_up(spi, COMMAND, command=0x06)
    spi.write("CMD", USR)
    spi.write("CMD", 1 << 27)
    assert spi.read("CMD") == USR
    spi.run(us=100)
    assert ([heard.command for heard in spi.chip.heard], spi.read("CMD")) == ([6], 0)


def test_the_end_interrupts(spi):
    spi.write("INT_ENA", 4)
    user(spi, COMMAND, command=0x06)
    assert (spi.read("INT_RAW"), spi.read("INT_ST"), spi.level("interrupt")) == (4, 4, 1)
    spi.write("INT_CLR", 4)
    assert (spi.read("INT_RAW"), spi.read("INT_ST"), spi.level("interrupt")) == (0, 0, 0)


def test_commands_of_two_bytes_and_both_edges(spi):
    spi.write("CTRL", 0x270)
    spi.write("DDR", 1)
    heard = user(spi, COMMAND | ADDRESS | DUMMY | MISO, command=0x11EE, command_bits=16, bits=32, dummy=40, miso=32)
    assert (heard.command, heard.command_bits, heard.is_ddr, heard.dummy_clocks) == (0x11EE, 16, True, 20)
    assert spi.read("W0") == 0x04030201


@pytest.mark.parametrize(("ddr", "w0", "sent"), [(1, 0x04030201, b"ab"), (1 | 1 << 2 | 1 << 3, 0x03040102, b"ba")])
def test_bytes_of_a_pair_are_swapped_on_demand(spi, ddr, w0, sent):
    spi.write("CTRL", 0x270)
    spi.write("DDR", ddr)
    user(spi, COMMAND | MISO, command=0x11EE, command_bits=16, miso=32)
    assert spi.read("W0") == w0
    spi.write("W0", int.from_bytes(b"ab", "little"))
    assert user(spi, COMMAND | MOSI, command=0xED12, command_bits=16, mosi=16).data == sent


ADDRESSED = {"address": 0x3456, "address_bits": 24}


@pytest.mark.parametrize(
    ("bit", "heard"),
    [
        (31, Transaction(0x03, read_length=1, **ADDRESSED)),
        (30, Transaction(0x06)),
        (29, Transaction(0x04)),
        (28, Transaction(0x9F, read_length=3)),
        (27, Transaction(0x05, read_length=1)),
        (26, Transaction(0x01, data=b"\x5a")),
        (25, Transaction(0x02, data=b"\xaa\xbb", **ADDRESSED)),
        (24, Transaction(0x20, **ADDRESSED)),
        (23, Transaction(0xD8, **ADDRESSED)),
        (22, Transaction(0xC7)),
        (21, Transaction(0xB9)),
        (20, Transaction(0xAB, read_length=1)),
    ],
)
def test_bits_that_stand_for_a_command(spi, bit, heard):
    spi.write("CTRL", 0)
    spi.write("ADDR", 2 << 24 | 0x3456)
    spi.write("W0", 0xBBAA)
    spi.write("RD_STATUS", 0x5A)
    spi.write("CMD", 1 << bit)
    assert spi.read("CMD") == 1 << bit
    spi.run(us=1000)
    assert (spi.chip.heard, spi.read("CMD")) == ([heard], 0)


@pytest.mark.parametrize(("ctrl", "code"), [(1 << 13, 0x0B), (1 << 13 | 1 << 23, 0xBB), (1 << 13 | 1 << 20, 0x6B)])
def test_the_read_command_follows_the_mode(spi, ctrl, code):
    spi.write("CTRL", ctrl)
    spi.write("CMD", 1 << 31)
    spi.run(us=1000)
    assert spi.chip.heard[0].command == code


def test_read_status_lands_in_its_register(spi):
    spi.write("CMD", 1 << 27)
    spi.run(us=100)
    assert spi.read("RD_STATUS") == 1


def test_two_byte_status(spi):
    spi.write("CTRL", 1 << 22)
    spi.write("RD_STATUS", 0x0203)
    spi.write("CMD", 1 << 26)
    spi.run(us=100)
    assert spi.chip.heard == [Transaction(0x01, data=b"\x03\x02")]


def test_nobody_answers_at_the_other_chip_select(spi):
    spi.write("MISC", 1)
    set_up(spi, COMMAND | MISO, command=0x9F, miso=32)
    spi.write("CMD", USR)
    spi.run(us=100)
    assert (spi.chip.heard, spi.read("W0"), spi.read("CMD")) == ([], 0xFFFFFFFF, 0)


def test_the_command_waits_for_the_chip_where_that_is_asked_for(spi):
    spi.write("FLASH_WAITI_CTRL", 0x05 << 2 | 1)
    spi.chip.busy_until = 500 * US
    spi.write("CMD", 1 << 24)
    spi.run(us=499)
    assert (spi.read("CMD"), spi.read("FSM")) == (1 << 24, 1)
    spi.run(us=1)
    assert (spi.read("CMD"), spi.read("FSM")) == (0, 0)


def test_suspend_and_resume(spi):
    spi.write("FLASH_SUS_CTRL", 0x7A << 1 | 0x75 << 9)
    spi.write("INT_ENA", 3)
    spi.write("FLASH_SUS_CMD", 2)
    assert spi.read("FLASH_SUS_CMD") == 2
    spi.run(us=10)
    assert (spi.read("SUS_STATUS") & 1, spi.read("FLASH_SUS_CMD"), spi.read("INT_ST")) == (1, 0, 2)
    spi.write("FLASH_SUS_CMD", 1)
    spi.run(us=10)
    assert [heard.command for heard in spi.chip.heard] == [0x75, 0x7A]
    assert (spi.read("SUS_STATUS") & 1, spi.read("INT_ST")) == (0, 3)


def test_a_command_that_waits_goes_on_waiting_while_its_operation_is_suspended(spi):
    spi.write("FLASH_WAITI_CTRL", 0x05 << 2 | 1)
    spi.chip.busy_until = 500 * US
    spi.write("CMD", 1 << 24)
    spi.run(us=100)
    spi.write("FLASH_SUS_CMD", 2)
    spi.run(us=10)
    spi.chip.busy_until = 130 * US
    spi.run(us=1000)
    assert spi.read("CMD") == 1 << 24
    spi.chip.busy_until = spi.context.now + 400 * US
    spi.write("FLASH_SUS_CMD", 1)
    spi.run(us=399)
    assert spi.read("CMD") == 1 << 24
    spi.run(us=2)
    assert spi.read("CMD") == 0


def test_a_reset_ends_what_is_under_way(spi):
    set_up(spi, COMMAND, command=0x06)
    spi.write("CMD", USR)
    spi.block.reset("system", 3)
    spi.run(us=100)
    assert (spi.read("CMD"), spi.chip.heard) == (0, [])


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

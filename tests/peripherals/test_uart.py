"""UART: sending and receiving in virtual time, FIFO counts, interrupts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.uart import RX_PIECE, UART

XTAL = 3 << 20
RX_FULL, TX_EMPTY, OVERFLOW, TIMEOUT, TX_DONE = 1 << 0, 1 << 1, 1 << 4, 1 << 8, 1 << 14
AT_CMD = 1 << 18
BYTE_US = 10
"""At 1 Mbaud, 8N1."""


@pytest.fixture
def uart(bench: Callable[..., Any]) -> Any:
    """A port at 1 Mbaud that notes what it sends as (time in us, bytes) in `sent`."""
    port = bench(UART, name="UART0")
    port.write("CLK_CONF", XTAL)
    port.write("CLKDIV", 40)
    port.sent = []
    port.block.serial.listen(lambda ticks, data: port.sent.append((ticks / 913_920, data)))
    return port


def put(uart: Any, text: bytes) -> None:
    for byte in text:
        uart.write("FIFO", byte)


def tx_count(uart: Any) -> int:
    return int(uart.read("STATUS")) >> 16 & 0x3FF


def rx_count(uart: Any) -> int:
    return int(uart.read("STATUS")) & 0x3FF


def test_a_byte_takes_ten_bits(uart: Any) -> None:
    put(uart, b"A")
    uart.run(us=100)
    assert uart.sent == [(10.0, b"A")]


def test_bytes_follow_each_other(uart: Any) -> None:
    put(uart, b"Hello")
    uart.run(us=100)
    assert (b"".join(data for _, data in uart.sent), uart.sent[-1][0]) == (b"Hello", 50.0)


def test_status_is_served_without_python(uart: Any) -> None:
    for register in ("STATUS", "FSM_STATUS", "INT_RAW", "INT_ST"):
        assert not uart.block.word_access()[uart.offsets[register] // 4].python_read
    put(uart, bytes(100))
    uart.run(us=505)
    assert uart.read("STATUS") >> 16 & 0x3FF == 49


def test_fifo_empties_with_time(uart: Any) -> None:
    put(uart, bytes(10))
    assert tx_count(uart) == 9
    uart.run(us=35)
    assert tx_count(uart) == 6
    uart.run(us=100)
    assert tx_count(uart) == 0


def test_a_full_fifo_drops_bytes(uart: Any) -> None:
    put(uart, bytes(range(140)))
    assert tx_count(uart) == 128
    uart.run(us=2000)
    assert b"".join(data for _, data in uart.sent) == bytes(range(129))


def test_transmitter_is_busy_until_the_last_stop_bit(uart: Any) -> None:
    put(uart, b"A")
    uart.run(us=9)
    assert (tx_count(uart), uart.read("FSM_STATUS") >> 4 & 15 != 0) == (0, True)
    uart.run(us=1)
    assert uart.read("FSM_STATUS") >> 4 & 15 == 0


def test_transmitter_reset_drops_what_waits(uart: Any) -> None:
    put(uart, b"ABC")
    uart.write("CONF0", uart.read("CONF0") | 1 << 18)
    uart.run(us=100)
    assert uart.sent == [(10.0, b"A")]


@pytest.mark.parametrize(
    ("clk_conf", "clkdiv", "conf0", "byte_us"),
    [
        (XTAL, 40, 0x1C, 10.0),
        (XTAL, 40 | 8 << 20, 0x1C, 10.125),
        (XTAL | 1 << 12, 40, 0x1C, 20.0),
        (XTAL | 1 << 6 | 2, 40, 0x1C, 15.0),
        (1 << 20, 40, 0x1C, 10.0),
        (2 << 20, 35, 0x1C, 20.0),
        (XTAL, 40, 0x1C | 2, 11.0),
        (XTAL, 40, 0x3C, 11.0),
        (XTAL, 40, 0x2C, 10.5),
        (XTAL, 40, 0x10, 7.0),
    ],
    ids=["8N1", "fraction", "clock/2", "clock/1.5", "APB", "RC_FAST", "parity", "2 stop", "1.5 stop", "5 bits"],
)
def test_time_of_a_byte(uart: Any, clk_conf: int, clkdiv: int, conf0: int, byte_us: float) -> None:
    uart.write("CLK_CONF", clk_conf)
    uart.write("CLKDIV", clkdiv)
    uart.write("CONF0", conf0)
    put(uart, b"x")
    uart.run(us=100)
    assert uart.sent[0][0] == byte_us


def test_a_new_rate_applies_to_the_next_byte(uart: Any) -> None:
    put(uart, b"AB")
    uart.run(us=5)
    uart.write("CLKDIV", 80)
    uart.run(us=100)
    assert uart.sent[-1][0] == 30.0


def test_the_rate_follows_its_clock(uart: Any) -> None:
    uart.write("CLK_CONF", 1 << 20)
    uart.context.clocks["apb"].set_period(11424)
    put(uart, b"A")
    uart.run(us=100)
    assert uart.sent == [(5.0, b"A")]


def test_update_request_is_done_at_once(uart: Any) -> None:
    uart.write("ID", 1 << 31)
    assert uart.read("ID") >> 31 == 0


# Receiving


def test_bytes_arrive_at_the_rate(uart: Any) -> None:
    uart.block.serial.send(b"abc")
    uart.run(us=25)
    assert (rx_count(uart), [uart.read("FIFO"), uart.read("FIFO")]) == (2, [97, 98])
    uart.run(us=5)
    assert (rx_count(uart), uart.read("FIFO")) == (1, 99)


def test_much_that_was_sent_at_once_arrives_in_order(uart: Any) -> None:
    sent = bytes(n * n & 0xFF for n in range(2 * RX_PIECE + 10))
    uart.block.serial.send(sent[:5000])
    received = b""
    while len(received) < len(sent):
        uart.run(us=10)
        if len(received) == 100:
            uart.block.serial.send(sent[5000:])
        assert rx_count(uart) == 1
        received += bytes((uart.read("FIFO"),))
    uart.run(us=100)
    assert (rx_count(uart), received) == (0, sent)


def test_an_empty_receiver_reads_zero(uart: Any) -> None:
    assert uart.read("FIFO") == 0


def test_a_full_receiver_loses_bytes(uart: Any) -> None:
    uart.block.serial.send(bytes(130))
    uart.run(us=1300)
    assert (rx_count(uart), bool(uart.read("INT_RAW") & OVERFLOW)) == (128, True)


def test_receiver_reset(uart: Any) -> None:
    uart.block.serial.send(b"abc")
    uart.run(us=30)
    uart.write("CONF0", uart.read("CONF0") | 1 << 17)
    assert rx_count(uart) == 0


def test_loopback(uart: Any) -> None:
    uart.write("CONF0", uart.read("CONF0") | 1 << 14)
    put(uart, b"xy")
    uart.run(us=20)
    assert [uart.read("FIFO"), uart.read("FIFO")] == [120, 121]


# Interrupts


def test_receiver_full_interrupt(uart: Any) -> None:
    uart.write("CONF1", 3)
    uart.write("INT_ENA", RX_FULL)
    uart.block.serial.send(b"abcd")
    uart.run(us=29)
    assert uart.level("interrupt") == 0
    uart.run(us=1)
    assert (uart.level("interrupt"), uart.read("INT_ST")) == (1, RX_FULL)


def test_receiver_full_comes_back_while_the_fifo_is_full(uart: Any) -> None:
    uart.write("CONF1", 1)
    uart.write("INT_ENA", RX_FULL)
    uart.block.serial.send(b"a")
    uart.run(us=10)
    uart.write("INT_CLR", RX_FULL)
    assert uart.level("interrupt") == 1
    uart.read("FIFO")
    uart.write("INT_CLR", RX_FULL)
    assert uart.level("interrupt") == 0


def test_receiver_timeout_interrupt(uart: Any) -> None:
    uart.write("CONF1", 100 | 1 << 23)
    uart.write("MEM_CONF", 20 << 17)
    uart.write("INT_ENA", TIMEOUT)
    uart.block.serial.send(b"ab")
    uart.run(us=39)
    assert uart.level("interrupt") == 0
    uart.run(us=1)
    assert uart.read("INT_ST") == TIMEOUT


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"+++"], True),
        ([b"abc+++def"], True),
        ([b"ab++"], False),
        ([b"++-+"], False),
        ([b"++", b"+"], False),  # the pause between is longer than the gap
    ],
)
def test_at_command_interrupt(uart: Any, pieces: list[bytes], expected: bool) -> None:
    """As ESP-IDF's uart_enable_pattern_det_baud_intr(uart, '+', 3, 9, 0, 0) sets it up."""
    uart.write("AT_CMD_CHAR", ord("+") | 3 << 8)
    uart.write("AT_CMD_GAPTOUT", 9)
    uart.write("AT_CMD_PRECNT", 0)
    uart.write("AT_CMD_POSTCNT", 0)
    uart.write("INT_ENA", AT_CMD)
    for piece in pieces:
        uart.block.serial.send(piece)
        uart.run(us=len(piece) * BYTE_US + 20)
    assert (uart.level("interrupt"), uart.read("INT_ST")) == ((1, AT_CMD) if expected else (0, 0))


@pytest.mark.parametrize(("pause_us", "more", "expected"), [(40, b"", 0), (50, b"", 1), (40, b"x", 0), (0, b"+++", 0)])
def test_at_command_needs_silence_around_it(uart: Any, pause_us: int, more: bytes, expected: int) -> None:
    uart.write("AT_CMD_CHAR", ord("+") | 3 << 8)
    uart.write("AT_CMD_PRECNT", 50)
    uart.write("AT_CMD_POSTCNT", 50)
    uart.run(us=100)
    uart.block.serial.send(b"+++")
    uart.run(us=3 * BYTE_US + pause_us)
    uart.block.serial.send(more)
    uart.run(us=len(more) * BYTE_US)
    assert bool(uart.read("INT_RAW") & AT_CMD) == expected


def test_transmitter_empty_interrupt_comes_at_the_threshold(uart: Any) -> None:
    uart.write("CONF1", 96 | 3 << 10)
    put(uart, bytes(10))
    uart.write("INT_CLR", TX_EMPTY)
    uart.write("INT_ENA", TX_EMPTY)
    uart.run(us=59)
    assert uart.level("interrupt") == 0
    uart.run(us=1)
    assert (uart.level("interrupt"), tx_count(uart)) == (1, 3)


def test_transmitter_empty_interrupt_comes_at_a_threshold_of_0(uart: Any) -> None:
    """As ESP-IDF's driver finds UART0 behind the ROM; a transmit buffer (uart_driver_install) depends on it."""
    uart.write("CONF1", 1)
    put(uart, bytes(3))
    uart.write("INT_CLR", TX_EMPTY)
    uart.write("INT_ENA", TX_EMPTY)
    uart.run(us=19)
    assert (uart.level("interrupt"), tx_count(uart)) == (0, 1)
    uart.run(us=1)
    assert (uart.level("interrupt"), tx_count(uart)) == (1, 0)


def test_transmitter_empty_interrupt_after_refilling(uart: Any) -> None:
    uart.write("CONF1", 96 | 3 << 10)
    uart.write("INT_ENA", TX_EMPTY)
    put(uart, bytes(3))
    uart.run(us=5)
    put(uart, bytes(7))
    uart.write("INT_CLR", TX_EMPTY)
    assert uart.level("interrupt") == 0
    uart.run(us=54)
    assert uart.level("interrupt") == 0
    uart.run(us=1)
    assert uart.level("interrupt") == 1


def test_transmission_done_interrupt(uart: Any) -> None:
    uart.write("INT_ENA", TX_DONE)
    put(uart, b"ab")
    uart.run(us=19)
    assert uart.level("interrupt") == 0
    uart.run(us=1)
    assert uart.level("interrupt") == 1


def test_block_reset(uart: Any) -> None:
    put(uart, b"abc")
    uart.block.serial.send(b"x")
    uart.block.reset("block")
    uart.run(us=1000)
    assert (uart.sent, rx_count(uart), uart.context.events) == ([], 0, {})


def test_earlier_access_of_the_other_core(uart: Any) -> None:
    """Core 1 may look a little before the time at which core 0 looked last."""
    uart.run(us=5)
    put(uart, b"A")
    uart.context.now -= 100_000
    assert uart.read("FSM_STATUS") >> 4 & 15 != 0
    put(uart, b"B")
    uart.run(us=100)
    assert b"".join(data for _, data in uart.sent) == b"AB"


# Where TXD and an RXD meet at a pin

INPUT = 1 << 12 | 1 << 9
"""In IO_MUX: the function of the matrix, with its input enabled."""


@pytest.fixture
def s3(chip: Callable[..., Any]) -> Any:
    """UART1 sends at pin 17; UART1 and UART2 receive from pins 17 and 18."""
    made = chip()
    for unit in (1, 2):
        made.write(f"UART{unit}.CLK_CONF", XTAL)
        made.write(f"UART{unit}.CLKDIV", 40)
    for pin in (17, 18):
        made.write(f"IO_MUX.GPIO{pin}", INPUT)
    made.write("GPIO.FUNC17_OUT_SEL_CFG", 15)
    made.write("GPIO.FUNC15_IN_SEL_CFG", 1 << 7 | 17)
    made.write("GPIO.FUNC18_IN_SEL_CFG", 1 << 7 | 18)
    return made


def received(s3: Any, unit: int) -> bytes:
    count = s3.read(f"UART{unit}.STATUS") & 0x3FF
    return bytes(s3.read(f"UART{unit}.FIFO") for _ in range(count))


def send(s3: Any, text: bytes) -> None:
    for byte in text:
        s3.write("UART1.FIFO", byte)
    s3.run(us=(len(text) + 1) * BYTE_US)


def test_a_controller_hears_itself_over_a_pin(s3: Any) -> None:
    send(s3, b"loop")
    assert (received(s3, 1), received(s3, 2)) == (b"loop", b"")


def test_a_byte_is_received_when_its_stop_bit_is_over(s3: Any) -> None:
    s3.write("UART1.FIFO", 0x55)
    counts = []
    for _ in range(2):
        s3.run(us=BYTE_US / 2 + 1)
        counts.append(s3.read("UART1.STATUS") & 0x3FF)
    assert counts == [0, 1]


def test_two_controllers_at_one_pin_hear_the_same(s3: Any) -> None:
    s3.write("GPIO.FUNC18_IN_SEL_CFG", 1 << 7 | 17)
    send(s3, b"both")
    assert (received(s3, 1), received(s3, 2)) == (b"both", b"both")


@pytest.mark.parametrize("end", ["inverted", "input off", "another pin", "GPIO drives it"])
def test_nothing_is_heard_where_the_way_ends(s3: Any, end: str) -> None:
    if end == "inverted":
        s3.write("GPIO.FUNC15_IN_SEL_CFG", 1 << 7 | 1 << 6 | 17)
    elif end == "input off":
        s3.write("IO_MUX.GPIO17", INPUT & ~(1 << 9))
    elif end == "another pin":
        s3.write("GPIO.FUNC15_IN_SEL_CFG", 1 << 7 | 18)
    else:
        s3.write("GPIO.FUNC17_OUT_SEL_CFG", 256)
    send(s3, b"x")
    assert received(s3, 1) == b""

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


# Breaks

FRAMING, BREAK, BREAK_DONE, BREAK_IDLE = 1 << 3, 1 << 7, 1 << 12, 1 << 13
TXD_BRK, LOOPBACK, TX_FLOW_EN, DEFAULT_CONF0 = 1 << 8, 1 << 14, 1 << 15, 0x1C


def test_a_break_follows_the_last_byte(s3: Any) -> None:
    s3.write("UART1.TXBRK_CONF", 30)
    s3.write("UART1.IDLE_CONF", 20 << 10)
    for byte in b"ab":
        s3.write("UART1.FIFO", byte)
    s3.write("UART1.CONF0", DEFAULT_CONF0 | TXD_BRK)
    found = []
    for us in (19, 2, 28, 2, 18, 2):  # 20 us of bytes, 30 us of break, 20 us of silence
        s3.run(us=us)
        found.append(s3.read("UART1.INT_RAW") & (TX_DONE | BREAK_DONE | BREAK_IDLE | BREAK | FRAMING))
    done, told = TX_DONE, BREAK_DONE | BREAK | FRAMING
    assert found == [0, done, done, done | told, done | told, done | told | BREAK_IDLE]
    assert received(s3, 1) == b"ab\0"


def test_bytes_wait_for_the_end_of_a_break(s3: Any) -> None:
    s3.write("UART1.TXBRK_CONF", 100)
    s3.write("UART1.CONF0", DEFAULT_CONF0 | TXD_BRK)  # nothing is being sent: it begins now
    s3.run(us=50)
    s3.write("UART1.CONF0", DEFAULT_CONF0)
    s3.write("UART1.FIFO", ord("x"))
    s3.run(us=55)
    assert (received(s3, 1), s3.read("UART1.STATUS") >> 16 & 0x3FF) == (b"\0", 0)
    s3.run(us=6)
    assert received(s3, 1) == b"x"


def test_a_short_break_is_none_to_the_receiver(s3: Any) -> None:
    s3.write("UART1.TXBRK_CONF", 9)
    s3.write("UART1.CONF0", DEFAULT_CONF0 | TXD_BRK)
    s3.run(us=100)
    assert s3.read("UART1.INT_RAW") & (BREAK_DONE | BREAK) == BREAK_DONE
    assert received(s3, 1) == b""


# RTS and CTS

CTS_CHANGED, CTSN, RTSN = 1 << 6, 1 << 14, 1 << 30
SW_RTS, CTS_INV, RTS_INV, RX_FLOW_EN = 1 << 6, 1 << 20, 1 << 23, 1 << 22
CTS_PIN, RTS_PIN = 4, 5


@pytest.fixture
def flow(s3: Any) -> Any:
    """UART1 besides has CTS at pin 4 and RTS at pin 5."""
    for pin in (CTS_PIN, RTS_PIN):
        s3.write(f"IO_MUX.GPIO{pin}", INPUT)
    s3.write("GPIO.FUNC16_IN_SEL_CFG", 1 << 7 | CTS_PIN)
    s3.write(f"GPIO.FUNC{RTS_PIN}_OUT_SEL_CFG", 16)
    s3.pin(CTS_PIN).drive(0)
    s3.write("UART1.INT_CLR", 0xFFFFF)
    return s3


@pytest.mark.parametrize(("conf0", "level"), [(0, 1), (CTS_INV, 0)])
def test_cts_stops_the_transmitter_between_two_bytes(flow: Any, conf0: int, level: int) -> None:
    flow.pin(CTS_PIN).drive(1 - level)
    flow.write("UART1.CONF0", DEFAULT_CONF0 | TX_FLOW_EN | conf0)
    for byte in b"abcd":
        flow.write("UART1.FIFO", byte)
    flow.run(us=14)
    flow.pin(CTS_PIN).drive(level)
    flow.run(us=1000)
    assert received(flow, 1) == b"ab"
    assert flow.read("UART1.STATUS") & (0x3FF << 16 | CTSN) == 2 << 16 | CTSN
    assert flow.read("UART1.INT_RAW") & (CTS_CHANGED | TX_DONE) == CTS_CHANGED
    flow.write("UART1.FIFO", ord("e"))
    flow.pin(CTS_PIN).drive(1 - level)
    flow.run(us=29)
    assert received(flow, 1) == b"cd"
    flow.run(us=2)
    assert received(flow, 1) == b"e"
    assert flow.read("UART1.STATUS") & CTSN == 0
    assert flow.read("UART1.INT_RAW") & TX_DONE


def test_without_flow_control_cts_is_only_told(flow: Any) -> None:
    flow.pin(CTS_PIN).drive(1)
    send(flow, b"abc")
    assert received(flow, 1) == b"abc"
    assert flow.read("UART1.INT_RAW") & CTS_CHANGED


def test_a_full_fifo_behind_cts_takes_128_bytes(flow: Any) -> None:
    flow.write("UART1.CONF0", DEFAULT_CONF0 | TX_FLOW_EN)
    flow.pin(CTS_PIN).drive(1)
    for n in range(200):
        flow.write("UART1.FIFO", n)
    assert flow.read("UART1.STATUS") >> 16 & 0x3FF == 128
    flow.pin(CTS_PIN).drive(0)
    flow.run(us=128 * BYTE_US + 1)
    assert received(flow, 1) == bytes(range(128))


@pytest.mark.parametrize(("conf0", "level"), [(0, 1), (SW_RTS, 0), (RTS_INV, 0), (SW_RTS | RTS_INV, 1)])
def test_rts_as_software_sets_it(flow: Any, conf0: int, level: int) -> None:
    flow.write("UART1.CONF0", DEFAULT_CONF0 | conf0)
    assert flow.pin(RTS_PIN).level == level
    assert bool(flow.read("UART1.STATUS") & RTSN) == (not conf0 & SW_RTS)


def test_rts_goes_high_at_its_threshold(flow: Any) -> None:
    flow.write("UART1.MEM_CONF", 0x140012 & ~(0x3FF << 7) | 3 << 7)
    flow.write("UART1.CONF1", 0x18060 | RX_FLOW_EN)
    levels = []
    for _ in range(4):
        send(flow, b"x")
        levels.append(flow.pin(RTS_PIN).level)
    assert levels == [0, 0, 1, 1]
    flow.read("UART1.FIFO")
    assert flow.pin(RTS_PIN).level == 1
    flow.read("UART1.FIFO")
    assert flow.pin(RTS_PIN).level == 0


def test_the_world_waits_for_rts(flow: Any) -> None:
    flow.write("UART1.MEM_CONF", 0x140012 & ~(0x3FF << 7) | 100 << 7)
    flow.write("UART1.CONF1", 0x18060 | RX_FLOW_EN)
    text = bytes(n % 251 for n in range(1000))
    flow.block("UART1").serial.send(text)
    heard = b""
    while len(heard) < len(text):
        flow.run(us=2000)
        new = received(flow, 1)
        assert 0 < len(new) <= 100
        heard += new
    assert heard == text
    assert not flow.read("UART1.INT_RAW") & OVERFLOW


def test_without_flow_control_the_world_does_not_wait(flow: Any) -> None:
    flow.block("UART1").serial.send(bytes(200))
    flow.run(us=3000)
    assert len(received(flow, 1)) == 128
    assert flow.read("UART1.INT_RAW") & OVERFLOW


@pytest.mark.parametrize("way", ["pins", "LOOPBACK"])
def test_rts_at_cts_loses_nothing(flow: Any, way: str) -> None:
    if way == "pins":
        flow.write("GPIO.FUNC16_IN_SEL_CFG", 1 << 7 | RTS_PIN)
    flow.write("UART1.MEM_CONF", 0x140012 & ~(0x3FF << 7) | 10 << 7)
    flow.write("UART1.CONF1", 0x18060 | RX_FLOW_EN)
    flow.write("UART1.CONF0", DEFAULT_CONF0 | TX_FLOW_EN | (LOOPBACK if way == "LOOPBACK" else 0))
    for n in range(60):
        flow.write("UART1.FIFO", n)
    heard = b""
    for _ in range(10):
        flow.run(us=1000)
        new = received(flow, 1)
        assert len(new) <= 11  # the byte that had begun is sent
        heard += new
    assert heard == bytes(range(60))


def test_a_reset_lets_go_of_everything(flow: Any) -> None:
    flow.write("UART1.CONF0", DEFAULT_CONF0 | TX_FLOW_EN | TXD_BRK)
    flow.pin(CTS_PIN).drive(1)
    flow.write("UART1.FIFO", 1)
    flow.machine.reset_block("UART1")
    flow.run(us=1000)
    block = flow.block("UART1")
    assert (block.tx_held, block.is_breaking, block.tx_fifo, block.tx_byte) == (0, 0, b"", -1)
    assert flow.read("UART1.INT_RAW") & BREAK_DONE == 0

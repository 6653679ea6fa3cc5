"""The UART, which works out later what was sent, against one that moves every byte on time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esp32s3.uart import FIFO_SIZE, TXFIFO_EMPTY, UART

BYTE_US = 10
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 3, 9, 10, 11, 55, 640, 2000])),
        st.tuples(st.just("threshold"), st.sampled_from([0, 1, 10, 100, 128])),
        st.tuples(st.just("clear"), st.just(0)),
        st.tuples(st.just("enable"), st.integers(0, 1)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    max_size=30,
)


@dataclass
class Reference:
    """A transmitter that steps through time a microsecond at a time."""

    now: int = 0
    waiting: deque[int] = field(default_factory=deque)
    sending: int | None = None
    left: int = 0
    sent: list[tuple[int, int]] = field(default_factory=list)
    threshold: int = 96
    raw: int = 1
    enabled: int = 0

    def put(self, byte: int) -> None:
        if self.sending is None:
            self.sending, self.left = byte, BYTE_US
        elif len(self.waiting) < FIFO_SIZE:
            self.waiting.append(byte)

    def wait(self) -> None:
        self.now += 1
        if self.sending is None:
            return
        self.left -= 1
        if self.left == 0:
            self.sent.append((self.now, self.sending))
            self.sending, self.left = (self.waiting.popleft(), BYTE_US) if self.waiting else (None, 0)
        self.follow()

    def follow(self) -> None:
        """Set the raw interrupt as long as the count is not above the threshold."""
        self.raw |= len(self.waiting) <= self.threshold


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_bytes_times_counts_and_interrupt(bench: Callable[..., Any], steps: list[tuple[str, int]]) -> None:
    uart = bench(UART)
    uart.write("CLK_CONF", 3 << 20)
    uart.write("CLKDIV", 40)
    reference = Reference()
    sent: list[tuple[int, int]] = []

    def note(ticks: int, data: bytes) -> None:
        end_us = ticks // 913_920
        sent.extend((end_us - (len(data) - 1 - i) * BYTE_US, byte) for i, byte in enumerate(data))

    uart.block.serial.listen(note)
    number = 0
    for what, amount in steps:
        if what == "put":
            for _ in range(amount):
                number = (number + 1) & 0xFF
                uart.write("FIFO", number)
                reference.put(number)
        elif what == "wait":
            for _ in range(amount):
                uart.run(us=1)
                reference.wait()
                assert uart.level("interrupt") == (reference.raw & reference.enabled)
        elif what == "threshold":
            uart.write("CONF1", 96 | amount << 10)
            reference.threshold = amount
            reference.follow()
        elif what == "clear":
            uart.write("INT_CLR", TXFIFO_EMPTY)
            reference.raw = 0
            reference.follow()
        elif what == "enable":
            uart.write("INT_ENA", TXFIFO_EMPTY * amount)
            reference.enabled = amount
        elif what == "settle":
            uart.block.settle()
        else:
            assert uart.read("STATUS") >> 16 & 0x3FF == len(reference.waiting)
            assert uart.read("FSM_STATUS") != 0 or reference.sending is None
        reference.follow()
    uart.run(us=5000)
    for _ in range(5000):
        reference.wait()
    assert sent == reference.sent

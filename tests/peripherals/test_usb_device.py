"""USB_DEVICE: the serial console over USB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esp32s3.usb_device import USB_DEVICE, WIRE_PIECE

FREE, AVAILABLE = 2, 4
SOF, RECEIVED, IN_EMPTY = 2, 4, 8


@pytest.fixture
def usb(bench: Callable[..., Any], us: Any) -> Any:
    made = bench(USB_DEVICE)
    made.sent = []
    made.block.serial.listen(lambda ticks, data: made.sent.append((ticks / us.ticks(1), data)))
    return made


def test_a_packet_reaches_the_host(usb: Any) -> None:
    for byte in b"hi":
        usb.write("EP1", byte)
    assert usb.read("EP1_CONF") == FREE
    usb.write("INT_CLR", IN_EMPTY)
    usb.write("EP1_CONF", 1)
    assert usb.read("EP1_CONF") == 0
    usb.run(us=60)
    assert (usb.sent, usb.read("EP1_CONF"), usb.read("INT_RAW") & IN_EMPTY) == ([(50.0, b"hi")], FREE, IN_EMPTY)


def test_a_full_packet_goes_by_itself_and_what_does_not_fit_is_lost(usb: Any) -> None:
    for byte in range(70):
        usb.write("EP1", byte)
    usb.run(us=60)
    assert usb.sent == [(50.0, bytes(range(64)))]


def test_nothing_is_handed_over_without_bytes(usb: Any) -> None:
    usb.write("EP1_CONF", 1)
    assert (usb.read("EP1_CONF"), usb.context.events) == (FREE, {})


def test_bytes_from_the_host_come_in_packets(usb: Any) -> None:
    usb.block.serial.send(bytes(range(100)))
    assert usb.read("EP1_CONF") == FREE
    usb.run(us=50)
    assert (usb.read("EP1_CONF"), usb.read("INT_RAW") & RECEIVED) == (FREE | AVAILABLE, RECEIVED)
    assert bytes(usb.read("EP1") for _ in range(64)) == bytes(range(64))
    assert (usb.read("EP1_CONF"), usb.read("EP1")) == (FREE, 0)
    usb.run(us=50)
    assert bytes(usb.read("EP1") for _ in range(36)) == bytes(range(64, 100))


def test_much_that_was_sent_at_once_comes_in_order(usb: Any) -> None:
    sent = bytes(n * n & 0xFF for n in range(2 * WIRE_PIECE + 10))
    usb.block.serial.send(sent[:5000])
    usb.block.serial.send(sent[5000:])
    received = b""
    while len(received) < len(sent):
        usb.run(us=50)
        assert usb.read("EP1_CONF") == FREE | AVAILABLE
        while usb.read("EP1_CONF") & AVAILABLE:
            received += bytes((usb.read("EP1"),))
    usb.run(us=100)
    assert (usb.read("EP1_CONF"), received) == (FREE, sent)


def test_interrupts(usb: Any) -> None:
    assert usb.level("interrupt") == 0
    usb.write("INT_ENA", IN_EMPTY)
    assert (usb.level("interrupt"), usb.read("INT_ST")) == (1, IN_EMPTY)
    usb.write("INT_CLR", IN_EMPTY)
    assert (usb.level("interrupt"), usb.read("INT_ST")) == (0, 0)


def test_a_frame_starts_every_millisecond(usb: Any) -> None:
    usb.run(us=2500)
    assert (usb.read("FRAM_NUM"), usb.read("INT_RAW") & SOF) == (2, SOF)
    usb.write("INT_CLR", SOF)
    assert usb.read("INT_RAW") & SOF == 0
    usb.run(us=500)
    assert usb.read("INT_RAW") & SOF == SOF


def test_frames_interrupt(usb: Any) -> None:
    usb.write("INT_ENA", SOF)
    usb.run(us=999)
    assert usb.level("interrupt") == 0
    usb.run(us=1)
    assert usb.level("interrupt") == 1
    usb.write("INT_CLR", SOF)
    usb.run(us=1000)
    assert usb.level("interrupt") == 1

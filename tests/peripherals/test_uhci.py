"""UHCI0: bytes between memory and a UART, plain and in packets; ends of frames; room and data that come late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UART1_CE, SEPARATED, IDLE_EOF, LENGTH_EOF, HEAD_EN = 1 << 3, 1 << 5, 1 << 8, 1 << 9, 1 << 6
SENT, SEEN, APP_0 = 1 << 0, 1 << 1, 1 << 7
UHCI_PERIPHERAL = 2
LISTS, SOURCE, TARGET = 0x3FC9_0000, 0x3FCA_0000, 0x3FCB_0000
OWNER, EOF = 1 << 31, 1 << 30
ALL_PAIRS = 0xFF
BYTE_US = 87


class Link:
    """UART1 behind UHCI0, at 115200 baud; OUT channel 0 and IN channel 1."""

    def __init__(self, chip: Any) -> None:
        self.chip = chip
        self.port = chip.block("UART1").serial
        self.heard = bytearray()
        self.port.listen(lambda _, data: self.heard.extend(data))
        for block in ("RTC_CNTL", "TIMG0"):  # the tests run longer than the watchdogs wait
            chip.write(f"{block}.WDTWPROTECT", 0x50D8_3AA1)
            chip.write(f"{block}.WDTCONFIG0", 0)
        chip.write("UART1.CLK_CONF", 3 << 20 | 1 << 22)
        chip.write("UART1.CLKDIV", 347)
        chip.write("UART1.IDLE_CONF", 20)
        chip.write("DMA.OUT_PERI_SEL_CH0", UHCI_PERIPHERAL)
        chip.write("DMA.IN_PERI_SEL_CH1", UHCI_PERIPHERAL)
        self.used = 0

    def put(self, address: int, *words: int) -> None:
        self.chip.machine.dma_write(address, b"".join(word.to_bytes(4, "little") for word in words))

    def send(self, *frames: bytes) -> None:
        """Have DMA send frames, a descriptor each."""
        at = SOURCE
        for n, frame in enumerate(frames):
            self.chip.machine.dma_write(at, frame)
            following = LISTS + 12 * (n + 1) if n + 1 < len(frames) else 0
            self.put(LISTS + 12 * n, OWNER | EOF | len(frame) << 12 | len(frame), at, following)
            at += len(frame)
        self.chip.write("DMA.OUT_LINK_CH0", LISTS & 0xF_FFFF | 1 << 21)

    def receive(self, *sizes: int) -> None:
        """Have DMA receive, into a descriptor for each size."""
        self.used = len(sizes)
        for n, size in enumerate(sizes):
            following = LISTS + 0x800 + 12 * (n + 1) if n + 1 < len(sizes) else 0
            self.put(LISTS + 0x800 + 12 * n, OWNER | size, TARGET + 0x1000 * n, following)
        self.chip.write("DMA.IN_LINK_CH1", LISTS + 0x800 & 0xF_FFFF | 1 << 22)

    def received(self) -> list[tuple[bytes, bool]]:
        """Return content of the descriptors that were filled, and whether a frame ends there."""
        result = []
        for n in range(self.used):
            word = int.from_bytes(self.chip.machine.dma_read(LISTS + 0x800 + 12 * n, 4), "little")
            if not word & OWNER:
                content = bytes(self.chip.machine.dma_read(TARGET + 0x1000 * n, word >> 12 & 0xFFF))
                result.append((content, bool(word & EOF)))
        return result

    def run(self, count: int) -> None:
        """Let the time of as many bytes pass."""
        self.chip.run(us=BYTE_US * (count + 4))


@pytest.fixture
def link(chip: Callable[..., Any]) -> Link:
    return Link(chip())


def test_bytes_are_sent_as_the_transmitter_has_room(link: Link) -> None:
    content = bytes(range(256)) * 2
    link.chip.write("UHCI0.ESCAPE_CONF", 0)
    link.chip.write("UHCI0.CONF0", UART1_CE)
    link.send(content)
    link.run(300)
    assert len(link.heard) < len(content)
    assert link.chip.read("DMA.OUT_INT_RAW_CH0") == 0
    link.run(220)
    assert bytes(link.heard) == content
    assert link.chip.read("DMA.OUT_INT_RAW_CH0") == 0b1011


def test_data_may_come_before_the_link(link: Link) -> None:
    link.send(b"early")
    link.run(10)
    assert link.heard == b""
    link.chip.write("UHCI0.CONF0", UART1_CE)
    link.run(10)
    assert link.heard == b"early"


def test_a_frame_ends_when_the_line_is_idle(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE | IDLE_EOF)
    link.receive(4, 64, 64)
    link.port.send(b"hello world")
    link.run(11)
    assert link.received() == [(b"hell", False), (b"o world", True)]
    link.port.send(b"again")
    link.run(5)
    assert link.received()[2] == (b"again", True)


def test_a_frame_ends_at_its_length(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE | LENGTH_EOF)
    link.chip.write("UHCI0.PKT_THRES", 3)
    link.receive(64, 64, 64)
    link.port.send(b"abcdefg")
    link.run(8)
    assert link.received() == [(b"abc", True), (b"def", True)]


def test_what_arrives_waits_for_dma(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE | IDLE_EOF)
    link.port.send(b"early")
    link.run(10)
    assert link.chip.read("UART1.STATUS") & 0x3FF == 5
    link.receive(64)
    assert link.chip.read("UART1.STATUS") & 0x3FF == 0
    link.run(4)
    assert link.received() == [(b"early", True)]


PACKETS = [
    (b"plain", "c0706c61696ec0"),
    (b"\xc0\xdb\x11\x13", "c0dbdcdbdddbdedbdfc0"),
    (b"", "c0c0"),
]


@pytest.mark.parametrize(("frame", "wire"), PACKETS)
def test_packets_on_the_wire(link: Link, frame: bytes, wire: str) -> None:
    link.chip.write("UHCI0.ESCAPE_CONF", ALL_PAIRS)
    link.chip.write("UHCI0.CONF0", UART1_CE | SEPARATED)
    link.send(frame)
    link.run(20)
    assert link.heard.hex() == wire
    assert link.chip.read("UHCI0.INT_RAW") == SENT


def test_only_the_pairs_that_are_enabled(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE | SEPARATED)
    link.send(b"\xc0\x11")
    link.run(20)
    assert link.heard.hex() == "c0dbdc11c0"


def test_a_broken_pair_is_taken_as_it_is(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE | SEPARATED)
    link.receive(64)
    link.port.send(b"\xc0a\xdb\x01b\xc0")
    link.run(6)
    assert link.received() == [(b"a\xdb\x01b", True)]
    assert link.chip.read("UHCI0.INT_RAW") == SEEN


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(
        st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD, 0x11, 0x13, 0x41]), min_size=1, max_size=40).map(bytes),
        min_size=1,
        max_size=4,
    ),
    pairs=st.sampled_from([0x33, 0xFF]),
)
def test_packets_come_back_over_a_loop(link: Link, frames: list[bytes], pairs: int) -> None:
    link.chip.write("UART1.CONF0", link.chip.read("UART1.CONF0") | 1 << 14)
    link.chip.write("UHCI0.ESCAPE_CONF", pairs)
    link.chip.write("UHCI0.CONF0", 1)
    link.chip.write("UHCI0.CONF0", UART1_CE | SEPARATED)
    link.receive(*[64] * len(frames))
    link.send(*frames)
    link.run(2 * sum(map(len, frames)) + 10)
    assert link.received() == [(frame, True) for frame in frames]


def test_interrupts(link: Link) -> None:
    link.chip.write("UHCI0.INT_ENA", APP_0 | SENT)
    link.chip.write("UHCI0.APP_INT_SET", 1)
    assert link.chip.level("UHCI0.interrupt") == 1
    link.chip.write("UHCI0.INT_CLR", APP_0)
    assert link.chip.level("UHCI0.interrupt") == 0
    link.chip.write("UHCI0.CONF0", UART1_CE | SEPARATED)
    link.send(b"x")
    assert link.chip.read("UHCI0.INT_ST") == SENT
    link.chip.write("UHCI0.INT_RAW", SENT)
    assert link.chip.level("UHCI0.interrupt") == 0


def test_what_is_left_out_is_reported(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", HEAD_EN)
    link.chip.write("UHCI0.CONF0", UART1_CE | HEAD_EN)
    link.chip.write("UHCI0.QUICK_SENT", 1 << 7)
    assert set(link.chip.machine.unmodelled.counts()) == {"UHCI0.CONF0.HEAD_EN", "UHCI0.QUICK_SENT.ALWAYS_SEND_EN"}


def test_the_reset_bit_unlinks(link: Link) -> None:
    link.chip.write("UHCI0.CONF0", UART1_CE)
    link.chip.write("SYSTEM.PERIP_RST_EN0", 1 << 8)
    link.send(b"x")
    link.run(5)
    assert link.heard == b""
